#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the pages name must be there: files, functions, events, spec keys, examples; and each page
# must have its twin in the other language.
#
# Exit: 0 all true, 1 something is false.
set -u
cd "$(dirname "$0")/../.." || exit 1

failed=0
wrong()
{
    echo "docs_names: $1" >&2
    failed=1
}

pages="README.md README.ko.md docs/architecture.md docs/en/*.md docs/ko/*.md docs/man/*"
sources=$(find include lib examples docs/tools -name '*.[ch]')

# `lib/…/file.c` and the like, in any page.
for path in $(grep -ohE '`(lib|include|examples|tests|docs)/[A-Za-z0-9_./-]+`' $pages | tr -d '`' |
    sort -u); do
    [ -e "$path" ] || wrong "no file $path"
done

# Links from the pages that are read as plain text.
for page in README.md README.ko.md; do
    for path in $(grep -oE '\]\([^)#]+\)' $page | sed 's/^](//; s/)$//' | grep -v '^http' | sort -u); do
        [ -e "$path" ] || wrong "$page links to $path, which is not there"
    done
done

# netl_something(), and `something()` with a small letter.
for name in $(grep -ohE '(netl_[a-z0-9_]+|`[a-z_]+)\(\)' $pages | tr -d '`()' | sort -u); do
    grep -qE "(^|[^a-z_])$name\)?\(" $sources || wrong "no function $name"
done

# Events, in backquotes: their first word is one of the catalogue's.
ids=$(sed -n 's/^NETL_EVENT([A-Z0-9_]*, "\([a-z0-9.]*\)".*/\1/p' lib/trace/events_*.def | sort -u)
families=$(echo "$ids" | sed 's/\..*//' | sort -u | tr '\n' '|')
for id in $(grep -ohE '`[a-z0-9]+(\.[a-z0-9]+)+`' $pages include/netlayers/*.h | tr -d '`' |
    grep -E "^(${families%|})\." | grep -vE '^trace\.[a-z]*$|^wire\.|^arp\.probe$' | grep -vE '\.(c|h|md|mk|py|sh)$' |
    sort -u); do
    echo "$ids" | grep -qx "$id" || wrong "no event $id"
done

# Every spec key and every example is in both tables.
for page in README.md README.ko.md; do
    for key in $(sed -n 's/^    {"\([a-z]*\)", .*read_.*/\1/p' lib/host/spec.c); do
        grep -q "^| \`$key\`" $page || wrong "$page does not tell of the key $key"
    done
    for file in examples/*.c; do
        grep -q "($file)" $page || wrong "$page does not tell of $file"
    done
done
for file in examples/*.c; do
    grep -q "^\.It Nm $(basename "$file" .c)\|^\.Ss $(basename "$file" .c)" docs/man/netlayers-examples.1 ||
        wrong "netlayers-examples.1 does not tell of $file"
done

# Twins: the same pages with the same labels.
for page in docs/en/*.md; do
    twin=docs/ko/$(basename "$page")
    [ -e "$twin" ] || wrong "no $twin"
    [ "$(grep -oE '\{#[a-z_]+\}' "$page")" = "$(grep -oE '\{#[a-z_]+\}' "$twin")" ] ||
        wrong "$page and $twin have different labels"
done

exit $failed
