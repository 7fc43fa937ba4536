#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds many idle connections to an HTTP server, and measures what each one costs it.

    http_idle.py PORT PID COUNT SECONDS

Each connection makes one request first, so that the server has seen it alive. While all are
held, wrk visits the server over 64 more. In the end each one must still answer.
"""
import resource
import socket
import subprocess
import sys

REQUEST = b"GET /file.txt HTTP/1.1\r\nHost: bench\r\n\r\n"


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def ask(conn):
    """One request; true when the whole answer came."""
    conn.sendall(REQUEST)
    answer = b""
    while b"\r\n\r\n" not in answer or len(answer.split(b"\r\n\r\n", 1)[1]) < 1024:
        piece = conn.recv(4096)
        if not piece:
            return False
        answer += piece
    return answer.startswith(b"HTTP/1.1 200 ")


def main():
    port, pid, count, seconds = sys.argv[1:]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = int(count)
    if hard < wanted + 200:
        print(f"  *** only {hard - 200} idle connections: this user may open {hard} files ***")
        wanted = hard - 200
    before = resident_kib(pid)
    held = []
    for _ in range(wanted):
        conn = socket.create_connection(("127.0.0.1", int(port)), timeout=10)
        if not ask(conn):
            sys.exit(f"http_idle: connection {len(held)} was refused")
        held.append(conn)
    each = (resident_kib(pid) - before) * 1024 / len(held)
    out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s",
                          f"http://127.0.0.1:{port}/file.txt"],
                         capture_output=True, text=True, check=True).stdout
    rate = next(float(line.split()[1]) for line in out.splitlines()
                if line.startswith("Requests/sec"))
    alive = sum(ask(conn) for conn in held)
    print(f"  {len(held)} idle connections: {each:.0f} bytes each  (goal: under 8192) "
          f"{'reached' if each < 8192 else 'MISSED'}; "
          f"{rate:.0f} requests/s meanwhile; {alive} alive in the end")
    return alive != len(held)


if __name__ == "__main__":
    sys.exit(main())
