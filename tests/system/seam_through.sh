#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Two namespaces with a router of ours between them, whose wires lose 2 % each way:
#
#     near ──TAP── OUR ROUTER ──TAP── far
#
# Through it go the kernel's TCP and our TCP at the seam `internet` with the kernel's, in both roles.
# What comes must be whole, and near's capture must hold no RST.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 curl:curl python3:python3 tcpdump:tcpdump
in_namespaces -n

ip link set lo up
bridged near
bridged far
# shellcheck disable=SC2154 # near and far are set by bridged()
inside "$near" ip address add 10.1.0.1/24 dev eth0
inside "$near" ip link set eth0 up
inside "$near" ip route add default via 10.1.0.254
inside "$far" ip address add 10.2.0.1/24 dev eth0
inside "$far" ip link set eth0 up
inside "$far" ip route add default via 10.2.0.254
mkdir "$work/www"
head -c 1000000 /dev/urandom >"$work/www/large"

background router env NETLAYERS="seam=link link=tap:tap_near address=10.1.0.254/24 \
    link=tap:tap_far address=10.2.0.254/24 router=on wire.loss=2% wire.delay=1ms" \
    "$examples/udp_echo_server" 7
until_true grep -q echoing "$work/router.log"
until_true inside "$near" ping -c 1 -W 1 10.2.0.1 || skip "nothing passes our router"
background capture nsenter -t "$near" -n tcpdump -n -i eth0 -U -w "$work/near.pcap" tcp
until_true grep -q 'listening on' "$work/capture.log"
background kernel nsenter -t "$far" -n python3 -m http.server 8000 --bind 10.2.0.1 \
    --directory "$work/www"
background ours nsenter -t "$far" -n env NETLAYERS=seam=internet "$examples/http_server" 8080 \
    "$work/www"
until_true inside "$far" sh -c 'ss -ltn | grep -q ":8000 " && ss -ltn | grep -q ":8080 "'

# whole NAME: what was fetched is what was there.
whole()
{
    cmp "$work/$1" "$work/www/large"
}

check "the kernel's TCP crosses our router with bad wires" \
    'inside "$near" curl -s --max-time 60 -o "$work/kk" http://10.2.0.1:8000/large && whole kk'
check "our TCP at the seam internet fetches from the kernel's through it" \
    'NETLAYERS=seam=internet inside "$near" timeout 60 "$examples/http_get" \
        http://10.2.0.1:8000/large "$work/ok" >"$work/get.log" 2>&1 && whole ok'
check "the kernel's TCP fetches from ours at the seam internet through it" \
    'inside "$near" curl -s --max-time 60 -o "$work/ko" http://10.2.0.1:8080/large && whole ko'
check "ours fetches from ours through it" \
    'NETLAYERS=seam=internet inside "$near" timeout 60 "$examples/http_get" \
        http://10.2.0.1:8080/large "$work/oo" >"$work/get.log" 2>&1 && whole oo'
stop ours
stop capture INT
resets=$(tcpdump -n -r "$work/near.pcap" 'tcp[tcpflags] & tcp-rst != 0' 2>/dev/null | wc -l)
segments=$(tcpdump -n -r "$work/near.pcap" 2>/dev/null | wc -l)
check "the capture saw the run ($segments segments) and no RST ($resets)" \
    '[ "$segments" -gt 1000 ] && [ "$resets" = 0 ]'
finish
