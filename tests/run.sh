#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs tests, all of them whatever the others did, and sums up.
#
#     run.sh TEST…        TEST is a program, or NAME=COMMAND for the shell
#
# A test says by its exit what happened: 0 passed, 77 skipped, anything else failed. What it
# printed is kept in $BUILD/log/NAME.log and shown when it failed. A line "*** SKIPPED: why ***"
# is always shown, also from a test that passed without that part.
#
#     RUN_UNDER=COMMAND   put before every program, such as valgrind
#     RUN_SECONDS=N       a test that takes longer has failed (default 300)
#     RUN_JOBS=N          so many at the same time (default: as there are processors)
#
# Exit: 0 when none failed.
set -u
BUILD=${BUILD:-build}
export BUILD
logs=$BUILD/log
mkdir -p "$logs" || exit 1

# Runs one test and says how it went, in one piece, so that others may run beside it.
run_one()
{
    case $1 in
    *=*) name=${1%%=*} command=${1#*=} ;;
    *) name=$(basename "$1") command="${RUN_UNDER:-} $1" ;;
    esac
    log=$logs/$name.log
    limit=
    command -v timeout >/dev/null && limit="timeout -k 10 ${RUN_SECONDS:-300}"
    started=$(date +%s)
    $limit sh -c "$command" >"$log" 2>&1 </dev/null
    result=$?
    took=$(($(date +%s) - started))
    case $result in
    0) word=pass ;;
    77) word=SKIP ;;
    *) word=FAIL ;;
    esac
    said=$(printf '%s  %-36s %3d s\n' "$word" "$name" "$took"
        if [ "$word" = FAIL ]; then
            [ $result = 124 ] && echo "      it did not end within ${RUN_SECONDS:-300} seconds"
            echo "      exit $result; the last lines of $log:"
            tail -n 40 "$log" | sed 's/^/      | /'
        else
            grep -a -F '*** SKIPPED' "$log" | sort -u | sed 's/^/      /'
        fi)
    printf '%s\n' "$said"
    echo "$word $name" >>"$2"
}

if [ "${1:-}" = --one ]; then
    run_one "$2" "$3"
    exit 0
fi

results=$(mktemp) || exit 1
trap 'rm -f "$results"' EXIT
for test in "$@"; do
    printf '%s\0%s\0%s\0' --one "$test" "$results"
done | xargs -0 -n 3 -P "${RUN_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}" "$0"

count()
{
    grep -c "^$1 " "$results"
}
failures=$(sed -n 's/^FAIL //p' "$results" | sort | tr '\n' ' ')
[ -z "$failures" ] || echo "failed: $failures"
echo "$(count pass) passed, $(count FAIL) failed, $(count SKIP) skipped"
[ $# = "$(wc -l <"$results")" ] && [ "$(count FAIL)" = 0 ]
