#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Bytes from the network reach neither a terminal nor a file as they are: requests with every
# control byte, broken UTF-8 and bidi controls are escaped in all traces.
. "$(dirname "$0")/../support/system.sh"
needs python3:python3
server=
trap '[ -n "$server" ] && kill $server 2>/dev/null; clean_up' EXIT
mkdir "$work/www"
: >"$work/out"

# A port that is free now is free a moment later, mostly: three tries.
for port in 18391 28391 38391; do
    NETLAYERS="trace=text trace=text:$work/t.txt trace=jsonl:$work/t.jsonl \
        trace=pcapng:$work/t.pcapng trace.application=all bytes=on" \
        "$examples/http_server" $port "$work/www" >"$work/out" 2>"$work/err" &
    server=$!
    while kill -0 $server 2>/dev/null && ! grep -q '^serving' "$work/out"; do
        :
    done
    kill -0 $server 2>/dev/null && break
    server=
done
[ -n "$server" ] || {
    echo "WRONG: http_server does not start" >&2
    exit 1
}

python3 - $port <<'END' || exit 1
import socket, sys

HOSTILE = bytes(range(1, 10)) + bytes(range(11, 13)) + bytes(range(14, 33)) + bytes(range(127, 256))
BIDI = "\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u0080\u009b".encode()
for piece in [HOSTILE, BIDI, b"\x1b]0;owned\x07", b"\x9b31m", b"\xc2\x9b31m", b"\0"]:
    for request in [b"GET /" + piece + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: " + piece + b"\r\n\r\n",
                    b"GET /a HTTP/1.1\r\nHost: " + piece + b"\r\n\r\n",
                    piece + b" / HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET /" + b"".join(b"%%%02x" % b for b in piece) +
                    b" HTTP/1.1\r\nHost: x\r\n\r\n"]:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) as peer:
            peer.sendall(request)
            peer.shutdown(socket.SHUT_WR)
            try:
                while peer.recv(65536):
                    pass
            except ConnectionError:
                pass
END
kill -TERM $server
wait $server || {
    echo "WRONG: http_server fails: $(cat "$work/err")" >&2
    exit 1
}
server=

# The other way round: a client and answers that mean harm.
cat >"$work/evil.py" <<'END'
import socket, sys

ANSWERS = [b"HTTP/1.1 200 \xc2\x9b31m\xe2\x80\xaeevil\x9b\r\nContent-Length: 0\r\n\r\n",
           b"HTTP/1.1 200 \x1b]0;owned\x07\r\nContent-Length: 0\r\n\r\n",
           b"HTTP/1.1 302 \xff\r\nLocation: /\xe2\x80\xae\xc2\x9b\x9b\r\nContent-Length: 0\r\n\r\n",
           b"\x1b[2J\x9b\0 not HTTP at all\r\n\r\n"]
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
for answer in ANSWERS:
    peer, _ = listener.accept()
    with peer:
        while b"\r\n\r\n" not in peer.recv(65536):
            pass
        peer.sendall(answer)
END
python3 "$work/evil.py" >"$work/evil.port" &
evil=$!
while kill -0 $evil 2>/dev/null && ! [ -s "$work/evil.port" ]; do
    :
done
for number in 1 2 3 4; do
    NETLAYERS="trace=text trace=text:$work/c$number.txt trace=jsonl:$work/c$number.jsonl" timeout 20 \
        "$examples/http_get" "http://127.0.0.1:$(cat "$work/evil.port")/" 2>>"$work/c.err"
done
kill $evil 2>/dev/null
cat "$work"/c?.txt >"$work/c.txt"
cat "$work"/c?.jsonl >"$work/c.jsonl"

python3 - "$work" <<'END' || exit 1
import json, re, struct, sys

work = sys.argv[1]
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def must_be_safe(name, data):
    text = data.decode("utf-8")  # broken UTF-8 is an exception, and so a failure
    found = UNSAFE.search(text)
    if found:
        sys.exit(f"WRONG: {name} holds U+{ord(found.group()):04x}: "
                 f"{text[max(0, found.start() - 60):found.end() + 20]!r}")
    return text


for name in ["err", "t.txt", "t.jsonl", "c.err", "c.txt", "c.jsonl"]:
    text = must_be_safe(name, open(f"{work}/{name}", "rb").read())
    if name.startswith("c") and "x9b" not in text and "u009b" not in text:
        sys.exit(f"WRONG: {name} does not show what came, escaped")
for name in ["t.jsonl", "c.jsonl"]:
    for line in open(f"{work}/{name}", encoding="utf-8"):
        json.loads(line)

# Comments in the pcapng: option 1 of every enhanced packet block.
data = open(f"{work}/t.pcapng", "rb").read()
at = comments = 0
while at < len(data):
    kind, length = struct.unpack_from("<II", data, at)
    if kind == 6:
        captured = struct.unpack_from("<I", data, at + 20)[0]
        option = at + 28 + (captured + 3) // 4 * 4
        while option + 4 <= at + length - 4:
            code, size = struct.unpack_from("<HH", data, option)
            if code == 0:
                break
            if code == 1:
                comments += 1
                must_be_safe("a comment", data[option + 4:option + 4 + size])
            option += 4 + (size + 3) // 4 * 4
    at += length
print(f"{comments} comments are safe")
END
echo "trace_hostile: all true"
