/* SPDX-License-Identifier: MIT */
/*
 * The table of <netlayers/ssh_crypto.h>, filled from OpenSSL's libcrypto, version 3 and later.
 *
 * This is the only file of the project that knows libcrypto. It belongs to libnetlayers-crypto,
 * not to libnetlayers, which needs nothing but libc.
 *
 * Always true:
 *   - nothing of cryptography is done here: each function asks libcrypto for one thing;
 *   - whatever libcrypto refuses comes out as false, NULL or -1, and nothing is half done;
 *   - what held a secret is freed by the calls that wipe it.
 */
#include <netlayers/ssh_crypto.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <string.h>

/* libcrypto keeps a queue of reasons for each thread; ours are told elsewhere. */
static bool done(bool success)
{
    ERR_clear_error();
    return success;
}

static bool get_random(uint8_t *bytes, size_t length)
{
    return done(length <= INT32_MAX && RAND_bytes(bytes, (int)length) == 1);
}

static const EVP_MD *digest_of(enum netl_ssh_hash kind)
{
    switch (kind) {
    case NETL_SSH_SHA1: return EVP_sha1();
    case NETL_SSH_SHA512: return EVP_sha512();
    default: return EVP_sha256();
    }
}

static bool hash(enum netl_ssh_hash kind, const struct netl_ssh_bytes *pieces, size_t count,
                 uint8_t *digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool success = context && EVP_DigestInit_ex(context, digest_of(kind), NULL) == 1;

    for (size_t i = 0; success && i < count; i++)
        success = EVP_DigestUpdate(context, pieces[i].bytes, pieces[i].length) == 1;
    success = success && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    return done(success);
}

/* One MAC: `digest` names HMAC's hash, NULL for Poly1305. */
static bool authenticate(const char *name, const char *digest, struct netl_ssh_bytes key,
                         const struct netl_ssh_bytes *pieces, size_t count, uint8_t *tag)
{
    char digest_name[16] = "";
    OSSL_PARAM parameters[2] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, name, NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    size_t length = 0;

    if (digest) {
        strncpy(digest_name, digest, sizeof digest_name - 1);
        parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0);
    }
    bool success = context && EVP_MAC_init(context, key.bytes, key.length, parameters) == 1;
    for (size_t i = 0; success && i < count; i++)
        success = EVP_MAC_update(context, pieces[i].bytes, pieces[i].length) == 1;
    success = success && EVP_MAC_final(context, tag, &length, EVP_MAX_MD_SIZE) == 1;
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    return done(success);
}

static bool hmac(enum netl_ssh_hash kind, struct netl_ssh_bytes key,
                 const struct netl_ssh_bytes *pieces, size_t count, uint8_t *digest)
{
    return authenticate("HMAC", EVP_MD_get0_name(digest_of(kind)), key, pieces, count, digest);
}

static bool poly1305(const uint8_t key[32], struct netl_ssh_bytes message, uint8_t tag[16])
{
    uint8_t room[EVP_MAX_MD_SIZE];
    bool success =
        authenticate("POLY1305", NULL, (struct netl_ssh_bytes){key, 32}, &message, 1, room);

    if (success)
        memcpy(tag, room, 16);
    return success;
}

/* ── keys ───────────────────────────────────────────────────────────────────────────────── */

static bool public_of(int type, uint8_t result[32], const uint8_t secret[32])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(type, NULL, secret, 32);
    size_t length = 32;
    bool success = key && EVP_PKEY_get_raw_public_key(key, result, &length) == 1 && length == 32;

    EVP_PKEY_free(key);
    return done(success);
}

static bool ed25519(uint8_t result[32], const uint8_t secret[32])
{
    return public_of(EVP_PKEY_ED25519, result, secret);
}

static bool x25519(uint8_t result[32], const uint8_t secret[32], const uint8_t *peer)
{
    if (!peer)
        return public_of(EVP_PKEY_X25519, result, secret);
    EVP_PKEY *ours = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);
    EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, 32);
    EVP_PKEY_CTX *context = ours ? EVP_PKEY_CTX_new(ours, NULL) : NULL;
    size_t length = 32;
    bool success = context && theirs && EVP_PKEY_derive_init(context) == 1 &&
                   EVP_PKEY_derive_set_peer(context, theirs) == 1 &&
                   EVP_PKEY_derive(context, result, &length) == 1 && length == 32;

    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);
    return done(success);
}

/* A key of the type `name` from what the builder collected. */
static EVP_PKEY *build_key(const char *name, OSSL_PARAM_BLD *builder, int selection)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
    EVP_PKEY *key = NULL;

    if (parameters && context && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, selection, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    for (OSSL_PARAM *one = parameters; one && one->key; one++) /* a secret, perhaps */
        OPENSSL_cleanse(one->data, one->data_size);
    OSSL_PARAM_free(parameters);
    return key;
}

static EVP_PKEY *ecdsa_key(struct netl_ssh_bytes point)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (builder &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.bytes,
                                         point.length))
        key = build_key("EC", builder, EVP_PKEY_PUBLIC_KEY);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static BIGNUM *number(struct netl_ssh_bytes bytes)
{
    return bytes.length <= 2048 ? BN_bin2bn(bytes.bytes, (int)bytes.length, NULL) : NULL;
}

/* An RSA key from its numbers, in the order of `names`. */
static EVP_PKEY *rsa_key(const char *const *names, const struct netl_ssh_bytes *numbers,
                         size_t count, int selection)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *values[5] = {NULL};
    EVP_PKEY *key = NULL;
    bool success = builder != NULL;

    for (size_t i = 0; i < count; i++) {
        values[i] = number(numbers[i]);
        success = success && values[i] && OSSL_PARAM_BLD_push_BN(builder, names[i], values[i]) == 1;
    }
    if (success)
        key = build_key("RSA", builder, selection);
    for (size_t i = 0; i < count; i++)
        BN_clear_free(values[i]);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static EVP_PKEY *public_key(enum netl_ssh_signature kind, const struct netl_ssh_bytes *key)
{
    static const char *const names[] = {OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_N};

    if (kind == NETL_SSH_ED25519)
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key[0].bytes, key[0].length);
    if (kind == NETL_SSH_ECDSA_P256)
        return ecdsa_key(key[0]);
    return rsa_key(names, key, 2, EVP_PKEY_PUBLIC_KEY);
}

static const EVP_MD *signature_digest(enum netl_ssh_signature kind)
{
    if (kind == NETL_SSH_ED25519)
        return NULL;
    return kind == NETL_SSH_RSA_SHA512 ? EVP_sha512() : EVP_sha256();
}

/* SSH gives r and s; libcrypto wants both in DER. */
static int ecdsa_der(const struct netl_ssh_bytes *signature, unsigned char **der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = number(signature[0]), *s = number(signature[1]);
    int length = -1;

    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair's now */
        length = i2d_ECDSA_SIG(pair, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return length;
}

static bool verify(enum netl_ssh_signature kind, const struct netl_ssh_bytes *key,
                   const struct netl_ssh_bytes *signature, struct netl_ssh_bytes message)
{
    EVP_PKEY *public = public_key(kind, key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char *der = NULL;
    struct netl_ssh_bytes checked = signature[0];

    if (kind == NETL_SSH_ECDSA_P256) {
        int length = ecdsa_der(signature, &der);
        checked = (struct netl_ssh_bytes){der, length > 0 ? (size_t)length : 0};
    }
    bool success = public && context &&
                   EVP_DigestVerifyInit(context, NULL, signature_digest(kind), NULL, public) == 1 &&
                   EVP_DigestVerify(context, checked.bytes, checked.length, message.bytes,
                                    message.length) == 1;
    OPENSSL_free(der);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public);
    return done(success);
}

static EVP_PKEY *private_key(enum netl_ssh_signature kind, const struct netl_ssh_bytes *key)
{
    static const char *const names[] = {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
                                        OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
                                        OSSL_PKEY_PARAM_RSA_FACTOR2};

    if (kind == NETL_SSH_ED25519)
        return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key[0].bytes, key[0].length);
    if (kind == NETL_SSH_ECDSA_P256)
        return NULL;
    return rsa_key(names, key, 3, EVP_PKEY_KEYPAIR);
}

static long sign(enum netl_ssh_signature kind, const struct netl_ssh_bytes *key,
                 struct netl_ssh_bytes message, uint8_t *signature, size_t size)
{
    EVP_PKEY *private = private_key(kind, key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = size;
    bool success = private && context &&
                   EVP_DigestSignInit(context, NULL, signature_digest(kind), NULL, private) == 1 &&
                   EVP_DigestSign(context, signature, &length, message.bytes, message.length) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(private);
    return done(success) ? (long)length : -1;
}

/* ── ciphers ────────────────────────────────────────────────────────────────────────────── */

static void *aes_open(struct netl_ssh_bytes key, const uint8_t counter[16])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = key.length == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();

    if (context && EVP_EncryptInit_ex(context, cipher, NULL, key.bytes, counter) != 1) {
        EVP_CIPHER_CTX_free(context);
        context = NULL;
    }
    (void)done(true);
    return context;
}

static bool aes_run(void *aes, uint8_t *bytes, size_t length)
{
    int written = 0;

    return done(length <= INT32_MAX &&
                EVP_EncryptUpdate(aes, bytes, &written, bytes, (int)length) == 1 &&
                (size_t)written == length);
}

static void aes_close(void *aes)
{
    EVP_CIPHER_CTX_free(aes);
}

/* libcrypto's ChaCha20 takes the block's number, 64 bits little-endian, and then the nonce. */
static bool chacha20(const uint8_t key[32], const uint8_t nonce[8], uint32_t block, uint8_t *bytes,
                     size_t length)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t start[16] = {(uint8_t)block, (uint8_t)(block >> 8), (uint8_t)(block >> 16),
                         (uint8_t)(block >> 24)};
    int written = 0;

    memcpy(start + 8, nonce, 8);
    bool success = context && length <= INT32_MAX &&
                   EVP_EncryptInit_ex(context, EVP_chacha20(), NULL, key, start) == 1 &&
                   EVP_EncryptUpdate(context, bytes, &written, bytes, (int)length) == 1;
    EVP_CIPHER_CTX_free(context);
    return done(success);
}

const struct netl_ssh_crypto *netl_ssh_libcrypto(void)
{
    static const struct netl_ssh_crypto table = {
        .name = OPENSSL_VERSION_TEXT,
        .random = get_random,
        .hash = hash,
        .hmac = hmac,
        .x25519 = x25519,
        .ed25519 = ed25519,
        .verify = verify,
        .sign = sign,
        .aes_open = aes_open,
        .aes_run = aes_run,
        .aes_close = aes_close,
        .chacha20 = chacha20,
        .poly1305 = poly1305,
    };
    return &table;
}
