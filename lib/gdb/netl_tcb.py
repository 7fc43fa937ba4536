# SPDX-License-Identifier: MIT
"""The command `tcb`: what is known of the TCP connections.

Where TCP is ours the control block itself is shown, under the names of RFC 9293 section 3.3.1. At
the seam `transport` it is the kernel's and out of reach. What is left is
shown, each under the name of its source: the library's connection object; the kernel's TCP_INFO,
asked by calling netl_tcp_info() in the program; and the observer, which follows both sides
from the frames that it saw, shown under the names of RFC 9293 section 3.3.1.
"""
import gdb

import netl_values as values

CONNECTIONS_MAX = 10000
SHOWN_MAX = 20
TCP = 6
UNSAFE = ("malloc", "free", "calloc", "realloc", "_int_malloc", "_int_free")


class CallsParameter(gdb.Parameter):
    """Whether `tcb` may call functions in the program.

With off, it shows only what stands in memory, and no TCP_INFO."""

    set_doc = "Set whether tcb may call functions in the program."
    show_doc = "Show whether tcb may call functions in the program."

    def __init__(self):
        super().__init__("netl-calls", gdb.COMMAND_DATA, gdb.PARAM_BOOLEAN)
        self.value = True

    def get_set_string(self):
        """gdb prints what this gives: nothing."""
        return ""

    def get_show_string(self, value):
        """The line of `show netl-calls`."""
        return "tcb may call functions in the program: %s." % value


class QuietBreakpoints:
    """No breakpoint stops a function that is called meanwhile."""

    def __enter__(self):
        self.disabled = [point for point in gdb.breakpoints() if point.enabled]
        for point in self.disabled:
            point.enabled = False

    def __exit__(self, *unused):
        for point in self.disabled:
            if point.is_valid():
                point.enabled = True


def may_call():
    """Can a function be called now without harm? Not in the middle of a change of the heap."""
    if not gdb.parameter("netl-calls") or gdb.selected_inferior().pid == 0:
        return False
    if any(frame.name() in UNSAFE for frame in values.frames(gdb.newest_frame())):
        return False
    try:
        target = gdb.execute("info target", to_string=True)
    except gdb.error:
        return False
    return "core file" not in target


def ask(function, conn, type_name):
    """Calls int function(conn, struct *) in the program; the structure, or None."""
    if not may_call():
        return None
    kind = gdb.lookup_type("struct " + type_name)
    room = 0
    try:
        with QuietBreakpoints():
            room = int(gdb.parse_and_eval("(unsigned long)malloc(%d)" % kind.sizeof))
            if not room:
                return None
            where = values.pointer_of(conn)
            result = gdb.parse_and_eval(
                "%s((struct netl_tcp *)%d, (struct %s *)%d)" % (function, where, type_name, room))
            data = values.memory(room, kind.sizeof)
            gdb.parse_and_eval("(void)free((void *)%d)" % room)
        return gdb.Value(data, kind) if int(result) >= 0 else None
    except gdb.error:
        return None


def connections(host):
    """The connections that are open on a host."""
    if not int(host["transport"]):
        return
    head = host["transport"]["connections"].address
    entry = head["next"]
    kind = gdb.lookup_type("struct netl_tcp").pointer()
    for _ in range(CONNECTIONS_MAX):
        if int(entry) in (0, int(head)):
            return
        yield entry.cast(kind).dereference()
        entry = entry["next"]


def is_kernel(conn):
    """Does the kernel do this connection's work?"""
    block = gdb.block_for_pc(int(conn["calls"]["connect"]))
    while block is not None and block.function is None:
        block = block.superblock
    return block is not None and block.function.symtab.filename.endswith("tcp_kernel.c")


def kernel_part(conn):
    """The kernel's part of a connection object; None when it is not the kernel's."""
    if not is_kernel(conn):
        return None
    return conn.address.cast(gdb.lookup_type("struct kernel_tcp").pointer()).dereference()


def flows(host):
    """The TCP flows that the observer remembers, found through its hash table."""
    watcher = host["flows"]["watcher"]
    if not int(watcher):
        return
    table = watcher["table"]
    first, last = table["buckets"].type.range()
    for i in range(first, last + 1):
        number = int(table["buckets"][i])
        for _ in range(65536):
            if number == 0:
                break
            flow = table["flows"][number - 1]
            if int(flow["protocol"]) == TCP:
                yield flow
            number = int(flow["chain"])


def yes(value):
    """A bool as a word."""
    return "yes" if value else "no"


def object_lines(conn):
    """What the library's object says."""
    waits = [name for bit, name in ((1, "readable"), (2, "writable")) if int(conn["waiting"]) & bit]
    timeout = int(conn["timeout_ms"])
    yield "  object    connecting=%s paused=%s write_blocked=%s waits_for=%s timeout=%s" % (
        yes(conn["connecting"]), yes(conn["paused"]), yes(conn["write_blocked"]),
        ",".join(waits) or "nothing", "%dms" % timeout if timeout else "none")


def info_lines(conn):
    """What the kernel says."""
    info = ask("netl_tcp_info", conn, "netl_tcp_info")
    if info is None:
        yield "  TCP_INFO  not asked, or no answer (the program must run, and netl-calls be on)"
        return
    threshold = int(info["ssthresh_segments"])
    yield "  TCP_INFO  %s srtt=%dus rttvar=%dus rto=%dus snd.mss=%d rcv.mss=%d" % (
        values.tcp_state(info["state"]), int(info["rtt_us"]), int(info["rtt_variation_us"]),
        int(info["rto_us"]), int(info["send_mss"]), int(info["receive_mss"]))
    yield "            cwnd=%d ssthresh=%s unacked=%d retransmits=%d acked=%dB received=%dB" % (
        int(info["cwnd_segments"]), threshold or "unlimited", int(info["unacked_segments"]),
        int(info["retransmits"]), int(info["bytes_acked"]), int(info["bytes_received"]))


def side_lines(us, peer, state):
    """The sequence state of one side, from what both have shown.

    What a side has acknowledged, and its window, count once the other side has sent something."""

    def known(side, name, tells):
        return str(int(side[name])) if tells["has_next"] else "?"

    def flag(side):
        if not side["seen_fin"]:
            return "not sent"
        return "%d, %sacked" % (int(side["fin_number"]), "" if side["fin_acked"] else "not ")

    yield "  observer  %s" % state
    yield "    SND.UNA=%-11s SND.NXT=%-11s SND.WND=%-8s our FIN: %s" % (
        known(peer, "last_ack", peer), known(us, "next", us), known(peer, "window", peer), flag(us))
    yield "    RCV.NXT=%-11s                     RCV.WND=%-8s peer's FIN: %s" % (
        known(us, "last_ack", peer), known(us, "window", peer), flag(peer))


def flow_lines(flow, mirrored):
    """One flow, from the side that it was opened from, or from the other."""
    if mirrored:
        return side_lines(flow["peer"], flow["us"],
                          "the other end of this flow is %s" % values.tcp_state(flow["state"]))
    return side_lines(flow["us"], flow["peer"], values.tcp_state(flow["state"]))


def own_lines(conn):
    """Our own control block: nothing has to be asked, all of it stands in memory."""
    tcb = conn.address.cast(gdb.lookup_type("struct tcb").pointer()).dereference()
    yield "connection %d  %s > %s  ours" % (
        int(conn["number"]), values.endpoint(tcb["local"]), values.endpoint(tcb["remote"]))
    yield from object_lines(conn)
    yield "  state     %s" % values.tcp_state(tcb["state"])
    for name, fields in (("send", ("iss", "snd_una", "snd_nxt", "snd_wnd", "snd_mss")),
                         ("receive", ("irs", "rcv_nxt", "rcv_adv", "rcv_mss")),
                         ("window", ("cwnd", "ssthresh")),
                         ("queues", ())):
        line = ["%s=%d" % (field, int(tcb[field])) for field in fields]
        if name == "send":
            line.append("in_flight=%d" % ((int(tcb["snd_nxt"]) - int(tcb["snd_una"])) % 2**32))
        if name == "queues":
            line = ["to_send=%d" % int(tcb["snd"]["used"]), "to_read=%d" % int(tcb["rcv"]["used"])]
        yield "  %-9s %s" % (name, " ".join(line))
    yield "  round     srtt=%dus rttvar=%dus rto=%dms backoff=%d" % (
        int(tcb["srtt_ns"]) // 1000, int(tcb["rttvar_ns"]) // 1000,
        int(tcb["rto_ns"]) // 1000000, int(tcb["backoff"]))
    yield "  options   sack=%s timestamps=%s scaling=%s" % tuple(
        yes(tcb[field]) for field in ("sack_ok", "timestamps_ok", "scaling_ok"))


def connection_lines(conn, known_flows):
    """All that is known of one connection."""
    kernel = kernel_part(conn)
    if kernel is None:
        yield from own_lines(conn)
        return
    remote = values.endpoint(kernel["remote"])
    local = ask("netl_tcp_local", conn, "netl_endpoint")
    yield "connection %d  %s > %s  %s" % (
        int(conn["number"]), values.endpoint(local) if local is not None else "?", remote,
        "the kernel's, fd %d" % int(kernel["fd"]))
    yield from object_lines(conn)
    if not conn["connecting"]:
        yield from info_lines(conn)
    for flow in known_flows:
        ends = (values.endpoint(flow["local"]), values.endpoint(flow["remote"]))
        if int(flow["number"]) == int(conn["number"]) and remote in ends:
            yield from flow_lines(flow, remote == ends[0] and remote != ends[1])
            return
    yield "  observer  has seen no frame of it"


class TcbCommand(values.Command):
    """Show what is known of the TCP connections.
Usage: tcb [NUMBER | CONNECTION]

Without an argument: every open connection of the host that the current calls are about, and
the flows of closed ones that the observer remembers. NUMBER is a connection's number in the
trace, CONNECTION an expression that gives a struct netl_tcp.

The lines say where each piece comes from: the library's object, the kernel's TCP_INFO (asked by
a call in the program; see `help set netl-calls`), and the observer, which follows both sides
from the frames it saw. Sequence numbers have the names of RFC 9293."""

    name = "tcb"

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def run(self, argument):
        values.need_program()
        if argument and not argument.isdigit():
            conn, name = values.structure(gdb.parse_and_eval(argument))
            if name == "kernel_tcp":
                conn, name = conn["base"], "netl_tcp"
            if name != "netl_tcp":
                raise gdb.error("%s is no connection (struct netl_tcp)" % argument)
            seen = list(flows(conn["host"].dereference()))
            gdb.write("\n".join(connection_lines(conn, seen)) + "\n")
            return
        host = values.find_host()
        if host is None:
            raise gdb.error("no host in the current frames: stop inside the library, or where a "
                            "host is open")
        wanted = int(argument or 0)
        if self.show_all(host, wanted) == 0:
            gdb.write("no connection%s\n" % (" %d" % wanted if wanted else ""))

    @staticmethod
    def show_all(host, wanted):
        """Open connections first, then flows of those that are gone; how many."""
        seen = list(flows(host))
        live = [c for c in connections(host) if wanted in (0, int(c["number"]))]
        open_numbers = {int(conn["number"]) for conn in live}
        closed = [flow for flow in seen if int(flow["number"]) not in open_numbers
                  and wanted in (0, int(flow["number"]))]
        for conn in live[:SHOWN_MAX]:
            gdb.write("\n".join(connection_lines(conn, seen)) + "\n")
        for flow in closed[-SHOWN_MAX:]:
            gdb.write("connection %d  %s > %s  not open here\n" % (
                int(flow["number"]), values.endpoint(flow["local"]),
                values.endpoint(flow["remote"])))
            gdb.write("\n".join(flow_lines(flow, False)) + "\n")
        hidden = max(0, len(live) - SHOWN_MAX) + max(0, len(closed) - SHOWN_MAX)
        if hidden:
            gdb.write("... and %d more: tcb NUMBER\n" % hidden)
        return len(live) + len(closed)


def register():
    """Adds the command and its setting."""
    CallsParameter()
    TcbCommand()
