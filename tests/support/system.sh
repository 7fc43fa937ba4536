# SPDX-License-Identifier: MIT
#
# What the system tests begin with. A test sources it first:
#
#     . "$(dirname "$0")/../support/system.sh"
#     needs ip:iproute2 curl:curl        # command:package; skips, loudly, without them
#     in_namespaces -n                   # goes on in a network namespace of its own, as root there
#     background server "$examples/http_server" 8080 "$work"
#     until_true listens 8080 || …
#     check "what must be so" 'command for eval'
#     finish
#
# It sets $BUILD, $examples and $work (a folder that goes away at the end), and ends at exit what
# background() started. NETLAYERS is unset.
#
# Exit of finish: 0 all true, 1 something is false. skip: 77.
set -u
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
examples=$BUILD/examples
PATH=$PATH:/usr/sbin:/sbin
unset NETLAYERS NO_COLOR
failed=0
pids=

skip()
{
    echo "*** SKIPPED: $1 ***" >&2
    exit 77
}

needs()
{
    for need in "$@"; do
        command -v "${need%%:*}" >/dev/null || skip "no ${need%%:*}; install ${need#*:}"
    done
}

# The same script again in new namespaces: -n network, -m mounts (see unshare). Root or not.
in_namespaces()
{
    [ -z "${SYSTEM_TEST_INSIDE:-}" ] || return 0
    how=-Ur$(printf %s "${1:--n}" | tr -d -)
    [ "$(id -u)" = 0 ] && how=${1:--n}
    unshare "$how" true 2>/dev/null || skip "this system does not allow namespaces"
    SYSTEM_TEST_INSIDE=yes BUILD=$BUILD exec unshare "$how" "$0"
}

clean_up()
{
    for pid in $pids; do
        kill "$pid" 2>/dev/null
    done
    # shellcheck disable=SC2086 # a list
    [ -z "$pids" ] || wait $pids 2>/dev/null
    rm -rf "$work"
}

work=$(mktemp -d) || exit 1
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# background NAME COMMAND…: starts it; its output goes to $work/NAME.log, its pid into $NAME_pid.
background()
{
    log=$work/$1.log name=$1
    shift
    : >"$log" # what an earlier one of that name said must not be taken for this one's
    "$@" >"$log" 2>&1 </dev/null &
    pids="$pids $!"
    eval "${name}_pid=$!"
}

# stop NAME [SIGNAL]: ends what background() started, waits, and gives its exit.
stop()
{
    eval "pid=\$${1}_pid"
    # shellcheck disable=SC2154 # set by eval
    kill "-${2:-TERM}" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

# until_true COMMAND…: asks again until it is true, for at most ten seconds.
until_true()
{
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || return 1
        sleep 0.05
    done
}

# Does anyone listen on this TCP port here?
listens()
{
    ss -ltn | grep -q "[:.]$1 "
}

check()
{
    if eval "$2"; then
        echo "ok: $1"
    else
        echo "FALSE: $1" >&2
        failed=1
    fi
}

finish()
{
    exit $failed
}

# ── networks of namespaces ──

# namespace NAME: a network of its own; the process that holds it goes into $NAME.
namespace()
{
    mkfifo "$work/$1"
    unshare -n sh -c 'echo ready >"$0"; exec sleep 600' "$work/$1" &
    pids="$pids $!"
    eval "$1=$!"
    read -r _ <"$work/$1"
    nsenter -t "$!" -n ip link set lo up
}

# bridged NAME: the same, and a bridge that joins eth0 there to the TAP tap_NAME here.
bridged()
{
    namespace "$1"
    ip link add "br_$1" type bridge 2>/dev/null && ip link set "br_$1" up ||
        skip "no bridge here"
    ip link add "to_$1" type veth peer name eth0 netns "$!" &&
        ip link set "to_$1" up master "br_$1" || skip "no veth here"
    ip tuntap add "tap_$1" mode tap 2>/dev/null && ip link set "tap_$1" up master "br_$1" ||
        skip "no TAP here"
}

# inside PID COMMAND…: runs it in the network of process PID.
inside()
{
    network=$1
    shift
    nsenter -t "$network" -n "$@"
}

# settings PID NAME=VALUE…: of /proc/sys/net, in the network of process PID.
settings()
{
    network=$1
    shift
    for setting in "$@"; do
        inside "$network" sh -c 'echo "$1" >"/proc/sys/net/$0"' "${setting%%=*}" \
            "${setting#*=}" || skip "cannot set $setting"
    done
}
