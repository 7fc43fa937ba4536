# SPDX-License-Identifier: MIT
"""The commands netl-break and netl-event: stopping where something happens, and reading what.

Every layer reports what it does through one function, netl_event(); its second parameter is
an entry of the catalogue. So a breakpoint there, with a look at that entry, stops at any layer or
event. The catalogue is read from the program's memory.

Always true: a host that does not trace reports nothing, so it stops nowhere.
"""
import difflib
import fnmatch
import re

import gdb

import netl_printers
import netl_values as values

FIELDS_MAX = 32   # fields of an event that are read
EVENTS_MAX = 4096  # entries of the catalogue that are believed
PLACE = re.compile(r"\{([a-z0-9_]+)(?:([+-])([a-z0-9_]+))?\}")


def catalogue():
    """The table of events in the program."""
    for symbol in gdb.lookup_static_symbols("catalogue"):
        if symbol.symtab.filename.endswith("trace/catalogue.c"):
            return symbol.value()
    raise gdb.error("this program holds no catalogue of events: is it linked to libnetlayers, "
                    "with symbols? make debug builds it so")


def entries():
    """All events: (symbol, id, layer)."""
    table = catalogue()
    for i in range(min(table.type.range()[1] + 1, EVENTS_MAX)):
        info = table[i]
        yield values.text(info["symbol"]), values.text(info["id"]), netl_printers.layer(
            info["layer"])


def entry_matches(pattern, entry):
    """Does a layer, an id, its beginning, one with * in it, or a name in C mean this event?"""
    symbol, identifier, layer = entry
    if pattern in (symbol, layer) or identifier.startswith(pattern + "."):
        return True
    return fnmatch.fnmatchcase(identifier, pattern)


def read_fields(pointer):
    """The fields of an event: name, value as text, in their order."""
    found = []
    for i in range(FIELDS_MAX):
        field = pointer[i]
        if int(field["kind"]) == 0:
            break
        found.append((values.text(field["name"]), netl_printers.field_value(field)))
    return found


def reason(pattern, fields):
    """The catalogue's reason with the values in place of {name}, {name+1}, {name-other}."""
    known = dict(fields)

    def replace(match):
        name, sign, other = match.groups()
        value = known.get(name, match.group(0))
        if sign is None:
            return value
        other = known.get(other, other)
        if not (value.isdigit() and other.isdigit()):
            return match.group(0)
        total = int(value) + int(other) if sign == "+" else int(value) - int(other)
        return str(total % (1 << 32))

    return PLACE.sub(replace, pattern)


def wrapped(start, words):
    """Words in lines of at most 100 columns; a longer word stands alone."""
    line = start
    for word in words:
        if line.strip() and len(line) + 1 + len(word) > 100:
            yield line
            line = " " * len(start)
        line += word if line.endswith(" ") else " " + word
    if words:
        yield line


class Event:
    """The event that a frame of netl_event() is about."""

    def __init__(self, frame):
        self.info = catalogue()[int(frame.read_var("symbol"))]
        self.symbol = values.text(self.info["symbol"])
        self.id = values.text(self.info["id"])
        self.layer = netl_printers.layer(self.info["layer"])
        self.fields = read_fields(frame.read_var("fields"))
        self.packet = frame.read_var("packet")

    def lines(self):
        """What is to be said of it."""
        by_kernel = int(self.packet) != 0 and bool(self.packet["by_kernel"])
        who = "%s%s" % (self.layer, ", done by the kernel and watched" if by_kernel else "")
        yield "%s (%s)" % (self.id, who)
        yield from wrapped("  ", ["%s=%s" % field for field in self.fields])
        why = reason(values.text(self.info["why_en"], 1000), self.fields)
        clause = self.clause()
        if why or clause:
            yield from wrapped("  why: ", why.split() + ([clause] if clause else []))
        if int(self.packet):
            yield "  packet: " + netl_printers.one_line(self.packet)

    def clause(self):
        """[RFC 9293 §3.5], or nothing."""
        if not int(self.info["rfc"]):
            return ""
        section = values.text(self.info["section"])
        return "[RFC %d%s]" % (int(self.info["rfc"]), " §" + section if section else "")


class EventBreakpoint(gdb.Breakpoint):
    """Stops in netl_event() at the events that a pattern means."""

    def __init__(self, pattern, wanted):
        super().__init__("netl_event", gdb.BP_BREAKPOINT)
        self.pattern = pattern
        self.wanted = wanted
        self.silent = False

    def stop(self):
        """Asked by gdb at every event; must not fail, and must not change the program."""
        try:
            frame = gdb.selected_frame()
            info = catalogue()[int(frame.read_var("symbol"))]
            entry = (values.text(info["symbol"]), values.text(info["id"]),
                     netl_printers.layer(info["layer"]))
            if not entry_matches(self.pattern, entry):
                return False
            event = Event(frame)
            known = dict(event.fields)
            if any(known.get(name) != value for name, value in self.wanted):
                return False
            gdb.write("\nevent: " + "\n".join(event.lines()) + "\n")
        except (gdb.error, RuntimeError, ValueError) as error:
            gdb.write("netl-break: %s\n" % error)
        return True

    def text(self):
        """How it was asked for."""
        return " ".join([self.pattern] + ["%s=%s" % pair for pair in self.wanted])


def listing():
    """Which breakpoints of this kind are set, and which events there are."""
    for point in gdb.breakpoints():
        if isinstance(point, EventBreakpoint):
            yield "breakpoint %d: %s, stopped %d times%s" % (
                point.number, point.text(), point.hit_count, "" if point.enabled else ", off")
    by_layer = {}
    for _, identifier, layer in entries():
        by_layer.setdefault(layer, {})[identifier] = True
    for layer in values.LAYERS:
        line = "%s:" % layer
        for identifier in by_layer.get(layer, {}):
            if len(line) + len(identifier) > 98:
                yield line
                line = "   "
            line += " " + identifier
        yield line


class BreakCommand(values.Command):
    """Stop at the events of a layer, or at one event.
Usage: netl-break [LAYER | EVENT] [FIELD=VALUE ...]

LAYER is host, link, internet, transport or application. EVENT is an id, its beginning (tcp), one
with * in it, or a name in C:
   netl-break transport
   netl-break tcp.state to=ESTABLISHED
   netl-break tcp.*.rx
   netl-break TCP_SYN_TX
Without arguments it lists what is set, and every event. When it stops it says the event's id,
its fields, its reason and its packet; `up` leads to the layer that reported it. `delete N` and
`disable N` work as for every breakpoint.

A host reports events only while it traces: NETLAYERS=trace=text. Levels (trace.link=off) make
an event silent, but it still stops here."""

    name = "netl-break"

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_BREAKPOINTS)

    def run(self, argument):
        words = gdb.string_to_argv(argument)
        if not words:
            gdb.write("\n".join(listing()) + "\n")
            return
        known = list(entries())
        count = sum(1 for entry in known if entry_matches(words[0], entry))
        if count == 0:
            names = sorted({entry[1] for entry in known}) + list(values.LAYERS)
            near = difflib.get_close_matches(words[0], names, 3, 0.5)
            raise gdb.GdbError("netl-break: no layer or event %s; %s" % (
                words[0], "near: " + ", ".join(near) if near else "netl-break alone lists them"))
        wanted = [tuple(word.split("=", 1)) for word in words[1:] if "=" in word]
        if len(wanted) != len(words) - 1:
            raise gdb.GdbError("netl-break: what follows the event must be FIELD=VALUE")
        EventBreakpoint(words[0], wanted)
        gdb.write("%d event%s: %s\n" % (count, "" if count == 1 else "s", words[0]))

    def complete(self, text, word):
        try:
            names = {entry[1] for entry in entries()} | set(values.LAYERS)
        except gdb.error:
            return gdb.COMPLETE_NONE
        start = len(text) - len(word)
        return sorted(name[start:] for name in names if name.startswith(text))


class EventCommand(values.Command):
    """Show the event at which the program stands: id, fields, reason and packet.
Usage: netl-event

Works wherever netl_event() is among the current calls, as after `break netl_event`."""

    name = "netl-event"

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def run(self, argument):
        values.need_program()
        for frame in values.frames(gdb.newest_frame()):
            if frame.name() == "netl_event":
                gdb.write("\n".join(Event(frame).lines()) + "\n")
                return
        raise gdb.error("the program does not stand at an event; netl-break stops at one")


def register():
    """Adds the commands."""
    BreakCommand()
    EventCommand()
