# SPDX-License-Identifier: MIT
"""The debugger kit of libnetlayers, for gdb 12 and later.

Use: `make step-NAME` loads it; in any other gdb, `source .../netlayers.py`. It adds

    layers          which layers the current call goes through
    tcb             what is known of the TCP connections
    netl-break      stop at the events of a layer, or at one event
    netl-event      the event at which the program stands
    netl-hexdump    the bytes of a packet, with the borders of headers and fields

and printers, so that a packet shows as its headers and an address as text. `print/r` shows
the members of a structure instead.

Always true of all parts:
  - they read the program and never write to it; only `tcb` calls a function in it, which
    `set netl-calls off` forbids;
  - memory that cannot be read, or holds nonsense because it is not set yet, ends in a sentence,
    never in a Python traceback; every loop over the program's memory has a bound;
  - bytes from the network are escaped before they reach the terminal.
"""
import os
import sys


def load():
    """Imports the parts from this file's own folder, and leaves no compiled files there."""
    here = os.path.dirname(os.path.abspath(os.path.expanduser(__file__)))
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, here)
    try:
        import netl_events
        import netl_hexdump
        import netl_layers
        import netl_printers
        import netl_tcb
        for part in (netl_printers, netl_layers, netl_tcb, netl_events, netl_hexdump):
            part.register()
    finally:
        sys.path.remove(here)
        sys.dont_write_bytecode = before


load()
