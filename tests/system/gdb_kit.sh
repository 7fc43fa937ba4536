#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The debugger kit does what its help says, with the course builds:
#
#   - every example starts in gdb, stops in main with its source, and the kit knows its events;
#   - netl-break, netl-event, layers, tcb, netl-hexdump and the printers tell what is so;
#   - for every frame of a run, headers and dump are the same as the library's own;
#   - what cannot be done ends in a sentence, never in a Python traceback.
#
# Exit: 0 all true, 1 something is false, 77 skipped.
set -u
BUILD=${BUILD:-build}
GDB=${GDB:-gdb}
KIT=lib/gdb/netlayers.py

skip()
{
    echo "*** SKIPPED: $1 ***" >&2
    exit 77
}

cd "$(dirname "$0")/../.." || exit 1
command -v "$GDB" >/dev/null || skip "no gdb; install gdb"
if [ -z "${GDB_KIT_INSIDE:-}" ]; then
    "$GDB" -nx -q -batch -ex 'python import ipaddress' -ex run true 2>&1 |
        grep -q 'exited normally' || skip "gdb cannot run a program here, or has no Python"
    make -s BUILD="$BUILD" debug >/dev/null 2>&1 || {
        echo "make debug failed" >&2
        exit 1
    }
    how=-Urn
    [ "$(id -u)" = 0 ] && how=-n
    unshare $how true 2>/dev/null || skip "this system does not allow namespaces"
    GDB_KIT_INSIDE=yes exec unshare $how "$0" "$@"
fi
ip link set lo up 2>/dev/null || ifconfig lo up || skip "cannot switch lo on; install iproute2"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
checks=0

# debug NAME COMMANDS ARGUMENT…: runs an example in gdb; what is said goes to $work/out.
debug()
{
    name=$1
    printf '%s\n' "$2" >"$work/commands"
    shift 2
    timeout 120 "$GDB" -nx -q -batch -iex 'set debuginfod enabled off' -x $KIT \
        -ex "set environment NETLAYERS trace=text:$work/trace" -x "$work/commands" \
        --args "$BUILD/debug/$name" "$@" >"$work/out" 2>&1 </dev/null
    says_not 'Traceback' "$name: no Python traceback"
}

fail()
{
    echo "FALSE: $1" >&2
    sed 's/^/    /' "$work/out" | tail -n 40 >&2
    failed=1
}

says()
{
    checks=$((checks + 1))
    grep -Eq -- "$1" "$work/out" || fail "$2"
}

says_not()
{
    checks=$((checks + 1))
    if grep -Eq -- "$1" "$work/out"; then fail "not so: $2"; fi
}

# The layers in the output of `layers`, from the innermost, in one line. Where a wait turns the
# loop is base's and the host's affair: they are left out.
layer_names()
{
    sed -nE 's/^#[0-9-]+ +([a-z]+) .*/\1/p' "$work/out" | grep -vE '^(base|host)$' | uniq |
        paste -sd' ' -
}

# ── every example ───────────────────────────────────────────────────────────────────────────
for source in examples/*.c; do
    name=$(basename "$source" .c)
    debug "$name" 'break main
run
layers
netl-break tcp.state
info source'
    says "^Breakpoint 1, main \(argc=1" "$name stops in main"
    says '^#0 +main +main\(argc=1\)  at '"$name.c:" "layers shows $name's main"
    says '^1 event: tcp.state' "the kit knows the events of $name"
    says "Current source file is examples/$name.c" "$name has its source"
done

# ── an event: id, fields, reason, packet, layers, bytes, control block ──────────────────────
debug four_layers 'netl-break tcp.syn.tx
run
echo \n== event\n
netl-event
echo \n== layers\n
layers
echo \n== packet\n
print *packet
print *fields
netl-hexdump -f
echo \n== tcb\n
tcb
netl-break'
says '^event: tcp.syn.tx \(transport, done by the kernel and watched\)' "it stops at the SYN"
says '^  flags=SYN seq=[0-9]+ win=' "it says the fields"
says 'why: step 1 of 3: my numbers start at [0-9]+ \[RFC 9293 §3.5\]' "it says reason and clause"
says 'packet=0x[0-9a-f]+ \[ethernet 14\]\[ipv4 20\]\[tcp 40\] 74 bytes' "arguments are readable"
says '^\$1 = \[ethernet 14\]\[ipv4 20\]\[tcp 40\] 74 bytes, frame 1, connection 1$' \
    "a packet shows as its headers"
says '^\$2 = flags=SYN$' "a field shows as name=value"
says '^0000 \|00 00 00 00 00 00' "a header begins with |"
says "'08 00\|45'00  " "fields begin with ', the next header with |"
says '^  000e  version +4 +always 4$' "-f lists the fields with their meaning"
says '^  002f  syn +set ' "the SYN flag is set"
says '^connection 1  127.0.0.1:[0-9]+ > 127.0.0.1:[0-9]+  the kernel' "tcb finds the connection"
says '^  object    connecting=yes' "tcb knows that the handshake is under way"
says '^breakpoint 1: tcp.syn.tx, stopped 1 times' "netl-break lists what is set"
says '^transport: .*tcp.open' "netl-break lists the events by layer"
[ "$(layer_names)" = "trace transport application main" ] ||
    fail "layers from the SYN out: $(layer_names)"

# ── the HTTP server writes its answer: application on transport, down from main ─────────────
debug four_layers 'break kernel_write if length > 100
run
layers
tcb
tcb 1
delete
netl-break tcp.state to=TIME-WAIT
continue
tcb
continue'
[ "$(layer_names)" = "transport application transport application main" ] ||
    fail "layers from the server's write: $(layer_names)"
says '^#[0-9-]+ +transport +netl_tcp_write\(conn=connection 1, ' "what entered transport"
says '^#[0-9-]+ +application +received\(tcp=connection 1' "the server's handler"
says '^  TCP_INFO  ESTABLISHED srtt=[0-9]+us' "tcb asks the kernel"
says '^  observer  ESTABLISHED' "tcb knows what the observer saw"
says '^  observer  the other end of this flow is ESTABLISHED' "both ends are shown"
says 'SND.UNA=[0-9]+ +SND.NXT=[0-9]+ +SND.WND=[0-9]+ +our FIN: not sent' "sequence state"
says '^  from=FIN-WAIT-1 to=TIME-WAIT' "a field's value chooses the event"
says 'not open here' "a closed connection's flow is remembered"
says "peer's FIN: [0-9]+, (not )?acked" "its FIN is known"
says 'exited normally' "the program ends as if nobody had looked"

# ── our own frame at the link: no kernel, and layers straight down from main ────────────────
debug frame_send 'netl-break eth.tx
run
layers
netl-hexdump packet->data packet->length' lo ff:ff:ff:ff:ff:ff hello
says '^event: eth.tx \(link\)$' "our own frame is not called the kernel's"
says '^\[ethernet 14\]\[payload 46\] 60 bytes$' "bytes without marks are taken apart"
[ "$(layer_names)" = "trace link main" ] || fail "layers from our own frame: $(layer_names)"

# ── a core file: everything that needs no call ──────────────────────────────────────────────
debug four_layers "break kernel_write
run
generate-core-file $work/core"
printf 'layers\ntcb\nnetl-break transport\n' >"$work/commands"
"$GDB" -nx -q -batch -x $KIT -x "$work/commands" "$BUILD/debug/four_layers" "$work/core" \
    >"$work/out" 2>&1 </dev/null
[ "$(layer_names)" = "transport application main" ] || fail "layers of a core: $(layer_names)"
says '^connection 1  \? > 127.0.0.1:[0-9]+' "tcb reads a core file"
says 'TCP_INFO  not asked' "nothing is called in a core file"
says '^  observer  ESTABLISHED' "the observer's flows are in the core"

# ── patterns ────────────────────────────────────────────────────────────────────────────────
for pattern in application 'tcp.*.rx' TCP_SYNACK_RX http; do
    debug four_layers "netl-break $pattern
run"
    says '^event: [a-z.]+' "netl-break $pattern stops"
done

# ── what cannot be done ─────────────────────────────────────────────────────────────────────
refused()
{
    debug four_layers "$1"
    says "$2" "$1: $2"
}
refused 'netl-break tcp.stat' 'no layer or event tcp.stat; near: tcp.state'
refused 'netl-break tcp.state ESTABLISHED' 'must be FIELD=VALUE'
refused 'netl-event' 'the program does not run'
refused 'tcb' 'the program does not run'
refused 'layers' 'the program does not run'
refused 'netl-hexdump' 'the program does not run'
refused 'netl-hexdump 16 16' 'Cannot access memory'
refused 'netl-hexdump 16 9999999' 'makes no sense'
refused 'netl-hexdump (struct netl_packet *)0' 'is NULL'
refused 'break main
run
netl-hexdump argc' 'is no packet'
refused 'break main
run
tcb argc' 'is no connection'
refused 'break main
run
tcb' 'no host in the current frames'
refused 'break main
run
netl-hexdump' 'no packet in the current frames'
refused 'print *(struct netl_packet*)netl_packet_push' 'not set yet|[Cc]annot access'
refused 'set netl-calls off
break kernel_write
run
tcb' 'TCP_INFO  not asked'

# ── every frame: the same headers and bytes as the library's own hexdump ────────────────────
frame_commands='set $room = 0
break netl_sighting_report
commands
silent
set $room = (char *)malloc(20000)
call (void)netl_hexdump_format(&s->dissection, s->packet->data, s->packet->length, $room, 20000)
printf "OURS %s\n", $room
echo KIT\ \n
netl-hexdump -a s->packet
call (void)free($room)
continue
end
run'

# The dumps after the mark $1, made comparable; an HTTP message has its name in the kit only.
dumps()
{
    awk -v mark="$1" '$1 == "OURS" || $1 == "KIT" { now = $1 } now == mark' "$work/out" |
        sed -E "s/^OURS //; s/\[http ([0-9]+)\]/[payload \1]/; s/\] [0-9]+ bytes$/]/; s/'/ /g" |
        grep -E '^(\[[a-z]|[0-9a-f]{4} )' | cut -c1-57
}

same_frames()
{
    debug "$1" "$frame_commands" $2
    dumps OURS >"$work/ours"
    dumps KIT >"$work/kit"
    checks=$((checks + 1))
    cmp -s "$work/ours" "$work/kit" || {
        diff "$work/ours" "$work/kit" | head -n 20 >&2
        fail "frames of $1 $2 look the same in the kit as in the library"
    }
    says "$3" "$1 $2 has frames of $3"
}
same_frames four_layers '' 'ipv4 20..tcp 32..http'
same_frames ping '127.0.0.1 1' 'ipv4 20..icmp_echo 8'
same_frames ping '::1 1' 'ipv6 40..icmpv6_echo 8'

# ── make step-NAME ──────────────────────────────────────────────────────────────────────────
printf 'layers\n' >"$work/step"
make -s -f Makefile BUILD="$BUILD" GDB="$GDB" BATCH=1 GDB_COMMANDS="$work/step" step-ping \
    >"$work/out" 2>&1 </dev/null
says '^#0 +main +main\(argc=3\)' "make step-ping stops in main, with arguments"

[ $failed = 0 ] && echo "gdb kit: $checks checks are true"
exit $failed
