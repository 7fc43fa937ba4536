#!/bin/sh
# SPDX-License-Identifier: MIT
#
# gdb_namespace.sh ARGUMENT...: gdb, in a place where its program may open raw sockets.
#
# gdb drops the capabilities of the file that it runs, so setcap does not help. An ordinary user
# gets a user and a network namespace of his own, with nothing but `lo` in it, switched on; root
# needs none. Where the system allows no namespaces, gdb starts as usual and this says so.
GDB=${GDB:-gdb}

if [ "$(id -u)" != 0 ]; then
    if unshare -Urn true 2>/dev/null; then
        exec unshare -Urn sh -c 'ip link set lo up 2>/dev/null || ifconfig lo up; exec "$@"' \
            sh "$GDB" "$@"
    fi
    echo "no namespaces for ordinary users here: raw sockets stay closed; try sudo" >&2
fi
exec "$GDB" "$@"
