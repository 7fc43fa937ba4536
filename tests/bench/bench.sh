#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs every benchmark, one after the other, whatever became of the others.
#
#     bench.sh [--smoke]
#
# Exit: 0 when each of them ran; a goal that is missed is printed, not an error, since another
# machine, or a busy one, is not our fault.
set -u
BUILD=${BUILD:-build}
export BUILD
unset NETLAYERS
smoke=${1:-}
failed=0

# shellcheck disable=SC2086 # no word when it is empty
run()
{
    echo
    "$@"
    case $? in
    0 | 77) ;;
    *)
        echo "$1 failed" >&2
        failed=1
        ;;
    esac
}

[ -z "$smoke" ] || echo "smoke: these runs are too short to be judged; they show only that all of it runs"
events=
[ -n "$smoke" ] && events=5000
echo "on $(getconf _NPROCESSORS_ONLN) processors, $(uname -sr); load $(cut -d' ' -f1 /proc/loadavg)"
run "$BUILD/bench/checksum_bench" $smoke
echo
echo "trace: what an event costs"
run "$BUILD/bench/trace_bench" $events
run "$BUILD/bench/transport_bench" $smoke
run "$BUILD/bench/link_bench" $smoke
run "$BUILD/bench/tap_bench" $smoke
run "$BUILD/bench/tcp_own_bench" ${smoke:+0.05}
run "$BUILD/bench/lab_bench" $smoke
run "$BUILD/bench/congestion_bench" $smoke
run "$BUILD/bench/connections_bench" $smoke
run "$BUILD/bench/hostile_bench" $smoke
run tests/bench/http_bench.sh $smoke
[ ! -x "$BUILD/bench/dns_load" ] || run tests/bench/dns_bench.sh $smoke
run tests/bench/ftp_bench.sh $smoke
echo
echo "peers: hashes, signatures, a ledger in a lab"
run "$BUILD/bench/peers_bench" $smoke
exit $failed
