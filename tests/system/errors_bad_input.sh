#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What goes wrong for people: a wrong word in the spec, a wrong address, a port in use, no such
# interface, no privilege, a silent peer, an unknown name, a full disk, a connection cut in a body.
# Each gives one sentence (LAYER: TRIED: REASON; ADVICE), an exit that is not 0, and no part of a
# file under the name of the whole.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 python3:python3
in_namespaces -nm
here=$(dirname "$0")
trap 'umount "$work/small" 2>/dev/null; clean_up' EXIT
ip link set lo up

wrong()
{
    echo "WRONG: $what: $1" >&2
    sed 's/^/    /' "$work/err" >&2
    failed=1
}

# fails WHAT PATTERN COMMAND…: an exit that is not 0, and one sentence that matches.
fails()
{
    what=$1
    pattern=$2
    shift 2
    timeout 20 "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    [ $code = 0 ] && wrong "exit 0"
    [ $code -ge 124 ] && wrong "exit $code: it hung, or fell"
    sentences=$(grep -Ec '^(host|link|internet|transport|application): [^:]+.*: .+; .+' "$work/err")
    [ "$sentences" = 1 ] || wrong "$sentences sentences instead of one"
    grep -Eq -e "$pattern" "$work/err" || wrong "does not say /$pattern/"
}

# says nothing of its own: lessons trace on standard error unless told otherwise.
export NETLAYERS=trace=off

http_get=$examples/http_get
fails "unknown key" "^host: read 'colour' in NETLAYERS: no such key; the known keys are seam " \
    env NETLAYERS="trace=off colour=on" "$http_get" http://127.0.0.1:1/
fails "unknown value on the command line" '^host: read lang=kr: no such value; give en or ko$' \
    "$http_get" lang=kr http://127.0.0.1:1/
fails "a seam without its link" '^host: open the seam wire: it needs link= and address=; ' \
    "$http_get" seam=wire http://127.0.0.1:1/
fails "refused" '^transport: connect to 127.0.0.1:1: Connection refused; nobody listens' \
    "$http_get" http://127.0.0.1:1/
fails "bad address" '^transport: look up the name 10\.0\.0\.300: .*; .*address' \
    "$http_get" http://10.0.0.300/
fails "unknown name" '^transport: look up the name no\.such\.invalid: .*; ' \
    "$http_get" http://no.such.invalid/
fails "unknown name, ping" '^internet: look up the name no\.such\.invalid: ' \
    "$examples/ping" no.such.invalid
fails "no way" '^transport: connect to 192\.0\.2\.1:80: Network is unreachable; ' \
    "$http_get" http://192.0.2.1/
fails "wrong scheme" "^application: read URL 'gopher://x/': only http" "$http_get" gopher://x/
fails "port out of range" "^transport: read the port '65536': .*1 to 65535" \
    "$examples/tcp_echo_server" 65536
fails "no such directory" '^application: serve directory /nonexistent: No such file' \
    "$examples/http_server" 18090 /nonexistent
fails "no such interface" '^link: open interface nosuch0: .*; there are: ' "$examples/frames" nosuch0
fails "no such interface, ARP" '^link: .*nosuch0: ' "$examples/arp_lookup" nosuch0 10.0.0.1

# A peer of our own that is silent, or breaks off; it prints its port.
python3 "$here/errors_peer.py" >"$work/port" &
pids="$pids $!"
until [ -s "$work/port" ]; do
    kill -0 $! 2>/dev/null || exit 1
done
port=$(cat "$work/port")

fails "port in use" "^transport: listen on .*:$port: Address already in use; stop the program" \
    "$examples/http_server" "$port"
fails "port in use, echo" "^transport: listen on .*:$port: Address already in use; " \
    "$examples/tcp_echo_server" "$port"
fails "silent peer" "^(transport|application): .*127\.0\.0\.1:$port.*: .*in time; " \
    "$http_get" timeout=300 "http://127.0.0.1:$port/silent"
fails "no peer at the port" '^transport: .*: Connection refused; an ICMP error' \
    sh -c 'echo hi | "$1" 127.0.0.1 19' - "$examples/udp_echo_client"

# no_file NAME: nothing of that name, and nothing beside it.
no_file()
{
    [ -e "$work/$1" ] && wrong "a part of it stands there as if whole"
    ls "$work" | grep -q "^$1\." && wrong "something is left beside it"
    return 0
}

for how in short-body short-chunk half-head reset; do
    fails "connection cut: $how" '^(application|transport): ' \
        "$http_get" timeout=2000 "http://127.0.0.1:$port/$how" "$work/file"
    no_file file
    fails "connection cut, to standard output: $how" '^(application|transport): ' \
        "$http_get" timeout=2000 "http://127.0.0.1:$port/$how"
done
printf 'what was there before' >"$work/file"
fails "a cut download keeps what was there" '^(application|transport): ' \
    "$http_get" timeout=2000 "http://127.0.0.1:$port/short-body" "$work/file"
[ "$(cat "$work/file")" = 'what was there before' ] || wrong "the old file was touched"
rm -f "$work/file"
fails "no directory for a download" '^application: .*: No such file or directory; ' \
    "$http_get" "http://127.0.0.1:$port/whole" "$work/none/file"

# Full disks.
# trace_full WHERE COMMAND…: the page comes, and the lost trace is told and not exit 0.
trace_full()
{
    what="disk full under a trace: $1"
    NETLAYERS=$1 "$http_get" "http://127.0.0.1:$port/whole" >"$work/out" 2>"$work/err" </dev/null
    [ $? = 0 ] && wrong "exit 0"
    grep -Eq '^host: write the trace to [^:]+: No space left on device; .*make room' "$work/err" ||
        wrong "does not say so"
    [ "$(grep -c "No space left" "$work/err")" = 1 ] || wrong "says so more than once"
    [ "$(cat "$work/out")" = whole ] || wrong "the page itself should have come"
}

for sink in text jsonl pcapng; do
    [ -w /dev/full ] && trace_full "trace=$sink:/dev/full"
done
mkdir "$work/small"
if mount -t tmpfs -o size=64k tmpfs "$work/small" 2>/dev/null; then
    fails "disk full under a download" '^application: .*: No space left on device; make room' \
        "$http_get" "http://127.0.0.1:$port/large" "$work/small/file"
    [ -z "$(ls "$work/small")" ] || wrong "something is left on the full disk"
    head -c 100000 /dev/zero >"$work/small/fill" 2>/dev/null
    trace_full "trace=text:$work/small/t.txt"
else
    echo "*** SKIPPED: no tmpfs can be mounted here ***" >&2
fi

# Without privilege.
if setpriv --bounding-set=-all --inh-caps=-all true 2>/dev/null; then
    weak="setpriv --bounding-set=-all --inh-caps=-all"
    fails "no privilege, frames" '^link: .*: Operation not permitted; .*(sudo|root|setcap|unshare)' \
        $weak "$examples/frames" lo
    fails "no privilege, port 80" '^transport: listen on .*:80: Permission denied; .*1024' \
        $weak sh -c 'echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null; exec "$@"' \
        - "$examples/tcp_echo_server" 80
    fails "no privilege, observer" '^host: watch the kernel.s frames: .*; .*(sudo|setcap).*sandbox=on' \
        $weak "$http_get" observe=on http://127.0.0.1:1/
else
    echo "*** SKIPPED: setpriv cannot drop privileges here ***" >&2
fi

# Words that make no sense: the usage and exit 2, not a file or a host of that name.
mkdir "$work/empty"
for example in "$examples"/*; do
    [ -f "$example" ] && [ -x "$example" ] || continue
    name=${example##*/}
    for words in "" --help "a b c d e f g"; do
        case $name/$words in
        chat/a* | ledger/a*) continue ;; # these take any number of peers
        four_layers/ | http_server/ | udp_echo_server/ | tcp_echo_server/ | ftp_server/ | \
            ssh_server/ | lab_tour/ | router/ | ip_limits/ | tcp_vs_udp/ | congestion/ | \
            two_stacks/ | doctor/ | interfaces/) continue ;; # these need none
        esac
        # shellcheck disable=SC2086 # a list of words
        (cd "$work/empty" && timeout 20 "$example" $words) >"$work/out" 2>"$work/err" </dev/null
        code=$? what="$name $words"
        [ $code = 2 ] || wrong "exit $code"
        grep -q "^usage: $name" "$work/err" || wrong "no usage"
    done
done
[ -z "$(ls -A "$work/empty")" ] || wrong "wrong words left something behind"

finish
