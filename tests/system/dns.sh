#!/bin/sh
# SPDX-License-Identifier: MIT
#
# DNS against the real programs, in a network namespace of ours: our server asked by dig and drill,
# our resolver against dnsmasq, unbound and nsd, and names in URLs on our own stack.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 dig:bind9-dnsutils python3:python3
in_namespaces -n

ip link set lo up
lookup=$examples/dns_lookup
sample=$(dirname "$0")/../../examples/lab.zone
cp "$sample" "$work/lab.zone"
awk 'BEGIN { for (i = 0; i < 60; i++) printf "big TXT \"%080d\"\n", i }' >>"$work/lab.zone"
background server "$examples/dns_server" "$work/lab.zone" 5300
until_true grep -q serving "$work/server.log" || { cat "$work/server.log"; exit 1; }

# ask ARGUMENTS…: what dig says, with everything in it.
ask()
{
    dig @127.0.0.1 -p 5300 +tries=1 +time=3 "$@"
}

# ── our server ──
check "dig finds an address" '[ "$(ask +short ns.lab)" = 127.0.0.1 ]'
check "dig finds two addresses" '[ "$(ask +short web.lab | sort | tr "\n" " ")" = "10.0.0.1 10.0.0.2 " ]'
check "dig finds an IPv6 address" '[ "$(ask +short web.lab AAAA)" = 2001:db8::1 ]'
check "dig sees an alias and its address in one answer" \
    '[ "$(ask +noall +answer www.lab | awk "{ print \$4 }" | tr "\n" " ")" = "CNAME A A " ]'
check "dig finds MX, TXT, SRV, NS and SOA" '
    [ "$(ask +short lab MX)" = "10 mail.lab." ] &&
    [ "$(ask +short hello.lab TXT)" = "\"a text of up to 255 bytes\" \"and another one\"" ] &&
    [ "$(ask +short _http._tcp.lab SRV)" = "0 5 8080 web.lab." ] &&
    [ "$(ask +short lab NS)" = ns.lab. ] &&
    [ "$(ask +short lab SOA)" = "ns.lab. root.lab. 1 3600 600 86400 30" ]'
check "a wildcard answers" '[ "$(ask +short some.anything.lab)" = 10.9.9.9 ]'
check "the server says that it owns the zone" 'ask www.lab | grep -q "flags: qr aa rd;"'
check "a name that is not there gets NXDOMAIN and the SOA for 30 s" '
    ask none.lab >"$work/none"; grep -q "status: NXDOMAIN" "$work/none" &&
    grep -q "^lab\..*30.*SOA" "$work/none"'
check "a type that is not there gets NOERROR and the SOA" '
    ask www.lab MX >"$work/none"; grep -q "status: NOERROR" "$work/none" &&
    grep -q "^lab\..*SOA" "$work/none"'
check "a foreign name is refused" 'ask www.example.com | grep -q "status: REFUSED"'
check "a zone transfer is refused" 'ask lab AXFR | grep -q "Transfer failed"'
check "EDNS is answered with EDNS" 'ask www.lab | grep -q "EDNS: version: 0, flags:; udp: 1232"'
check "without EDNS there is none" '! ask +noedns www.lab | grep -q "EDNS:"'
check "EDNS version 1 is BADVERS" 'ask +edns=1 +noednsneg www.lab | grep -q "status: BADVERS"'
check "another opcode is NOTIMP" 'ask +opcode=NOTIFY www.lab | grep -q "status: NOTIMP"'
check "class CHAOS is refused" 'ask version.bind TXT CH | grep -q "status: REFUSED"'
check "a long answer is cut over UDP" 'ask +ignore big.lab TXT | grep -q "flags: qr aa tc rd;"'
check "and whole over TCP, without being told" '
    [ "$(ask +short big.lab TXT | wc -l)" = 60 ] && ask big.lab TXT | grep -q "(TCP)"'
check "several questions go over one TCP connection" \
    '[ "$(ask +short +tcp +keepopen web.lab AAAA ns.lab A | tr "\n" " ")" = "2001:db8::1 127.0.0.1 " ]'

# Malformed queries, and many at once without waiting, over both.
cat >"$work/hostile.py" <<'END'
import socket, struct
def header(ident, flags=0x100, qd=1, an=0, ns=0, ar=0):
    return struct.pack(">6H", ident, flags, qd, an, ns, ar)
name = b"\3www\3lab\0"
good = name + b"\0\1\0\1"
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("127.0.0.1", 5300))
udp.settimeout(3)
def rcode(query):
    udp.send(query)
    answer = udp.recv(4096)
    assert answer[:2] == query[:2] and answer[2] & 0x80, answer
    return answer[3] & 15
for i, bad in enumerate((
        header(1) + name,                            # ends before the type
        header(2) + b"\xc0\x0c\0\1\0\1",             # points to itself
        header(3) + b"\xc0\xff\0\1\0\1",             # points out
        header(4) + b"\3www\3lab",                   # no end
        header(5) + b"\x40" + good,                  # a label type that is not
        header(6, qd=2) + good,                      # promises more
        header(7, ar=1) + good,
        header(8, qd=0),
        header(9) + good + b"x",                     # something behind
        header(10) + b"\77" + b"a" * 63 + (b"\77" + b"a" * 63) * 3 + b"\0\0\1\0\1",  # 257 bytes
        header(11, an=0xffff, ns=0xffff, ar=0xffff) + good)):
    code = rcode(bad)
    assert code == 1, (i, code)
for silent in (b"", b"\0", header(20)[:11], header(21, flags=0x8100) + good):
    udp.send(silent)
assert rcode(header(22) + good) == 0                 # the first that is heard again
tcp = socket.create_connection(("127.0.0.1", 5300))
tcp.settimeout(5)
many = b"".join(struct.pack(">H", 12 + len(good)) + header(i) + good for i in range(500))
tcp.sendall(many)
seen = set()
stream = tcp.makefile("rb")
for _ in range(500):
    size, = struct.unpack(">H", stream.read(2))
    answer = stream.read(size)
    seen.add(answer[:2])
    assert answer[3] & 15 == 0
assert len(seen) == 500
slow = socket.create_connection(("127.0.0.1", 5300)) # byte by byte
slow.settimeout(5)
for byte in struct.pack(">H", 12 + len(good)) + header(77) + good:
    slow.sendall(bytes([byte]))
assert slow.makefile("rb").read(4)[2:] == header(77)[:2]
long = socket.create_connection(("127.0.0.1", 5300)) # more than any query has
long.settimeout(5)
long.sendall(b"\xff\xff" + b"x" * 100)
try:
    assert long.recv(1) == b""
except ConnectionResetError:
    pass
assert rcode(header(23) + good) == 0
print("fine")
END
check "malformed queries get their codes or silence, 500 at once their answers" \
    '[ "$(python3 "$work/hostile.py")" = fine ]'
if command -v drill >/dev/null; then
    check "drill finds an alias and addresses, over UDP and TCP" '
        drill -p 5300 @127.0.0.1 www.lab | grep -q "web.lab.*10.0.0.1" &&
        drill -t -p 5300 @127.0.0.1 www.lab | grep -q "web.lab.*10.0.0.1"'
    check "drill understands a long answer" '[ "$(drill -a -p 5300 @127.0.0.1 big.lab TXT | grep -c "^big")" = 60 ]'
else
    echo "*** SKIPPED: drill; install ldnsutils ***" >&2
fi

# ── our resolver, against ours ──
check "our resolver shows a table, over UDP" '
    "$lookup" www.lab @127.0.0.1:5300 >"$work/out" && grep -q "^www.lab .* CNAME *web.lab" "$work/out" &&
    grep -q "^-- over UDP, said by 127.0.0.1:5300, which owns the zone" "$work/out"'
check "and over TCP when the answer is long" '
    [ "$("$lookup" big.lab TXT @127.0.0.1:5300 | grep -c "^big.lab")" = 60 ] &&
    "$lookup" big.lab TXT @127.0.0.1:5300 | grep -q "^-- over TCP"'
check "a name that does not exist: one sentence, exit 1" '
    "$lookup" none.lab @127.0.0.1:5300 >"$work/out" 2>"$work/err"; [ $? = 1 ] &&
    [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -q "there is no such name" "$work/err"'
check "a type that is none: the known ones are named, exit 2" '
    "$lookup" none.lab FOO >"$work/out" 2>"$work/err"; [ $? = 2 ] && grep -q "known are A AAAA" "$work/err"'
check "a server that is not there: one sentence, at once" '
    ! timeout 5 "$lookup" www.lab @127.0.0.1:5399 2>"$work/err" && grep -q "nobody is at that port" "$work/err"'
check "a zone file with a mistake: its line, exit 1" '
    sed "s/^mail .*/mail A 10.0.0/" "$work/lab.zone" >"$work/bad.zone"
    ! "$examples/dns_server" "$work/bad.zone" 5301 2>"$work/err" &&
    grep -q "line $(grep -n "^mail" "$work/bad.zone" | cut -d: -f1) of .*bad.zone: there must be an IPv4 address" "$work/err"'

# ── our resolver, against others ──
# compare NAME PORT: the same answers as dig gets.
compare()
{
    for question in "www.lab A" "www.lab AAAA" "lab MX" "hello.lab TXT" "_http._tcp.lab SRV" "lab SOA" \
        "big.lab TXT"; do
        # shellcheck disable=SC2086 # name and type
        set -- "$1" "$2" $question
        dig @127.0.0.1 -p "$2" +noall +answer +tries=1 +time=5 "$3" "$4" |
            awk '{ $1 = tolower($1); sub(/\.$/, "", $1); $2 = $3 = ""; print }' |
            sed 's/\. / /g; s/\.$//; s/  */ /g' | sort >"$work/dig"
        "$lookup" "$3" "$4" "@127.0.0.1:$2" | sed '1d; /^-- /d' | awk '{ $2 = ""; print }' |
            sed 's/  */ /g' | sort >"$work/ours"
        if [ ! -s "$work/dig" ] || ! cmp -s "$work/dig" "$work/ours"; then
            echo "$1, $3 $4:" >&2
            diff "$work/dig" "$work/ours" >&2
            return 1
        fi
    done
    ! "$lookup" "none.lab" "@127.0.0.1:$2" 2>"$work/err" && grep -q "no such name" "$work/err"
}

if command -v nsd >/dev/null; then
    cat >"$work/nsd.conf" <<END
server:
    ip-address: 127.0.0.1@5310
    username: ""
    chroot: ""
    zonesdir: "$work"
    zonelistfile: "$work/zone.list"
    xfrdfile: "$work/xfrd.state"
    pidfile: "$work/nsd.pid"
    database: ""
    logfile: "$work/nsd.log2"
    server-count: 1
    refuse-any: no
remote-control:
    control-enable: no
zone:
    name: lab
    zonefile: lab.zone
END
    background nsd nsd -d -c "$work/nsd.conf"
    until_true dig @127.0.0.1 -p 5310 +tries=1 +time=1 lab SOA || cat "$work"/nsd.log*
    check "our resolver and dig hear the same from nsd, which reads our zone file" 'compare nsd 5310'
else
    echo "*** SKIPPED: nsd; install nsd ***" >&2
fi
if command -v unbound >/dev/null; then
    cat >"$work/unbound.conf" <<END
server:
    interface: 127.0.0.1
    port: 5320
    username: ""
    chroot: ""
    directory: "$work"
    pidfile: "$work/unbound.pid"
    use-syslog: no
    do-daemonize: no
    do-not-query-localhost: no
    module-config: "iterator"
    local-zone: "lab." transparent
stub-zone:
    name: "lab"
    stub-addr: 127.0.0.1@5300
END
    background unbound unbound -d -c "$work/unbound.conf"
    until_true dig @127.0.0.1 -p 5320 +tries=1 +time=1 lab SOA || cat "$work/unbound.log"
    check "our resolver and dig hear the same from unbound, which asks our server" \
        'compare unbound 5320'
else
    echo "*** SKIPPED: unbound; install unbound ***" >&2
fi
if command -v dnsmasq >/dev/null; then
    background dnsmasq dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=5330 \
        --listen-address=127.0.0.1 --bind-interfaces --server=/lab/127.0.0.1#5300 --user=root --pid-file=
    until_true dig @127.0.0.1 -p 5330 +tries=1 +time=1 lab SOA || cat "$work/dnsmasq.log"
    check "our resolver and dig hear the same from dnsmasq, which asks our server" \
        'compare dnsmasq 5330'
else
    echo "*** SKIPPED: dnsmasq; install dnsmasq-base ***" >&2
fi

# ── names in URLs ──
echo hello >"$work/page"
background web python3 -m http.server 8080 --bind 127.0.0.1 --directory "$work"
until_true listens 8080
get=$examples/http_get
check "dns= names our server: a URL by name, on the kernel's TCP" \
    '[ "$("$get" http://ns.lab:8080/page dns=127.0.0.1:5300)" = hello ]'
check "the same with our own TCP and UDP on the kernel's IP" \
    '[ "$("$get" http://ns.lab:8080/page seam=internet dns=127.0.0.1:5300)" = hello ]'
check "a URL with a name that does not exist: one sentence, exit not 0" '
    ! "$get" http://none.lab:8080/page dns=127.0.0.1:5300 >"$work/out" 2>"$work/err" &&
    [ ! -s "$work/out" ] && grep -q "there is no such name" "$work/err"'

# On a bus, where nothing is the kernel's: server, web server and client are three hosts.
sed 's/127\.0\.0\.1/10.9.0.53/; s/10\.0\.0\.1/10.9.0.80/; /10\.0\.0\.2/d' "$sample" >"$work/bus.zone"
bus="seam=wire link=bus:$work/wire"
background busdns "$examples/dns_server" "$work/bus.zone" 53 $bus address=10.9.0.53/24
background busweb "$examples/http_server" 80 "$work" $bus address=10.9.0.80/24
until_true grep -q serving "$work/busdns.log"
until_true grep -q serving "$work/busweb.log"
client="$bus address=10.9.0.1/24"
# shellcheck disable=SC2086 # words of a spec
check "over a bus, all layers ours: a URL by name through our own server" \
    '[ "$("$get" http://www.lab/page $client dns=10.9.0.53)" = hello ]'
# shellcheck disable=SC2086
check "without dns= the sentence says what to give" '
    ! "$get" http://www.lab/page $client 2>"$work/err" && grep -q "give dns=ADDRESS" "$work/err"'
stop server
check "the server ends when it is told to" '[ $? = 0 ]'
finish
