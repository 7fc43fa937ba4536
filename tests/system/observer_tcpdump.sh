#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The traces of http_server against an independent tcpdump of the same run: the same segments with
# the same flags and numbers, none missing, none invented; on lo, and over a cable between two
# namespaces, where ARP is seen as well. All three traces are written at once.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 nsenter:util-linux tcpdump:tcpdump tshark:tshark curl:curl python3:python3
in_namespaces -n
here=$(dirname "$0")

wrong()
{
    echo "WRONG: $1" >&2
    failed=1
}

ip link set lo up
mkdir "$work/www"
printf 'hello\n' >"$work/www/hello.txt"
head -c 3000000 /dev/urandom >"$work/www/big.bin"
mkfifo "$work/fifo"
unshare -n sh -c 'echo ready >"$0"; exec sleep 600' "$work/fifo" &
far=$!
pids="$pids $far"
read -r _ <"$work/fifo"
ip link add near type veth peer name far netns $far || skip "cannot make veth"
ip link set near up
ip address add 10.9.0.1/24 dev near
nsenter -t $far -n ip link set far up
nsenter -t $far -n ip address add 10.9.0.2/24 dev far

# run NAME INTERFACE PORT: starts tcpdump and the server.
begin()
{
    tcpdump -Z "$(id -un)" -i "$2" -n --immediate-mode -U -B 65536 -w "$work/$1.pcap" "tcp port $3 or arp" \
        2>"$work/$1.tcpdump" &
    dump=$!
    pids="$pids $dump"
    until_true grep -q 'listening on' "$work/$1.tcpdump" || skip "tcpdump does not start: $(cat "$work/$1.tcpdump")"
    NETLAYERS="trace=text:$work/$1.txt trace=jsonl:$work/$1.jsonl trace=pcapng:$work/$1.pcapng" \
        "$examples/http_server" "$3" "$work/www" >"$work/$1.out" 2>&1 &
    server=$!
    pids="$pids $server"
    until_true grep -q '^serving' "$work/$1.out" || wrong "http_server does not start"
}

# The last segments are on the wire before anybody stops looking.
end()
{
    kill -TERM $server
    wait $server || wrong "http_server fails: $(cat "$work/$1.out")"
    kill -INT $dump
    wait $dump
    grep -q '^0 packets dropped by kernel' "$work/$1.tcpdump" || skip "tcpdump itself lost frames"
    python3 "$here/observer_compare.py" "$2" "$work/$1.pcap" "$work/$1.txt" "$work/$1.jsonl" \
        "$work/$1.pcapng" || failed=1
}

visit()
{
    url=$1
    shift
    "$@" curl -sS -o "$work/got" "$url/hello.txt" && cmp -s "$work/got" "$work/www/hello.txt" ||
        wrong "curl does not get hello.txt"
    "$@" curl -sS -o "$work/got" "$url/big.bin" && cmp -s "$work/got" "$work/www/big.bin" ||
        wrong "curl does not get big.bin"
    "$@" curl -sS -o "$work/got" -r 10-99 "$url/big.bin" "$url/none" "$url/hello" >/dev/null ||
        wrong "curl fails on three requests in one connection"
    "$@" curl -sS -d name=x "$url/hello" >/dev/null || wrong "curl cannot post"
    # Breaks off in the middle.
    "$@" curl -sS --max-filesize 1000 -o /dev/null "$url/big.bin" 2>/dev/null
    printf 'nonsense\r\n\r\n' | "$@" curl -sS -m 3 telnet://"${url#http://}" >/dev/null 2>&1
    "$@" curl -sS "$url/" >/dev/null || wrong "curl gets no listing"
}

begin lo lo 18080
visit http://127.0.0.1:18080
visit "http://[::1]:18080"
end lo 18080

begin veth near 18081
visit http://10.9.0.1:18081 nsenter -t $far -n
# Now both have talked; when they forget each other's hardware address, they ask again.
ip neigh flush dev near
nsenter -t $far -n ip neigh flush dev far
visit http://10.9.0.1:18081 nsenter -t $far -n
end veth 18081
grep -Eq '^\+[0-9.]+ #[0-9]+ +link (<-|->) +arp\.(req|rep)\.' "$work/veth.txt" ||
    wrong "no ARP in the trace of the cable"
grep -Eq '^\+[0-9.]+ #[0-9]+ +link .*(who|is)=.*len=4[26]' "$work/veth.txt" ||
    wrong "ARP without its question or answer"

finish
