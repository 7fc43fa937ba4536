/* SPDX-License-Identifier: MIT */
/*
 * Keys and signatures as SSH writes them, fingerprints, and files that hold keys.
 * (RFC 4253 section 6.6; Ed25519: RFC 8709; ECDSA: RFC 5656 section 3.1; RSA: RFC 8332)
 */
#ifndef LIB_APPLICATION_SSH_KEY_H
#define LIB_APPLICATION_SSH_KEY_H

#include "ssh_wire.h"
#include <netlayers/ssh.h>

#define SSH_BLOB_MAX      2100 /* a public key: RSA with 16384 bits, and what stands around it */
#define SSH_SIGNATURE_MAX 2100
#define SSH_KEY_FILE_MAX  65536

/* The names of signatures, the best first: what we ask for as a client. */
extern const char netl_ssh_host_key_names[];

/* The name of the key that makes such signatures: "rsa-sha2-512" are made by an "ssh-rsa" key.
 * Empty for a name that we do not know. */
const char *netl_ssh_key_type(struct netl_ssh_bytes signature_name);

/* Is this the public key, well formed, that makes such signatures? */
bool netl_ssh_public_fits(struct netl_ssh_bytes blob, struct netl_ssh_bytes signature_name);

/* Was `message` signed by this public key, under this name and no other? */
bool netl_ssh_verify(const struct netl_ssh_crypto *crypto, struct netl_ssh_bytes blob,
                     struct netl_ssh_bytes signature_name, struct netl_ssh_bytes signature,
                     struct netl_ssh_bytes message);

/* A private key, with its public one. */
struct netl_ssh_key {
    char type[32]; /* ssh-ed25519 or ssh-rsa */
    uint8_t *blob; /* the public key */
    size_t blob_length;
    uint8_t *secret; /* Ed25519: 32 bytes; RSA: n, e, d, p, q one behind the other */
    size_t secret_length;
    size_t lengths[5]; /* of each of them */
};

/* Writes the signature, with its name in front, as a string; false when signing fails. */
bool netl_ssh_sign(const struct netl_ssh_crypto *crypto, const struct netl_ssh_key *key,
                   const char *signature_name, struct netl_ssh_bytes message,
                   struct ssh_writer *writer);

/* From the text of a file "-----BEGIN OPENSSH PRIVATE KEY-----". NULL with a reason, which is a
 * constant string. */
struct netl_ssh_key *netl_ssh_key_parse(const char *text, size_t length, const char **reason);
struct netl_ssh_key *netl_ssh_key_from_seed(const struct netl_ssh_crypto *crypto,
                                            const uint8_t seed[32]);

/* "SHA256:…", as ssh-keygen -l shows it. */
bool netl_ssh_fingerprint(const struct netl_ssh_crypto *crypto, struct netl_ssh_bytes blob,
                          char text[NETL_SSH_FINGERPRINT]);

/* A whole file, with a 0 byte behind it, for free(); NULL with errno. 0 bytes when it is not there
 * and `may_lack`. */
char *netl_ssh_read_file(const char *path, size_t limit, bool may_lack, size_t *length);

/* ── known_hosts ── */

enum ssh_known {
    SSH_KNOWN_NOT,    /* no key of this host is known */
    SSH_KNOWN,        /* this very key is */
    SSH_KNOWN_OTHER,  /* one of the same type is, and it is another */
    SSH_KNOWN_TYPES,  /* only keys of other types are */
    SSH_KNOWN_REVOKED /* it is marked as revoked */
};

/* How a host stands in such a file: its name, or [name]:port when the port is not 22. */
void netl_ssh_host_name(char *text, size_t size, const char *name, unsigned port);

/* What the text of a known_hosts file says of a host's key. `line`: where; 0 when nowhere.
 * crypto NULL: hidden names are not found. */
enum ssh_known netl_ssh_known_find(const char *text, size_t length,
                                   const struct netl_ssh_crypto *crypto, const char *host,
                                   struct netl_ssh_bytes blob, unsigned *line);
/* Is any key of this type known for the host? */
bool netl_ssh_known_type(const char *text, size_t length, const struct netl_ssh_crypto *crypto,
                         const char *host, const char *type);

#endif
