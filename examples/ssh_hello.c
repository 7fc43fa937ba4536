/* SPDX-License-Identifier: MIT */
/*
 * ssh_hello HOST [PORT]: greets an SSH server, agrees on keys with it, and says who it is.
 *
 * The lesson: a secret is agreed on in public. Both sides say in plain text what they know, the first
 * of the client's names that the server knows too is taken, and each sends a public key. From
 * NEWKEYS on nobody in between can read a byte. The signature proves that the server has its
 * key; whose key it is, only you can tell: compare the fingerprint with
 *     ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub        (there)
 *
 * What to watch:  NETLAYERS=trace=text ./ssh_hello 127.0.0.1
 *   - ssh.pick: both lists, and the one that is taken, eight times;
 *   - ssh.keys: the place where plain bytes end.
 * What to try next: the same with trace=pcapng:ssh.pcapng, and look for the password in ssh_run's.
 */
#include <netlayers.h>

#include <stdio.h>

static void show(const struct netl_ssh_info *info)
{
    printf("identification    %s\n", info->identification);
    printf("key exchange      %s%s\n", info->key_exchange, info->strict ? " (strict)" : "");
    printf("host key          %s\n", info->host_key);
    printf("cipher to server  %s\n", info->cipher_to_server);
    printf("cipher to client  %s\n", info->cipher_to_client);
    printf("MAC to server     %s\n", info->mac_to_server);
    printf("MAC to client     %s\n", info->mac_to_client);
    if (*info->fingerprint)
        printf("fingerprint       %s\n", info->fingerprint);
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc < 2 || argc > 3 || *argv[1] == '-') {
        fprintf(stderr, "usage: ssh_hello HOST [PORT]\n");
        netl_host_close(host);
        return 2;
    }
    int port = argc > 2 ? netl_port_parse(argv[2]) : 22;
    /* [connect] */
    struct netl_ssh_options options = {.crypto = netl_ssh_libcrypto()};
    struct netl_ssh *ssh =
        port < 0 ? NULL : netl_ssh_connect(host, argv[1], (uint16_t)port, &options);
    /* [connect] */
    int result = ssh ? 0 : netl_explain(stderr);
    if (ssh) {
        show(netl_ssh_info(ssh));
        if (netl_ssh_is_ready(ssh) < 0) /* what is missing */
            result = netl_explain(stderr);
    }
    netl_ssh_close(ssh);
    return netl_host_close(host) < 0 ? netl_explain(stderr) : result;
}
