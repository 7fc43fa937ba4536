#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The seam `wire`: processes of an ordinary user on a bus, without namespaces and without any right.
# As root the test goes on as `nobody`.
. "$(dirname "$0")/../support/system.sh"

if [ "$(id -u)" = 0 ] && [ -z "${SEAM_BUS_ORDINARY:-}" ]; then
    needs setpriv:util-linux
    # The programs may lie where an ordinary user cannot read.
    cp "$examples/http_server" "$examples/http_get" "$examples/ping" "$examples/tcp_echo_server" \
        "$examples/tcp_echo_client" "$work/" || exit 1
    mkdir "$work/tests" "$work/tests/system" "$work/tests/support"
    cp "$0" "$work/tests/system/seam_bus.sh"
    cp "$(dirname "$0")/../support/system.sh" "$work/tests/support/"
    mkdir "$work/build" && ln -s .. "$work/build/examples"
    chmod -R a+rX "$work"
    cd / || exit 1
    SEAM_BUS_ORDINARY=yes BUILD=$work/build setpriv --reuid 65534 --regid 65534 --clear-groups \
        --bounding-set -all --inh-caps -all "$work/tests/system/seam_bus.sh"
    exit
fi

check "this is an ordinary user without capabilities" \
    '[ "$(id -u)" != 0 ] && grep -q "^CapEff:[[:space:]]*0*$" /proc/self/status'
bus=$work/bus
mkdir "$bus" "$work/www"
head -c 3000000 /dev/urandom >"$work/www/large"

at()
{
    echo "seam=wire link=bus:$bus address=10.9.0.$1/24 ${2:-}"
}

background server env NETLAYERS="$(at 1)" "$examples/http_server" 8080 "$work/www"
background echoer env NETLAYERS="$(at 3)" "$examples/tcp_echo_server" 7777
until_true grep -q serving "$work/server.log"
check "the server names the address that it has at this seam" \
    'grep -qF "http://10.9.0.1:8080/" "$work/server.log"'
until_true grep -q echoing "$work/echoer.log"

check "one process fetches 3 MB from another one, byte for byte" \
    'NETLAYERS=$(at 2) timeout 30 "$examples/http_get" http://10.9.0.1:8080/large "$work/got" \
        >/dev/null 2>&1 && cmp "$work/got" "$work/www/large"'
check "two at once, and a third process on the same bus" \
    'NETLAYERS=$(at 4) timeout 30 "$examples/http_get" http://10.9.0.1:8080/large "$work/got4" \
        >/dev/null 2>&1 & first=$!
     echo hello | NETLAYERS=$(at 5) timeout 30 "$examples/tcp_echo_client" 10.9.0.3 7777 | grep -q hello &&
     wait $first && cmp "$work/got4" "$work/www/large"'
check "also when the wire loses 5 % and takes its time" \
    'NETLAYERS=$(at 2 "wire.loss=5% wire.delay=2ms seed=7") timeout 60 "$examples/http_get" \
        http://10.9.0.1:8080/large "$work/lossy" >/dev/null 2>&1 && cmp "$work/lossy" "$work/www/large"'
check "ping crosses the bus" \
    'NETLAYERS=$(at 2) timeout 10 "$examples/ping" 10.9.0.3 1 >/dev/null'
check "a host talks to its own address, and to 127.0.0.1" \
    'NETLAYERS=$(at 2) timeout 10 "$examples/ping" 10.9.0.2 1 >/dev/null &&
     NETLAYERS=$(at 2) timeout 10 "$examples/ping" 127.0.0.1 1 >/dev/null'
check "an address that is taken is not taken twice, with arp.probe=on" \
    '! NETLAYERS=$(at 1 arp.probe=on) timeout 10 "$examples/ping" 10.9.0.3 1 2>"$work/taken" &&
     grep -q "take the address 10.9.0.1, which .* another station has it" "$work/taken"'
check "the trace says that all four layers are ours" \
    'NETLAYERS=$(at 2 trace=text) timeout 10 "$examples/http_get" http://10.9.0.1:8080/ \
        >/dev/null 2>"$work/trace" &&
     for layer in APPL TRAN INET LINK; do grep -q " $layer -> " "$work/trace" || exit 1; done &&
     ! grep -qE " (appl|tran|inet|link) [<-]" "$work/trace"'
check "both servers end as they should" 'stop server && stop echoer'
check "and leave an empty bus" '[ -z "$(ls "$bus")" ]'
finish
