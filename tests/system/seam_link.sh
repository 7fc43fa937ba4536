#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The seam `link` against the kernel, in both roles: our Ethernet, ARP, IPv4, TCP and UDP over a TAP
# and over AF_PACKET on one end of a veth pair, on a good wire and on one that loses 2 % of what
# passes. The peers are curl, nginx and the kernel's own sockets. tshark reads what passed on the good
# wires, with every checksum verified: it must find nothing to warn of.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 curl:curl tcpdump:tcpdump tshark:tshark nginx:nginx python3:python3
in_namespaces -n
. "$(dirname "$0")/../support/capture.sh"
peer=$(dirname "$0")/../support/kernel_peer.py

mkdir "$work/www"
head -c 20000000 /dev/urandom >"$work/www/large"
head -c 2000000 /dev/urandom >"$work/www/medium"
echo hello >"$work/www/small"
chmod -R a+rX "$work" # nginx may read as somebody else

ip link set lo up
ip tuntap add nlt0 mode tap 2>/dev/null && ip address add 10.77.0.1/24 dev nlt0 &&
    ip link set nlt0 up || skip "no TAP here"
ip link add nlv0 type veth peer name nlv1 && ip address add 10.78.0.1/24 dev nlv0 &&
    ip link set nlv0 up && ip link set nlv1 up || skip "no veth here"
tap="seam=link link=tap:nlt0 address=10.77.0.2/24"
packet="seam=link link=packet:nlv1 address=10.78.0.2/24"
bad="wire.loss=2%"

cat >"$work/nginx.conf" <<CONF
daemon off; master_process off; pid $work/nginx.pid; error_log /dev/null;
events { }
http { access_log off; server { listen 8000; root $work/www; } }
CONF
background nginx nginx -c "$work/nginx.conf" -e "$work/nginx.err"
background udp_echo python3 "$peer" udp-echo 7007
background tcp_echo python3 "$peer" tcp-echo 7008
until_true listens 8000 && until_true listens 7008 && until_true grep -q ready "$work/udp_echo.log" ||
    skip "the kernel's peers do not start"

# ours COMMAND…: a program of ours at the seam $spec, for at most 60 seconds.
ours()
{
    NETLAYERS=$spec timeout 60 "$@"
}

# Does our server answer yet?
answers()
{
    curl -s -o "$work/ready" --max-time 1 "http://$ours/small"
}

fetched()
{
    curl -s -S --max-time 60 -o "$work/got" "http://$ours/$1" && cmp "$work/got" "$work/www/$1"
}

got()
{
    ours "$examples/http_get" "http://$kernel:8000/$1" "$work/got" >"$work/get.log" 2>&1 &&
        cmp "$work/got" "$work/www/$1"
}

# The stream that a program of ours sends and prints as it comes back.
echoed()
{
    ours "$examples/tcp_echo_client" "$kernel" 7008 <"$work/text" >"$work/back" 2>"$work/echo.log" &&
        cmp "$work/text" "$work/back"
}

# Three lines as datagrams, the last of which is heard again: on a bad wire not at the first try.
udp_echoed()
{
    for _ in 1 2 3 4 5; do
        seq 3 | ours "$examples/udp_echo_client" "$kernel" 7007 timeout=1000 >"$work/udp" 2>&1
        grep -q "3$" "$work/udp" && return 0
    done
    return 1
}

# both_roles TITLE FILE ECHO-BYTES LINES DATAGRAM-SIZES: all of it at the seam $spec.
both_roles()
{
    background server env NETLAYERS="$spec" "$examples/http_server" 80 "$work/www"
    check "$1: our server answers" 'until_true answers'
    check "$1: curl fetches $2 from our server, byte for byte" "fetched $2"
    check "$1: our server ends as it should" 'stop server'
    check "$1: we fetch $2 from nginx, byte for byte" "got $2"

    background server env NETLAYERS="$spec" "$examples/tcp_echo_server" 7777
    until_true grep -q echoing "$work/server.log"
    check "$1: our server echoes $3 bytes while they still come" \
        'python3 "$peer" tcp-ask "$ours" 7777 '"$3"
    check "$1: the echo server ends as it should" 'stop server'
    seq "$4" >"$work/text"
    check "$1: the kernel echoes our stream, line by line" echoed

    background server env NETLAYERS="$spec" "$examples/udp_echo_server" 7778
    until_true grep -q echoing "$work/server.log"
    check "$1: our UDP echoes datagrams of $5 bytes" \
        'python3 "$peer" udp-ask "$ours" 7778 '"$5"
    check "$1: the UDP server ends as it should" 'stop server'
    check "$1: the kernel echoes our datagrams" udp_echoed
}

# What must be: each of our programs is a new card with the same address (arp), receivers may be
# slower than senders, and the kernel writes the checksum 0 as ffff where others do not.
expected='!arp && !tcp.analysis.window_full && !tcp.analysis.zero_window && !(tcp.checksum == 0xffff)'

kernel=10.77.0.1 ours=10.77.0.2 spec=$tap
watch good_tap nlt0
both_roles "TAP" large 3000000 2000 "1 1472 1473 9000 60000"
check "tshark, with all checksums verified, warns of nothing on the TAP" 'no_warnings good_tap "$expected"'
spec="$tap $bad"
both_roles "TAP that loses 2 %" medium 300000 100 "1 1472 3000"

# On veth the kernel leaves its checksums to hardware: only ours are to be verified.
kernel=10.78.0.1 ours=10.78.0.2 spec=$packet
watch good_veth nlv0
both_roles "AF_PACKET on veth" large 3000000 2000 "1 1472 1473 9000 60000"
check "tshark, with all checksums verified, warns of nothing that we sent on veth" \
    'no_warnings good_veth "ip.src==10.78.0.2 && $expected"'
spec="$packet $bad"
both_roles "AF_PACKET that loses 2 %" medium 300000 100 "1 1472 3000"
finish
