#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every example that speaks to another host, at all four seams, with no change of source: one string
# tells where our code ends. Both ends are ours; at the seam `link` they are the two ends of a veth pair,
# at the seam `wire` two processes on a bus.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2
in_namespaces -n

ip link set lo up
ip link add nlv0 type veth peer name nlv1 2>/dev/null && ip link set nlv0 up &&
    ip link set nlv1 up || skip "no veth here"
mkdir "$work/bus" "$work/www"
seq 20000 >"$work/www/numbers"
seq 50 >"$work/lines"
cat >"$work/zone" <<'ZONE'
$ORIGIN example.test.
$TTL 60
@   IN SOA ns.example.test. admin.example.test. 1 60 60 60 60
@   IN NS ns.example.test.
ns  IN A 192.0.2.53
www IN A 192.0.2.80
ZONE

# seam NAME: how the server and the client stand there, and where the server is.
seam()
{
    seam=$1
    case $1 in
    transport | internet) server="seam=$1" client="seam=$1" there=127.0.0.1 ;;
    link)
        server="seam=link link=packet:nlv0 address=10.5.0.1/24"
        client="seam=link link=packet:nlv1 address=10.5.0.2/24" there=10.5.0.1
        ;;
    wire)
        server="seam=wire link=bus:$work/bus address=10.6.0.1/24"
        client="seam=wire link=bus:$work/bus address=10.6.0.2/24" there=10.6.0.1
        ;;
    esac
}

# client EXAMPLE ARGUMENTS…: its output in $work/out, its trace in $work/trace.
client()
{
    example=$1
    shift
    NETLAYERS="$client trace=text:$work/trace" timeout 20 "$examples/$example" "$@" >"$work/out" 2>&1
    result=$?
    [ $result = 0 ] || tail -n 5 "$work/out" >"$work/why"
    return $result
}

# serve EXAMPLE ARGUMENTS…
serve()
{
    example=$1
    shift
    background server env NETLAYERS="$server" "$examples/$example" "$@"
    until_true grep -qE 'serving|echoing' "$work/server.log"
}

# In which letters a layer stands in the trace: CAPITALS when it is ours.
ours()
{
    case $seam in
    transport) grep -qE ' tran (->|<-)' "$work/trace" && ! grep -qE ' TRAN (->|<-)' "$work/trace" ;;
    internet) grep -q ' TRAN ->' "$work/trace" && ! grep -qE ' tran (->|<-) ' "$work/trace" ;;
    *) grep -q ' TRAN ->' "$work/trace" && grep -q ' LINK ->' "$work/trace" &&
        ! grep -qE ' (tran|inet|link) (->|<-) ' "$work/trace" ;;
    esac
}

for at in transport internet link wire; do
    seam $at
    serve http_server 8080 "$work/www"
    check "$at: http_get fetches from http_server" \
        'client http_get "http://$there:8080/numbers" "$work/got" && cmp "$work/got" "$work/www/numbers"'
    check "$at: and the trace tells whose TCP that was" ours
    check "$at: handshake opens and closes a connection" \
        'client handshake "$there" 8080 && grep -q "tcp.synack.rx" "$work/trace" &&
         grep -q "tcp.fin.tx" "$work/trace"'
    check "$at: a port where nobody listens is refused in a sentence" \
        '! client handshake "$there" 9 && grep -qi "refused" "$work/out"'
    check "$at: ping is answered" 'client ping "$there" 1 && grep -q "1 received" "$work/out"'
    check "$at: path finds the way, one hop long" \
        'client path "$there" && grep -q "^ *1  $there " "$work/out" && grep -q "path MTU" "$work/out"'
    check "$at: http_server ends in peace" 'stop server'

    serve tcp_echo_server 7777
    check "$at: tcp_echo_client hears all of its lines" \
        'client tcp_echo_client "$there" 7777 <"$work/lines" && cmp "$work/out" "$work/lines"'
    check "$at: tcp_echo_server ends in peace" 'stop server'
    serve udp_echo_server 7777
    check "$at: udp_echo_client hears its last line" \
        'client udp_echo_client "$there" 7777 <"$work/lines" && tail -n 1 "$work/out" | grep -q 50'
    check "$at: udp_echo_server ends in peace" 'stop server'

    serve ftp_server 2121 "$work/www"
    check "$at: ftp_get gets a file from ftp_server" \
        'client ftp_get "ftp://$there:2121/numbers" "$work/ftp" && cmp "$work/ftp" "$work/www/numbers"'
    check "$at: ftp_server ends in peace" 'stop server'
    serve dns_server "$work/zone" 5353
    check "$at: dns_lookup gets an address from dns_server" \
        'client dns_lookup www.example.test A "@$there:5353" && grep -q 192.0.2.80 "$work/out"'
    check "$at: dns_server ends in peace" 'stop server'

    check "$at: four_layers talks to itself" 'client four_layers'
    [ "$failed" = 0 ] || cat "$work/why" >&2
    check "$at: interfaces and doctor have their say" \
        'client interfaces && client doctor'
done
finish
