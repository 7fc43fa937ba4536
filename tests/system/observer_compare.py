#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the traces of one run against an independent capture of the same run.

    observer_compare.py PORT CAPTURE TRACE.txt TRACE.jsonl TRACE.pcapng

CAPTURE is tcpdump's. Every segment from or to PORT must be in all traces, once, in the same order,
with the same ends, flags, numbers and length; and nothing else may be there. The frames' numbers in
the text must be those in the pcapng, whose packets must hold no malformed header, and whose reasons
must stand beside them as comments.
"""
import json
import re
import subprocess
import sys

FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}


def fail(why):
    print("WRONG:", why, file=sys.stderr)
    sys.exit(1)


def tshark(capture, *fields):
    """One list of fields a packet, as tshark reads it."""
    command = ["tshark", "-n", "-r", capture, "-o", "tcp.relative_sequence_numbers:FALSE",
               "-T", "fields", "-E", "occurrence=a", "-E", "separator=\x1f"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(f"tshark cannot read {capture}: {done.stderr}")
    return [line.split("\x1f") for line in done.stdout.splitlines()]


def segments_of(capture, port):
    """(source port, destination port, flags, seq, ack, len) of each segment at that port."""
    rows = tshark(capture, "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.seq", "tcp.ack",
                  "tcp.len", "frame.number")
    found = []
    for source, destination, flags, seq, ack, length, number in rows:
        if source and str(port) in (source, destination):
            found.append(((int(source), int(destination), int(flags, 16) & 255, int(seq),
                           int(ack or 0), int(length)), int(number)))
    return found


def segment_lines(path):
    """Frame number, direction, flags, seq, ack and len of each segment in a text trace."""
    found = []
    text = re.sub(r"\n {40,}(?=\S)", " ", open(path, encoding="utf-8").read())
    for line in text.splitlines():
        match = re.match(r"\+\S+ #(\d+) +tran (->|<-) +(tcp\.\S+) +(flags=.*)", line)
        if not match:
            continue
        values = dict(word.split("=", 1) for word in match.group(4).split() if "=" in word)
        flags = sum(FLAGS[name] for name in values["flags"].split(","))
        found.append((int(match.group(1)), match.group(2), flags, int(values["seq"]),
                      int(values.get("ack", 0)), int(values["len"])))
    return found


def main():
    port, capture, text, jsonl, pcapng = sys.argv[1:6]
    port = int(port)
    theirs = [segment for segment, _ in segments_of(capture, port)]
    ours = segments_of(pcapng, port)
    if not theirs:
        fail("tcpdump saw nothing: the test shows nothing")

    # pcapng against tcpdump. Frames of several interfaces may pass each other: compare sorted.
    if sorted(theirs) != sorted(segment for segment, _ in ours):
        missing = [s for s in theirs if s not in [o for o, _ in ours]]
        invented = [o for o, _ in ours if o not in theirs]
        fail(f"of {len(theirs)} segments, missing: {missing[:5]}, invented: {invented[:5]}, "
             f"in all {len(ours)}")

    # Text against pcapng: the same numbers, and the same segments under them.
    by_number = {number: segment for segment, number in ours}
    lines = segment_lines(text)
    if len(lines) != len(ours):
        fail(f"{len(lines)} segments in the text, {len(ours)} in the pcapng")
    for number, _, flags, seq, ack, length in lines:
        if number not in by_number:
            fail(f"frame #{number} of the text is no segment in the pcapng")
        _, _, their_flags, their_seq, their_ack, their_length = by_number[number]
        if (flags, seq, length) != (their_flags, their_seq, their_length) or \
                (flags & 16 and ack != their_ack):
            fail(f"frame #{number}: the text says {flags, seq, ack, length}, "
                 f"the pcapng {by_number[number]}")

    # JSON Lines against text.
    objects = [json.loads(line) for line in open(jsonl, encoding="utf-8")]
    frames = [o["frame"] for o in objects if "flags" in o.get("fields", {})]
    if sorted(frames) != sorted(line[0] for line in lines):
        fail("the JSON Lines tell of other frames than the text")

    # Nothing malformed, and every reason is a comment.
    rows = tshark(pcapng, "frame.number", "_ws.malformed", "frame.comment")
    if any(row[1] for row in rows):
        fail(f"malformed: {[row for row in rows if row[1]][:3]}")
    comments = {int(row[0]): row[2] for row in rows}
    reasons = 0
    for o in objects:
        if o.get("frame") and o.get("why"):
            reasons += 1
            if o["why"] not in comments.get(o["frame"], ""):
                fail(f"the reason of frame #{o['frame']} is no comment: {o['why']}")
    if not reasons:
        fail("there is no reason to compare")
    print(f"{len(theirs)} segments, {reasons} reasons: all the same")


main()
