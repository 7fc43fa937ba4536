#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Generates what the documentation takes from the tables and the examples, and runs Doxygen once a
# language. `make docs` calls it with NETL_DOCS (where to write), NETL_VERSION, and the programs of
# docs/tools built in $NETL_DOCS/tools.
set -eu

: "${NETL_DOCS:?call me through make docs}" "${NETL_VERSION:?call me through make docs}"
DOXYGEN=${DOXYGEN:-doxygen}
export NETL_DOCS NETL_VERSION

if ! command -v "$DOXYGEN" >/dev/null; then
    echo "docs: $DOXYGEN is not installed; make deps installs it" >&2
    exit 1
fi

tools=$NETL_DOCS/tools
rm -rf "$NETL_DOCS/generated" "$NETL_DOCS/en" "$NETL_DOCS/ko"
for language in en ko; do
    generated=$NETL_DOCS/generated/$language
    mkdir -p "$generated" "$NETL_DOCS/$language"
    "$tools/header_pictures" "$language" >"$generated/headers.md"
    "$tools/event_index" "$language" >"$generated/events.md"
    for picture in layers packet handshake; do
        "$tools/pictures" "$picture" "$language" >"$generated/$picture-$language.svg"
        cp "$generated/$picture-$language.svg" "$NETL_DOCS/generated/"
    done
    docs/tools/examples_page.sh "$language" >"$generated/examples.md"
    docs/tools/rfcs_page.sh "$language" >"$generated/rfcs.md"
    "$DOXYGEN" "docs/doxygen/$language.cfg"
    echo "$NETL_DOCS/$language/html/index.html"
done
