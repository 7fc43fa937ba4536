#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Our ARP, IP and ICMP at the seam `link` against the kernel's. Each network is a bridge, and we are on
# it through a TAP:
#
#     far ──narrow── near ──bridge── OURS ──bridge── other
#
# Echo both ways, whole and in fragments; the kernel's traceroute through OURS as a router; our `path`
# through near as a router; an address that somebody has already (RFC 5227).
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 ping:iputils-ping traceroute:traceroute tcpdump:tcpdump tshark:tshark
in_namespaces -n
. "$(dirname "$0")/../support/capture.sh"

ip link set lo up
bridged near
bridged other
namespace far
# shellcheck disable=SC2154 # near, other and far are set by these
inside "$near" ip address add 10.77.0.1/24 dev eth0
inside "$near" ip link set eth0 up
inside "$other" ip address add 10.88.0.1/24 dev eth0
inside "$other" ip link set eth0 up
inside "$near" ip link add narrow type veth peer name eth0 netns "$far"
inside "$near" ip address add 10.99.0.1/24 dev narrow
inside "$near" ip link set narrow up mtu 1300
inside "$far" ip address add 10.99.0.2/24 dev eth0
inside "$far" ip link set eth0 up mtu 1300
inside "$near" ip route add 10.88.0.0/24 via 10.77.0.2
inside "$other" ip route add default via 10.88.0.2
inside "$far" ip route add default via 10.99.0.1
settings "$near" ipv4/ip_forward=1
one="seam=link link=tap:tap_near address=10.77.0.2/24"
both="$one link=tap:tap_other address=10.88.0.2/24 router=on"

# ours SPEC COMMAND…
ours()
{
    spec=$1
    shift
    NETLAYERS=$spec timeout 30 "$@"
}

# A host of ours that stays: SPEC
up()
{
    background host env NETLAYERS="$1" "$examples/udp_echo_server" 7
    until_true grep -q echoing "$work/host.log"
}

# An address that nobody has takes seconds to be taken: meanwhile the rest is tested.
inside "$other" ip address add 10.66.0.1/24 dev eth0
background nobody env NETLAYERS="seam=link link=packet:to_other address=10.66.0.9/24 arp.probe=on" \
    "$examples/ping" 10.66.0.1 1 trace=text

# ── echo ──

up "$one"
watch echoes br_near
for size in 0 56 1472 1473 4000 65000; do
    check "the kernel's ping of $size bytes comes back from us" \
        'inside "$near" ping -q -n -c 2 -i 0.2 -W 2 -s '"$size"' 10.77.0.2 >"$work/ping"'
done
check "tshark, with all checksums verified, warns of nothing in it" 'no_warnings echoes'
stop host
# The bridge needs up to a second to notice that we are on the cable: the first one may be lost.
check "our ping is answered by the kernel" \
    'ours "$one" "$examples/ping" 10.77.0.1 3 >"$work/ping" && grep -q "[23] received" "$work/ping"'
inside "$near" ip link set eth0 mtu 68
check "and in fragments, both ways, where 68 bytes are the most" \
    'ours "$one wire.mtu=68" "$examples/ping" 10.77.0.1 3 trace=text >"$work/ping" 2>"$work/trace" &&
     grep -q "[23] received" "$work/ping" && grep -q ip.fragment "$work/trace"'
inside "$near" ip link set eth0 mtu 1500
check "ping of an address that nobody has fails, and ARP says why" \
    '! ours "$one" "$examples/ping" 10.77.0.77 4 trace=text >"$work/ping" 2>"$work/trace" &&
     grep -q "ICMP errors" "$work/ping" && grep -q "arp.silent .*asked=3" "$work/trace"'

# ── ways ──

up "$both"
check "the kernel's ping passes through our router, from one TAP to the other" \
    'inside "$near" ping -q -n -c 3 -i 0.2 -W 2 10.88.0.1 >"$work/ping"'
for how in -I -U -T; do
    check "traceroute $how sees our router, and the host behind it" \
        'inside "$near" traceroute '"$how"' -n -q 1 -w 2 10.88.0.1 >"$work/way" &&
         grep -q "^ 1  10.77.0.2 " "$work/way" && grep -q "^ 2  10.88.0.1 " "$work/way"'
done
stop host
check "our path shows the kernel's router, the host behind it, and the narrow wire" \
    'ours "$one gateway=10.77.0.1" "$examples/path" 10.99.0.2 >"$work/path" &&
     grep -q "^from 10.77.0.2 (tap_near) to 10.99.0.2" "$work/path" &&
     grep -q "^ *1  10.77.0.1 " "$work/path" && grep -q "^ *2  10.99.0.2 " "$work/path" &&
     grep -q "path MTU: 1300" "$work/path"'

# ── whose address? ──

check "an address that the kernel has is not taken, and we say who has it" \
    '! ours "seam=link link=tap:tap_other address=10.88.0.1/24 arp.probe=on" \
        "$examples/ping" 10.88.0.2 1 2>"$work/taken" &&
     grep -q "take the address 10.88.0.1, which ..:.*, on tap_other: another station has it" \
         "$work/taken"'
check "an address that nobody has is ours after three probes" 'wait "$nobody_pid"'
check "and everyone is told so" \
    '[ "$(grep -c "arp.req.tx.*who=10.66.0.9 tell=0.0.0.0" "$work/nobody.log")" = 3 ] &&
     grep -q "arp.ready" "$work/nobody.log" &&
     grep -q "arp.req.tx.*who=10.66.0.9 tell=10.66.0.9" "$work/nobody.log"'
finish
