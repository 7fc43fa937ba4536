#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Links on real interfaces, in network namespaces of their own: ARP against the kernel, frames
# against tcpdump, frames by hand, large frames, TAP, and the sentences without privilege.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 ping:iputils-ping stdbuf:coreutils
in_namespaces -n

# expect WHAT FILE PATTERN
expect()
{
    pattern=$3
    # shellcheck disable=SC2016 # for eval
    check "$1" "grep -q -- \"\$pattern\" '$2' || { cat '$2' >&2; false; }"
}

"$examples/frames" lo 1 >"$work/out" 2>&1
expect "an interface that is down says how to switch it on" "$work/out" "ip link set lo up"
"$examples/frames" nosuch 1 >"$work/out" 2>&1
expect "an interface that is not there lists those that are" "$work/out" "there are: lo"

namespace peer
ip link set lo up
ip link add near type veth peer name far
ip link set far netns "$peer"
ip addr add 10.7.0.1/24 dev near
ip link set near up
inside "$peer" ip addr add 10.7.0.2/24 dev far
inside "$peer" ip link set far address 02:00:00:00:07:02
inside "$peer" ip link set far up

"$examples/interfaces" >"$work/out" 2>&1
expect "interfaces lists addresses" "$work/out" "IPv4 10.7.0.1/24"

"$examples/arp_lookup" near 10.7.0.2 >"$work/out" 2>&1
expect "the kernel answers our ARP" "$work/out" "10.7.0.2 is at 02:00:00:00:07:02"
expect "the question is in the trace" "$work/out" "arp.req.tx.*who=10.7.0.2 tell=10.7.0.1"
expect "the answer is in the trace" "$work/out" "arp.rep.rx.*is=02:00:00:00:07:02"

nsenter -t "$peer" -n stdbuf -oL "$examples/frames" far trace=pcapng:"$work/run.pcapng" >"$work/far" 2>&1 &
FRAMES=$!
# shellcheck disable=SC2016 # for the shell inside
until_true inside "$peer" sh -c '[ "$(wc -l </proc/net/packet)" -gt 1 ]'
"$examples/frame_send" near 02:00:00:00:07:02 hello-by-hand >"$work/out" 2>&1
expect "a frame by hand is padded to 60 bytes" "$work/out" "sent 60 bytes on near"
ping -c 1 -W 2 10.7.0.2 >/dev/null 2>&1
until_true grep -q icmp_echo "$work/far"
kill -INT $FRAMES
wait $FRAMES
expect "frames sees the frame by hand" "$work/far" "88 b5|68 65"
expect "frames sees a question of the kernel" "$work/far" "icmp_echo"
if command -v tshark >/dev/null; then
    tshark -r "$work/run.pcapng" -T fields -e eth.type -e data >"$work/out" 2>/dev/null
    expect "tshark reads the capture" "$work/out" "0x88b5.*68656c6c6f2d62792d68616e64"
    tshark -r "$work/run.pcapng" -Y _ws.malformed 2>/dev/null >"$work/bad"
    check "no frame of it is malformed" '[ ! -s "$work/bad" ]'
fi
"$examples/frames" "file:$work/run.pcapng" >"$work/out" 2>&1
expect "a capture is replayed" "$work/out" "88 b5|68 65"

# 20,000 bytes in one frame: larger than a slot of the ring, so it comes through the queue.
stdbuf -oL "$examples/frames" lo >"$work/lo" 2>&1 &
FRAMES=$!
large_frame_is_shown()
{
    ping -c 1 -s 20000 -W 1 127.0.0.1
    grep -q "20042 bytes" "$work/lo"
}
until_true large_frame_is_shown # the first may go before anybody listens
kill -INT $FRAMES
wait $FRAMES
expect "a frame that exceeds a slot comes whole" "$work/lo" "20042 bytes"

if [ -c /dev/net/tun ]; then
    "$examples/frames" tap:lesson0 >"$work/tap" 2>&1 &
    FRAMES=$!
    if until_true ip link show lesson0; then
        ip addr add 10.8.0.1/24 dev lesson0
        ip link set lesson0 up
        ping -c 1 -W 1 10.8.0.9 >/dev/null 2>&1
        kill -INT $FRAMES
        wait $FRAMES
        expect "a TAP hears the kernel ask" "$work/tap" "arp"
    else
        echo "*** SKIPPED: no TAP here: $(cat "$work/tap") ***" >&2
    fi
fi

if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --clear-groups --bounding-set=-all true 2>/dev/null &&
    setpriv --reuid=65534 --clear-groups test -x "$examples/frames"; then
    setpriv --reuid=65534 --clear-groups "$examples/frames" lo 1 >"$work/out" 2>&1
    expect "no privilege: what to try" "$work/out" "setcap cap_net_raw+ep"
    setpriv --reuid=65534 --clear-groups "$examples/frames" tap:x0 1 >"$work/out" 2>&1
    expect "no privilege for a TAP: what to try" "$work/out" "ip tuntap add"
else
    echo "*** SKIPPED: cannot become an ordinary user here ***" >&2
fi
finish
