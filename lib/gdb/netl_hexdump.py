# SPDX-License-Identifier: MIT
"""The command netl-hexdump: a packet's bytes, with the borders of its headers and fields.

Always true: a line has at most 100 columns.
"""
import gdb

import netl_values as values
import netl_wire as wire

ROW = 16
SHOWN = 512          # bytes, unless -a asks for all
BYTES_MAX = 1 << 20  # bytes that are believed


def borders(parts, tables):
    """What stands before a byte: `|` where a header begins, `'` where a field of it does."""
    marks = {}
    for name, offset, length in parts:
        for field in tables.fields(name):
            if field.first_bit % 8 == 0 and field.first_bit // 8 < length:
                marks[offset + field.first_bit // 8] = "'"
    marks.update((offset, "|") for _, offset, _ in parts)
    return marks


def rows(data, marks, count):
    """The lines of a hexdump of the first `count` bytes."""
    for start in range(0, count, ROW):
        part = data[start:min(start + ROW, count)]
        line = "%04x " % start
        for i in range(ROW):
            line += " " if i == ROW // 2 else ""
            line += marks.get(start + i, " ") + "%02x" % part[i] if i < len(part) else "   "
        yield line + "  " + "".join(chr(b) if 0x20 <= b < 0x7f else "." for b in part)


def field_lines(data, parts, tables):
    """Every field with its value and meaning, as netl_hexdump_fields() lists them."""
    for name, offset, length in parts:
        yield "%s: %s, %d bytes at %d" % (name, tables.title(name), length, offset)
        for field in tables.fields(name):
            value = field.value(data[offset:offset + length])
            if value:
                line = "  %04x  %-24s%-26s" % (offset + field.first_bit // 8, field.name, value)
                whole = line + " " + field.meaning
                yield (whole if len(whole) <= 100 else line).rstrip()[:100]


def find_packet():
    """The nearest packet on the stack."""
    for _, value in values.candidates("netl_packet"):
        try:
            return wire.Packet(value)
        except gdb.error:
            continue
    raise gdb.error("no packet in the current frames; name one: netl-hexdump EXPRESSION")


def read(words):
    """The bytes and parts that the words of the command name."""
    if not words:
        values.need_program()
        packet = find_packet()
        return packet.data, packet.parts
    expression = " ".join(words)
    try:
        value = gdb.parse_and_eval(expression)
    except gdb.error:
        if len(words) < 2:
            raise
        return read_bytes(" ".join(words[:-1]), words[-1])
    value, name = values.structure(value)
    if name != "netl_packet":
        raise gdb.error("%s is no packet; give a struct netl_packet, or ADDRESS LENGTH"
                        % expression)
    packet = wire.Packet(value)
    return packet.data, packet.parts


def read_bytes(address, length):
    """Bytes that lie anywhere: a frame or datagram if they look like one."""
    count = int(gdb.parse_and_eval(length))
    if not 0 <= count <= BYTES_MAX:
        raise gdb.error("a length of %d bytes makes no sense" % count)
    data = values.memory(int(gdb.parse_and_eval(address)), count)
    return data, wire.walk(data)


class HexdumpCommand(values.Command):
    """Show the bytes of a packet with the borders of its headers and fields.
Usage: netl-hexdump [-f] [-a] [PACKET | ADDRESS LENGTH]

PACKET is an expression; without one, the nearest packet of the current frames is taken.
In the dump `|` stands before the first byte of a header, `'` before that of a field.
  -f   lists every field too, with its value and meaning, as the library's tables have them
  -a   all bytes; otherwise the first 512

Headers of a packet that nobody has parsed yet are found by walking over its bytes."""

    name = "netl-hexdump"

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def run(self, argument):
        words = argument.split()
        flags = [word for word in words if word in ("-f", "-a")]
        data, parts = read([word for word in words if word not in flags])
        tables = wire.Tables()
        count = len(data) if "-a" in flags else min(len(data), SHOWN)
        gdb.write("%s%d bytes\n" % (wire.parts_text(parts), len(data)))
        for line in rows(data, borders(parts, tables), count):
            gdb.write(line + "\n")
        if count < len(data):
            gdb.write("... and %d more (netl-hexdump -a)\n" % (len(data) - count))
        if "-f" in flags:
            for line in field_lines(data, parts, tables):
                gdb.write(line + "\n")


def register():
    """Adds the command."""
    HexdumpCommand()
