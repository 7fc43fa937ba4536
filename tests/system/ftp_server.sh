#!/bin/sh
# SPDX-License-Identifier: MIT
#
# ftp_server before the real clients: curl, lftp, tnftp and Python's ftplib, passive and active, IPv4
# and IPv6, binary and text, with odd names and interrupted transfers; then at the seams internet and
# link (a TAP), before curl, and over a bus before ftp_get.
#
# shellcheck disable=SC2034,SC2154 # variables that eval uses or sets
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 ss:iproute2 curl:curl lftp:lftp tnftp:tnftp openssl:openssl
python=/usr/bin/python3
[ -x $python ] || skip "no $python; install python3"
in_namespaces -n
ip link set lo up
export HOME="$work/home" TERM=dumb
mkdir "$HOME" "$work/pub" "$work/pub/sub" "$work/tree" "$work/tree/깊은 곳" "$work/down"
export LC_ALL=C.UTF-8

head -c 3000001 /dev/urandom >"$work/pub/big"
: >"$work/pub/empty"
printf 'one\ntwo\n' >"$work/pub/lines"
odd="한글 'odd' \"name\" 100%.txt"
echo odd >"$work/pub/$odd"
head -c 700000 /dev/urandom >"$work/tree/a"
head -c 70000 /dev/urandom >"$work/tree/깊은 곳/b"
: >"$work/tree/깊은 곳/빈"
printf 'kim:%s\n' "$(openssl passwd -6 secret)" >"$work/passwords"
echo secret >"$work/secret"
ln -s ../secret "$work/pub/out"

background server "$examples/ftp_server" 2121 "$work/pub" "$work/passwords" trace="text:$work/trace" \
    observe=off
until_true listens 2121 || { cat "$work/server.log" >&2; exit 1; }
if grep -q 'no crypt(3)' "$work/server.log"; then
    skip "the example was built without crypt(3); install libcrypt-dev"
fi
same() { cmp -s "$work/$1" "$work/$2"; }
reader=ftp://127.0.0.1:2121 writer=ftp://kim:secret@127.0.0.1:2121
get() { curl -gsS -m 20 "$@"; }

# ── curl ──
check "curl lists a directory" 'get $reader/ | grep -q " 3000001 .* big"'
check "curl fetches, extended passive" 'get $reader/big -o "$work/got" && same got pub/big'
check "curl fetches, PASV" 'get --disable-epsv $reader/big -o "$work/got" && same got pub/big'
check "curl fetches, EPRT" 'get -P - $reader/big -o "$work/got" && same got pub/big'
check "curl fetches, PORT" 'get -P - --disable-eprt $reader/big -o "$work/got" && same got pub/big'
check "curl fetches over IPv6, passive" 'get "ftp://[::1]:2121/big" -o "$work/got" && same got pub/big'
check "curl fetches over IPv6, active" \
    'get -P - "ftp://[::1]:2121/big" -o "$work/got" && same got pub/big'
check "curl fetches 0 bytes" 'get $reader/empty -o "$work/got0" && same got0 pub/empty'
check "curl fetches a Korean name with quotes" \
    'get "$reader/%ED%95%9C%EA%B8%80%20%27odd%27%20%22name%22%20100%25.txt" | grep -qx odd'
check "curl gets a text as text" 'get --use-ascii $reader/lines -o "$work/got1" && same got1 pub/lines'
check "curl goes on in the middle" \
    'head -c 1000000 "$work/pub/big" >"$work/got" && get -C - $reader/big -o "$work/got" &&
     same got pub/big'
check "curl stores, and makes the directory for it" \
    'get --ftp-create-dirs -T "$work/pub/big" $writer/new/up && same pub/new/up pub/big'
check "curl appends" 'get -a -T "$work/pub/lines" $writer/new/twice &&
     get -a -T "$work/pub/lines" $writer/new/twice && [ "$(wc -c <"$work/pub/new/twice")" = 16 ]'
check "curl goes on with an upload" \
    'head -c 1234567 "$work/pub/big" >"$work/pub/new/up" &&
     get -C - -T "$work/pub/big" $writer/new/up && same pub/new/up pub/big'
check "curl renames, and removes" \
    'get -Q "-RNFR new/up" -Q "-RNTO new/오른쪽" $writer/ -o /dev/null &&
     same pub/new/오른쪽 pub/big && get -Q "-DELE new/오른쪽" $writer/ -o /dev/null &&
     [ ! -e "$work/pub/new/오른쪽" ]'
check "a reader may not store: curl says 550" \
    'get -T "$work/pub/lines" $reader/x 2>&1 | grep -q 550 && [ ! -e "$work/pub/x" ]'
check "a wrong password: curl says 530, and that takes a second" \
    'start=$(date +%s%N); get ftp://kim:guess@127.0.0.1:2121/ 2>&1 | grep -q "530" &&
     [ $(($(date +%s%N) - start)) -ge 1000000000 ]'
check "what a link leads out to is not fetched" '! get $reader/out -o "$work/out" 2>/dev/null'

# ── lftp ──
printf '%s\n' 'set net:max-retries 1; set net:timeout 10; set ftp:use-mdtm-overloaded no' \
    'set ftp:list-empty-ok yes; set ftp:sync-mode no' >"$HOME/.lftprc"
background lftp lftp -c "open -u kim,secret 127.0.0.1:2121; mirror -R '$work/tree' tree;
    mirror tree '$work/back'; mirror --parallel=3 tree '$work/back3'"
check "lftp mirrors a tree there and back" \
    'wait $lftp_pid && diff -r "$work/tree" "$work/pub/tree" && diff -r "$work/tree" "$work/back" &&
     diff -r "$work/tree" "$work/back3"'
check "lftp goes on with a file that it had in part" \
    'head -c 999999 "$work/pub/big" >"$work/down/big" &&
     lftp -c "open 127.0.0.1:2121; get -c big -o $work/down/big" 2>/dev/null && same down/big pub/big'
check "lftp fetches in active mode" \
    'lftp -c "set ftp:passive-mode no; open 127.0.0.1:2121; get big -o $work/down/active" \
     2>/dev/null && same down/active pub/big'
check "lftp understands MLSD: size and time are the file's own" \
    'lftp -c "open 127.0.0.1:2121; cls -l --time-style=+%s big" |
     grep -q "3000001 .*$(stat -c %Y "$work/pub/big")"'

# ── tnftp ──
cat >"$work/tnftp" <<END
user kim secret
binary
get big $work/down/tnftp
put $work/pub/big tn
append $work/pub/lines tn
size tn
ascii
get lines $work/down/lines
mkdir tndir
rename tn tndir/tn2
delete tndir/tn2
rmdir tndir
passive off
binary
get big $work/down/tnftp2
quit
END
check "tnftp does all of its script" \
    'timeout 30 tnftp -n -v 127.0.0.1 2121 <"$work/tnftp" >"$work/tnftp.log" 2>&1;
     same down/tnftp pub/big && same down/tnftp2 pub/big && same down/lines pub/lines &&
     ! grep -E "^[45][0-9][0-9] " "$work/tnftp.log" && grep -q "^213 3000009\|3000009" "$work/tnftp.log"'

# ── ftplib ──
cat >"$work/peer.py" <<'END'
import ftplib, io, os, sys
work, name = sys.argv[1:]
big = open(work + "/pub/big", "rb").read()
for host, passive in (("127.0.0.1", True), ("127.0.0.1", False), ("::1", True), ("::1", False)):
    ftp = ftplib.FTP()
    ftp.connect(host, 2121, timeout=10)
    ftp.login("kim", "secret")
    ftp.set_pasv(passive)
    got = io.BytesIO()
    ftp.retrbinary("RETR big", got.write)
    assert got.getvalue() == big
    ftp.storbinary("STOR py", io.BytesIO(big))
    assert ftp.size("py") == len(big)
    ftp.storbinary("STOR py", io.BytesIO(big[5:]), rest=5)
    assert open(work + "/pub/py", "rb").read() == big
    lines = []
    ftp.retrlines("RETR lines", lines.append)
    assert lines == ["one", "two"], lines
    ftp.storlines("STOR py", io.BytesIO(b"one\ntwo\n"))
    assert open(work + "/pub/py", "rb").read() == b"one\ntwo\n"
    assert name in ftp.nlst()
    facts = dict(ftp.mlsd(facts=["type", "size"]))
    assert facts["big"] == {"type": "file", "size": str(len(big))}, facts["big"]
    assert facts["sub"]["type"] == "dir" and "out" not in facts
    assert ftp.mkd("파이썬") == "/파이썬"
    ftp.cwd("파이썬")
    assert ftp.pwd() == "/파이썬"
    ftp.cwd("..")
    ftp.rmd("파이썬")
    ftp.rename("py", "py2")
    ftp.delete("py2")
    for command in ("CWD ..", "RETR ../secret", "PORT 10,0,0,1,200,0", "EPRT |1|127.0.0.1|25|"):
        try:
            ftp.sendcmd(command)
            sys.exit(command + " was accepted")
        except (ftplib.error_perm, ftplib.error_temp):
            pass
    # An upload that is broken off in the middle, without a goodbye.
    import socket, struct
    ftp.voidcmd("TYPE I")
    data = ftp.transfercmd("STOR cut")
    data.sendall(b"half")
    while not os.path.exists(work + "/pub/cut") or os.path.getsize(work + "/pub/cut") < 4:
        pass
    data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    data.close()
    try:
        ftp.voidresp()
        sys.exit("a cut upload got 226")
    except ftplib.error_temp as error:
        assert str(error).startswith("426"), error
    assert ftp.size("cut") == 4
    ftp.storbinary("APPE cut", io.BytesIO(b" and half"))
    assert open(work + "/pub/cut", "rb").read() == b"half and half"
    ftp.delete("cut")
    # ABOR behind a command that waits, with Telnet's Interrupt Process and Synch in front of it.
    with open(work + "/pub/huge", "wb") as huge:
        huge.truncate(1 << 30) # more than waits in any buffer
    for data_mark in True, False:
        data = ftp.transfercmd("RETR huge")
        data.recv(10)
        ftp.sock.sendall(b"NOOP\r\nPWD\r\n")
        ftp.sock.sendall(b"\xff\xf4")
        if data_mark:
            ftp.sock.sendall(b"\xff\xf2", socket.MSG_OOB)
        ftp.sock.sendall(b"ABOR\r\n")
        data.settimeout(10)
        try:
            while data.recv(1 << 20):
                pass
        except ConnectionResetError:
            pass
        data.close()
        codes = []
        while not codes or codes[-1] != "215":
            if len(codes) == 2:
                ftp.sock.sendall(b"SYST\r\n")
            codes.append(ftp.getline()[:3])
        assert codes == ["426", "226", "215"], codes
    os.remove(work + "/pub/huge")
    # ABOR with Telnet's Synch, as ftplib sends it: urgent data, without IAC in front.
    data = ftp.transfercmd("RETR big")
    data.recv(10)
    reply = ftp.abort()
    assert reply[:3] in ("426", "225", "226"), reply
    data.close()
    ftp.close()
END
check "ftplib does all of its script, passive and active, IPv4 and IPv6" \
    'LC_ALL=C.UTF-8 timeout 60 $python "$work/peer.py" "$work" "$odd"'
check "no password is in the trace" \
    'grep -q "cmd=PASS arg=\*\*\*" "$work/trace" && ! grep -q "arg=secret" "$work/trace"'
check "the trace says which connection is control and which data" \
    'grep -q "ftp.control .*control=1 " "$work/trace" && grep -q "ftp.data .*data=2 control=1" "$work/trace"'
check "Ctrl-C ends it with 0" 'stop server INT'

# ── other seams ──
background own "$examples/ftp_server" seam=internet 2122 "$work/pub" "$work/passwords"
until_true listens 2122
check "our TCP on the kernel's IP: curl fetches and stores" \
    'get ftp://127.0.0.1:2122/big -o "$work/got" && same got pub/big &&
     get -T "$work/pub/big" ftp://kim:secret@127.0.0.1:2122/own && same pub/own pub/big &&
     get -P - ftp://127.0.0.1:2122/big -o "$work/got" && same got pub/big'
stop own INT
background bus "$examples/ftp_server" seam=wire "link=bus:$work/wire" address=10.9.0.1/24 2124 "$work/pub"
until_true ls "$work"/wire/*.sock
bus_get()
{
    timeout 20 "$examples/ftp_get" seam=wire "link=bus:$work/wire" address=10.9.0.2/24 "$@" \
        ftp://10.9.0.1:2124/big "$work/bus" >/dev/null 2>&1 && same bus pub/big && rm "$work/bus"
}
check "all layers ours, two processes on a bus: ftp_get fetches, passive and active" \
    'bus_get && bus_get -a'
stop bus INT
if ip tuntap add nlt0 mode tap 2>/dev/null; then
    ip address add 10.77.0.1/24 dev nlt0 && ip link set nlt0 up
    background tap "$examples/ftp_server" seam=link link=tap:nlt0 address=10.77.0.2/24 2123 \
        "$work/pub" "$work/passwords"
    until_true get ftp://10.77.0.2:2123/empty
    check "our TCP, IP and ARP on a TAP: curl fetches and stores, passive and active" \
        'get ftp://10.77.0.2:2123/big -o "$work/got" && same got pub/big &&
         get -T "$work/pub/big" ftp://kim:secret@10.77.0.2:2123/tap && same pub/tap pub/big &&
         get -P - ftp://10.77.0.2:2123/big -o "$work/got" && same got pub/big'
    stop tap INT
else
    echo "*** SKIPPED: the seam link: no TAP here ***" >&2
fi
finish
