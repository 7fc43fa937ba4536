#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Ping, path and path MTU through real routers, the kernel's own, in namespaces of ours:
#
#     us ── 10.0.1/24 ── r1 ── 10.0.2/24 (1400 bytes) ── r2 ── 10.0.3/24 ── far
#     us ── 10.0.9/24 ── hole: takes 1494 bytes and swallows what is larger, without a word
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 nsenter:util-linux
in_namespaces -n

# link PID NAME ADDRESS-PREFIX MTU: one end of a cable, with both kinds of address.
address()
{
    settings "$1" "ipv6/conf/$2/accept_dad=0"
    inside "$1" ip link set "$2" mtu "$4" up
    inside "$1" ip address add "10.0.$3/24" dev "$2"
    inside "$1" ip address add "fd00:$(echo "$3" | sed 's/\./::/')/64" dev "$2" nodad
}

# cable PID NAME ADDRESS PID NAME ADDRESS MTU
cable()
{
    ip link add "$2" netns "$1" type veth peer name "$5" netns "$4" || skip "cannot make veth"
    address "$1" "$2" "$3" "$7"
    address "$4" "$5" "$6" "$7"
}

namespace r1
namespace r2
namespace far
namespace hole
ip link set lo up
for router in $r1 $r2; do
    settings "$router" ipv4/ip_forward=1 ipv6/conf/all/forwarding=1 ipv4/icmp_ratelimit=0 \
        ipv6/icmp/ratelimit=0
done
cable $$ us1 1.1 "$r1" left 1.2 1500
cable "$r1" right 2.1 "$r2" left 2.2 1400
cable "$r2" right 3.1 "$far" near 3.2 1500
cable $$ us9 9.1 "$hole" near 9.2 1500
inside "$hole" ip link set near mtu 1490
settings "$r2" ipv4/neigh/right/retrans_time_ms=50 ipv6/neigh/right/retrans_time_ms=50
settings $$ ipv4/neigh/us1/retrans_time_ms=50
for version in -4 -6; do
    net=10.0.
    host=.
    [ $version = -6 ] && net=fd00: && host=::
    ip $version route add "${net}2${host}0/$([ $version = -4 ] && echo 24 || echo 64)" \
        via "${net}1${host}2"
    ip $version route add "${net}3${host}0/$([ $version = -4 ] && echo 24 || echo 64)" \
        via "${net}1${host}2"
    inside "$r1" ip $version route add \
        "${net}3${host}0/$([ $version = -4 ] && echo 24 || echo 64)" via "${net}2${host}2"
    inside "$r2" ip $version route add \
        "${net}1${host}0/$([ $version = -4 ] && echo 24 || echo 64)" via "${net}2${host}1"
    inside "$far" ip $version route add default via "${net}3${host}1"
done
ip route add 192.0.2.0/24 via 10.0.1.2

# run NAME EXPECTED-EXIT COMMAND…: output goes to $work/out.
run()
{
    what=$1
    expected=$2
    shift 2
    "$@" >"$work/out" 2>&1
    code=$?
    [ $code = "$expected" ] || wrong "exit code $code instead of $expected"
}

wrong()
{
    echo "WRONG: $what: $1" >&2
    sed 's/^/    /' "$work/out" >&2
    failed=1
}

says()
{
    grep -Eq -e "$1" "$work/out" || wrong "does not say /$1/"
}

says_not()
{
    grep -Eq -e "$1" "$work/out" && wrong "says /$1/"
    return 0
}

ping=$examples/ping
path=$examples/path

for target in 10.0.3.2 fd00:3::2; do
    run "ping answers through two routers: $target" 0 "$ping" $target 2
    says "^64 bytes from $target: icmp_seq=1 ttl=62 time="
    says '^2 sent, 2 received, 0% lost'
    says '^round trip min/avg/max/stddev = '
done

run "path shows the routers in order, and the narrowest link" 0 "$path" 10.0.3.2
says '^from 10\.0\.1\.1 \(us1\) to 10\.0\.3\.2'
says '^  1  10\.0\.1\.2 [0-9.]+ ms [0-9.]+ ms [0-9.]+ ms$'
says '^  2  10\.0\.2\.2 '
says '^  3  10\.0\.3\.2 '
says '^path MTU: 1400 bytes'

run "path shows the routers of IPv6" 0 "$path" fd00:3::2
says '^  1  fd00:1::2 '
says '^  2  fd00:2::2 '
says '^  3  fd00:3::2 '
says '^path MTU: 1400 bytes'

run "path MTU is found where nobody says that it is too small" 0 "$path" 10.0.9.2
says '^path MTU: 1494 bytes'

run "a dead address behind a router is reported by that router" 1 "$ping" 10.0.3.99 2
says '^from 10\.0\.2\.2: icmp_seq=1 host unreachable'
says '^2 sent, 0 received, 100% lost'
says_not '^round trip'

run "a dead address on our own link is reported by our own system" 1 "$ping" 10.0.1.99 2
says '^from 10\.0\.1\.1: icmp_seq=1 host unreachable'

run "a dead IPv6 address is reported by the router" 1 "$ping" fd00:3::99 2
says '^from fd00:2::2: icmp_seq=1 (address|host) unreachable'

run "a router without a route says so" 1 "$ping" 192.0.2.1 1
says '^from 10\.0\.1\.2: icmp_seq=1 (net|network) unreachable'
run "path ends where a router says that there is no way" 1 "$path" 192.0.2.1
says 'hop 1, 10\.0\.1\.2, says'

run "without a route nothing is sent" 1 "$ping" 198.51.100.1 1
says '^internet: send .* Network is unreachable; '

run "a time to live that runs out is in the trace" 0 env NETLAYERS=trace=text "$path" 10.0.3.2
says 'path\.hop .*hop=1 from=10\.0\.1\.2'
says 'ip\.route .*src=10\.0\.1\.1'
says 'mtu\.found .*mtu=1400'

# The system's ICMP sockets, for those who may not open raw ones.
if command -v setpriv >/dev/null && setpriv --bounding-set=-net_raw --inh-caps=-net_raw true; then
    weak="setpriv --bounding-set=-net_raw --inh-caps=-net_raw"
    # A new namespace grants them to nobody.
    run "without any right the sentence says how to get it" 1 $weak "$ping" 10.0.3.2 1
    says 'setcap cap_net_raw\+ep PROGRAM.*unshare -Urn.*ping_group_range'
    settings $$ "ipv4/ping_group_range=0 0"
    for target in 10.0.3.2 fd00:3::2; do
        run "an ICMP socket pings $target" 0 $weak "$ping" $target 1
        says "^64 bytes from $target: icmp_seq=1 ttl=62 time="
        run "an ICMP socket finds the path to $target" 0 $weak "$path" $target
        says '^  1  (10\.0\.1\.2|fd00:1::2) '
        says '^  2  (10\.0\.2\.2|fd00:2::2) '
        says '^path MTU: 1400 bytes'
    done
    run "an ICMP socket hears of a dead address" 1 $weak "$ping" 10.0.3.99 2
    says '^from 10\.0\.2\.2: icmp_seq=1 host unreachable'
fi

# The system's own tools must see the same.
if command -v ping >/dev/null; then
    run "the system's ping sees the same" 0 env ping -c 1 10.0.3.2
    says 'ttl=62'
fi
if command -v traceroute >/dev/null; then
    run "the system's traceroute sees the same" 0 env traceroute -n -I 10.0.3.2
    says '^ 1  10\.0\.1\.2 '
    says '^ 2  10\.0\.2\.2 '
fi

finish
