#!/bin/sh
# SPDX-License-Identifier: MIT
#
# SSH against the real programs: our client at OpenSSH's sshd and at dropbear, our server under ssh,
# plink, dbclient and paramiko. All in namespaces of its own: users, passwords and /run are ours too,
# so it wants real root.
. "$(dirname "$0")/../support/system.sh"
needs ip:iproute2 ss:iproute2 sshd:openssh-server ssh-keygen:openssh-client openssl:openssl setsid:util-linux \
    python3:python3
[ -n "$(cat "$BUILD/crypto.is" 2>/dev/null)" ] || skip "built without libcrypto; install libssl-dev"
[ "$(awk '{ print $3; exit }' /proc/self/uid_map)" -gt 65535 ] 2>/dev/null && [ "$(id -u)" = 0 ] ||
    skip "sshd changes users, which only root may; run as root"
in_namespaces -nm

ip link set lo up
hello=$examples/ssh_hello run=$examples/ssh_run
chmod 755 "$work"
mkdir -m 700 "$work/home" "$work/home/.ssh"
mount -t tmpfs none /run && mkdir /run/sshd || skip "cannot mount"
sed "s|^root:.*|root:x:0:0:root:$work/home:/bin/sh|" /etc/passwd >"$work/passwd"
{ echo "root:$(openssl passwd -6 'correct horse'):19000:0:99999:7:::"; grep -v '^root:' /etc/shadow; } \
    >"$work/shadow"
mount --bind "$work/passwd" /etc/passwd && mount --bind "$work/shadow" /etc/shadow ||
    skip "cannot mount"
cd "$work" || exit 1
for kind in ed25519 ecdsa rsa; do
    ssh-keygen -q -t $kind -N '' -f host_$kind
    ssh-keygen -q -t $kind -N '' -f user_$kind
done
ssh-keygen -q -t ed25519 -N 'a passphrase' -f user_locked
cat user_ed25519.pub user_rsa.pub >home/.ssh/authorized_keys
chmod 600 home/.ssh/authorized_keys
head -c 3000000 /dev/urandom >big

# daemon KIND PORT LINE…: an sshd with one host key.
daemon()
{
    kind=$1 port=$2
    shift 2
    {
        printf '%s\n' "Port $port" "ListenAddress 127.0.0.1" "HostKey $work/host_$kind" \
            "AuthorizedKeysFile $work/home/.ssh/authorized_keys" "PermitRootLogin yes" \
            "StrictModes no" "PidFile none" "UsePAM no" "Banner $work/banner" "$@"
    } >"sshd_$kind"
    "$(command -v sshd)" -t -f "sshd_$kind" || skip "this sshd does not take the test's settings"
    background "sshd_$kind" "$(command -v sshd)" -D -e -f "$work/sshd_$kind"
}
echo 'be nice' >banner
daemon ed25519 2201 "RekeyLimit 200K"
daemon ecdsa 2202 "Ciphers aes128-ctr" "MACs hmac-sha2-512"
daemon rsa 2203 "Ciphers aes256-ctr" "MACs hmac-sha2-256"
for port in 2201 2202 2203; do
    until_true listens $port || { cat sshd_*.log; skip "sshd does not start here"; }
done
export SSH_KNOWN_HOSTS=$work/known

# ── the key exchange, and whose key it is ──
fingerprint()
{
    ssh-keygen -lf "$1" | cut -d' ' -f2
}
shows()
{
    timeout 20 "$hello" 127.0.0.1 "$1" >hello 2>&1 && grep -qF -- "$2" hello
}
check "ssh_hello shows the fingerprint of an Ed25519 key as ssh-keygen does" \
    'shows 2201 "$(fingerprint host_ed25519.pub)"'
check "the same of an ECDSA key, through aes128-ctr" \
    'shows 2202 "$(fingerprint host_ecdsa.pub)" && grep -q aes128-ctr hello'
check "the same of an RSA key, through aes256-ctr" \
    'shows 2203 "$(fingerprint host_rsa.pub)" && grep -q "rsa-sha2-512" hello'
check "strict key exchange is agreed on" 'shows 2201 "(strict)"'
check "the trace says where plain bytes end" \
    'timeout 20 "$hello" 127.0.0.1 2201 trace=text 2>&1 | grep -q "every byte that we send is cipher"'
check "our TCP on the kernel's IP carries it too" \
    'timeout 20 "$hello" 127.0.0.1 2201 seam=internet | grep -qF "$(fingerprint host_ed25519.pub)"'

# ── logging in ──
export SSH_KEY=$work/user_ed25519
says()
{
    timeout 20 setsid "$run" "root@127.0.0.1:$1" "$2" <"${3:-/dev/null}" >out 2>err
}
says 2201 true
status=$?
check "an unknown host is shown and refused" \
    '[ $status != 0 ] && grep -qF "$(fingerprint host_ed25519.pub)" err && [ ! -s known ]'
export SSH_ACCEPT=yes
says 2201 'cat; echo to stderr >&2; exit 3' big
status=$?
check "a command runs: its input, both outputs and its status" \
    '[ $status = 3 ] && cmp -s big out && grep -q "to stderr" err'
unset SSH_ACCEPT
check "the host is known from then on" 'says 2201 true && ssh-keygen -F "[127.0.0.1]:2201" -f known >known.found'
check "and still when its name is hidden" 'ssh-keygen -q -H -f known 2>/dev/null; says 2201 true'
check "3 MB come through many key exchanges byte for byte" 'says 2201 "cat $work/big" && cmp -s big out'
check "keys were exchanged again and again, and the trace tells it" \
    'timeout 20 "$run" root@127.0.0.1:2201 "cat $work/big" trace=text:trace.txt trace.transport=off \
     trace.internet=off trace.link=off </dev/null >out && cmp -s big out &&
     [ "$(grep -c "ssh.rekey" trace.txt)" -gt 3 ]'
export SSH_ACCEPT=yes
check "AES and HMAC carry 3 MB both ways" \
    'says 2202 cat big && cmp -s big out && says 2203 cat big && cmp -s big out'
says 2201 'kill -9 $$'
status=$?
check "a command that is killed is told by its signal" '[ $status = 128 ] && grep -q "signal KILL" err'
check "an RSA key logs in" 'SSH_KEY=$work/user_rsa says 2203 true'
SSH_KEY=$work/user_locked says 2201 true
status=$?
check "a key with a passphrase is one sentence" \
    '[ $status != 0 ] && [ "$(wc -l <err)" = 1 ] && grep -q "passphrase" err'
SSH_KEY=$work/user_ecdsa says 2201 true
status=$?
check "an ECDSA key is one sentence that says which kinds there are" \
    '[ $status != 0 ] && [ "$(wc -l <err)" = 1 ] && grep -q "neither Ed25519 nor RSA.*; make one with" err'
cp user_rsa user_pem && chmod 600 user_pem && ssh-keygen -q -p -m PEM -N '' -f user_pem
SSH_KEY=$work/user_pem says 2203 true
status=$?
check "a key in another format is one sentence, and its advice makes it one that logs in" \
    '[ $status != 0 ] && [ "$(wc -l <err)" = 1 ] && grep -q "; copy it .* ssh-keygen -p -N" err &&
     ssh-keygen -q -p -N "" -f user_pem && SSH_KEY=$work/user_pem says 2203 true'
ssh-keygen -q -t ed25519 -N '' -f stranger
SSH_KEY=$work/stranger says 2201 true
status=$?
check "a refused key is one sentence behind the server's banner, and no success" \
    '[ $status != 0 ] && [ "$(head -n 1 err)" = "be nice" ] && [ "$(wc -l <err)" = 2 ] && grep -q "refused the key" err'
unset SSH_KEY
printf 'correct horse\n' >password
printf 'wrong horse\n' >wrong
SSH_PASSWORD_FILE=$work/password says 2201 'echo in'
status=$?
check "a password logs in" '[ $status = 0 ] && [ "$(cat out)" = in ]'
SSH_PASSWORD_FILE=$work/wrong says 2201 'echo in'
status=$?
check "a refused password is one sentence behind the banner, and no success" \
    '[ $status != 0 ] && [ ! -s out ] && [ "$(wc -l <err)" = 2 ] && grep -q "refused the password" err'
cat >ask.py <<'END'
import os, pty, sys
answers, said = [b"yes\n", b"correct horse\n"], b""
os.environ.pop("SSH_ACCEPT", None)
os.environ["SSH_KNOWN_HOSTS"] = sys.argv[1] + "/asked"
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], [sys.argv[2], "root@127.0.0.1:2201", "echo it runs"])
while True:
    try:
        piece = os.read(terminal, 1024)
    except OSError:
        break
    said += piece
    if answers and said.endswith((b"(yes or no) ", b"password: ")):
        os.write(terminal, answers.pop(0))
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
check "a person is asked for the host and the password, which the terminal does not show" \
    'timeout 20 python3 ask.py "$work" "$run" >out && grep -q "it runs" out &&
     grep -q "yes" out && ! grep -q "horse" out'
check "no password stands in a trace" \
    '! SSH_PASSWORD_FILE=$work/password timeout 20 "$run" root@127.0.0.1:2201 true trace=text \
     trace.application=all bytes=on 2>&1 | grep -q "correct horse"'
export SSH_KEY=$work/user_ed25519
sed 's|AAAAC3NzaC1lZDI1NTE5AAAAI.|AAAAC3NzaC1lZDI1NTE5AAAAIX|' known >changed
SSH_KNOWN_HOSTS=$work/changed says 2201 true
status=$?
check "a changed key is refused loudly, whatever SSH_ACCEPT says" \
    '[ $status != 0 ] && grep -q "NOT THE KNOWN ONE" err'
check "a server that is not there is one sentence" '! says 2299 true && [ "$(wc -l <err)" = 1 ]'

# ── dropbear as a server ──
if command -v dropbear >/dev/null && command -v dropbearkey >/dev/null; then
    dropbearkey -t ed25519 -f dropbear_key >dropbear.public 2>/dev/null
    background dropbear "$(command -v dropbear)" -F -E -p 127.0.0.1:2204 -r "$work/dropbear_key" -P none
    until_true listens 2204
    check "ssh_hello shows dropbear's fingerprint" \
        'shows 2204 "$(grep -o "SHA256:[A-Za-z0-9+/]*" dropbear.public)"'
    check "a command runs at dropbear by key" 'says 2204 "cat; exit 5" big; [ $? = 5 ] && cmp -s big out'
    unset SSH_KEY
    check "and by password" 'SSH_PASSWORD_FILE=$work/password says 2204 "echo in" && [ "$(cat out)" = in ]'
    export SSH_KEY=$work/user_ed25519
else
    echo "*** SKIPPED: dropbear; install dropbear-bin ***" >&2
fi

# ── our server ──
background server "$examples/ssh_server" 2222 "$work/host_ed25519"
until_true listens 2222 || { cat server.log; exit 1; }
goodbye='this is ciphertext'
for cipher in chacha20-poly1305@openssh.com aes256-ctr aes128-ctr; do
    check "ssh shows our goodbye, through $cipher" \
        'timeout 20 ssh -F none -p 2222 -c $cipher -o StrictHostKeyChecking=no -o BatchMode=yes \
         -o UserKnownHostsFile="$work/ssh_known" root@127.0.0.1 true 2>err; [ $? = 255 ] &&
         grep -q "Received disconnect.*:7: .*$goodbye" err'
done
check "ssh has seen our key" 'ssh-keygen -lf ssh_known | grep -qF "$(fingerprint host_ed25519.pub)"'
check "nothing in common is an end on both sides" \
    '! timeout 20 ssh -F none -p 2222 -c aes128-gcm@openssh.com -o BatchMode=yes root@127.0.0.1 true \
     2>err && grep -q "no matching cipher" err && grep -q "no cipher-to-server" server.log'
if command -v plink >/dev/null; then
    timeout 20 plink -batch -P 2222 -hostkey "$(fingerprint host_ed25519.pub)" root@127.0.0.1 true \
        >err 2>&1
    check "plink shows our goodbye" 'grep -q "$goodbye" err && grep -q "type 7" err'
fi
if command -v dbclient >/dev/null; then
    timeout 20 dbclient -y -p 2222 root@127.0.0.1 true </dev/null >err 2>&1
    check "dbclient comes to keys, and hears that it is over" 'grep -q "Disconnect received" err'
fi
if /usr/bin/python3 -c 'import paramiko' 2>/dev/null; then
    timeout 30 /usr/bin/python3 -c '
import base64, hashlib, logging, paramiko
logging.basicConfig(level=logging.INFO)
transport = paramiko.Transport(("127.0.0.1", 2222))
transport.start_client(timeout=10)
digest = hashlib.sha256(transport.get_remote_server_key().asbytes()).digest()
print("SHA256:" + base64.b64encode(digest).decode().rstrip("="))
try:
    transport.auth_password("root", "x")
except Exception as error:
    print(error)' >err 2>&1
    check "paramiko comes to keys, sees our key, and shows our goodbye" \
        'grep -qF "$(fingerprint host_ed25519.pub)" err && grep -q "code 7.*$goodbye" err'
else
    echo "*** SKIPPED: paramiko; install python3-paramiko ***" >&2
fi
check "our client and our server understand each other on a wire of our own" \
    'mkdir wire && background bus "$examples/ssh_server" seam=wire link=bus:$work/wire \
     address=10.9.0.1/24 22 "$work/host_rsa" && until_true "$hello" 10.9.0.1 seam=wire \
     link=bus:$work/wire address=10.9.0.2/24 && timeout 20 "$hello" 10.9.0.1 seam=wire \
     link=bus:$work/wire address=10.9.0.2/24 | grep -qF "$(fingerprint host_rsa.pub)"'
check "Ctrl-C ends the server in peace" 'stop server INT'
finish
