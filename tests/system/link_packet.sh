#!/bin/sh
# SPDX-License-Identifier: MIT
# Links on real interfaces, in network namespaces of their own: ARP against the kernel, frames
# against tcpdump, frames by hand, large frames, TAP, and the sentences without privilege.
#
#     BUILD=build tests/system/link_packet.sh
BUILD=${BUILD:-build}
BIN=$(cd "$BUILD/examples" && pwd) || exit 1
export NETLAYERS=

if [ -z "$LINK_TEST_INSIDE" ]; then
    user=-Urn
    [ "$(id -u)" = 0 ] && user=-n
    if ! unshare $user true 2>/dev/null; then
        echo "*** SKIPPED: link_packet: no network namespaces for this user ***" >&2
        exit 77
    fi
    LINK_TEST_INSIDE=1 BUILD=$BUILD exec unshare $user sh "$0"
fi

WORK=$(mktemp -d) || exit 1
BAD=0
PEER=
finish() {
    [ -n "$PEER" ] && kill "$PEER" 2>/dev/null
    rm -rf "$WORK"
}
trap finish EXIT
expect() { # what file pattern
    if grep -q -- "$3" "$2"; then
        echo "ok   $1"
    else
        echo "FAIL $1: no '$3' in:"
        cat "$2"
        BAD=1
    fi
}
wait_for() { # command...: until it succeeds, at most 5 s
    i=0
    until "$@" >/dev/null 2>&1; do
        i=$((i + 1))
        [ $i -gt 100 ] && return 1
        sleep 0.05
    done
}
there() { nsenter -t "$PEER" -n "$@"; }

"$BIN/frames" lo 1 >"$WORK/out" 2>&1
expect "an interface that is down says how to switch it on" "$WORK/out" "ip link set lo up"
"$BIN/frames" nosuch 1 >"$WORK/out" 2>&1
expect "an interface that is not there lists those that are" "$WORK/out" "there are: lo"

unshare -n sleep 300 &
PEER=$!
wait_for sh -c "[ \"\$(readlink /proc/$PEER/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
ip link set lo up
ip link add near type veth peer name far
ip link set far netns "$PEER"
ip addr add 10.7.0.1/24 dev near
ip link set near up
there ip addr add 10.7.0.2/24 dev far
there ip link set far address 02:00:00:00:07:02
there ip link set far up
there ip link set lo up

"$BIN/interfaces" >"$WORK/out" 2>&1
expect "interfaces lists addresses" "$WORK/out" "IPv4 10.7.0.1/24"

"$BIN/arp_lookup" near 10.7.0.2 >"$WORK/out" 2>&1
expect "the kernel answers our ARP" "$WORK/out" "10.7.0.2 is at 02:00:00:00:07:02"
expect "the question is in the trace" "$WORK/out" "arp.req.tx.*who=10.7.0.2 tell=10.7.0.1"
expect "the answer is in the trace" "$WORK/out" "arp.rep.rx.*is=02:00:00:00:07:02"

nsenter -t "$PEER" -n "$BIN/frames" far trace=pcapng:"$WORK/run.pcapng" >"$WORK/far" 2>&1 &
FRAMES=$!
wait_for grep -q . "$WORK/run.pcapng"
sleep 0.3
"$BIN/frame_send" near 02:00:00:00:07:02 hello-by-hand >"$WORK/out" 2>&1
expect "a frame by hand is padded to 60 bytes" "$WORK/out" "sent 60 bytes on near"
ping -c 1 -W 2 10.7.0.2 >/dev/null 2>&1
wait_for grep -q icmp_echo_reply "$WORK/far"
kill -INT $FRAMES
wait $FRAMES
expect "frames sees the frame by hand" "$WORK/far" "88 b5|68 65"
expect "frames sees a question of the kernel" "$WORK/far" "icmp_echo"
if command -v tshark >/dev/null; then
    tshark -r "$WORK/run.pcapng" -T fields -e eth.type -e data >"$WORK/out" 2>/dev/null
    expect "tshark reads the capture" "$WORK/out" "0x88b5.*68656c6c6f2d62792d68616e64"
    tshark -r "$WORK/run.pcapng" -Y _ws.malformed 2>/dev/null >"$WORK/bad"
    [ -s "$WORK/bad" ] && { echo "FAIL malformed frames"; BAD=1; }
fi
"$BIN/frames" "file:$WORK/run.pcapng" >"$WORK/out" 2>&1
expect "a capture is replayed" "$WORK/out" "88 b5|68 65"

# 20,000 bytes in one frame: larger than a slot of the ring, so it comes through the queue.
"$BIN/frames" lo >"$WORK/lo" 2>&1 &
FRAMES=$!
sleep 0.3
ping -c 1 -s 20000 -W 2 127.0.0.1 >/dev/null 2>&1
wait_for grep -q "20042 bytes" "$WORK/lo"
kill -INT $FRAMES
wait $FRAMES
expect "a frame that exceeds a slot comes whole" "$WORK/lo" "20042 bytes"

if [ -c /dev/net/tun ]; then
    "$BIN/frames" tap:lesson0 >"$WORK/tap" 2>&1 &
    FRAMES=$!
    if wait_for ip link show lesson0; then
        ip addr add 10.8.0.1/24 dev lesson0
        ip link set lesson0 up
        ping -c 1 -W 1 10.8.0.9 >/dev/null 2>&1
        kill -INT $FRAMES
        wait $FRAMES
        expect "a TAP hears the kernel ask" "$WORK/tap" "arp"
    else
        echo "*** SKIPPED: no TAP here: $(cat "$WORK/tap") ***" >&2
    fi
fi

if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --clear-groups --bounding-set=-all true 2>/dev/null &&
    setpriv --reuid=65534 --clear-groups test -x "$BIN/frames"; then
    setpriv --reuid=65534 --clear-groups "$BIN/frames" lo 1 >"$WORK/out" 2>&1
    expect "no privilege: what to try" "$WORK/out" "setcap cap_net_raw+ep"
    setpriv --reuid=65534 --clear-groups "$BIN/frames" tap:x0 1 >"$WORK/out" 2>&1
    expect "no privilege for a TAP: what to try" "$WORK/out" "ip tuntap add"
else
    echo "*** SKIPPED: cannot become an ordinary user here ***" >&2
fi
exit $BAD
