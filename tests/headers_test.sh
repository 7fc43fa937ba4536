#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every public header compiles alone, as C11 and as C++17, with every compiler at hand, and a
# program may include it twice, with no feature macro and no warning.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
warn='-Wall -Wextra -Wpedantic -Wconversion -Werror -fsyntax-only -Iinclude'
failed=0

for header in $(cd include && find . -name '*.h' | sed 's|^\./||' | sort); do
    printf '#include <%s>\n#include <%s>\nextern int unused;\n' "$header" "$header" >"$work/one.c"
    cp "$work/one.c" "$work/one.cpp"
    for cc in gcc clang; do
        command -v $cc >/dev/null || continue
        $cc -std=c11 -Wshadow $warn "$work/one.c" || { echo "$header: not C11 alone ($cc)"; failed=1; }
    done
    for cxx in g++ clang++; do
        command -v $cxx >/dev/null || continue
        $cxx -std=c++17 $warn "$work/one.cpp" ||
            { echo "$header: not C++17 alone ($cxx)"; failed=1; }
    done
done
for compiler in gcc clang g++ clang++; do
    command -v $compiler >/dev/null || echo "*** SKIPPED: headers with $compiler: not here ***"
done
exit $failed
