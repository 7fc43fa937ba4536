#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every RFC and every section that this repository cites stands in docs/rfcs.txt.

Nobody can cite a clause by a slip of the finger, then: a new one needs a line there with the heading
that the RFC gives it, and so somebody who has looked it up. A line that is cited no more is said, too.

First the test reads a small text of its own, and fails when it does not find what is cited there.
"""
import os
import re
import subprocess
import sys

TABLE = "docs/rfcs.txt"
NOT_TEXT = (".png", ".svg", ".pcap", ".pcapng")
# What separates words: also the end of a line, with what a comment or a string puts around it.
LINE_END = re.compile(r'"?[ \t]*\\?\n[ \t]*(?:\*(?!/)|//|#+|;|\.\\"|")?[ \t]*')
SECTION = r"(?:[A-Z]\.)?\d+(?:\.\d+)*|[A-Z]\b|[IVX]+\b"
CITATION = re.compile(
    r"RFCs?\s(?P<rfc>\d{3,4})(?:'s)?(?:,?\s{0,2}(?:§§?|[Ss]ections?\s|[Aa]ppendix\s)\s?"
    rf"(?P<sections>(?:{SECTION})(?:(?:,|\sand|\sto|와|,?\s§)\s?§?(?:{SECTION}))*)"
    r"|\s(?P<bare>\d+\.\d+(?:\.\d+)*))?")
EVENT = re.compile(r'NETL_EVENT\(\w+,\s*"[^"]*",\s*\w+,\s*\d,\s*\w+,\s*(\d+),\s*(NULL|"[^"]*")')

FIELD = re.compile(r'\b(\d{3,4}),\s*"([\d.]*)"\s*[}\n]')


def citations(path, text):
    """Gives (RFC, section or "", line) for each citation."""
    flat = LINE_END.sub("\n", text)
    for match in CITATION.finditer(flat):
        line = flat.count("\n", 0, match.start()) + 1
        named = match["sections"] or match["bare"] or ""
        for section in re.findall(SECTION, named) or [""]:
            yield int(match["rfc"]), section, line
    if path.startswith("lib/wire/describe_"):
        for match in FIELD.finditer(text):
            yield int(match[1]), match[2], text.count("\n", 0, match.start()) + 1
    if path.endswith(".def"):
        for match in EVENT.finditer(text):
            if int(match[1]):
                section = "" if match[2] == "NULL" else match[2].strip('"')
                yield int(match[1]), section, text.count("\n", 0, match.start()) + 1


def read_table(lines):
    """Gives {(RFC, section or ""): line}, and what is wrong with the table."""
    known, wrong, rfc, last = {}, [], None, 0
    for number, line in enumerate(lines, 1):
        entry = re.match(rf"( *)(\d+|{SECTION}) +\S", line)
        if not line.strip() or line.startswith("#"):
            continue
        if not entry or (entry[1] and rfc is None):
            wrong.append(f"{TABLE}:{number}: neither an RFC nor a section: {line.strip()}")
            continue
        if not entry[1]:
            rfc = int(entry[2])
            if rfc <= last:
                wrong.append(f"{TABLE}:{number}: RFC {rfc} does not stand in order")
            last = rfc
        key = (rfc, entry[2] if entry[1] else "")
        if key in known:
            wrong.append(f"{TABLE}:{number}: it stands there already")
        known[key] = number
    return known, wrong


def check(texts, table):
    """Gives the breaches in {path: text} against the lines of the table, and how many citations."""
    known, wrong = read_table(table)
    cited, count = set(), 0
    for path, text in texts.items():
        for rfc, section, line in citations(path, text):
            count += 1
            cited |= {(rfc, section), (rfc, "")}
            if (rfc, section) not in known:
                what = f"RFC {rfc}" + (f" section {section}" if section else "")
                wrong.append(f"{path}:{line}: {what} is not in {TABLE}: look it up first")
    for key in known.keys() - cited:
        wrong.append(f"{TABLE}:{known[key]}: RFC {key[0]} {key[1]} is cited nowhere")
    return sorted(wrong), count


def self_test():
    table = ["# comment", "791 Internet Protocol", "  3.1 Header", "  B Order", "9293 TCP", "  3.4 Numbers",
             "  3.10.7.4 Other States", "  3.8 Data", "  3.9 Interfaces"]
    fine = {"a.c": "/* RFC 791 section 3.1, RFC 9293 §3.4,\n * §3.10.7.4 (RFC 791 appendix B). RFC\n"
                   " * 9293 sections 3.8 to\n * 3.9 */",
            "lib/wire/describe_x.c": '{"a", 8, 8, "b", 791, ""},\n#define Y 791, "3.1"\n',
            "b.def": 'NETL_EVENT(X, "x.y", LINK, 1, STATE, 791, "3.1",\n"RFC 9293 3.4", "")'}
    broken = {"c.c": "RFC 792", "d.c": "RFC 791 section 3.9", "e.c": 'say("RFC 9293 "\n    "section 3.3")',
              "f.def": 'NETL_EVENT(X, "x.y", LINK, 1, STATE, 791, "3.7", "", "")', "g.c": "RFC 9293 3.8.1",
              "lib/wire/describe_y.c": '{"a", 8, 8, "b",\n     792, ""},\n'}
    wrong = [f"self-test: refused: {line}" for line in check(fine, table)[0]]
    seen = {line.split(":")[0] for line in check({**fine, **broken}, table)[0]}
    wrong += [f"self-test: {path} cites what is not in the table" for path in broken.keys() - seen]
    if not check(fine, table + ["9999 Nothing"])[0]:
        wrong.append("self-test: a line that is cited nowhere was not seen")
    return wrong


def main():
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    names = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=False).stdout
    if not names:
        print("*** SKIPPED: clauses: this is no clone, or there is no git ***")
        return False
    texts = {}
    for name in names.splitlines():
        own = name in (TABLE, "tests/clauses_test.py")
        if not own and not name.endswith(NOT_TEXT) and os.path.isfile(name):
            with open(name, encoding="utf-8", errors="replace") as file:
                texts[name] = file.read()
    with open(TABLE, encoding="utf-8") as file:
        wrong, count = check(texts, file.read().splitlines())
    wrong = self_test() + wrong
    for line in wrong:
        print(line)
    print(f"{count} citations of RFCs, {len(wrong)} of them or of their table's lines wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
