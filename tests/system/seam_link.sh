#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The seam `link` against the kernel, in both roles: our Ethernet, ARP, IPv4, TCP and UDP over a TAP
# and over AF_PACKET on one end of a veth pair, on a good wire and on one that loses 2 % of what
# passes. The peers are curl, nginx and the kernel's own sockets. tshark reads each capture, with
# every checksum verified: where nothing was provoked it must find nothing to warn of.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 curl:curl tcpdump:tcpdump tshark:tshark nginx:nginx python3:python3
in_namespaces -n

export HOME="$work" # tshark looks for its settings there, and finds none
mkdir "$work/www"
head -c 20000000 /dev/urandom >"$work/www/large"
head -c 2000000 /dev/urandom >"$work/www/medium"
echo hello >"$work/www/small"

ip link set lo up
ip tuntap add nlt0 mode tap && ip address add 10.77.0.1/24 dev nlt0 && ip link set nlt0 up ||
    skip "no TAP here"
ip link add nlv0 type veth peer name nlv1 && ip address add 10.78.0.1/24 dev nlv0 &&
    ip link set nlv0 up && ip link set nlv1 up || skip "no veth here"
# An interface that is up sends router solicitations and the like: not what is tested here.
for interface in nlt0 nlv0 nlv1; do
    sysctl -q -w "net.ipv6.conf.$interface.disable_ipv6=1" 2>/dev/null
done
tap="seam=link link=tap:nlt0 address=10.77.0.2/24"
packet="seam=link link=packet:nlv1 address=10.78.0.2/24"
bad="wire.loss=2%"

# A capture of one interface; end it with: captured NAME
watch()
{
    background "$1" tcpdump -i "$2" -s 0 -B 65536 -U -w "$work/$1.pcap"
    until_true grep -q 'listening on' "$work/$1.log" || skip "tcpdump does not start"
}

# What tshark warns of in a capture, one line for each kind; nothing when all is well.
warnings()
{
    stop "$1" INT
    tshark -r "$work/$1.pcap" -q -z expert,warn -o tcp.check_checksum:TRUE \
        -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE 2>/dev/null |
        awk '/^(Errors|Warns)/ { on = 1 } /^(Notes|Chats)/ { on = 0 } on && /^ +[0-9]/' \
            >"$work/$1.warnings"
    cat "$work/$1.warnings"
}

# our SPEC COMMAND…: a program of ours at a seam, at most 60 seconds long.
our()
{
    spec=$1
    shift
    NETLAYERS=$spec timeout 60 "$@"
}

answers()
{
    curl -s -o "$work/ready" --max-time 1 "http://$1/small"
}

fetched()
{
    curl -s -S --max-time 60 -o "$work/got" "http://$1/$2" && cmp -s "$work/got" "$work/www/$2"
}

# serve SPEC ADDRESS TITLE FILE: our server, the kernel's client.
serve()
{
    background server env NETLAYERS="$1" "$examples/http_server" 80 "$work/www"
    check "$3: our server answers" 'until_true answers '"$2"
    check "$3: curl fetches $4 from our server, byte for byte" "fetched $2 $4"
    check "$3: and our server ends as it should" 'stop server'
}

# ── our server, the kernel's client ──

watch good_tap nlt0
serve "$tap" 10.77.0.2 "TAP" large
check "tshark warns of nothing on the TAP" '[ -z "$(warnings good_tap)" ]'
serve "$tap $bad" 10.77.0.2 "TAP that loses 2 %" medium
watch good_veth nlv0
serve "$packet" 10.78.0.2 "AF_PACKET on veth" medium
warnings good_veth
serve "$packet $bad" 10.78.0.2 "AF_PACKET that loses 2 %" medium
finish
