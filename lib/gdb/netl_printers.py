# SPDX-License-Identifier: MIT
"""How the library's structures show in gdb: one line each; `print/r` shows the members.

A pointer to one of them shows its address and the same line behind it, so that the arguments in
a backtrace can be read.
"""
import gdb
import gdb.printing

import netl_values as values
import netl_wire as wire

NAMED_LENGTHS = 16  # headers of a dissection that are shown


def packet(value):
    """[ethernet 14][ipv4 20][tcp 32][http 89] 155 bytes, frame 4"""
    shown = str(wire.Packet(value))
    frame, connection = int(value["frame"]), int(value["connection"])
    shown += ", frame %d" % frame if frame else ""
    return shown + (", connection %d" % connection if connection else "")


def mark(value):
    """ipv4: 20 bytes at 142"""
    return "%s: %d bytes at %d" % (values.text(value["name"]), int(value["length"]),
                                   int(value["offset"]))


def field_value(value):
    """The value of a field of an event, as the text trace shows it."""
    kind = values.enum_name(value["kind"], "NETL_FIELD_")
    union = value["value"]
    if kind == "TEXT":
        pointer, length = union["text"], int(value["length"])
        if length:
            return values.escape(values.memory(int(pointer), min(length, values.TEXT_MAX)))
        return values.escape(values.text(pointer).encode())
    if kind in ("ADDRESS", "ENDPOINT", "MAC"):
        pointer = union[kind.lower()]
        if not int(pointer):
            return "none"
        return getattr(values, kind.lower())(pointer.dereference())
    number = int(union["number"])
    if kind == "HEX":
        return hex(number)
    if kind == "TCP_FLAGS":
        return values.tcp_flags(number)
    if kind == "ETHERTYPE":
        return wire.ETHERTYPES.get(number, "0x%04x" % number)
    if kind == "PROTOCOL":
        return wire.PROTOCOLS.get(number, str(number))
    return "%dus" % number if kind == "MICROS" else str(number)


def field(value):
    """seq=3863615636"""
    if int(value["kind"]) == 0:
        return "end of fields"
    return "%s=%s" % (values.text(value["name"]), field_value(value))


def tcp(value):
    """connection 1, connecting"""
    words = ["connection %d" % int(value["number"])]
    words += [name.replace("_", " ") for name in ("connecting", "paused", "write_blocked")
              if value[name]]
    return ", ".join(words)


def kernel_tcp(value):
    """connection 1 to 127.0.0.1:80 on fd 5"""
    return "%s to %s on fd %d" % (tcp(value["base"]), values.endpoint(value["remote"]),
                                  int(value["fd"]))


def host(value):
    """host "client", tracing"""
    if not values.looks_like_host(value):
        raise gdb.error("a host that is not open yet")
    name = values.raw_bytes(value["name"]).split(b"\0")[0]
    return 'host "%s", %s' % (values.escape(name), "tracing" if value["tracing"] else "silent")


def ipv4_header(value):
    """127.0.0.1 > 127.0.0.1 tcp ttl=64 id=58863 len=60"""
    shown = "%s > %s %s ttl=%d id=%d len=%d" % (
        values.address(value["source"]), values.address(value["destination"]),
        wire.PROTOCOLS.get(int(value["protocol"]), str(int(value["protocol"]))),
        int(value["time_to_live"]), int(value["identification"]), int(value["total_length"]))
    if value["more_fragments"] or int(value["fragment_offset"]):
        shown += " fragment at %d" % (int(value["fragment_offset"]) * 8)
    return shown


def ipv6_header(value):
    """::1 > ::1 tcp hlim=64 len=40"""
    kind = int(value["next_header"])
    return "%s > %s %s hlim=%d len=%d" % (
        values.address(value["source"]), values.address(value["destination"]),
        wire.PROTOCOLS.get(kind, str(kind)), int(value["hop_limit"]),
        int(value["payload_length"]))


def tcp_header(value):
    """51000 > 80 SYN,ACK seq=1 ack=2 win=65535 len=0"""
    flags = int(value["flags"])
    ack = " ack=%d" % int(value["acknowledgment_number"]) if flags & 0x10 else ""
    return "%d > %d %s seq=%d%s win=%d len=%d" % (
        int(value["source_port"]), int(value["destination_port"]), values.tcp_flags(flags),
        int(value["sequence_number"]), ack, int(value["window"]), int(value["payload_length"]))


def udp_header(value):
    """51000 > 53 len=28"""
    return "%d > %d len=%d" % (int(value["source_port"]), int(value["destination_port"]),
                               int(value["payload_length"]))


def dns_header(value):
    """answer id=0x1f2c rcode=0 questions=1 answers=3"""
    return "%s id=0x%04x rcode=%d questions=%d answers=%d" % (
        "answer" if value["response"] else "query", int(value["id"]), int(value["rcode"]),
        int(value["question_count"]), int(value["answer_count"]))


def ethernet_header(value):
    """02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff arp"""
    kind = int(value["ethertype"])
    return "%s > %s %s" % (values.mac(value["source"]), values.mac(value["destination"]),
                           wire.ETHERTYPES.get(kind, "0x%04x" % kind))


def dissection(value):
    """[ethernet 14][ipv4 20][tcp 40]"""
    count = int(value["header_count"])
    if count > NAMED_LENGTHS:
        raise gdb.error("it is not set yet")
    shown = ""
    for i in range(count):
        header = value["headers"][i]
        shown += "[%s %d]" % (values.text(header["description"]["id"]), int(header["length"]))
    for name in ("payload", "padding"):
        length = int(value[name + "_length"])
        shown += "[%s %d]" % (name, length) if length else ""
    result = values.enum_name(value["result"], "NETL_WIRE_")
    return shown + ("" if result == "OK" else " " + result.lower().replace("_", " "))


def event_info(value):
    """tcp.syn.tx of the transport layer"""
    return "%s of the %s layer" % (values.text(value["id"]), layer(value["layer"]))


def layer(value):
    """The name of an enum netl_layer."""
    number = int(value)
    return values.LAYERS[number] if 0 <= number < len(values.LAYERS) else "?"


def flow(value):
    """127.0.0.1:51000 > 127.0.0.1:80 tcp ESTABLISHED"""
    kind = int(value["protocol"])
    shown = "%s > %s %s" % (values.endpoint(value["local"]), values.endpoint(value["remote"]),
                            wire.PROTOCOLS.get(kind, str(kind)))
    return shown + (" " + values.tcp_state(value["state"]) if kind == 6 else "")


SHOW = {
    "netl_packet": packet, "netl_packet_mark": mark, "netl_field": field,
    "netl_address": values.address, "netl_endpoint": values.endpoint, "netl_mac": values.mac,
    "netl_tcp": tcp, "kernel_tcp": kernel_tcp, "netl_host": host,
    "netl_ipv4_header": ipv4_header, "netl_ipv6_header": ipv6_header,
    "netl_tcp_header": tcp_header, "netl_udp_header": udp_header,
    "netl_dns_header": dns_header,
    "netl_ethernet_header": ethernet_header, "netl_dissection": dissection,
    "netl_event_info": event_info, "flow": flow,
}


def one_line(value):
    """A structure of the library, or a pointer to one, as one line; None for anything else."""
    try:
        target, name = values.structure(value)
        if name not in SHOW:
            return None
        return SHOW[name](target)
    except (gdb.error, ValueError, OverflowError) as error:
        return "<%s>" % str(error).rstrip(".")


class Printer:
    """What gdb asks for the text of a value."""

    def __init__(self, value, is_pointer):
        self.value = value
        self.is_pointer = is_pointer

    def to_string(self):
        """The line; before it, for a pointer, its address."""
        if self.is_pointer:
            start = "0x%x" % int(self.value)
            return start + " " + one_line(self.value) if int(self.value) else start
        return one_line(self.value)


class Printers(gdb.printing.PrettyPrinter):
    """Finds the printer for a value by the name of its structure."""

    def __init__(self):
        super().__init__("netlayers", [gdb.printing.SubPrettyPrinter(name) for name in SHOW])
        self.by_name = {printer.name: printer for printer in self.subprinters}

    def __call__(self, value):
        kind = value.type.strip_typedefs()
        is_pointer = kind.code == gdb.TYPE_CODE_PTR
        if is_pointer:
            kind = kind.target().strip_typedefs()
        if kind.code != gdb.TYPE_CODE_STRUCT or kind.unqualified().tag not in self.by_name:
            return None
        if not self.by_name[kind.unqualified().tag].enabled:
            return None
        return Printer(value, is_pointer)


def register():
    """Adds the printers, in place of those of an earlier load."""
    gdb.printing.register_pretty_printer(None, Printers(), replace=True)
