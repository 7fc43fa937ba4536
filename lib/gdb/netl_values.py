# SPDX-License-Identifier: MIT
"""What all parts of the kit share: reading the program's values, and finding them in its frames.

Always true: a function here gives None, or raises gdb.error, for memory that cannot be read.
"""
import ipaddress

import gdb

FRAMES_MAX = 200  # how far up the stack anything is looked for
TEXT_MAX = 200    # bytes of a text of the program that are read
LAYERS = ("host", "link", "internet", "transport", "application")


def escape(data):
    """Bytes of the network as text: what is not printable ASCII shows as \\xNN."""
    return "".join(chr(b) if 0x20 <= b < 0x7f and b != 0x5c else "\\x%02x" % b for b in data)


def memory(address, length):
    """Bytes of the program."""
    if length <= 0:
        return b""
    return bytes(gdb.selected_inferior().read_memory(address, length))


def text(pointer, limit=TEXT_MAX):
    """A 0-ended text that belongs to the program itself, such as a name in a table."""
    if int(pointer) == 0:
        return ""
    return pointer.string(encoding="utf-8", errors="replace", length=-1)[:limit]


def raw_bytes(array):
    """An array of uint8_t as bytes."""
    first, last = array.type.range()
    return bytes(int(array[i]) for i in range(first, last + 1))


def structure(value):
    """The structure that a value is or points to, and the name of its type."""
    kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_PTR:
        if kind.target().strip_typedefs().code != gdb.TYPE_CODE_STRUCT:
            return value, None
        if int(value) == 0:
            raise gdb.error("it is NULL")
        value = value.dereference()
        kind = value.type.strip_typedefs()
    name = kind.unqualified().tag if kind.code == gdb.TYPE_CODE_STRUCT else None
    return value, name


def address(value):
    """A struct netl_address as text."""
    family = int(value["family"])
    data = raw_bytes(value["bytes"])
    if family == 4:
        return str(ipaddress.IPv4Address(data[:4]))
    if family == 6:
        scope = int(value["scope"])
        return str(ipaddress.IPv6Address(data)) + ("%%%d" % scope if scope else "")
    return "none" if family == 0 else "not an address (family %d)" % family


def endpoint(value):
    """A struct netl_endpoint as text."""
    form = "[%s]:%d" if int(value["address"]["family"]) == 6 else "%s:%d"
    return form % (address(value["address"]), int(value["port"]))


def mac(value):
    """A struct netl_mac as text."""
    return ":".join("%02x" % byte for byte in raw_bytes(value["bytes"]))


def enum_name(value, prefix):
    """The name of an enum's value, without its prefix; the number when it has none."""
    for field in value.type.strip_typedefs().fields():
        if field.enumval == int(value):
            name = field.name
            return name[len(prefix):] if name.startswith(prefix) else name
    return str(int(value))


def tcp_state(value):
    """An enum netl_tcp_state as RFC 9293 writes it."""
    return enum_name(value, "NETL_TCP_").replace("_", "-")


TCP_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE")


def tcp_flags(number):
    """The flags of a segment as text, in the order of their bits."""
    names = [name for bit, name in enumerate(TCP_FLAGS) if number >> bit & 1]
    return ",".join(names) or "none"


def frames(start=None):
    """The frames of the stack, from the selected one outwards."""
    frame = start or gdb.selected_frame()
    for _ in range(FRAMES_MAX):
        if frame is None or not frame.is_valid():
            return
        yield frame
        frame = frame.older()


def symbols(frame):
    """A frame's variables: its parameters first, since locals may not be set yet."""
    try:
        block = frame.block()
    except RuntimeError:
        return []
    found = []
    while block is not None:
        found += [symbol for symbol in block if symbol.is_argument or symbol.is_variable]
        if block.function is not None:
            break
        block = block.superblock
    return sorted(found, key=lambda symbol: not symbol.is_argument)


def candidates(*names):
    """Variables of the stack that are, or point to, one of these structures: (tag, value)."""
    for frame in frames():
        for symbol in symbols(frame):
            try:
                value, tag = structure(symbol.value(frame))
                if tag in names:
                    value.fetch_lazy()
                    yield tag, value
            except gdb.error:
                continue


def pointer_of(value):
    """The address of a structure, as a number."""
    return int(value.address) if value.address is not None else 0


def looks_like_host(host):
    """A host that has been opened, and not a variable that is not set yet."""
    try:
        name = raw_bytes(host["name"]).split(b"\0")[0]
        if not int(host["loop"]) or not name or not all(0x20 <= b < 0x7f for b in name):
            return False
        # In a lab the hosts follow the lab's clock, and share its loop.
        clock = int(host["clock"]["master"]) or int(host["clock"].address)
        return int(host["loop"]["clock"]) == clock
    except (gdb.error, TypeError):
        return False


def find_host():
    """The host that the stack is about; None when there is none."""
    owners = ("netl_tcp", "netl_udp", "netl_tcp_listener", "netl_observer", "netl_link",
              "netl_ethernet", "netl_internet", "netl_own_transport")
    for tag, value in candidates("netl_host", *owners):
        try:
            host = value if tag == "netl_host" else structure(value["host"])[0]
            if looks_like_host(host):
                return host
        except gdb.error:
            continue
    return None


def need_program():
    """A sentence when there is no program to look at: not started, or already ended."""
    if gdb.selected_thread() is None:
        raise gdb.error("the program does not run; `run` or `start` it first")


class Command(gdb.Command):
    """A command whose failures are one sentence each."""

    def invoke(self, argument, from_tty):
        try:
            self.run(argument.strip())
        except (gdb.MemoryError, RuntimeError, ValueError) as error:
            raise gdb.GdbError("%s: %s" % (self.name, error))
