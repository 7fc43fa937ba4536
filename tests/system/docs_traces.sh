#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every line of a trace in the pages must come out of the programs that the pages name: those are run
# again, and each event with its fields, and each reason, is looked for. What differs from run to run
# (times, ports, numbers of frames and sequence numbers, identifications) counts as equal. The C
# programs in the README files must compile.
#
# Exit: 0 all true, 1 something is false, 77 skipped.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
examples=$BUILD/examples

skip()
{
    echo "*** SKIPPED: $1 ***" >&2
    exit 77
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset NETLAYERS

for name in four_layers handshake udp_echo_client udp_echo_server ping frame_send arp_lookup dns_lookup \
    dns_server lab_tour; do
    [ -x "$examples/$name" ] || skip "$examples/$name is not built; run make first"
done
"$examples/four_layers" sandbox=auto 2>&1 | grep -q 'tran ->   tcp.syn.tx' ||
    skip "this user may neither watch frames nor have a network of its own"

# One event or one reason a line, joined, with N for what changes from run to run.
normal()
{
    awk '
        function out() { if (have) print kind " " text; have = 0 }
        /^\+[0-9]+\.[0-9]+ #/ { out(); kind = "event"; text = $0; sub(/^\+[0-9.]+ +/, "", text)
                                have = 1; next }
        /^ +; / { line = $0; sub(/^ +; /, "", line)
                  if (have && kind == "why") text = text " " line
                  else { out(); kind = "why"; text = line; have = 1 }
                  next }
        /^ +[a-z]+=/ { if (have && kind == "event") { sub(/^ +/, ""); text = text " " $0 }; next }
        { out() }
        END { out() }' "$@" |
        sed -E 's/\<(node|id|on|from|to|address)=(0x)?[0-9a-f]{8,}/\1=N/g; s/ on [0-9a-f]{8}\>/ on N/g
                s/\<[0-9a-f]{8}( 위에)/N\1/g; s/SHA256:[A-Za-z0-9+\/]+/SHA256:KEY/; s/^event #[0-9]+/event #N/; s/ (id|sport|rtt|stored|wscale)=[0-9a-fx]+(us)?/ \1=N/g; s/:[0-9]{4,5}\>/:P/g
                s/[0-9]{5,}/N/g; s/(port|ms|포트) ?=?N/\1 N/g; s/took [0-9.]+[mu]?s/took N/
                s/데 [0-9.]+[mu]?s 걸/데 N 걸/; s/[0-9a-f]{2}(:[0-9a-f]{2}){5}/MAC/g
                s/192\.0\.2\.[0-9]+/ADDRESS/g; s/127\.0\.0\.1:P/ENDPOINT/g
                s/ +/ /g; s/ $//'
}

# The programs that the pages show, in one language.
run_all()
{
    sandbox="sandbox=auto lang=$1 trace=text"
    for _ in 1 2 3; do
        "$examples/four_layers" $sandbox
    done
    "$examples/four_layers" $sandbox model=osi
    "$examples/handshake" 127.0.0.1 1 $sandbox
    echo hi | "$examples/udp_echo_client" 127.0.0.1 1 $sandbox
    "$examples/ping" 127.0.0.1 1 $sandbox
    mkdir "$work/wire-$1"
    "$examples/frame_send" "bus:$work/wire-$1" ff:ff:ff:ff:ff:ff hello $sandbox
    "$examples/ledger" --lab 4 --seed 3 --blocks 9 lang="$1" trace=text trace.link=off \
        trace.internet=off trace.transport=off
    "$examples/lab_tour" "lang=$1"
    "$examples/four_layers" $sandbox seam=internet
    run_bus "$1"
}

# Two processes on a bus.
run_bus()
{
    mkdir "$work/bus-$1"
    bus="seam=wire link=bus:$work/bus-$1"
    NETLAYERS="$bus address=10.9.0.1/24" "$examples/http_server" 8080 "$work" >"$work/server" 2>&1 &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        grep -q serving "$work/server" && break
        sleep 0.1
    done
    NETLAYERS="$bus address=10.9.0.2/24 trace=text lang=$1" "$examples/http_get" http://10.9.0.1:8080/
    kill $server
    wait $server
}

# ARP needs a neighbour: two namespaces and a cable. Without it those lines are not looked for.
run_arp()
{
    how=-Urn
    [ "$(id -u)" = 0 ] && how=-n
    unshare $how sh -c '
        unshare -n sleep 20 & other=$!
        for i in 1 2 3 4 5 6 7 8 9 10; do
            [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ] &&
                ip link add near type veth peer name far netns $other 2>/dev/null && break
            sleep 0.1
        done
        ip address add 192.0.2.2/24 dev near && ip link set near up &&
        nsenter -t $other -n ip address add 192.0.2.1/24 dev far &&
        nsenter -t $other -n ip link set far up &&
        "$0" near 192.0.2.1 trace=text lang="$1"
        kill $other' "$examples/arp_lookup" "$1"
}

# FTP: both sides, in a network of its own, where the port is free and root may watch.
run_ftp()
{
    how=-Urn
    [ "$(id -u)" = 0 ] && how=-n
    mkdir -p "$work/ftp" && printf 'hello!\n' >"$work/ftp/hello.txt"
    unshare $how sh -c '
        PATH=$PATH:/usr/sbin:/sbin
        ip link set lo up
        "$0/ftp_server" 2121 "$1" trace="text:$3.server" lang="$2" >/dev/null & server=$!
        tries=0
        until ss -ltn | grep -q ":2121 " || [ $tries = 100 ]; do
            tries=$((tries + 1))
            sleep 0.05
        done
        "$0/ftp_get" ftp://127.0.0.1:2121/hello.txt trace="text:$3" lang="$2" >/dev/null
        printf "%s\r\n" "USER ftp" "PASS x" "PORT 10,0,0,1,0,80" "CWD .." QUIT |
            nc -q 1 127.0.0.1 2121 >/dev/null
        kill $server
        wait $server; [ -s "$3" ]' "$examples" "$work/ftp" "$1" "$work/ftp.$1"
}

# A server with two addresses on a bus is asked at its second.
run_udp()
{
    bus="seam=wire link=bus:$work/udp-$1"
    mkdir "$work/udp-$1"
    "$examples/udp_echo_server" $bus address=10.9.0.2/24 address=10.9.0.3/24 lang="$1" \
        trace=text:"$work/udp-trace" 2>"$work/echoing" &
    server=$! tries=0
    until grep -q echoing "$work/echoing" || [ $tries = 100 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    echo hello | "$examples/udp_echo_client" $bus address=10.9.0.1/24 10.9.0.3 7777
    kill $server
    wait $server
    cat "$work/udp-trace"
}

# DNS, between two hosts on a bus.
run_dns()
{
    bus="seam=wire link=bus:$work/dns-$1"
    client="$bus address=10.9.0.1/24 dns=10.9.0.53 lang=$1 trace=text"
    { cat examples/lab.zone
        awk 'BEGIN { for (i = 0; i < 30; i++) printf "long TXT \"%060d\"\n", i }'; } >"$work/lab.zone"
    "$examples/dns_server" "$work/lab.zone" 53 $bus address=10.9.0.53/24 >"$work/served" &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        grep -q serving "$work/served" && break
        sleep 0.1
    done
    "$examples/dns_lookup" www.lab $client
    "$examples/dns_lookup" none.lab $client
    "$examples/dns_lookup" long.lab TXT $client
    kill $server
    wait $server
}

# SSH: the key exchange of two processes on a wire of ours. Without libcrypto there is none.
run_ssh()
{
    wire=seam=wire\ link=bus:$work/ssh-$1
    mkdir "$work/ssh-$1"
    "$examples/ssh_server" $wire address=10.9.0.1/24 2222 >/dev/null 2>&1 &
    server=$! tries=0
    until "$examples/ssh_hello" $wire address=10.9.0.2/24 10.9.0.1 2222 trace=text lang="$1" \
        2>"$work/ssh.$1" >/dev/null || [ $tries = 100 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    kill $server
    wait $server
}

failed=0
for language in en ko; do
    run_ssh $language
    run_all $language >"$work/run.$language" 2>&1
    run_dns $language >>"$work/run.$language" 2>&1
    run_udp $language >>"$work/run.$language" 2>&1
    if ! run_arp $language >"$work/arp.$language" 2>&1; then
        : >"$work/arp.$language"
    fi
    run_ftp $language || skip "this user may not have a network of its own"
    normal "$work/run.$language" "$work/arp.$language" "$work/ftp.$language" "$work/ssh.$language" \
        "$work/ftp.$language.server" | sort -u >"$work/seen.$language"
done

# check LANGUAGE PAGE
check()
{
    case $2 in
    */ssh.md) grep -q . "$BUILD/crypto.is" ||
        { echo "*** SKIPPED: $2: built without libcrypto ***" >&2; return; } ;;
    esac
    normal "$2" >"$work/shown"
    [ -s "$work/arp.$1" ] || sed -i '/arp\./d; /everyone on the link/d; /only the owner/d
        /모두에게 묻는다/d; /주인만/d' "$work/shown"
    while IFS= read -r line; do
        if ! grep -qxF -- "$line" "$work/seen.$1"; then
            echo "docs_traces: $2 shows what no run prints: $line" >&2
            failed=1
        fi
    done <"$work/shown"
}

for page in README.md docs/en/*.md; do check en "$page"; done
for page in README.ko.md docs/ko/*.md; do check ko "$page"; done

# The programs in the README files.
for page in README.md README.ko.md; do
    sed -n '/^```c$/,/^```$/p' $page | sed '/^```/d' >"$work/mine.c"
    ${CC:-cc} -std=c11 -Wall -Wextra -Werror -Iinclude -o "$work/mine" "$work/mine.c" \
        "$BUILD/libnetlayers.a" || { echo "docs_traces: the program in $page does not compile" >&2
        failed=1; }
done
exit $failed
