/* SPDX-License-Identifier: MIT */
/* Any bytes as a private key's file, as what stands in it, as a public key and as known hosts. */
#include "application/ssh_key.h"
#include "support/fake_crypto.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same bytes in base64 and between the two lines, so that the format itself is reached. */
static struct netl_ssh_key *parse_wrapped(const uint8_t *data, size_t size, const char **reason)
{
    static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    static const char end[] = "\n-----END OPENSSH PRIVATE KEY-----\n";
    size_t room = size * 2 + 200;
    char *text = malloc(room);

    if (!text)
        return NULL;
    memcpy(text, begin, sizeof begin);
    netl_ssh_base64(text + sizeof begin - 1, room - 100, (struct netl_ssh_bytes){data, size});
    memcpy(text + strlen(text), end, sizeof end);
    struct netl_ssh_key *key = netl_ssh_key_parse(text, strlen(text), reason);
    free(text);
    return key;
}

static void judge(struct netl_ssh_key *key, const char *reason)
{
    size_t sum = 0;

    if (!key != (reason != NULL))
        abort();
    for (size_t i = 0; key && i < 5; i++)
        sum += key->lengths[i];
    if (key && (sum != key->secret_length || key->blob_length > SSH_BLOB_MAX))
        abort();
    netl_ssh_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512"};
    const char *reason = NULL;
    char *text = malloc(size + 1);
    unsigned line;

    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    struct netl_ssh_key *key = netl_ssh_key_parse(text, size, &reason);
    judge(key, reason);
    key = parse_wrapped(data, size, &reason);
    judge(key, reason);
    struct netl_ssh_bytes bytes = {(const uint8_t *)text, size};
    for (size_t i = 0; i < 3; i++)
        netl_ssh_verify(&fake_crypto, bytes, netl_ssh_text(names[i]), bytes, bytes);
    netl_ssh_known_find(text, size, &fake_crypto, "host.example", bytes, &line);
    netl_ssh_known_type(text, size, NULL, "[::1]:2222", "ssh-rsa");
    free(text);
    return 0;
}
