#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Where our own stack is under a program, a backtrace at the link layer is the layer stack: link,
# internet, transport, application, main. In a lab, at the seam wire and at the seam link. And
# `make step-NAME` opens every example of the lab.
. "$(dirname "$0")/../support/system.sh"
needs gdb:gdb ip:iproute2
cd "$(dirname "$0")/../.." || exit 1
make=${MAKE:-make}
gdb -q -batch -ex 'python print(1)' 2>/dev/null | grep -q 1 || skip "this gdb has no Python"
gdb -q -batch -ex run -ex 'print $_exitcode' --args /bin/true 2>/dev/null | grep -q '= 0' ||
    skip "gdb may not run programs here"

# The request is the first frame of over 100 bytes.
cat >"$work/bt.gdb" <<'END_OF_COMMANDS'
tbreak netl_ethernet_send_to if packet->length > 90 && ethertype == 0x0800
continue
bt
tcb
kill
END_OF_COMMANDS

# The folders of the frames, from the innermost out, each once.
layers_of()
{
    sed -n 's/^#[0-9].* at \(.*\):[0-9]*$/\1/p' "$1" | sed 's#.*lib/\([a-z]*\)/.*#\1#; s#.*examples/.*#main#' |
        uniq | tr '\n' ' '
}

# stack EXAMPLE ARGUMENTS: the layers of the backtrace, the host's loop left out.
stack()
{
    example=$1
    shift
    timeout 100 "$make" -s "step-$example" BUILD="$BUILD" BATCH=1 GDB_COMMANDS="$work/bt.gdb" \
        NETLAYERS="$spec trace=text:$work/trace" ARGS="$*" </dev/null >"$work/gdb.log" 2>&1
    layers_of "$work/gdb.log"
}

expected="link internet transport application main "
"$make" -s debug BUILD="$BUILD" >/dev/null 2>&1 || exit 1

spec=
check "in a lab a backtrace at the link layer is the layer stack" \
    '[ "$(stack lab_tour)" = "$expected" ]'
check "and tcb shows our own connection" 'grep -q "snd_una" "$work/gdb.log"'
[ "$failed" = 0 ] || cat "$work/gdb.log"

mkdir "$work/bus"
background server env NETLAYERS="seam=wire link=bus:$work/bus address=10.9.0.1/24" \
    "$examples/http_server" 8080 "$work"
until_true grep -q serving "$work/server.log"
spec="seam=wire link=bus:$work/bus address=10.9.0.2/24"
check "at the seam wire too" '[ "$(stack http_get http://10.9.0.1:8080/)" = "$expected" ]'
stop server

for example in lab_tour router ip_limits tcp_vs_udp congestion two_stacks; do
    spec=
    echo kill >"$work/kill.gdb"
    check "make step-$example stops in main" \
        'timeout 100 "$make" -s step-$example BUILD="$BUILD" BATCH=1 GDB_COMMANDS="$work/kill.gdb" \
            </dev/null 2>&1 | grep -q "main (argc=1"'
done
finish
