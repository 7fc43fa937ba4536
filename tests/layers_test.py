#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rule of layers, and the sizes, read from the sources themselves.

Each layer may call only the one below, and base, wire and trace. Every #include in lib/ is held
against that, and, where the objects are built, every symbol that one folder needs from another.
Headers that POSIX does not have stand only in *_linux.c. Functions, files and examples stay short.

First the test breaks each rule in a small tree of its own, and fails when that goes unnoticed.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

LOW = {"base", "wire", "trace"}
MAY_USE = {
    "wire": {"base"},  # its pure helpers
    "base": {"wire"},
    "trace": {"base", "wire"},
    "link": LOW,
    "internet": LOW | {"link"},
    "transport": LOW | {"internet"},
    "application": LOW | {"transport"},
    "crypto": {"application"},  # only its public table
    "host": LOW | {"link", "internet", "transport", "application", "lab"},
    "lab": LOW | {"link", "internet", "transport", "application", "host"},
}
# A public header belongs to the layer that it describes; those not named here to base.
PUBLIC = {"link": "link", "internet": "internet", "transport": "transport", "http": "application",
          "http_server": "application", "http_client": "application", "ftp": "application",
          "ftp_server": "application", "ftp_client": "application", "progress": "application",
          "dns": "application", "ssh": "application", "ssh_crypto": "application",
          "sha256": "application", "gossip": "application",
          "chat": "application", "ledger": "application", "trace": "trace", "wire": "wire",
          "lab": "lab"}
# Files that must see more: base/version.c answers for the version in netlayers.h.
EXCEPTIONS = {("lib/base/version.c", "netlayers.h")}
# Foreign libraries, and the one file that may know each.
OUTSIDE = {("lib/crypto/libcrypto.c", "openssl")}
# What wire may take from base: nothing there does I/O, allocates, or asks for the time.
PURE = {"base/text.h", "base/utf8.h"}

STANDARD = set("""
assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h
setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h
stdnoreturn.h string.h tgmath.h time.h uchar.h wchar.h wctype.h
aio.h arpa/inet.h cpio.h dirent.h dlfcn.h fcntl.h fmtmsg.h fnmatch.h ftw.h glob.h grp.h iconv.h
langinfo.h libgen.h monetary.h mqueue.h ndbm.h net/if.h netdb.h netinet/in.h netinet/tcp.h
nl_types.h poll.h pthread.h pwd.h regex.h sched.h search.h semaphore.h spawn.h strings.h
sys/ipc.h sys/mman.h sys/msg.h sys/resource.h sys/select.h sys/sem.h sys/shm.h sys/socket.h
sys/stat.h sys/statvfs.h sys/time.h sys/times.h sys/types.h sys/uio.h sys/un.h sys/utsname.h
sys/wait.h syslog.h tar.h termios.h ulimit.h unistd.h utime.h utmpx.h wordexp.h
""".split())

FUNCTION_LINES, FILE_LINES, EXAMPLE_LINES = 60, 600, 100
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files(root, folder, *endings):
    for where, _, names in sorted(os.walk(os.path.join(root, folder))):
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.relpath(os.path.join(where, name), root)


def layer_of(root, path, bracket, name):
    """The layer that an included file belongs to; None when it is the system's."""
    if name == "netlayers.h":
        return "everything"
    if name.startswith("netlayers/"):
        parts = name[len("netlayers/"):-len(".h")].split("/")
        return PUBLIC.get(parts[0], "base")
    if bracket == "<":
        return None
    if "/" in name:
        return name.split("/")[0]
    beside = os.path.join(root, os.path.dirname(path), name)
    return path.split("/")[1] if os.path.exists(beside) else "nowhere"


def check_include(root, path, line, bracket, name):
    own = path.split("/")[1]
    used = layer_of(root, path, bracket, name)
    if used is None:
        known = name in STANDARD or (path, name.split("/")[0]) in OUTSIDE
        if not known and not path.endswith("_linux.c"):
            return f"{path}:{line}: <{name}> is not POSIX; only a *_linux.c file may include it"
        return None
    if used == own or (path, name) in EXCEPTIONS:
        return None
    if used not in MAY_USE.get(own, set()):
        return f"{path}:{line}: lib/{own} may not use {used} ({name})"
    if own == "wire" and bracket == '"' and name not in PURE:
        return f"{path}:{line}: lib/wire is pure and may not use {name}"
    return None


def check_includes(root):
    for path in files(root, "lib", ".c", ".h", ".def"):
        if path.count("/") != 2:
            yield f"{path}: sources lie in lib/FOLDER/"
            continue
        if path.split("/")[1] not in MAY_USE:
            yield f"{path}: the rule of layers does not know lib/{path.split('/')[1]}"
            continue
        with open(os.path.join(root, path), encoding="utf-8") as source:
            for number, text in enumerate(source, 1):
                found = INCLUDE.match(text)
                if found:
                    wrong = check_include(root, path, number, *found.groups())
                    if wrong:
                        yield wrong


def check_sizes(root):
    for folder in ("lib", "include", "examples", "tests", "docs"):
        for path in files(root, folder, ".c", ".h", ".cpp", ".def"):
            with open(os.path.join(root, path), encoding="utf-8") as source:
                lines = sum(1 for _ in source)
            limit = EXAMPLE_LINES if folder == "examples" else FILE_LINES
            if lines >= limit:
                yield f"{path}: {lines} lines; it must be under {limit}"


def check_functions(root):
    tags = subprocess.run(
        ["ctags", "-R", "--languages=C", "--langmap=C:.c.h", "--kinds-C=f", "--fields=+ne",
         "--output-format=json", "-f", "-", "lib", "include", "examples", "tests"],
        cwd=root, capture_output=True, text=True, check=True).stdout
    for line in tags.splitlines():
        tag = json.loads(line)
        length = tag.get("end", 0) - tag["line"] + 1
        if length >= FUNCTION_LINES:
            yield (f"{tag['path']}:{tag['line']}: {tag['name']} has {length} lines; "
                   f"it must be under {FUNCTION_LINES}")


def check_symbols(objects):
    """What one folder's objects need from another's, whatever their headers say."""
    defined, needed = {}, []
    for path in files(objects, ".", ".o"):
        own = path.split("/")[0]
        out = subprocess.run(["nm", os.path.join(objects, path)], capture_output=True, text=True,
                             check=True).stdout
        for line in out.splitlines():
            kind, name = line.split()[-2:]
            if kind == "U":
                needed.append((path, own, name))
            elif kind.isupper():
                defined[name] = own
                if not name.startswith("netl_"):
                    yield f"{path}: {name} is global but not named netl_…"
    for path, own, name in needed:
        used = defined.get(name, own)
        if used != own and used not in MAY_USE.get(own, set()):
            yield f"{path}: lib/{own} may not call {name} of lib/{used}"


def self_test():
    """Every rule, broken once: each must be seen."""
    long_function = "int f(void)\n{\n" + "    ;\n" * FUNCTION_LINES + "}\n"
    broken = {
        "lib/wire/a.c": '#include "trace/event.h"\n',
        "lib/wire/pure.c": '#include "base/loop.h"\n',
        "lib/link/a.c": '#include "internet/raw.h"\n',
        "lib/internet/a.c": "#include <netlayers/transport.h>\n",
        "lib/transport/a.c": '#include "link/driver.h"\n',
        "lib/application/a.c": "#include <netlayers/internet.h>\n",
        "lib/base/a.c": "#include <netlayers.h>\n",
        "lib/trace/a.c": '#  include "host/spec.h"\n',
        "lib/transport/b.c": "#include <linux/tcp.h>\n",
        "lib/transport/c.h": "#include <sys/epoll.h>\n",
        "lib/link/b.c": '#include "nowhere.h"\n',
        "lib/application/c.c": "#include <openssl/evp.h>\n",
        "lib/crypto/a.c": '#include "base/loop.h"\n',
        "lib/novel/a.c": "\n",
        "lib/link/deep/a.c": "\n",
        "lib/link/long.c": "\n" * FILE_LINES,
        "examples/long.c": "\n" * EXAMPLE_LINES,
        "lib/host/function.c": long_function,
    }
    fine = {
        "lib/link/c_linux.c": "#include <linux/if_packet.h>\n#include <string.h>\n",
        "lib/crypto/libcrypto.c": "#include <netlayers/ssh_crypto.h>\n#include <openssl/evp.h>\n",
        "lib/application/b.c": '#include "transport/transport.h"\n#include "trace/event.h"\n',
        "lib/host/a.c": '#include "application/x.h"\n#include <netlayers/wire/tcp.h>\n',
        "lib/host/short.c": "int g(void)\n{\n    return 0;\n}\n",
    }
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**broken, **fine}.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as out:
                out.write(text)
        for folder in ("include", "tests"):
            os.makedirs(os.path.join(root, folder))
        found = [*check_includes(root), *check_sizes(root)]
        if shutil.which("ctags"):
            found += check_functions(root)
        else:
            del broken["lib/host/function.c"]
        seen = {line.split(":")[0] for line in found}
    return ([f"self-test: {path} breaks a rule and was not seen" for path in broken.keys() - seen] +
            [f"self-test: {path} is fine and was refused" for path in seen & fine.keys()])


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    objects = os.path.join(os.environ.get("BUILD", os.path.join(root, "build")), "obj", "lib")
    wrong = [*self_test(), *check_includes(root), *check_sizes(root)]
    if shutil.which("ctags"):
        wrong += check_functions(root)
    else:
        print("*** SKIPPED: length of functions: no ctags; install universal-ctags ***")
    if shutil.which("nm") and os.path.isdir(objects):
        wrong += check_symbols(objects)
    else:
        print("*** SKIPPED: calls between layers: no objects in BUILD, or no nm ***")
    for line in wrong:
        print(line)
    print(f"{len(wrong)} breaches of the rule of layers")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
