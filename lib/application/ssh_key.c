/* SPDX-License-Identifier: MIT */
/* Public keys, signatures and fingerprints; see ssh_key.h. */
#include "ssh_key.h"

#include <stdlib.h>
#include <string.h>

/* ── names ──────────────────────────────────────────────────────────────────────────────── */

const char netl_ssh_host_key_names[] = "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256";

static const struct {
    const char *name, *type;
    enum netl_ssh_signature kind;
} signatures[] = {
    {"ssh-ed25519", "ssh-ed25519", NETL_SSH_ED25519},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", NETL_SSH_ECDSA_P256},
    {"rsa-sha2-512", "ssh-rsa", NETL_SSH_RSA_SHA512},
    {"rsa-sha2-256", "ssh-rsa", NETL_SSH_RSA_SHA256},
};
#define SIGNATURES (sizeof signatures / sizeof *signatures)

static size_t find(struct netl_ssh_bytes name)
{
    size_t i = 0;

    while (i < SIGNATURES && !netl_ssh_is(name, signatures[i].name))
        i++;
    return i;
}

const char *netl_ssh_key_type(struct netl_ssh_bytes signature_name)
{
    size_t i = find(signature_name);

    return i < SIGNATURES ? signatures[i].type : "";
}

/* ── public keys and signatures ─────────────────────────────────────────────────────────── */

/* The parts of a public key in the order in which the crypto table wants them. */
static bool take_public(struct netl_ssh_bytes blob, size_t at, struct netl_ssh_bytes parts[2])
{
    struct ssh_reader reader = netl_ssh_reader(blob.bytes, blob.length);

    if (!netl_ssh_is(netl_ssh_read_string(&reader), signatures[at].type))
        return false;
    switch (signatures[at].kind) {
    case NETL_SSH_ED25519:
        parts[0] = netl_ssh_read_string(&reader);
        return netl_ssh_read_all(&reader) && parts[0].length == 32;
    case NETL_SSH_ECDSA_P256:
        if (!netl_ssh_is(netl_ssh_read_string(&reader), "nistp256"))
            return false;
        parts[0] = netl_ssh_read_string(&reader);
        return netl_ssh_read_all(&reader) && parts[0].length == 65 && parts[0].bytes[0] == 4;
    default:
        parts[0] = netl_ssh_read_mpint(&reader);
        parts[1] = netl_ssh_read_mpint(&reader);
        /* Under 2048 bits a modulus is no protection any more. */
        return netl_ssh_read_all(&reader) && parts[0].length > 0 && parts[0].length <= 8 &&
               parts[1].length >= 256 && parts[1].length <= 2048;
    }
}

bool netl_ssh_public_fits(struct netl_ssh_bytes blob, struct netl_ssh_bytes signature_name)
{
    struct netl_ssh_bytes parts[2];
    size_t at = find(signature_name);

    return at < SIGNATURES && blob.length <= SSH_BLOB_MAX && take_public(blob, at, parts);
}

bool netl_ssh_verify(const struct netl_ssh_crypto *crypto, struct netl_ssh_bytes blob,
                     struct netl_ssh_bytes signature_name, struct netl_ssh_bytes signature,
                     struct netl_ssh_bytes message)
{
    struct netl_ssh_bytes key[2] = {{NULL, 0}, {NULL, 0}}, parts[2] = {{NULL, 0}, {NULL, 0}};
    struct ssh_reader reader = netl_ssh_reader(signature.bytes, signature.length);
    size_t at = find(signature_name);

    if (at == SIGNATURES || !take_public(blob, at, key) ||
        !netl_ssh_same(netl_ssh_read_string(&reader), signature_name))
        return false;
    parts[0] = netl_ssh_read_string(&reader);
    if (!netl_ssh_read_all(&reader) || parts[0].length > SSH_SIGNATURE_MAX)
        return false;
    if (signatures[at].kind == NETL_SSH_ED25519 && parts[0].length != 64)
        return false;
    if (signatures[at].kind == NETL_SSH_ECDSA_P256) { /* two numbers in it */
        reader = netl_ssh_reader(parts[0].bytes, parts[0].length);
        parts[0] = netl_ssh_read_mpint(&reader);
        parts[1] = netl_ssh_read_mpint(&reader);
        if (!netl_ssh_read_all(&reader) || parts[0].length > 32 || parts[1].length > 32)
            return false;
    }
    return crypto->verify(signatures[at].kind, key, parts, message);
}

bool netl_ssh_sign(const struct netl_ssh_crypto *crypto, const struct netl_ssh_key *key,
                   const char *signature_name, struct netl_ssh_bytes message,
                   struct ssh_writer *writer)
{
    uint8_t room[SSH_SIGNATURE_MAX];
    struct netl_ssh_bytes parts[5];
    size_t at = find(netl_ssh_text(signature_name)), offset = 0;

    if (at == SIGNATURES)
        return false;
    for (size_t i = 0; i < 5; i++) {
        parts[i] = (struct netl_ssh_bytes){key->secret + offset, key->lengths[i]};
        offset += key->lengths[i];
    }
    long length = crypto->sign(signatures[at].kind, parts, message, room, sizeof room);
    if (length <= 0)
        return false;
    netl_ssh_write_uint32(writer, (uint32_t)(8 + strlen(signature_name) + (size_t)length));
    netl_ssh_write_text(writer, signature_name);
    netl_ssh_write_string(writer, room, (size_t)length);
    return !writer->broken;
}

bool netl_ssh_fingerprint(const struct netl_ssh_crypto *crypto, struct netl_ssh_bytes blob,
                          char text[NETL_SSH_FINGERPRINT])
{
    static const char name[] = "SHA256:";
    uint8_t digest[32];

    if (!crypto->hash(NETL_SSH_SHA256, &blob, 1, digest))
        return false;
    memcpy(text, name, sizeof name);
    netl_ssh_base64(text + 7, NETL_SSH_FINGERPRINT - 7,
                    (struct netl_ssh_bytes){digest, sizeof digest});
    return true;
}

/* ── keys of our own ────────────────────────────────────────────────────────────────────── */

struct netl_ssh_key *netl_ssh_key_from_seed(const struct netl_ssh_crypto *crypto,
                                            const uint8_t seed[32])
{
    uint8_t public[32], blob[64];
    struct ssh_writer writer = netl_ssh_writer(blob, sizeof blob);
    struct netl_ssh_key *key = calloc(1, sizeof *key);

    if (!key || !crypto->ed25519(public, seed)) {
        free(key);
        return NULL;
    }
    netl_ssh_write_text(&writer, "ssh-ed25519");
    netl_ssh_write_string(&writer, public, sizeof public);
    memcpy(key->type, "ssh-ed25519", sizeof "ssh-ed25519");
    key->blob = malloc(writer.length);
    key->secret = malloc(32);
    if (!key->blob || !key->secret) {
        netl_ssh_key_free(key);
        return NULL;
    }
    key->blob_length = writer.length;
    key->secret_length = key->lengths[0] = 32;
    memcpy(key->blob, blob, writer.length);
    memcpy(key->secret, seed, 32);
    return key;
}

void netl_ssh_key_free(struct netl_ssh_key *key)
{
    if (!key)
        return;
    if (key->secret)
        netl_ssh_wipe(key->secret, key->secret_length);
    free(key->secret);
    free(key->blob);
    free(key);
}

const char *netl_ssh_key_name(const struct netl_ssh_key *key)
{
    return key->type;
}
