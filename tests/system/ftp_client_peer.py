#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pyftpdlib as a peer for ftp_client.sh:  ftp_client_peer.py ADDRESS PORT DIRECTORY [WORD…]

me:secret may write, anyone may read. Words: slow (it rests after a megabyte), old (no EPSV, EPRT, MLSD and FEAT, and an
address of somebody else in PASV's answer).
"""
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, ThrottledDTPHandler
from pyftpdlib.servers import FTPServer


class Handler(FTPHandler):
    authorizer = DummyAuthorizer()


class Slow(ThrottledDTPHandler):
    read_limit = write_limit = 500000


address, port, directory, *words = sys.argv[1:]
Handler.authorizer.add_user("me", "secret", directory, perm="elradfmwMT")
Handler.authorizer.add_anonymous(directory)
if "slow" in words:
    Handler.dtp_handler = Slow
if "old" in words:
    Handler.proto_cmds = {name: value for name, value in FTPHandler.proto_cmds.items()
                          if name not in ("EPSV", "EPRT", "MLSD", "MLST", "FEAT")}
    Handler.masquerade_address = "192.0.2.1"
FTPServer((address, int(port)), Handler).serve_forever()
