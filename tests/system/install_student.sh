#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The library is installed as a packager would, into a stage; a student's project finds it by
# pkg-config and runs in C and in C++; and uninstall leaves nothing behind.
#
# Exit: 0 all true, 1 something is false, 77 skipped.
set -u
BUILD=${BUILD:-build}
command -v pkg-config >/dev/null || {
    echo "*** SKIPPED: no pkg-config ***" >&2
    exit 77
}
MAKE="make -s BUILD=$BUILD"
unset NETLAYERS MAKEFLAGS MAKELEVEL PKG_CONFIG_PATH
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# Says that something is false, and goes on.
false_that()
{
    echo "false: $*" >&2
    failed=1
}

listing()
{
    (cd "$1" && find . ! -type d | sort)
}

# Builds and runs the student's project against what pkg-config finds by "$@".
student()
{
    rm -rf "$work/project"
    cp -r "$stage$prefix/share/doc/netlayers/examples/student-project" "$work/project"
    for words in 'hello' 'hello-cpp' 'static'; do
        program=${words#static}
        libraries=
        [ "$words" = static ] && program=hello && rm -f "$work/project/hello" &&
            libraries="NETLAYERS_LIBS=$root/lib/libnetlayers.a"
        make -s -C "$work/project" CFLAGS='-Wall -Wextra -Werror' CXXFLAGS='-Wall -Wextra -Werror' \
            ${libraries:+"$libraries"} "$program" || false_that "$1: $words builds"
        path=$root/lib
        [ "$words" = static ] && path=/nonexistent
        answer=$(LD_LIBRARY_PATH=$path "$work/project/$program")
        case $answer in
        *'the answer is "hello"') ;;
        *) false_that "$1: $words answers hello, it said: $answer" ;;
        esac
    done
}

# 1. A stage, as packagers do: DESTDIR in front of /usr, and pkg-config with a sysroot.
stage=$work/stage prefix=/usr root=$work/stage/usr
$MAKE DESTDIR="$stage" PREFIX=/usr install >/dev/null || false_that "a staged install works"
for file in lib/libnetlayers.a lib/libnetlayers.so lib/pkgconfig/netlayers.pc \
    lib/libnetlayers-crypto.a lib/libnetlayers-crypto.so lib/pkgconfig/netlayers-crypto.pc include/netlayers.h \
    include/netlayers/wire/tcp.h share/doc/netlayers/examples/four_layers.c; do
    [ -f "$root/$file" ] || false_that "$file is installed"
done
grep -rq "$work" "$root/lib/pkgconfig" && false_that "the .pc file does not know the stage"
export PKG_CONFIG_PATH="$root/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$stage" \
    PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
student "in a sysroot"
# shellcheck disable=SC2046 # flags are words
${CC:-cc} -o "$work/ssh_hello" "$root/share/doc/netlayers/examples/ssh_hello.c" \
    $(pkg-config --cflags --libs netlayers-crypto) &&
    LD_LIBRARY_PATH=$root/lib "$work/ssh_hello" 2>/dev/null
[ $? = 2 ] || false_that "ssh_hello is built with netlayers-crypto, and says how it is used"
unset PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
version=$(pkg-config --modversion netlayers)
grep -q "NETL_VERSION \"$version\"" include/netlayers.h || false_that "the .pc has our version"

# 2. What the shared library shows: our names alone, a SONAME, and few bytes.
library=$root/lib/libnetlayers.so
crypto=$root/lib/libnetlayers-crypto.so
strangers=$(nm -D --defined-only "$library" "$crypto" | awk 'NF == 3' | awk '$3 !~ /^netl_/ { print $3 }')
[ -z "$strangers" ] || false_that "only netl_ names are exported, but there are: $strangers"
for function in $(grep -rhoE 'NETL_API [^(;]*\b(netl_[a-z0-9_]+)\(' include |
    grep -oE 'netl_[a-z0-9_]+\($' | tr -d '(' | sort -u); do
    for one in "$library" "$crypto"; do nm -D --defined-only "$one"; done | grep -q " $function\$" ||
        false_that "$function, which the headers declare, is in the library"
done
readelf -d "$library" | grep -q 'SONAME.*\[libnetlayers\.so\.[0-9]*\]' || false_that "it has a SONAME"
readelf -d "$library" | grep NEEDED | grep -v -e 'libc\.so' -e 'ld-linux' &&
    false_that "it needs nothing but libc"
readelf -d "$crypto" | grep NEEDED | grep -v -e 'libc\.so' -e 'ld-linux' -e 'libcrypto\.so' &&
    false_that "the library for cryptography needs nothing but libc and libcrypto"
strip -o "$work/stripped.so" "$library"
size=$(wc -c <"$work/stripped.so")
echo "the shared library has $size bytes, stripped"
case ${CFLAGS-} in
'') # four layers of our own, every protocol that rides on them, and the hot files made for speed
    [ "$size" -lt 917504 ] || false_that "the shared library is under 896 KiB" ;;
esac

# 3. uninstall removes exactly what install wrote.
echo mine >"$root/include/mine.h"
$MAKE DESTDIR="$stage" PREFIX=/usr uninstall >/dev/null || false_that "uninstall works"
[ "$(listing "$stage")" = ./usr/include/mine.h ] ||
    false_that "uninstall leaves what is not ours alone, and nothing of ours: $(listing "$stage")"
[ ! -d "$root/include/netlayers" ] || false_that "our own folders are gone"

# 4. Into a folder of one's own, without DESTDIR; and moved elsewhere afterwards.
stage='' prefix=$work/own root=$work/own
$MAKE PREFIX="$prefix" install >/dev/null || false_that "an install into one's own folder works"
export PKG_CONFIG_PATH="$root/lib/pkgconfig"
student "in a folder of one's own"
mv "$work/own" "$work/moved"
prefix=$work/moved root=$work/moved
export PKG_CONFIG_PATH="$root/lib/pkgconfig"
flags=$(pkg-config --define-prefix --cflags --libs netlayers)
# shellcheck disable=SC2086 # flags are words
${CC:-cc} -o "$work/hello" "$work/project/main.c" $flags && LD_LIBRARY_PATH=$root/lib "$work/hello" ||
    false_that "a moved install is found with --define-prefix"
exit $failed
