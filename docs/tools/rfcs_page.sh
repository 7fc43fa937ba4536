#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the page of RFCs for the docs, as Markdown, from docs/rfcs.txt: each RFC and each section that
# the library cites, with a link to its text.
#
#     rfcs_page.sh en > rfcs.md
set -eu

case ${1:-} in
en)
    echo '# RFCs {#rfcs}'
    echo
    echo 'RFCs are the documents in which the protocols of the Internet are written down. These are the'
    echo 'ones, and the sections of them, that the events, the sources and the tests of the library cite.'
    ;;
ko)
    echo '# RFC {#rfcs}'
    echo
    echo 'RFC는 인터넷의 프로토콜을 적어 둔 문서이다. 라이브러리의 이벤트와 소스와 테스트가 인용하는 RFC와'
    echo '그 절은 다음과 같다. 제목은 원문 그대로이다.'
    ;;
*)
    echo "usage: $0 en|ko" >&2
    exit 2
    ;;
esac
echo
sed -e '/^#/d' -e 's/[<>*_|#]/\\&/g' docs/rfcs.txt | awk '
    /^[0-9]/ {
        rfc = $1
        sub(/^[0-9]+ /, "")
        printf "- [RFC %s](https://www.rfc-editor.org/rfc/rfc%s): %s\n", rfc, rfc, $0
        next
    }
    {
        section = $1
        sub(/^ *[^ ]+ /, "")
        place = section
        if (/, rule [0-9.]+$/) # of a list, which has no anchors
            sub(/\..*/, "", place)
        kind = place ~ /^[A-Z]/ ? "appendix" : "section"
        printf "  - [§%s](https://www.rfc-editor.org/rfc/rfc%s#%s-%s) %s\n", section, rfc, kind, place, $0
    }'
