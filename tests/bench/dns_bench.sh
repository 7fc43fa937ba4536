#!/bin/sh
# SPDX-License-Identifier: MIT
#
# dns_server beside dnsmasq: the same names, the same questions, one after the other in each round.
#
#     dns_bench.sh [--smoke]
#
# Prints answers a second, and answers for a second of the server's processor time, which a busy
# machine changes less. Goal: at least those of dnsmasq.
set -u
BUILD=${BUILD:-build}
rounds=7 milliseconds=1000 names=1000
[ "${1:-}" = --smoke ] && rounds=1 milliseconds=100
command -v dnsmasq >/dev/null || [ -x /usr/sbin/dnsmasq ] || {
    echo "*** SKIPPED: no dnsmasq; install dnsmasq-base ***" >&2
    exit 77
}
PATH=$PATH:/usr/sbin
work=$(mktemp -d) || exit 1
pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null; done; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

awk -v n=$names 'BEGIN {
    print "$TTL 60\n$ORIGIN lab.\n@ SOA ns root 1 2 3 4 5"
    for (i = 0; i < n; i++) printf "h%d A 10.%d.%d.1\n", i, i / 250, i % 250 }' >"$work/lab.zone"
awk -v n=$names 'BEGIN { for (i = 0; i < n; i++) printf "10.%d.%d.1 h%d.lab\n", i / 250, i % 250, i }' \
    >"$work/hosts"

"$BUILD/examples/dns_server" "$work/lab.zone" 5391 observe=off >/dev/null &
ours=$! pids="$pids $!"
dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --addn-hosts="$work/hosts" \
    --local=/lab/ --port=5392 --listen-address=127.0.0.1 --bind-interfaces --local-ttl=60 \
    --user="$(id -un)" --pid-file= >"$work/dnsmasq.log" 2>&1 &
theirs=$! pids="$pids $!"

ready()
{
    tries=0
    until "$BUILD/bench/dns_load" "$1" 20 $names >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { echo "nobody answers at port $1" >&2; cat "$work"/*.log >&2; exit 1; }
    done
}
ready 5391
ready 5392

ticks() # of processor time that a process has used
{
    cut -d' ' -f14,15 "/proc/$1/stat" | awk '{ print $1 + $2 }'
}

measure() # PID PORT FILE
{
    before=$(ticks "$1")
    set -- "$1" "$2" "$3" $("$BUILD/bench/dns_load" "$2" $milliseconds $names)
    echo "$4 $(($(ticks "$1") - before)) $5" >>"$3"
}

round=0
while [ $round -lt $rounds ]; do
    round=$((round + 1))
    measure $ours 5391 "$work/ours"
    measure $theirs 5392 "$work/theirs"
done

median() # FILE COLUMN-EXPRESSION
{
    awk -v hz="$(getconf CLK_TCK)" -v ms=$milliseconds "{ print $2 }" "$1" | sort -n |
        awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
cpu='$2 ? $1 * ms / 1000 / ($2 / hz) : 0'
a=$(median "$work/ours" '$1') b=$(median "$work/theirs" '$1')
c=$(median "$work/ours" "$cpu") d=$(median "$work/theirs" "$cpu")
echo "dns_server and dnsmasq, $rounds rounds of $milliseconds ms, medians"
awk -v a="$a" -v b="$b" -v c="$c" -v d="$d" 'BEGIN {
    printf "  %-34s %9d  %9d  ratio %.2f (goal 1.00)\n", "answers a second", a, b, b ? a / b : 0
    printf "  %-34s %9d  %9d  ratio %.2f (goal 1.00)\n", "answers a second of processor time", c, d, d ? c / d : 0 }'
awk '{ lost += $3 } END { if (lost) print "  questions without a good answer: " lost }' "$work/ours"
exit 0
