#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs tests one after the other, all of them whatever the others did, and sums up.
#
#     run.sh TEST…        TEST is a program, or NAME=COMMAND for the shell
#
# A test says by its exit what happened: 0 passed, 77 skipped, anything else failed. What it
# printed is kept in $BUILD/log/NAME.log and shown when it failed. A line "*** SKIPPED: why ***"
# is always shown, also from a test that passed without that part.
#
#     RUN_UNDER=COMMAND   put before every program, such as valgrind
#     RUN_SECONDS=N       a test that takes longer has failed (default 300)
#
# Exit: 0 when none failed.
set -u
BUILD=${BUILD:-build}
export BUILD
logs=$BUILD/log
mkdir -p "$logs" || exit 1
limit=
command -v timeout >/dev/null && limit="timeout -k 10 ${RUN_SECONDS:-300}"

passed=0 failed=0 skipped=0 failures=
for test in "$@"; do
    case $test in
    *=*) name=${test%%=*} command=${test#*=} ;;
    *) name=$(basename "$test") command="${RUN_UNDER:-} $test" ;;
    esac
    log=$logs/$name.log
    started=$(date +%s)
    $limit sh -c "$command" >"$log" 2>&1 </dev/null
    result=$?
    took=$(($(date +%s) - started))
    case $result in
    0) word=pass passed=$((passed + 1)) ;;
    77) word=SKIP skipped=$((skipped + 1)) ;;
    *) word=FAIL failed=$((failed + 1)) failures="$failures $name" ;;
    esac
    printf '%s  %-36s %3d s\n' "$word" "$name" "$took"
    if [ "$word" = FAIL ]; then
        [ $result = 124 ] && echo "      it did not end within ${RUN_SECONDS:-300} seconds"
        echo "      exit $result; the last lines of $log:"
        tail -n 40 "$log" | sed 's/^/      | /'
    else
        grep -a -F '*** SKIPPED' "$log" | sort -u | sed 's/^/      /'
    fi
done
[ -z "$failures" ] || echo "failed:$failures"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
