#!/bin/sh
# SPDX-License-Identifier: MIT
#
# http_server under wrk, beside libmicrohttpd (the same bytes from memory) and nginx with one
# worker, by turns: a file of 1 KiB over 64 connections that stay open, and over a new one for each
# request; then 10,000 idle connections, what each of them costs, and whether the rest goes on.
# Server and load have a core each where there are two.
#
#     http_bench.sh [--smoke]
set -u
BUILD=${BUILD:-build}
unset NETLAYERS
here=$(dirname "$0")
rounds=5 seconds=3 idle=10000
[ "${1:-}" = --smoke ] && rounds=1 seconds=1 idle=200

for tool in wrk python3; do
    command -v $tool >/dev/null || {
        echo "*** SKIPPED: http_bench: no $tool ***" >&2
        exit 77
    }
done
ulimit -n "$(ulimit -Hn)" 2>/dev/null
on_server= on_load=
if command -v taskset >/dev/null && taskset -c 1 true 2>/dev/null; then
    on_server='taskset -c 0' on_load='taskset -c 1'
fi
nginx=$(PATH=$PATH:/usr/sbin command -v nginx)

work=$(mktemp -d) || exit 1
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
mkdir "$work/www"
chmod 755 "$work" "$work/www"
head -c 768 /dev/urandom | base64 -w 0 >"$work/www/file.txt" # 1,024 bytes

free_port()
{
    python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'
}

# Waits until the server on port $1, process $2, answers.
await()
{
    python3 - "$1" "$2" <<'END'
import os, sys, time, urllib.request
for _ in range(200):
    try:
        urllib.request.urlopen("http://127.0.0.1:%s/file.txt" % sys.argv[1], timeout=5).read()
        sys.exit(0)
    except OSError:
        os.kill(int(sys.argv[2]), 0)
        time.sleep(0.02)
sys.exit("http_bench: no server on port " + sys.argv[1])
END
}

ours=$(free_port)
$on_server "$BUILD/examples/http_server" "$ours" "$work/www" >"$work/ours.log" 2>&1 &
ours_pid=$!
pids="$pids $ours_pid"
await "$ours" "$ours_pid" || exit 1

microhttpd='' microhttpd_pid=
if [ -x "$BUILD/bench/microhttpd_peer" ]; then
    mkfifo "$work/port"
    $on_server "$BUILD/bench/microhttpd_peer" "$work/www/file.txt" >"$work/port" &
    microhttpd_pid=$!
    pids="$pids $microhttpd_pid"
    read -r microhttpd <"$work/port"
else
    echo "*** SKIPPED: comparison with libmicrohttpd: install libmicrohttpd-dev ***"
fi

nginx_port='' nginx_pid=
if [ -n "$nginx" ]; then
    nginx_port=$(free_port)
    as=
    [ "$(id -u)" = 0 ] && as='user root;'
    cat >"$work/nginx.conf" <<END
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log; $as
events { worker_connections 12000; }
http {
    access_log off; keepalive_requests 100000000; open_file_cache max=64; sendfile on;
    client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f;
    uwsgi_temp_path $work/u; scgi_temp_path $work/s;
    server { listen 127.0.0.1:$nginx_port backlog=4096; root $work/www; }
}
END
    $on_server "$nginx" -c "$work/nginx.conf" -e "$work/nginx.log" &
    nginx_pid=$!
    pids="$pids $nginx_pid"
    await "$nginx_port" "$nginx_pid" || nginx_port=
fi
[ -n "$nginx_port" ] || echo "*** SKIPPED: comparison with nginx: install nginx-light ***"

# Nanoseconds of processor time that process $1, its threads and its children have used.
cpu_ns()
{
    cat "/proc/$1"/task/*/schedstat $(for child in $(cat "/proc/$1"/task/*/children 2>/dev/null); do
        echo "/proc/$child/schedstat"
    done) 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

# load NAME PORT HEADER PROCESS: one turn; its requests a second go to the file NAME, and how
# many microseconds the server's processor worked for each to NAME.cpu.
load()
{
    [ -n "$2" ] || return 0
    before=$(cpu_ns "$4")
    $on_load wrk -t1 -c64 -d"${seconds}s" -H "$3" "http://127.0.0.1:$2/file.txt" >"$work/wrk" ||
        exit 1
    grep -E 'Non-2xx|Socket errors' "$work/wrk" | sed "s/^ */  $1: /"
    awk '/^Requests\/sec/ { print $2 }' "$work/wrk" >>"$work/$1"
    awk -v a="$before" -v b="$(cpu_ns "$4")" '/requests in/ { print (b - a) / $1 / 1000 }' \
        "$work/wrk" >>"$work/$1.cpu"
}

median()
{
    sort -n "$work/$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# compare NAME TITLE: ours against that peer, as the median of the ratios of neighbouring turns.
compare()
{
    [ -s "$work/$1" ] || return 0
    ratio=$(paste "$work/ours" "$work/$1" | awk '{ print $1 / $2 }' | sort -n |
        awk '{ all[NR] = $1 } END { printf "%.2f", all[int((NR + 1) / 2)] }')
    printf '  %-26s ours %8.0f  %-10s %8.0f requests/s  ratio %s  %s; ' "$2" "$(median ours)" "$1" \
        "$(median "$1")" "$ratio" \
        "$(awk -v r="$ratio" 'BEGIN { print "(goal: at least 1.00) " (r >= 1 ? "reached" : "MISSED") }')"
    printf 'processor %.1f and %.1f us each\n' "$(median ours.cpu)" "$(median "$1.cpu")"
}

turns()
{
    rm -f "$work/ours" "$work/microhttpd" "$work/nginx" "$work"/*.cpu
    round=0
    while [ $round -lt $rounds ]; do
        load ours "$ours" "$1" "$ours_pid"
        load microhttpd "$microhttpd" "$1" "$microhttpd_pid"
        load nginx "$nginx_port" "$1" "$nginx_pid"
        round=$((round + 1))
    done
}

echo "http: a file of 1 KiB, 64 connections, one server process on a core of its own"
turns 'X-Bench: keep-alive'
compare microhttpd 'connections kept'
compare nginx 'connections kept'
turns 'Connection: close'
compare nginx 'a new one each request'
compare microhttpd '(for orientation)'

$on_load python3 "$here/http_idle.py" "$ours" "$ours_pid" "$idle" "$seconds" || exit 1
kill -0 "$ours_pid" || {
    echo "http_bench: the server is gone" >&2
    cat "$work/ours.log" >&2
    exit 1
}
