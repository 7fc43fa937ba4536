#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The examples that run in a lab, as their users see them: the same seed gives the same output, trace and
# capture, byte for byte, however the library was compiled; another seed another one; impairments
# come from the outside; each names its seed and keeps to 100 columns.
. "$(dirname "$0")/../support/system.sh"
cd "$work" || exit 1

# run BUILD NAME OUT ARGUMENTS…: output and trace in OUT.txt, capture in OUT.pcapng.
run()
{
    where=$1 program=$2 out=$3
    shift 3
    timeout 60 "$where/$program" trace=off trace=pcapng:run.pcapng "trace=jsonl:run.jsonl" "$@" >"$out.txt" 2>&1
    result=$?
    mv run.pcapng "$out.pcapng" && mv run.jsonl "$out.jsonl"
    return $result
}

same()
{
    cmp "$1.txt" "$2.txt" && cmp "$1.jsonl" "$2.jsonl" && cmp "$1.pcapng" "$2.pcapng"
}

# What else the same sources may have been compiled to: without optimisation, and with musl.
others=
for other in debug musl/examples; do
    # An older one is another program.
    [ "$BUILD/$other/lab_tour" -nt "$BUILD/examples/lab_tour" ] && others="$others $BUILD/$other"
done
[ -n "$others" ] || echo "*** no newer build to compare with: make debug ***" >&2

for program in lab_tour router ip_limits tcp_vs_udp congestion; do
    check "$program ends well and names its seed" \
        'run "$examples" $program a seed=7 && grep -q "seed=7" a.txt'
    check "$program keeps to 100 columns" '[ "$(wc -L <a.txt)" -le 100 ]'
    check "$program with the same seed is the same run, byte for byte" \
        'run "$examples" $program b seed=7 && same a b'
    for other in $others; do
        check "$program built as ${other#"$BUILD/"} is the same run too" \
            'run "$other" $program c seed=7 && same a c'
    done
    run "$examples" $program d seed=7 wire.loss=10%
    check "$program takes impairments from the outside" \
        'grep -q "wire.loss" d.jsonl && ! same a d >d.cmp 2>&1'
    check "$program tells of each wire what it really does" \
        '! grep -q "\"wire.open\"" d.jsonl || ! grep "\"wire.open\"" d.jsonl | grep -v "loss=10%"'
    run "$examples" $program e seed=8 wire.loss=10%
    check "$program with another seed loses other frames" '! cmp -s d.jsonl e.jsonl'
done

# ── what means nothing is not passed over ──
for program in lab_tour router ip_limits tcp_vs_udp congestion two_stacks; do
    timeout 60 "$examples/$program" los=5% >a.txt 2>&1
    result=$?
    check "$program refuses a key that nobody knows" \
        '[ $result = 2 ] && grep -q "usage: $program" a.txt'
done
check "congestion says where its CSV file cannot be" \
    '! timeout 60 "$examples/congestion" /nonexistent/x >a.txt 2>&1 && grep -q "No such file" a.txt'
check "and that it could not be written" \
    '! timeout 60 "$examples/congestion" /dev/full >a.txt 2>&1 && grep -q "No space left" a.txt'

# ── two_stacks has the kernel in it, whose numbers nobody chooses ──
check "two_stacks ends well and names its seed" \
    'timeout 60 "$examples/two_stacks" seed=7 >a.txt 2>&1 && grep -q "seed=7" a.txt'

# ── the bug that the guide says this seed shows ──
delivered()
{
    timeout 60 "$examples/congestion" seed=108 "$@" 2>&1 | sed -n 's/.* \([0-9]*\)\.[0-9]* Mbit.*/\1/p'
}
check "with break=seqcmp and seed=108 the numbers wrap and nothing passes any more" \
    '[ "$(delivered)" = 9 ] && [ "$(delivered break=seqcmp)" -lt 6 ]'

# ── a network of one's own in a file ──
cat >mine.net <<'NET'
# three routers in a row
host   here address=10.0.1.1/24 gateway=10.0.1.254
router a address=10.0.1.254/24 address=10.1.0.1/30 gateway=10.1.0.2
router b address=10.1.0.2/30 address=10.2.0.1/30 gateway=10.2.0.2 route=10.0.1.0/24:10.1.0.1
router c address=10.2.0.2/30 address=10.0.2.254/24 gateway=10.2.0.1
host   there address=10.0.2.1/24 gateway=10.0.2.254
wire   here a
wire   a b delay=5ms
wire   b c delay=5ms mtu=576
wire   c there
NET
check "router reads a network from a file" \
    'timeout 60 "$examples/router" mine.net here 10.0.2.1 >a.txt 2>&1 && grep -q 576 a.txt &&
     grep -q "TTL  4  10.0.2.1 " a.txt'
printf 'host a address=10.0.0.1/24\nhost b address=10.0.0.2/24\nwire a b\n' >two.net
check "router takes no way to nowhere for an answer, in a network without routers" \
    'timeout 60 "$examples/router" two.net a 10.0.0.2 >a.txt 2>&1 &&
     grep -q "TTL  1  10.0.0.2 " a.txt && grep -q "no route leads there" a.txt'
echo "wire here nowhere" >>mine.net
check "a mistake in it is told with its line" \
    '! timeout 60 "$examples/router" mine.net here 10.0.2.1 >a.txt 2>&1 && grep -q "line 11" a.txt'
check "no such file is told too" \
    '! timeout 60 "$examples/router" none.net here 10.0.2.1 >a.txt 2>&1 && grep -q none.net a.txt'
finish
