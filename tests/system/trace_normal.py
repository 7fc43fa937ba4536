#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes text traces comparable: what differs from run to run becomes a word.

Reads a text trace on standard input, puts each event on one line again, and its reason on another.
Times go; ports, sequence numbers, identifications, stamps, checksums and windows of the kernel
become NAMEs. A sequence number becomes its distance from the first of its direction, so that the
arithmetic of TCP can still be seen: us+1, peer+124.
"""
import re
import sys

EVENT = re.compile(r"\+(\d+\.\d{6}) (#\S+) +(\S+) (--|->|<-) ( *)(\S+) *(.*)")


def events(lines):
    """Joins what was wrapped: yields [frame, layer, arrow, indent, id, fields, reason]."""
    current = None
    for line in lines:
        match = EVENT.match(line)
        if match:
            if current:
                yield current
            current = list(match.groups()[1:]) + [""]
        elif current and line.startswith(" "):
            text = line.strip()
            if text.startswith("; "):
                current[6] += (" " if current[6] else "") + text[2:]
            else:
                current[5] += " " + text
    if current:
        yield current


def main():
    names = {}  # number in the text: what it stands for
    starts = {}

    def relative(number):
        for who, start in starts.items():
            distance = (number - start) % 2**32
            if distance < 100000 or distance > 2**32 - 10:
                return f"{who}{'+' if distance < 100000 else '-'}" \
                       f"{distance if distance < 100000 else 2**32 - distance}"
        return "NUMBER"

    for frame, layer, arrow, indent, name, fields, reason in events(sys.stdin):
        sequence = re.search(r"\bseq=(\d+)", fields)
        if sequence and "SYN" in fields:
            starts.setdefault("us" if arrow == "->" else "peer", int(sequence.group(1)))
        fields = re.sub(r"\b(port=|127\.0\.0\.1:)(\d+)", r"\1PORT", fields)
        fields = re.sub(r"\b(ts|id|stored|win|cwnd|rtt|mss|version)=\S+",
                        lambda m: f"{m.group(1)}=X" if "id=0" != m.group(0) else "id=0", fields)
        fields = re.sub(r"\b(wscale)=\d+", r"\1=X", fields)
        both = f"{fields}\n{reason}"
        both = re.sub(r"(?<![0-9.])[0-9]{5,}(?![0-9])", lambda m: relative(int(m.group(0))), both)
        both = re.sub(r"\b(seq|ack)=(\d+)\b", lambda m: f"{m.group(1)}={relative(int(m.group(2)))}",
                      both)
        both = re.sub(r"\bport (PORT|NUMBER|(us|peer)[+-]\d+)", "port PORT", both)
        fields, reason = both.split("\n")
        print(f"{frame:3} {layer} {arrow} {indent}{name} {' '.join(fields.split())}".rstrip())
        if reason:
            print(f"      ; {reason}")


main()
