#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What an ordinary user sees: one line that says what is not seen and how to see it, and what the
# sockets tell; with sandbox=on all four layers. And frames that came too fast are counted and said.
. "$(dirname "$0")/../support/system.sh"
# What a test below has stopped must go on before it can end.
# shellcheck disable=SC2154,SC2086 # pids is a list of system.sh
trap 'kill -CONT $pids 2>/dev/null; clean_up' EXIT

wrong()
{
    echo "WRONG: $1" >&2
    sed 's/^/    /' "$work/trace" | tail -n 30 >&2
    failed=1
}

# Copies, since the build may lie where others may not look.
chmod 755 "$work"
cp "$examples/four_layers" "$examples/udp_echo_server" "$work/" || exit 1
ordinary=
if [ "$(id -u)" = 0 ]; then
    ordinary='setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all'
    $ordinary true 2>/dev/null || skip "cannot become an ordinary user"
fi

# ── without a sandbox ─────────────────────────────────────────────────────────────────────────

$ordinary "$work/four_layers" >"$work/out" 2>"$work/trace" || wrong "four_layers fails"
[ "$(grep -c ' observer\.off ' "$work/trace")" = 1 ] || wrong "observer.off does not stand once"
grep -A3 ' observer\.off ' "$work/trace" | grep -q 'why=PERMISSION' || wrong "it does not say why"
grep -A3 ' observer\.off ' "$work/trace" | tr -d '\n' | grep -q 'sudo.*sandbox=on' ||
    wrong "it does not say how to see more"
grep -Eq ' tran -- +tcp\.info +state=ESTABLISHED rtt=' "$work/trace" || wrong "no TCP_INFO"
grep -Eq ' (link|inet) ' "$work/trace" && wrong "frames are shown that nobody saw"
grep -Eq 'tcp\.(syn|synack|ack|fin)\.' "$work/trace" && wrong "a handshake is shown that nobody saw"

# ── with one ──────────────────────────────────────────────────────────────────────────────────

if $ordinary unshare -Urn true 2>/dev/null; then
    $ordinary "$work/four_layers" sandbox=on >"$work/out" 2>"$work/trace" ||
        wrong "four_layers sandbox=on fails"
    for layer in APPL tran inet link; do
        grep -q " $layer " "$work/trace" || wrong "the layer $layer is not in the trace"
    done
    for event in tcp.syn.tx tcp.synack.rx tcp.fin.tx tcp.fin.rx eth.tx ip.rx; do
        grep -q " $event " "$work/trace" || wrong "no $event in the sandbox"
    done
    grep -q 'observer\.off' "$work/trace" && wrong "observer.off in the sandbox"
    # Found out by itself.
    $ordinary "$work/four_layers" sandbox=auto 2>&1 >/dev/null | grep -q ' tcp.syn.tx ' ||
        wrong "sandbox=auto shows no frames to an ordinary user"
else
    echo "*** SKIPPED: ordinary users may make no namespaces here ***" >&2
fi

# ── losses ────────────────────────────────────────────────────────────────────────────────────

how=-Urn
[ "$(id -u)" = 0 ] && how=-n
if unshare $how true 2>/dev/null && command -v python3 >/dev/null && command -v ip >/dev/null; then
    cat >"$work/lose" <<'END'
ip link set lo up
NETLAYERS="trace=text:$1/trace trace=jsonl:$1/jsonl why=off" "$1/udp_echo_server" 7777 2>"$1/err" &
server=$!
until grep -q '^echoing' "$1/err"; do
    kill -0 $server || exit 1
done
kill -STOP $server # a breakpoint, say
python3 - <<'SEND'
import socket
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("127.0.0.1", 0))
for _ in range(60000):
    peer.sendto(b"x" * 1000, ("127.0.0.1", 7777))
SEND
kill -CONT $server
kill -TERM $server
wait $server
END
    timeout 60 unshare $how sh "$work/lose" "$work" || wrong "udp_echo_server fails"
    lost=$(grep ' observer\.lost ' "$work/trace" | sed 's/.*frames=\([0-9]*\).*/\1/' |
        awk '{ sum += $1 } END { print sum + 0 }')
    seen=$(grep -c ' udp\.rx ' "$work/trace")
    [ "$lost" -gt 0 ] || wrong "frames were lost, and nobody said so"
    [ $((seen + lost)) -ge 60000 ] || wrong "of 60000 frames $seen were seen and $lost told as lost"
    grep -q '"observer.lost"' "$work/jsonl" || wrong "the loss is not in the JSON Lines"
else
    echo "*** SKIPPED: no namespace for the test of losses ***" >&2
fi

finish
