#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A peer for tests of errors: an HTTP server that is silent, or breaks off, by the path.

Prints its port and serves until it is killed.
"""
import contextlib
import socket
import struct
import threading

ANSWERS = {
    "/whole": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nwhole\n",
    "/short-body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nonly this much",
    "/short-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\nshort",
    "/half-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "/reset": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome",
    "/large": b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300000,
}


def serve(connection):
    """One request, one answer."""
    with contextlib.suppress(OSError), connection:  # clients under test give up as they like
        request = b""
        while b"\r\n\r\n" not in request:
            piece = connection.recv(4096)
            if not piece:
                return
            request += piece
        path = request.split(b" ")[1].decode()
        if path == "/silent":
            connection.recv(1)  # until the client gives up
            return
        connection.sendall(ANSWERS.get(path, b""))
        if path == "/reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def main():
    listener = socket.create_server(("", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
