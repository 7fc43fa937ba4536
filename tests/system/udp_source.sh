#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A host with several addresses answers a datagram from the one that was asked (RFC 1122 section
# 4.1.3.5, RFC 2181 section 4.1): our DNS server and our UDP echo server, asked at each of their
# addresses by dig and by a connected socket, which believe no other; over IPv4 and IPv6 on the
# kernel's UDP, and on ours at the seams `internet`, `link` and `wire`.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 dig:bind9-dnsutils
in_namespaces -n

ip link set lo up
namespace asker
ip link add nlv0 type veth peer name nlv1 && ip link set nlv1 netns "$asker" || skip "no veth here"
for address in 10.66.0.1/24 10.66.0.2/24 10.66.7.3/32; do
    ip address add "$address" dev nlv0
done
for address in fd66::1/64 fd66::2/64; do
    ip address add "$address" dev nlv0 nodad || skip "no IPv6 here"
done
ip link set nlv0 up
inside "$asker" ip address add 10.66.0.9/24 dev nlv1
inside "$asker" ip address add fd66::9/64 dev nlv1 nodad
inside "$asker" ip link set nlv1 up
inside "$asker" ip route add 10.66.7.0/24 dev nlv1
# shellcheck disable=SC2034 # used in checks
ipv4="10.66.0.1 10.66.0.2 10.66.7.3"
# shellcheck disable=SC2034
ipv6="fd66::1 fd66::2"
sample=$(dirname "$0")/../../examples/lab.zone

# served SEAM DNS-SPEC ECHO-SPEC: both servers run, at ports 5300 and 7000.
served()
{
    seam=$1
    background "dns_$seam" env NETLAYERS="$2" "$examples/dns_server" "$sample" 5300
    background "echo_$seam" env NETLAYERS="$3" "$examples/udp_echo_server" 7000
    until_true grep -q serving "$work/dns_$seam.log" &&
        until_true grep -q echoing "$work/echo_$seam.log" ||
        { cat "$work/dns_$seam.log" "$work/echo_$seam.log"; exit 1; }
}

ended()
{
    stop "dns_$1"
    stop "echo_$1"
}

# dns_answers ADDRESS… and echo_answers ADDRESS…: there is an answer from every one.
dns_answers()
{
    for at in "$@"; do
        [ "$(inside "$asker" dig "@$at" -p 5300 +short +tries=2 +time=2 ns.lab)" = 127.0.0.1 ] ||
            { echo "no answer of DNS from $at" >&2; return 1; }
    done
}

echo_answers()
{
    for at in "$@"; do
        echo "at $at" | inside "$asker" "$examples/udp_echo_client" "$at" 7000 >"$work/echo" 2>&1
        grep -q "at $at" "$work/echo" || { cat "$work/echo" >&2; return 1; }
    done
}

# link_local PID INTERFACE: is its link-local address ready? It goes into $work/link_local.
link_local()
{
    inside "$1" ip -6 -o address show dev "$2" scope link -tentative |
        awk '{ sub("/.*", "", $4); print $4 }' >"$work/link_local"
    [ -s "$work/link_local" ]
}

# ── the kernel's UDP ──
served kernel "trace=text:$work/trace observe=off" ""
check "each IPv4 address answers for itself, on the kernel's UDP" 'dns_answers $ipv4 && echo_answers $ipv4'
check "each IPv6 address does, on the same socket" 'dns_answers $ipv6 && echo_answers $ipv6'
check "a link-local address does" '
    until_true link_local "$asker" nlv1 && until_true link_local $$ nlv0 &&
        dns_answers "$(cat "$work/link_local")%nlv1"'
check "every address of the loopback does" '
    [ "$(dig @127.0.0.1 -p 5300 +short +tries=1 +time=2 ns.lab)" = 127.0.0.1 ] &&
    [ "$(dig @127.0.0.77 -p 5300 +short +tries=1 +time=2 ns.lab)" = 127.0.0.1 ]'
ended kernel
check "the trace says from where and why" '
    grep -q "udp.send .*src=10.66.0.2" "$work/trace" &&
    tr -s "\n ;" " " <"$work/trace" | grep -q "from the address that was asked, .*RFC 1122 §4.1.3.5"'

# ── ours ──
served internet "seam=internet" "seam=internet"
check "each address answers for itself at the seam internet" 'dns_answers $ipv4 && echo_answers $ipv4'
ended internet

if ip tuntap add nlt0 mode tap 2>/dev/null && ip tuntap add nlt1 mode tap; then
    ip address add 10.67.0.1/24 dev nlt0 && ip link set nlt0 up
    ip address add 10.67.1.1/24 dev nlt1 && ip link set nlt1 up
    served link "seam=link link=tap:nlt0 address=10.67.0.2/24 address=10.67.0.3/24" \
        "seam=link link=tap:nlt1 address=10.67.1.2/24 address=10.67.1.3/24"
    asker=$$ # this very network is at the other end
    check "each address answers for itself at the seam link" \
        'dns_answers 10.67.0.2 10.67.0.3 && echo_answers 10.67.1.2 10.67.1.3'
    ended link
else
    echo "*** SKIPPED: the seam link; no TAP here ***" >&2
fi

mkdir "$work/wire"
bus="seam=wire link=bus:$work/wire"
served wire "$bus address=10.68.0.2/24 address=10.68.0.3/24" "$bus address=10.68.0.4/24"
for at in 10.68.0.2 10.68.0.3; do
    check "our resolver hears $at over a bus, where all is ours" '
        NETLAYERS="$bus address=10.68.0.9/24" "$examples/dns_lookup" ns.lab "@$at:5300" |
            grep -q "said by $at:5300"'
done
ended wire
finish
