#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The seam `internet`: our TCP and UDP through raw sockets on the kernel's IP, against the kernel's
# own on loopback, in a network namespace of ours. A capture of the whole run must hold no RST.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 python3:python3
in_namespaces -n

ip link set lo up
mkdir "$work/www"
head -c 3000000 /dev/urandom >"$work/www/large"
echo hello >"$work/www/small"

# Counts what goes over lo, until its input ends: all segments, and those with RST.
cat >"$work/watch.py" <<'END'
import select, socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 26)
s.bind(("lo", 0))
print("ready", flush=True)
segments = resets = unreachables = 0
while True:
    ready = select.select([s, sys.stdin], [], [])[0]
    if s in ready:
        frame, where = s.recvfrom(65600)
        if where[2] == 4:  # outgoing; each frame of lo is seen twice
            continue
        header = 14 + (frame[14] & 15) * 4
        if frame[23] == 6:
            segments += 1
            resets += frame[header + 13] >> 2 & 1
        elif frame[23] == 1:
            unreachables += frame[header] == 3
    elif sys.stdin in ready:
        break
print(segments, resets, unreachables)
END
mkfifo "$work/stop"
python3 "$work/watch.py" <"$work/stop" >"$work/watched" &
exec 3>"$work/stop" # whoever is started from here on must not hold it open
python3 -m http.server 8080 --bind 127.0.0.1 --directory "$work/www" >/dev/null 2>&1 3>&- &
pids="$pids $!"
# A UDP echo of the kernel's.
python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 7007))
while True:
    data, who = s.recvfrom(65535)
    s.sendto(data, who)' 3>&- &
pids="$pids $!"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.2
    [ -s "$work/watched" ] && ss -ltn 2>/dev/null | grep -q ':8080 ' && break
done

export NETLAYERS=seam=internet
get="$BUILD/examples/http_get"
check "our TCP fetches a small page from the kernel's" \
    '[ "$(timeout 20 "$get" http://127.0.0.1:8080/small)" = hello ]'
check "our TCP fetches 3 MB from the kernel's, byte for byte" \
    'timeout 60 "$get" http://127.0.0.1:8080/large "$work/got" >/dev/null &&
     cmp -s "$work/got" "$work/www/large"'
check "our UDP is echoed by the kernel's" \
    'echo "over udp" | timeout 20 "$BUILD/examples/udp_echo_client" 127.0.0.1 7007 |
     grep -q "over udp"'

"$BUILD/examples/http_server" 8181 "$work/www" >"$work/server" 2>&1 3>&- &
server=$!
pids="$pids $server"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.2
    ss -ltn 2>/dev/null | grep -q ':8181 ' && break
done
check "the port of our server is reserved in the kernel" 'ss -ltn | grep -q ":8181 "'
check "a client of the kernel's fetches 3 MB from our server, byte for byte" \
    'env -u NETLAYERS python3 -c "
import sys, urllib.request
data = urllib.request.urlopen(\"http://127.0.0.1:8181/large\", timeout=30).read()
sys.exit(data != open(\"$work/www/large\", \"rb\").read())"'
check "our client and our server, two processes on one kernel, understand each other" \
    'timeout 60 "$get" http://127.0.0.1:8181/large "$work/got2" >/dev/null &&
     cmp -s "$work/got2" "$work/www/large"'
sleep 0.3
exec 3>&-
wait_for=20
while [ "$(wc -l <"$work/watched")" -lt 2 ] && [ $wait_for -gt 0 ]; do
    sleep 0.1
    wait_for=$((wait_for - 1))
done
read -r segments resets unreachables <<END
$(tail -n 1 "$work/watched")
END
check "the capture saw the run ($segments segments)" '[ "$segments" -gt 100 ]'
check "and no RST ($resets) and no port unreachable ($unreachables) in it" \
    '[ "$resets" = 0 ] && [ "$unreachables" = 0 ]'

kill "$server"
wait "$server" 2>/dev/null
check "the port is the kernel's again when our server has gone" '! ss -ltn | grep -q ":8181 "'
finish
