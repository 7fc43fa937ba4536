#!/bin/sh
# SPDX-License-Identifier: MIT
#
# ftp_server beside vsftpd, by turns, with curl on loopback: one gigabyte down and up, byte for byte
# the same, and how much memory the server ever had. Server and client have a core each where there
# are two. vsftpd wants to be started by root.
#
#     ftp_bench.sh [--smoke]
set -u
BUILD=${BUILD:-build}
unset NETLAYERS
rounds=5 size=1073741824
[ "${1:-}" = --smoke ] && rounds=1 size=50000000
PATH=$PATH:/usr/sbin:/sbin

for tool in curl openssl python3; do
    command -v $tool >/dev/null || {
        echo "*** SKIPPED: ftp_bench: no $tool ***" >&2
        exit 77
    }
done
on_server='' on_client=''
if command -v taskset >/dev/null && taskset -c 1 true 2>/dev/null; then
    on_server='taskset -c 0' on_client='taskset -c 1'
fi

# vsftpd makes a session (setsid) of its own for each visit, and Linux shares its processors out by
# sessions: ours gets one as well, or a busy machine would favour vsftpd.
alone=''
command -v setsid >/dev/null && alone=setsid

# In memory where there is room for three of them: disks differ, and nobody's FTP makes them faster.
place=/tmp
if [ -d /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 4000000 ]; then
    place=/dev/shm
fi
work=$(mktemp -d "$place/netl_ftp_bench_XXXXXX") || exit 1
pids=
finish()
{
    for pid in $pids; do
        kill "$pid" 2>/dev/null
    done
    wait 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
mkdir "$work/pub" "$work/pub/in" "$work/empty"
chmod 755 "$work" "$work/pub" "$work/empty"
chmod 777 "$work/pub/in"
head -c "$size" /dev/urandom >"$work/pub/file"

free_port()
{
    python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'
}

# Waits until the server on port $1, process $2, answers.
await()
{
    tries=0
    until curl -s -m 5 "ftp://127.0.0.1:$1/" >/dev/null; do
        tries=$((tries + 1))
        if [ $tries -gt 100 ] || ! kill -0 "$2"; then
            echo "ftp_bench: no server on port $1" >&2
            return 1
        fi
        sleep 0.05
    done
}

printf 'kim:%s\n' "$(openssl passwd -6 secret)" >"$work/passwords"
port=$(free_port)
$alone $on_server "$BUILD/examples/ftp_server" "$port" "$work/pub" "$work/passwords" >"$work/ours.log" 2>&1 &
pid=$!
pids="$pids $pid"
await "$port" $pid || exit 1
ours=kim:secret@127.0.0.1:$port ours_pid=$pid
grep -q 'no crypt(3)' "$work/ours.log" && ours_upload=no || ours_upload=yes

vsftpd=
if [ "$(id -u)" = 0 ] && command -v vsftpd >/dev/null && id daemon >/dev/null 2>&1; then
    port=$(free_port)
    cat >"$work/vsftpd.conf" <<END
listen=YES
listen_address=127.0.0.1
listen_port=$port
background=NO
anonymous_enable=YES
local_enable=NO
no_anon_password=YES
anon_root=$work/pub
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
ftp_username=daemon
secure_chroot_dir=$work/empty
seccomp_sandbox=NO
END
    $on_server vsftpd "$work/vsftpd.conf" >"$work/vsftpd.log" 2>&1 &
    pid=$!
    pids="$pids $pid"
    await "$port" $pid && vsftpd=127.0.0.1:$port
fi
[ -n "$vsftpd" ] || echo "*** SKIPPED: comparison with vsftpd: install it, and run this as root ***"

# down NAME SERVER: one turn; bytes a second go to the file NAME.down.
down()
{
    $on_client curl -sS -o /dev/null -w '%{size_download} %{speed_download}\n' "ftp://$2/file" |
        tee "$work/last" | awk '{ print $2 }' >>"$work/$1.down"
    read -r got _ <"$work/last"
    [ "$got" = "$size" ] || { echo "ftp_bench: $1 sent $got bytes" >&2; exit 1; }
}

# up NAME SERVER: likewise; what was stored must be the same.
up()
{
    rm -f "$work/pub/in/file"
    $on_client curl -sS -T "$work/pub/file" -w '%{speed_upload}\n' "ftp://$2/in/file" \
        >>"$work/$1.up" || exit 1
    cmp "$work/pub/file" "$work/pub/in/file" || exit 1
}

median()
{
    sort -n "$work/$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# compare WAY TITLE: ours against vsftpd, as the median of the ratios of neighbouring turns.
compare()
{
    [ -s "$work/ours.$1" ] || return 0
    printf '  %-6s ours %5.0f' "$2" "$(median "ours.$1" | awk '{ print $1 / 1e6 }')"
    if [ -s "$work/vsftpd.$1" ]; then
        ratio=$(paste "$work/ours.$1" "$work/vsftpd.$1" | awk '{ print $1 / $2 }' | sort -n |
            awk '{ all[NR] = $1 } END { printf "%.2f", all[int((NR + 1) / 2)] }')
        printf '  vsftpd %5.0f MB/s  ratio %s  %s\n' \
            "$(median "vsftpd.$1" | awk '{ print $1 / 1e6 }')" "$ratio" \
            "$(awk -v r="$ratio" 'BEGIN { print "(goal: at least 0.90) " (r >= 0.9 ? "reached" : "MISSED") }')"
    else
        printf ' MB/s\n'
    fi
}

echo "ftp: a file of $((size / 1000000)) MB, one server process on a core of its own, curl on another"
round=0
while [ $round -lt $rounds ]; do
    down ours "$ours"
    [ -z "$vsftpd" ] || down vsftpd "$vsftpd"
    if [ "$ours_upload" = yes ]; then
        up ours "$ours"
        [ -z "$vsftpd" ] || up vsftpd "$vsftpd"
    fi
    round=$((round + 1))
done
curl -sS "ftp://$ours/file" | cmp - "$work/pub/file" || exit 1
compare down down
compare up up
printf '  the most memory that ours ever had: %s KiB\n' \
    "$(awk '/^VmHWM/ { print $2 }' "/proc/$ours_pid/status")"
