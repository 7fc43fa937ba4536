#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The demo's trace is what tests/golden says, in English, in Korean and by OSI's seven layers.
# UPDATE=yes writes those files anew.
. "$(dirname "$0")/../support/system.sh"
needs python3:python3
cd "$(dirname "$0")/../.." || exit 1
demo=$examples/four_layers
[ -x "$demo" ] || skip "$demo is not built"
"$demo" sandbox=on trace=off >/dev/null 2>&1 || skip "this system does not allow namespaces"

# compare NAME KEYS…
compare()
{
    name=$1
    golden=tests/golden/four_layers.$name.txt
    shift
    # A busy machine may delay an acknowledgment once; it does not do so five times.
    for attempt in 1 2 3 4 5; do
        "$demo" sandbox=on trace=text "$@" >"$work/out" 2>"$work/trace" || {
            echo "WRONG: four_layers $* fails" >&2
            failed=1
            return
        }
        python3 tests/system/trace_normal.py <"$work/trace" >"$work/$name" || exit 1
        [ "${UPDATE:-}" = yes ] && cp "$work/$name" "$golden"
        cmp -s "$work/$name" "$golden" && break
    done
    grep -q '^The server said 200, and 7 bytes: hello!$' "$work/out" || {
        echo "WRONG: four_layers $* does not say what it got" >&2
        failed=1
    }
    if ! diff -u "$golden" "$work/$name" >"$work/diff"; then
        echo "WRONG: the trace of four_layers $* differs from $golden:" >&2
        cat "$work/diff" >&2
        failed=1
    fi
    # No line is wider than 100 columns.
    python3 - "$work/trace" <<'END' || failed=1
import sys, unicodedata
for line in open(sys.argv[1], encoding="utf-8"):
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line.rstrip("\n"))
    if width > 100:
        print("WRONG: a line of", width, "columns:", line, file=sys.stderr)
        sys.exit(1)
END
}

compare en
compare ko lang=ko
compare osi model=osi

# The three tell the same: only the words differ.
events()
{
    grep '^#' "$work/$1" | sed 's/^\(#[^ ]*\) *[^ ]* /\1 /'
}
events en >"$work/events"
for name in ko osi; do
    events $name | cmp -s - "$work/events" || [ $failed = 1 ] || {
        echo "WRONG: $name tells other events than en" >&2
        failed=1
    }
done

finish
