#!/bin/sh
# SPDX-License-Identifier: MIT
#
# ftp_get and ftp_put before real servers: vsftpd, pyftpdlib and our own ftp_server. Passive and active,
# IPv4 and IPv6, text and binary, whole trees; transfers that are cut and gone on with; a full disk;
# a login refused; and the same programs at the seams internet and wire.
#
# shellcheck disable=SC2034,SC2154 # variables that eval uses or sets
. "$(dirname "$0")/../support/system.sh"
here=$(cd "$(dirname "$0")" && pwd)
needs ip:iproute2 ss:iproute2 vsftpd:vsftpd
python=/usr/bin/python3
$python -c 'import pyftpdlib' 2>/dev/null || skip "no pyftpdlib; install python3-pyftpdlib"
in_namespaces -nm
ip link set lo up
export LC_ALL=C.UTF-8

mkdir "$work/pub" "$work/pub/up" "$work/pub/sub" "$work/pub/sub/깊은 곳" "$work/small" "$work/wire"
head -c 3000001 /dev/urandom >"$work/pub/big"
: >"$work/pub/empty"
printf 'one\ntwo\n' >"$work/pub/lines"
echo odd >"$work/pub/sub/한글 'odd' 100%.txt"
head -c 70000 /dev/urandom >"$work/pub/sub/깊은 곳/b"
chmod -R a+rwX "$work" && chmod a-w "$work/pub"

cat >"$work/vsftpd.conf" <<END
listen=YES
background=NO
listen_port=2100
anonymous_enable=YES
anon_root=$work/pub
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
write_enable=YES
ascii_download_enable=YES
ascii_upload_enable=YES
run_as_launching_user=YES
allow_writeable_chroot=YES
port_enable=YES
connect_from_port_20=NO
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
END
peer() { background "$1" $python "$here/ftp_client_peer.py" "$2" "$3" "$work/pub" ${4-}; }
background vsftpd vsftpd "$work/vsftpd.conf"
peer python 127.0.0.1 2101
peer python6 ::1 2102
peer old 127.0.0.1 2103 old
background ours "$examples/ftp_server" 2104 "$work/pub" observe=off
for port in 2100 2101 2102 2103 2104; do
    until_true listens $port || { cat "$work"/*.log >&2; exit 1; }
done

ftp_get() { timeout 20 "$examples/ftp_get" observe=off "$@" 2>"$work/err"; }
ftp_put() { timeout 20 "$examples/ftp_put" observe=off "$@" 2>"$work/err"; }
same() { cmp -s "$work/$1" "$work/$2"; }
# fails PATTERN COMMAND…: not exit 0, not killed, and one sentence that matches.
fails()
{
    pattern=$1
    shift
    "$@" >"$work/out"
    code=$?
    [ $code != 0 ] && [ $code -lt 124 ] && [ "$(wc -l <"$work/err")" = 1 ] &&
        grep -Eq "^(application|transport): [^:]+.*: .+; .+" "$work/err" &&
        grep -Eq "$pattern" "$work/err" && return
    cat "$work/err" >&2
    return 1
}

# ── every server ──
for server in vsftpd=127.0.0.1:2100 pyftpdlib=127.0.0.1:2101 pyftpdlib-IPv6=[::1]:2102 \
    old=127.0.0.1:2103 ftp_server=127.0.0.1:2104; do
    who=${server%%=*} at=ftp://${server#*=}
    check "$who: get" 'ftp_get $at/big "$work/got" && same got pub/big'
    check "$who: get in active mode" 'ftp_get -a $at/big "$work/got2" && same got2 pub/big'
    check "$who: get of 0 bytes" 'ftp_get $at/empty "$work/got0" && same got0 pub/empty'
    check "$who: get to standard output" 'ftp_get $at/lines | cmp -s - "$work/pub/lines"'
    check "$who: get of a Korean name with quotes" \
        'ftp_get "$at/sub/%ED%95%9C%EA%B8%80%20%27odd%27%20100%25.txt" | grep -qx odd'
    check "$who: get as text" 'ftp_get "$at/lines;type=a" | cmp -s - "$work/pub/lines"'
    check "$who: list" 'ftp_get $at/ | grep -q "^- .* 3000001 big$"'
    check "$who: a whole tree" \
        'ftp_get $at/sub/ "$work/tree" && diff -r "$work/pub/sub" "$work/tree" && rm -rf "$work/tree"'
    check "$who: go on after a part" \
        'head -c 1234567 "$work/pub/big" >"$work/part.ftp-part" && ftp_get $at/big "$work/part" \
         trace="text:$work/trace" && same part pub/big && grep -q "cmd=REST arg=1230471" "$work/trace" &&
         [ ! -e "$work/part.ftp-part" ]'
    check "$who: no such file" 'fails "the server answered 550 .*check the path" \
         ftp_get $at/none "$work/none" && [ -z "$(ls "$work" | grep "^none")" ]'
    rm -f "$work"/got* "$work/part" "$work/trace"
done

# ── putting ──
for at in ftp://127.0.0.1:2100 ftp://me:secret@127.0.0.1:2101 'ftp://me:secret@[::1]:2102' \
    ftp://me:secret@127.0.0.1:2103; do
    check "put: $at" 'ftp_put "$work/pub/big" "$at/up/a%20b" && same "pub/up/a b" pub/big'
    check "put in active mode: $at" 'ftp_put -a "$work/pub/big" "$at/up/c" && same pub/up/c pub/big'
    check "put of text: $at" 'ftp_put "$work/pub/lines" "$at/up/t;type=a" && same pub/up/t pub/lines'
    check "put goes on: $at" 'head -c 1234567 "$work/pub/big" >"$work/pub/up/c" &&
         chmod a+rw "$work/pub/up/c" && ftp_put -c "$work/pub/big" "$at/up/c" && same pub/up/c pub/big'
    rm -f "$work"/pub/up/*
done

# ── what is refused ──
check "a wrong password is told, and not shown" 'fails "530 .*the name and the password of .me." \
     ftp_get ftp://me:topsecret@127.0.0.1:2101/big && ! grep -q topsecret "$work/err"'
check "no password is told" 'fails "wants a password" ftp_get ftp://me@127.0.0.1:2101/big'
check "a reader may not put" 'fails "550 .*the right to write" \
     ftp_put "$work/pub/lines" ftp://127.0.0.1:2101/up/x'
check "a line end in a URL is refused" 'fails "control byte" ftp_get "ftp://127.0.0.1:2101/a%0D%0ADELE%20b"'
check "http_get names the program for ftp URLs" \
    '"$examples/http_get" ftp://127.0.0.1/ 2>&1 | grep -q "^application: read URL .*use ftp_get"'
check "nobody listens" 'fails "127.0.0.1:9: Connection refused" ftp_get ftp://127.0.0.1:9/a'

# ── what is cut ──
part_is_there() { [ -s "$work/cut.ftp-part" ]; }
peer slow 127.0.0.1 2105 slow
until_true listens 2105
ftp_get ftp://127.0.0.1:2105/big "$work/cut" &
getting=$!
until_true part_is_there
stop slow KILL
wait $getting
check "a cut is told, with what is kept and how to go on" 'grep -Eq \
     "^application: get ftp://127.0.0.1:2105/big: .*; .*/cut.ftp-part. keeps [0-9]+ bytes: " "$work/err"'
check "no part stands under the whole name" '[ ! -e "$work/cut" ]'
kept=$(stat -c %s "$work/cut.ftp-part")
check "the next try goes on from there" 'ftp_get ftp://127.0.0.1:2101/big "$work/cut" \
     trace="text:$work/trace" && same cut pub/big && grep -q "cmd=REST arg=$((kept - 4096))" "$work/trace"'

peer slow 127.0.0.1 2105 slow
until_true listens 2105
up_is_there() { [ -s "$work/pub/up/cut" ]; }
ftp_put "$work/pub/big" ftp://me:secret@127.0.0.1:2105/up/cut &
putting=$!
until_true up_is_there
stop slow KILL
wait $putting
check "a put that is cut is told" '[ $? != 0 ] && grep -Eq "^(application|transport): .*; " "$work/err"'
check "and -c goes on" 'ftp_put -c "$work/pub/big" ftp://me:secret@127.0.0.1:2101/up/cut &&
     same pub/up/cut pub/big'
rm -f "$work/pub/up/cut"

# ── a full disk ──
if mount -t tmpfs -o size=64k tmpfs "$work/small" 2>/dev/null; then
    check "a full disk is told" 'fails "No space left on device; .*file.ftp-part. keeps" \
         ftp_get ftp://127.0.0.1:2101/big "$work/small/file" && [ ! -e "$work/small/file" ]'
    check "with more room it goes on" 'mount -o remount,size=8m "$work/small" &&
         ftp_get ftp://127.0.0.1:2101/big "$work/small/file" && same small/file pub/big'
    umount "$work/small"
else
    echo "*** SKIPPED: the full disk: no tmpfs may be mounted ***" >&2
fi

# ── other seams ──
check "our TCP on the kernel's IP, with vsftpd" \
    'ftp_get seam=internet ftp://127.0.0.1:2100/big "$work/raw" && same raw pub/big'
check "our TCP, active, with pyftpdlib" \
    'ftp_get -a seam=internet ftp://127.0.0.1:2101/big "$work/raw2" && same raw2 pub/big'
background bus "$examples/ftp_server" seam=wire link="bus:$work/wire" address=10.9.0.1/24 21 "$work/pub"
on_the_wire() { ls "$work/wire" | grep -q .; }
until_true on_the_wire
check "all of it ours, between two processes" 'ftp_get seam=wire link="bus:$work/wire" \
     address=10.9.0.2/24 ftp://10.9.0.1/big "$work/wired" && same wired pub/big'
check "all of it ours, active" 'ftp_get -a seam=wire link="bus:$work/wire" \
     address=10.9.0.2/24 ftp://10.9.0.1/sub/ "$work/tree" && diff -r "$work/pub/sub" "$work/tree"'
finish
