#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The other end, with the kernel's sockets, for tests of our own stack.

    kernel_peer.py udp-echo PORT            sends every datagram back
    kernel_peer.py tcp-echo PORT            sends every stream back
    kernel_peer.py udp-ask HOST PORT SIZE…  sends datagrams of these sizes; 0 when all come back whole
    kernel_peer.py tcp-ask HOST PORT BYTES  sends a stream and reads it back at once; 0 when equal
"""
import os
import selectors
import socket
import socketserver
import sys
import time


def udp_echo(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("", int(port)))
        print("ready", flush=True)
        while True:
            data, who = peer.recvfrom(65535)
            peer.sendto(data, who)


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


def tcp_echo(port):
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer(("", int(port)), Echo) as server:
        print("ready", flush=True)
        server.serve_forever()


def udp_ask(host, port, *sizes):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect((host, int(port)))
        for size in map(int, sizes):
            data = os.urandom(size)
            for _ in range(20):  # UDP may lose one; the test is that one comes back whole
                peer.send(data)
                if came_back(peer, data):
                    break
            else:
                return "%d bytes never came back as they were" % size
    return 0


def came_back(peer, data):
    """Waits for this datagram; older ones may come late."""
    until = time.monotonic() + 0.5
    while (left := until - time.monotonic()) > 0:
        peer.settimeout(left)
        try:
            if peer.recv(65535) == data:
                return True
        except socket.timeout:
            pass
    return False


def tcp_ask(host, port, count):
    data, got = os.urandom(int(count)), bytearray()
    with socket.create_connection((host, int(port)), timeout=60) as peer:
        peer.setblocking(False)
        events = selectors.DefaultSelector()
        events.register(peer, selectors.EVENT_READ | selectors.EVENT_WRITE)
        sent = 0
        while True:
            for _, what in events.select(60) or [(None, None)]:
                if what is None:
                    return "nothing happens any more after %d of %d bytes" % (len(got), len(data))
                if what & selectors.EVENT_WRITE and sent < len(data):
                    sent += peer.send(memoryview(data)[sent : sent + 65536])
                    if sent == len(data):
                        peer.shutdown(socket.SHUT_WR)
                        events.modify(peer, selectors.EVENT_READ)
                if what & selectors.EVENT_READ:
                    part = peer.recv(65536)
                    if not part:
                        return 0 if got == data else "%d bytes came back" % len(got)
                    got += part


ROLES = {"udp-echo": udp_echo, "tcp-echo": tcp_echo, "udp-ask": udp_ask, "tcp-ask": tcp_ask}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ROLES:
        sys.exit(__doc__)
    sys.exit(ROLES[sys.argv[1]](*sys.argv[2:]))
