#!/bin/sh
# SPDX-License-Identifier: MIT
# Two processes on one bus, without any privilege.
#
#     BUILD=build tests/system/link_bus.sh
BUILD=${BUILD:-build}
BIN=$BUILD/examples
export NETLAYERS=
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT

"$BIN/frames" "bus:$WORK/wire" 1 >"$WORK/frames" 2>&1 &
FRAMES=$!
i=0
until ls "$WORK/wire"/*.sock >/dev/null 2>&1; do
    i=$((i + 1))
    [ $i -gt 100 ] && break
    sleep 0.05
done
"$BIN/frame_send" "bus:$WORK/wire" ff:ff:ff:ff:ff:ff over-the-bus >"$WORK/send" 2>&1 || {
    echo "FAIL sending on a bus"
    cat "$WORK/send"
    kill $FRAMES
    exit 1
}
wait $FRAMES
grep -q "88 b5|6f 76" "$WORK/frames" || {
    echo "FAIL the frame did not cross the bus"
    cat "$WORK/frames"
    exit 1
}
[ "$(stat -c %a "$WORK/wire")" = 700 ] || { echo "FAIL the directory is open to others"; exit 1; }
[ -z "$(ls "$WORK/wire")" ] || { echo "FAIL a socket was left behind"; exit 1; }
echo "ok   a frame crosses from one process to another"
