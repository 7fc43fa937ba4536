#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Two processes on one bus, without any privilege.
. "$(dirname "$0")/../support/system.sh"

background frames "$examples/frames" "bus:$work/wire" 1
until_true sh -c "ls '$work/wire'/*.sock"
check "a frame is sent on a bus" \
    '"$examples/frame_send" "bus:$work/wire" ff:ff:ff:ff:ff:ff over-the-bus >"$work/send" 2>&1 ||
        { cat "$work/send" >&2; false; }'
wait "$frames_pid"
check "and crosses from one process to another" \
    'grep -q "88 b5|6f 76" "$work/frames.log" || { cat "$work/frames.log" >&2; false; }'
check "the directory is closed to others" '[ "$(stat -c %a "$work/wire")" = 700 ]'
check "no socket is left behind" '[ -z "$(ls "$work/wire")" ]'
finish
