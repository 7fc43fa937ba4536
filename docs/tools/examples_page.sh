#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the page of examples for the docs, as Markdown: each program whole, since its first
# comment is its lesson.
#
#     examples_page.sh en > examples.md
set -eu

case ${1:-} in
en)
    echo '# Examples {#examples}'
    echo
    echo 'Each has one lesson, fewer than a hundred lines, and says at the top what to watch and'
    echo 'what to try next. `make` builds them all into `build/examples`.'
    ;;
ko)
    echo '# 예제 {#examples}'
    echo
    echo '예제마다 배울 것이 하나씩 있고 백 줄이 넘지 않는다. 첫 주석에 무엇을 볼지, 다음에 무엇을'
    echo '해 볼지가 있다. `make`가 모두 `build/examples`에 만든다.'
    ;;
*)
    echo "usage: $0 en|ko" >&2
    exit 2
    ;;
esac
echo
echo '[TOC]'
for file in examples/*.c; do
    name=$(basename "$file" .c)
    printf '\n## %s {#example_%s}\n\n\\include{lineno} %s.c\n' "$name" "$name" "$name"
done
