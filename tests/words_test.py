#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each reason in words that our own transport gives has Korean words, and none of those is left over.

A reason is a literal in a call that reports it. lib/trace/words.c has the words.
"""

import pathlib
import re
import sys

REPO = pathlib.Path(__file__).resolve().parent.parent
STRING = r'"((?:[^"\\]|\\.)*)"'
# Where a literal is a reason: the file, and what stands before and behind it.
PLACES = [
    ("lib/transport/tcp_*.c", r"netl_tcp_drop\([^;]*?" + STRING),
    ("lib/transport/tcp_*.c", r"netl_tcp_challenge\([^;]*?" + STRING + r"(?:\s*:\s*" + STRING + ")?"),
    ("lib/transport/tcp_*.c", r"netl_tcp_cwnd_tell\(tcb, " + STRING),
    ("lib/transport/tcp_check.c", r"answer_unacceptable\([^;]*?" + STRING),
    ("lib/transport/tcp_timers.c", r"give_up\([^;]*?" + STRING),
    ("lib/transport/own.c", r'NETL_TEXT\("what", ' + STRING),
    ("lib/transport/tcp_icmp.c", r"tell\(tcb, report, " + STRING),
    ("lib/transport/tcp_icmp.c", r"\] = " + STRING),
    ("lib/transport/tcp_input.c", r"return " + STRING),
    ("lib/transport/udp_own.c", r" drop\([^;]*?" + STRING),
    ("lib/wire/result.c", r"return " + STRING),
]


def main():
    given = set()
    for pattern, reason in PLACES:
        for path in sorted(REPO.glob(pattern)):
            for found in re.finditer(reason, path.read_text()):
                given.update(word for word in found.groups() if word)
    given.discard("ok")
    table = (REPO / "lib/trace/words.c").read_text().split("words[] = {")[1].split("};")[0]
    known = set(re.findall(r"\{" + STRING + ", ", table))
    wrong = [f"no Korean words for {word!r}" for word in sorted(given - known)]
    wrong += [f"nobody says {word!r}" for word in sorted(known - given)]
    for line in wrong:
        print(f"lib/trace/words.c: {line}", file=sys.stderr)
    print(f"{len(given)} reasons, {len(wrong)} without their words, or words without a reason")
    return 1 if wrong or len(given) < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
