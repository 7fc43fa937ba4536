#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Peers as processes of their own: a chat that outlives a node that is killed, at all four seams;
# ledgers that agree, on the kernel's sockets and on a bus; and what a wrong argument gives.
#
# Exit: 0 all true, 1 something is false, 77 skipped.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 unshare:util-linux ss:iproute2
in_namespaces -n
ip link set lo up

# peer NAME COMMAND…: starts it with a pipe as its keyboard; it lives until the test ends.
peer()
{
    mkfifo "$work/$1.in"
    name=$1
    shift
    sleep 120 >"$work/$name.in" 2>/dev/null &
    pids="$pids $!"
    "$@" <"$work/$name.in" >"$work/$name.log" 2>"$work/$name.err" &
    pids="$pids $!"
    eval "${name}_pid=$!"
}

# type_at NAME TEXT: as if it were typed there.
type_at()
{
    echo "$2" >"$work/$1.in"
}

# shows NAME TEXT: has it printed this line?
shows()
{
    grep -qxF -- "$2" "$work/$1.log"
}

# says NAME TEXT OTHER…: all the others hear it. What is said before links are there is said again.
all_hear()
{
    from=$1 text=$2
    shift 2
    for tries in 1 2 3 4 5 6 7 8; do
        type_at "$from" "$text $tries"
        sleep 0.5
        missing=
        for other in "$@"; do
            shows "$other" "$from: $text $tries" || missing="$missing $other"
        done
        [ -z "$missing" ] && return 0
    done
    echo "not heard by:$missing" >&2
    return 1
}

# ── a chat on the kernel's sockets ──
peer min "$examples/chat" min 7000
until_true listens 7000
peer jun "$examples/chat" jun 7001 7000
until_true listens 7001
peer sol "$examples/chat" sol 7002 localhost:7001
until_true listens 7002
peer ara "$examples/chat" ara 7003 127.0.0.1:7002
check "what one says all others hear" 'all_hear min hello jun sol ara'
check "those who joined last are heard too" 'all_hear ara "hello from the end" min jun sol'
kill -KILL "$jun_pid"
check "when one is killed the others go on talking" 'all_hear min "where is jun?" sol ara &&
    all_hear ara gone min sol'
check "nobody heard anything twice" '[ -z "$(sort "$work"/sol.log | uniq -d)" ]'
printf 'red \033[31m alert\n' >"$work/sol.in"
check "control characters are refused where they are typed" \
    'until_true grep -q "control characters" "$work/sol.err"'
# Two bytes, and 400 characters of three: 1000 bytes end within a character.
printf 'xx%s\n' "$(printf '가%.0s' $(seq 400))" >"$work/min.in"
check "a line that is too long is cut between two characters" '
    until_true grep -q "min: xx가" "$work/sol.log" && until_true grep -q "^min: 가" "$work/sol.log" &&
    iconv -f utf-8 -t utf-8 "$work/sol.log" >/dev/null &&
    [ "$(grep "^min: x*가" "$work/sol.log" | grep -o 가 | wc -l)" = 400 ]'
stop min
stop sol
stop ara

# ── the same where TCP is ours, and where all but the frames are ──
peer one "$examples/chat" one 7000 seam=internet
peer two "$examples/chat" two 7001 7000 seam=internet
check "our TCP on the kernel's IP" 'all_hear one hello two && all_hear two hello one'
stop one
stop two
rm -f "$work"/one.* "$work"/two.*
ip link add near type veth peer name far && ip link set near up && ip link set far up
peer one "$examples/chat" one 7000 seam=link link=packet:near address=10.7.0.1/24
peer two "$examples/chat" two 7000 10.7.0.1:7000 seam=link link=packet:far address=10.7.0.2/24
check "our IP and ARP on a cable" 'all_hear one hello two && all_hear two hello one'
stop one
stop two
rm -f "$work"/one.* "$work"/two.*

# ── one that is no peer at all ──
peer web "$examples/chat" web 7010 trace=text trace.link=off trace.internet=off trace.transport=off
until_true listens 7010
(printf 'GET / HTTP/1.1\r\n\r\n' && sleep 1) | timeout 5 "$examples/tcp_echo_client" 127.0.0.1 7010 >/dev/null 2>&1
check "a web browser's request is a message that is too long" \
    'until_true grep -q "peer.drop.*reason=too-long" "$work/web.err"'
stop web

# ── ledgers ──

# The last block that a node shows, with its number.
tip_of()
{
    type_at "$1" look
    sleep 0.3
    grep -E "^ +[0-9]+  # " "$work/$1.log" | tail -n 1 | awk '{ print $1, $3 }'
}

# agree NAME…: all have the same last block.
agree()
{
    first=$(tip_of "$1")
    for other in "$@"; do
        [ "$(tip_of "$other")" = "$first" ] || return 1
    done
}

has_blocks()
{
    type_at "$1" look
    sleep 0.3
    [ "$(grep -cE "^ +$2  # " "$work/$1.log")" -gt 0 ]
}

has_paid()
{
    type_at "$1" look
    sleep 0.3
    grep -q "$2" "$work/$1.log"
}

ledgers()
{
    where=$1
    check "$where: three ledgers mine and agree" 'type_at one mine && type_at two mine &&
        until_true has_blocks three 2'
    type_at one rest
    type_at two rest
    check "$where: … on the last block" 'until_true agree one two three'
    payee=$(sed -n 's/^we are \([0-9a-f]*\).*/\1/p' "$work/three.log" | head -n 1)
    payer=one
    grep -q "have [1-9]" "$work/one.log" || payer=two
    type_at $payer "pay $payee 7 for tea"
    type_at $payer mine
    check "$where: a payment reaches the payee in a block" 'until_true has_paid three "have 7;"'
    type_at $payer rest
    kill -KILL "$two_pid"
    check "$where: without one of them the others still agree" 'until_true agree one three'
    type_at one "pay $payee 7000000"
    check "$where: nobody pays what he does not have" \
        'until_true grep -q "there is not so much" "$work/one.log"'
    stop one
    stop three
    rm -f "$work"/*.in "$work"/one.* "$work"/two.* "$work"/three.*
}

peer one "$examples/ledger" 7020
until_true listens 7020
peer two "$examples/ledger" 7021 7020
peer three "$examples/ledger" 7022 7021 7020
ledgers "the kernel's sockets" || failed=1

mkdir "$work/wire"
bus="seam=wire link=bus:$work/wire"
# shellcheck disable=SC2086 # a list of words
peer one "$examples/ledger" 7000 $bus address=10.9.0.1/24
# shellcheck disable=SC2086
peer two "$examples/ledger" 7000 10.9.0.1:7000 $bus address=10.9.0.2/24
# shellcheck disable=SC2086
peer three "$examples/ledger" 7000 10.9.0.2:7000 10.9.0.1:7000 $bus address=10.9.0.3/24
ledgers "a bus, all layers ours"

# ── in a lab ──
"$examples/ledger" --lab 12 --seed 5 --blocks 30 >"$work/lab.txt" 2>&1
check "a lab's last line says that all agree" \
    '[ $? = 0 ] && tail -n 1 "$work/lab.txt" | grep -q "all nodes agree"'
check "… and the lost branch is shown" 'grep -q " o [0-9a-f]* on [0-9a-f]*" "$work/lab.txt"'
"$examples/ledger" --lab 12 --seed 5 --blocks 30 >"$work/again.txt" 2>&1
check "the same seed gives the same lines" 'cmp -s "$work/lab.txt" "$work/again.txt"'

# ── wrong arguments ──
for words in "" "--lab" "--lab 1" "--lab 6 --seed x" "--lab 6 --blocks 0" "--lab 6 --what 3" "--help"; do
    # shellcheck disable=SC2086 # a list of words
    "$examples/ledger" $words >"$work/out" 2>&1 </dev/null
    check "ledger $words: exit 2 and the usage" '[ $? = 2 ] && grep -q "^usage: ledger" "$work/out"'
done
"$examples/chat" min >"$work/out" 2>&1 </dev/null
check "chat without a port: exit 2 and the usage" '[ $? = 2 ] && grep -q "^usage: chat" "$work/out"'
"$examples/chat" min 99999 >"$work/out" 2>&1 </dev/null
check "chat with a wrong port says so" '[ $? = 1 ] && grep -q "not a port number" "$work/out"'
"$examples/chat" "" 7000 >"$work/out" 2>&1 </dev/null
check "chat without a name says so" '[ $? = 1 ] && grep -q "it is empty" "$work/out"'
finish
