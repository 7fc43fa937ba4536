# SPDX-License-Identifier: MIT
"""Which headers a packet has, and what fields they have.

Headers come from the marks of the packet; where nobody noted any (frames of the kernel that were
only watched), from walking over the bytes, as lib/wire/dissect.c does. The fields come from
the library's own tables (netl_wire_*_headers), read from the program's memory: so this works
in a core file too, where nothing can be called.

Always true: no part that is given passes the end of the bytes.
"""
import gdb

import netl_values as values

ETHERTYPES = {0x0800: "ipv4", 0x0806: "arp", 0x8100: "vlan", 0x86dd: "ipv6", 0x88a8: "qinq",
              0x88b5: "experiment", 0x88b6: "experiment", 0x88cc: "lldp", 0x888e: "eapol"}
PROTOCOLS = {0: "hop by hop", 1: "icmp", 6: "tcp", 17: "udp", 43: "routing", 44: "fragment",
             51: "ah", 58: "icmpv6", 59: "no next header", 60: "destination options"}
EXTENSIONS = {0: "ipv6_hop_by_hop", 43: "ipv6_routing", 44: "ipv6_fragment",
              51: "ipv6_authentication", 60: "ipv6_destination"}
ICMP = {0: "icmp_echo", 8: "icmp_echo", 13: "icmp_echo", 14: "icmp_echo",
        3: "icmp_unreachable", 5: "icmp_redirect", 11: "icmp_time_exceeded",
        12: "icmp_parameter_problem"}
ICMPV6 = {128: ("icmpv6_echo", 8), 129: ("icmpv6_echo", 8), 1: ("icmpv6_unreachable", 8),
          2: ("icmpv6_packet_too_big", 8), 3: ("icmpv6_time_exceeded", 8),
          4: ("icmpv6_parameter_problem", 8), 133: ("icmpv6_router_solicitation", None),
          134: ("icmpv6_router_advertisement", None),
          135: ("icmpv6_neighbour_solicitation", None),
          136: ("icmpv6_neighbour_advertisement", None), 137: ("icmpv6_redirect", None)}
HTTP = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"HTTP/1.")
GROUPS = ("link", "internet", "icmp", "icmpv6", "transport")
TABLE_MAX = 64  # headers in a group, and fields in a header, that are believed


def number(data, at, length):
    """A number in network order."""
    return int.from_bytes(data[at:at + length], "big")


class Walk:
    """Takes bytes apart from the outside in: `parts` holds (name, offset, length)."""

    def __init__(self, data):
        self.data = data
        self.parts = []
        self.at = 0
        self.end = len(data)

    def take(self, name, length):
        """The next header; False when it is not whole."""
        if length <= 0 or self.at + length > self.end:
            return False
        self.parts.append((name, self.at, length))
        self.at += length
        return True

    def ethernet(self):
        """A frame, its VLAN tags, and what is in it."""
        kind = number(self.data, 12, 2)
        if not self.take("ethernet", 14):
            return
        for _ in range(2):
            if kind not in (0x8100, 0x88a8) or not self.take("vlan", 4):
                break
            kind = number(self.data, self.at - 2, 2)
        if kind == 0x0806 and self.take("arp", 28):
            self.end = self.at
        elif kind == 0x0800:
            self.ipv4()
        elif kind == 0x86dd:
            self.ipv6()

    def ipv4(self):
        """An IPv4 datagram."""
        start = self.at
        data = self.data[start:self.end]
        if len(data) < 20 or data[0] >> 4 != 4 or data[0] % 16 < 5:
            return
        if not self.take("ipv4", data[0] % 16 * 4):
            return
        self.end = min(self.end, max(self.at, start + number(data, 2, 2)))
        if number(data, 6, 2) & 0x1fff == 0:
            self.transport(data[9])

    def ipv6(self):
        """An IPv6 datagram and its chain of extension headers."""
        data = self.data[self.at:self.end]
        if len(data) < 40 or data[0] >> 4 != 6 or not self.take("ipv6", 40):
            return
        self.end = min(self.end, self.at + number(data, 4, 2))
        kind = data[6]
        for _ in range(8):
            if kind not in EXTENSIONS or self.end - self.at < 8:
                break
            here = self.data[self.at:self.at + 8]
            length = 8 if kind == 44 else (here[1] + 2) * 4 if kind == 51 else (here[1] + 1) * 8
            if not self.take(EXTENSIONS[kind], length):
                return
            if kind == 44 and number(here, 2, 2) & 0xfff8:
                return
            kind = here[0]
        self.transport(kind)

    def transport(self, protocol):
        """What IP carries."""
        data = self.data[self.at:self.end]
        if not data:
            return
        if protocol == 6 and len(data) >= 20:
            self.take("tcp", max(5, data[12] >> 4) * 4)
        elif protocol == 17:
            start = self.at
            if self.take("udp", 8) and number(data, 4, 2) >= 8:
                self.end = min(self.end, start + number(data, 4, 2))
                if 53 in (number(data, 0, 2), number(data, 2, 2)) and self.end - self.at >= 12:
                    self.take("dns", 12)
        elif protocol == 1:
            self.take(ICMP.get(data[0], "icmp"), 20 if data[0] in (13, 14) else 8)
        elif protocol == 58:
            name, length = ICMPV6.get(data[0], ("icmpv6", 4))
            self.take(name, len(data) if length is None else length)


def is_ip(data):
    """Do these bytes begin with an IP header that fits them?"""
    if len(data) >= 20 and data[0] >> 4 == 4 and data[0] % 16 >= 5:
        return data[0] % 16 * 4 <= number(data, 2, 2) <= len(data)
    return len(data) >= 40 and data[0] >> 4 == 6 and number(data, 4, 2) + 40 <= len(data)


def is_ethernet(data):
    """Do these bytes begin with an Ethernet header whose ethertype is known?"""
    kind = number(data, 12, 2) if len(data) >= 14 else 0
    if kind in (0x0800, 0x86dd):
        return len(data) > 14 and data[14] >> 4 == (4 if kind == 0x0800 else 6)
    return kind in ETHERTYPES


def walk(data, kind=None):
    """The parts of a frame or datagram, payload and padding included; [] when it is neither."""
    steps = Walk(data)
    if kind == "ethernet" or (kind is None and is_ethernet(data)):
        steps.ethernet()
    elif kind == "ip" or (kind is None and is_ip(data)):
        (steps.ipv6 if data and data[0] >> 4 == 6 else steps.ipv4)()
    if steps.parts:
        add_rest(steps.parts, data, steps.at, steps.end)
    return steps.parts


def add_rest(parts, data, at, end):
    """What no header describes: the payload, by its name if it is HTTP, and padding."""
    if end > at:
        is_http = parts[-1][0] == "tcp" and data[at:end].startswith(HTTP)
        parts.append(("http" if is_http else "payload", at, end - at))
    if len(data) > end:
        parts.append(("padding", end, len(data) - end))


class Packet:
    """A struct netl_packet: `data`, its bytes from the outermost header on, and its `parts`."""

    def __init__(self, packet):
        head, size = int(packet["head"]), int(packet["size"])
        offset, length = int(packet["data"]) - head, int(packet["length"])
        count = int(packet["mark_count"])
        capacity = packet["marks"].type.range()[1] + 1
        if not head or not 0 <= offset <= size or length > size - offset or count > capacity:
            raise gdb.error("that packet is not set yet, or already freed")
        marks = [packet["marks"][i] for i in range(count)]
        found = sorted((int(m["offset"]), int(m["length"]), values.text(m["name"])) for m in marks)
        begin = min([offset] + [mark[0] for mark in found])
        self.data = values.memory(head + begin, offset + length - begin)
        self.parts = [(name, at - begin, many) for at, many, name in found
                      if at - begin + many <= len(self.data)]
        if self.parts:
            end = self.parts[-1][1] + self.parts[-1][2]
            add_rest(self.parts, self.data, end, len(self.data))
        else:
            self.parts = walk(self.data)

    def __str__(self):
        return parts_text(self.parts) + "%d bytes" % len(self.data)


def parts_text(parts):
    """[ethernet 14][ipv4 20] and a blank; nothing for no parts."""
    return "".join("[%s %d]" % (name, length) for name, _, length in parts) + (" " if parts else "")


class Field:
    """One entry of the library's tables."""

    def __init__(self, entry):
        self.name = values.text(entry["name"])
        self.first_bit = int(entry["first_bit"])
        self.width_bits = int(entry["width_bits"])
        self.format = values.enum_name(entry["format"], "NETL_FORMAT_")
        self.meaning = values.text(entry["meaning"])

    def bytes_of(self, header):
        """The bytes that it lies in; b"" when the header ends before."""
        first = self.first_bit // 8
        last = (self.first_bit + self.width_bits + 7) // 8 if self.width_bits else len(header)
        return header[first:last] if last <= len(header) else b""

    def value(self, header):
        """Its value as text; "" when it is not there."""
        data = self.bytes_of(header)
        if not data:
            return ""
        if self.format == "MAC":
            return data.hex(":")
        if self.format in ("ADDRESS4", "ADDRESS6"):
            return str(values.ipaddress.ip_address(data))
        if self.format == "BYTES":
            return data[:48].hex(" ") + (" ..." if len(data) > 48 else "")
        spare = len(data) * 8 - self.first_bit % 8 - self.width_bits
        return self.number_text((number(data, 0, len(data)) >> spare) % (1 << self.width_bits))

    def number_text(self, value):
        """A number in the form that the table asks for."""
        if self.format == "FLAG":
            return "set" if value else "not set"
        digits = (self.width_bits + 3) // 4
        if self.format == "HEX":
            return "0x%0*x" % (digits, value)
        if self.format == "ETHERTYPE":
            return ("0x%04x %s" % (value, ETHERTYPES.get(value, ""))).rstrip()
        if self.format == "PROTOCOL":
            return ("%d %s" % (value, PROTOCOLS.get(value, ""))).rstrip()
        return str(value)


class Tables:
    """The library's header descriptions, by id: (title, fields)."""

    def __init__(self):
        self.headers = {}
        for group in GROUPS:
            symbol = gdb.lookup_global_symbol("netl_wire_%s_headers" % group)
            if symbol is None:
                continue
            table = symbol.value()
            for i in range(min(int(table["count"]), TABLE_MAX)):
                self.add(table["headers"][i])

    def add(self, header):
        """Reads one description."""
        count = min(int(header["field_count"]), TABLE_MAX)
        fields = [Field(header["fields"][i]) for i in range(count)]
        self.headers[values.text(header["id"])] = (values.text(header["title"]), fields)

    def fields(self, name):
        """The fields of a header; [] when the tables do not know it."""
        return self.headers.get(name, ("", []))[1]

    def title(self, name):
        """Its title."""
        return self.headers.get(name, ("what the headers carry", []))[0]
