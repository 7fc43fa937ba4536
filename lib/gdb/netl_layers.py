# SPDX-License-Identifier: MIT
"""The command `layers`: the stack of calls as a stack of layers.

A call goes straight through the layers, so the backtrace is the layer stack. Neighbouring frames
whose files lie in the same folder of the library are one line here: how many, which function
entered the layer, with what, and where the layer stands now.
"""
import re

import gdb

import netl_printers
import netl_values as values

FOLDER = re.compile(
    r"(?:^|/)lib/(application|transport|internet|link|host|lab|base|trace|wire)/[^/]+$")
LINE = 100
HOST = ("struct netl_host *", "const struct netl_host *")  # in nearly every call: not shown


def layer_of(frame):
    """The layer that a frame belongs to: by its file, or `main` for the program's own."""
    table = frame.find_sal().symtab
    if table is None:
        return "system"
    found = FOLDER.search(table.filename)
    return found.group(1) if found else "main"


def groups():
    """Runs of frames of the same layer, innermost first: (layer, first level, frames)."""
    runs = []
    level = gdb.selected_frame().level()
    for frame in values.frames():
        layer = layer_of(frame)
        if not runs or runs[-1][0] != layer:
            runs.append((layer, level, []))
        runs[-1][2].append(frame)
        level += 1
    return runs


def argument_text(value):
    """An argument in a few characters; None when it says little to a reader."""
    kind = value.type.strip_typedefs()
    if str(kind.unqualified()) in HOST or (kind.code == gdb.TYPE_CODE_PTR and not int(value)):
        return None
    shown = netl_printers.one_line(value)
    if shown is not None:
        return shown
    if kind.code == gdb.TYPE_CODE_PTR:
        target = kind.target().strip_typedefs().unqualified()
        if target.code == gdb.TYPE_CODE_INT and target.sizeof == 1 and target.name == "char":
            try:
                content = values.text(value, 40)
            except gdb.error:
                return None
            return '"%s"' % values.escape(content.encode())
        return None
    if kind.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_ENUM):
        return value.format_string()
    return None


def call_text(frame):
    """The function of a frame and its arguments that can be read."""
    shown = []
    for symbol in values.symbols(frame):
        if not symbol.is_argument or symbol.name.endswith("_ns"):
            continue
        try:
            value = argument_text(symbol.value(frame))
        except gdb.error:
            continue
        if value is not None:
            shown.append("%s=%s" % (symbol.print_name, value))
    return "%s(%s)" % (frame.name() or "?", ", ".join(shown))


def place(frame):
    """Where a frame stands now."""
    sal = frame.find_sal()
    if sal.symtab is None:
        return frame.name() or "?"
    return "%s:%d" % (sal.symtab.filename.rsplit("/", 1)[-1], sal.line)


def group_line(layer, level, frames):
    """One line for one layer."""
    last = level + len(frames) - 1
    numbers = "#%d" % level if last == level else "#%d-%d" % (level, last)
    where = "  at " + place(frames[0])
    room = LINE - 20 - len(where)
    entered = call_text(frames[-1])
    if len(entered) > room:
        entered = entered[:room - 4] + " ..."
    return "%-7s %-12s%s%s" % (numbers, layer, entered, where)


class LayersCommand(values.Command):
    """Show the current calls as layers, innermost first.
Usage: layers

Each line is one visit to a layer: the numbers of its frames (as in `bt`, for `frame N`), the
layer, the function that entered it with the arguments that can be read, and where it stands
now. `main` is the program's own code; base is the loop, which calls up into the layers."""

    name = "layers"

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_STACK)

    def run(self, argument):
        values.need_program()
        for layer, level, frames in groups():
            gdb.write(group_line(layer, level, frames) + "\n")


def register():
    """Adds the command."""
    LayersCommand()
