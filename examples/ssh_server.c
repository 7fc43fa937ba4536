/* SPDX-License-Identifier: MIT */
/*
 * ssh_server [PORT [KEY-FILE]]: agrees on keys with every SSH client, and says goodbye in ciphertext.
 *
 * The lesson: the key exchange seen from the other side. Whoever comes with ssh, PuTTY or paramiko
 * gets as far as "now we have keys"; then this server says that it has no service to offer. That
 * last message is the first that nobody in between could read.
 *
 * What to watch:  NETLAYERS=trace=text ./ssh_server 2222     then: ssh -p 2222 localhost
 *   - ssh.pick, seen by the server: it is the client's order that counts;
 *   - ssh.disconnect.tx comes after ssh.keys: ssh shows the sentence, a sniffer cannot.
 * What to try next: ssh -p 2222 -c aes128-ctr localhost; ssh -c 3des-cbc: nothing in common. A key
 * of its own (ssh-keygen -t ed25519 -N '' -f KEY-FILE), so that the fingerprint stays the same.
 */
#include <netlayers.h>

#include <signal.h>
#include <stdio.h>

static struct netl_host *host; /* for the signal handler */

static void stop(int signal_number)
{
    (void)signal_number;
    netl_host_stop(host);
}

static void visited(struct netl_ssh_server *server, const struct netl_ssh_info *info, int error,
                    void *context)
{
    (void)server, (void)error, (void)context;
    printf("%s: %s, %s\n", *info->identification ? info->identification : "somebody",
           info->key_exchanges ? info->cipher_to_client : "no keys", netl_error_text());
    fflush(stdout);
}

static int serve(int port, const struct netl_ssh_key *key)
{
    char fingerprint[NETL_SSH_FINGERPRINT] = "none: there is no cryptography in this build";
    /* [serve] */
    struct netl_ssh_server_options options = {
        .crypto = netl_ssh_libcrypto(), .key = key, .visited = visited};
    struct netl_ssh_server *server = netl_ssh_server_open(host, NULL, (uint16_t)port, &options);
    /* [serve] */
    if (!server || (key && netl_ssh_key_fingerprint(key, options.crypto, fingerprint) < 0))
        return netl_explain(stderr);
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    fprintf(stderr, "SSH on port %d, key %s (Ctrl-C stops)\n", port, fingerprint);
    int result = netl_host_run(host) < 0 ? netl_explain(stderr) : 0;
    netl_ssh_server_close(server);
    return result;
}

int main(int argc, char **argv)
{
    host = netl_host_open_main("", &argc, argv);
    if (argc > 3 || (argc > 1 && *argv[1] == '-')) {
        fprintf(stderr, "usage: ssh_server [PORT [KEY-FILE]]\n");
        return netl_host_close(host) < 0 ? netl_explain(stderr) : 2;
    }
    int port = argc > 1 ? netl_port_parse(argv[1]) : 2222;
    bool needs_key = argc > 2 || netl_ssh_libcrypto();
    struct netl_ssh_key *key = NULL;
    if (host && port > 0 && argc > 2)
        key = netl_ssh_key_read(argv[2]);
    else if (host && port > 0 && needs_key)
        key = netl_ssh_key_make(host, netl_ssh_libcrypto());
    bool ready = host && port > 0 && (key || !needs_key);
    int result = ready ? serve(port, key) : netl_explain(stderr);
    netl_ssh_key_free(key);
    return netl_host_close(host) < 0 ? netl_explain(stderr) : result;
}
