#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Can a stranger guess our first sequence numbers (RFC 9293 section 3.4.1)? nmap says how hard it is: for our TCP, for
# the kernel's in the same run, and for ours with break=isn, which must be found out.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 nmap:nmap python3:python3 curl:curl
in_namespaces -n

ip link set lo up
namespace peer
# shellcheck disable=SC2154 # peer is set by namespace()
ip link add nlv0 type veth peer name eth0 netns "$peer" && ip address add 10.78.0.1/24 dev nlv0 &&
    ip link set nlv0 up || skip "no veth here"
inside "$peer" ip address add 10.78.0.9/24 dev eth0
inside "$peer" ip link set eth0 up
ip tuntap add nlt0 mode tap 2>/dev/null && ip address add 10.77.0.1/24 dev nlt0 &&
    ip link set nlt0 up || skip "no TAP here"
background kernel nsenter -t "$peer" -n python3 -m http.server 80 --bind 10.78.0.9
until_true inside "$peer" python3 -c 'import socket; socket.create_connection(("10.78.0.9", 80), 1)'

# difficulty ADDRESS: the number that nmap gives.
difficulty()
{
    timeout 60 nmap -O -v -n -Pn --max-retries 2 --max-os-tries 1 -p 80,81 "$1" >"$work/nmap" 2>&1
    sed -n 's/^TCP Sequence Prediction: Difficulty=\([0-9]*\).*/\1/p' "$work/nmap"
}

# ours KEYS: the same for our stack with these keys.
ours()
{
    background server env NETLAYERS="seam=link link=tap:nlt0 address=10.77.0.2/24 $1" \
        "$examples/http_server" 80 "$work"
    until_true curl -s -o "$work/ready" --max-time 1 http://10.77.0.2/ || return
    difficulty 10.77.0.2
    stop server
}

linux=$(difficulty 10.78.0.9)
[ -n "$linux" ] || skip "nmap measures nothing here"
# Eight points are a factor of two in the spread of six samples: where both are random, a run may
# put either of them as far as two such factors ahead.
chance=16
ours=$(ours "")
broken=$(ours break=isn)
check "ours ($ours) is as hard to guess as Linux's ($linux), but for chance" \
    '[ $((${ours:-0} + chance)) -ge "$linux" ]'
check "with break=isn ($broken) nmap would be in within a few tries" '[ "${broken:-999}" -lt 20 ]'
finish
