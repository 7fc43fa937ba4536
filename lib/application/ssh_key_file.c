/* SPDX-License-Identifier: MIT */
/*
 * Private keys in files, as ssh-keygen writes them: base64 between two lines, and in it the format
 * "openssh-key-v1" (OpenSSH's PROTOCOL.key).
 *
 * Always true: whatever held a secret is wiped before its memory is given back.
 */
#include "ssh_key.h"

#include "base/fail.h"
#include "base/host.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char end[] = "-----END OPENSSH PRIVATE KEY-----";
static const char magic[] = "openssh-key-v1"; /* and a 0 byte */

/* ── files ──────────────────────────────────────────────────────────────────────────────── */

static char *read_all(int fd, size_t limit, size_t *length)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return NULL;
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > limit) {
        errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
        return NULL;
    }
    size_t size = (size_t)status.st_size + 1;
    char *bytes = malloc(size);
    size_t filled = 0;
    while (bytes && filled + 1 < size) {
        ssize_t n = read(fd, bytes + filled, size - 1 - filled);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            netl_ssh_wipe(bytes, filled);
            free(bytes);
            return NULL;
        }
        if (n == 0)
            break;
        filled += (size_t)n;
    }
    if (bytes)
        bytes[filled] = '\0';
    *length = filled;
    return bytes;
}

char *netl_ssh_read_file(const char *path, size_t limit, bool may_lack, size_t *length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    *length = 0;
    if (fd < 0)
        return may_lack && errno == ENOENT ? calloc(1, 1) : NULL;
    char *bytes = read_all(fd, limit, length);
    int system_error = errno;
    close(fd);
    errno = system_error;
    return bytes;
}

/* ── the format ─────────────────────────────────────────────────────────────────────────── */

/* Ed25519: the secret, and behind it the public key once more. */
static bool take_ed25519(struct ssh_reader *reader, struct netl_ssh_bytes numbers[5])
{
    (void)netl_ssh_read_string(reader);
    struct netl_ssh_bytes both = netl_ssh_read_string(reader);
    numbers[0] = (struct netl_ssh_bytes){both.bytes, 32};
    return both.length == 64;
}

static bool take_rsa(struct ssh_reader *reader, struct netl_ssh_bytes numbers[5])
{
    numbers[0] = netl_ssh_read_mpint(reader); /* n */
    numbers[1] = netl_ssh_read_mpint(reader); /* e */
    numbers[2] = netl_ssh_read_mpint(reader); /* d */
    (void)netl_ssh_read_mpint(reader);
    numbers[3] = netl_ssh_read_mpint(reader); /* p */
    numbers[4] = netl_ssh_read_mpint(reader); /* q */
    for (size_t i = 0; i < 5; i++)
        if (numbers[i].length == 0 || numbers[i].length > 2048)
            return false;
    return !reader->broken;
}

/* The padding at the end counts 1, 2, 3. */
static bool padding_counts(const struct ssh_reader *reader)
{
    for (size_t i = 0; i < reader->left; i++)
        if (reader->at[i] != i + 1)
            return false;
    return !reader->broken && reader->left < 16;
}

static bool keep(struct netl_ssh_key *key, struct netl_ssh_bytes blob,
                 const struct netl_ssh_bytes numbers[5])
{
    for (size_t i = 0; i < 5; i++) {
        key->lengths[i] = numbers[i].length;
        key->secret_length += numbers[i].length;
    }
    key->blob_length = blob.length;
    key->blob = malloc(blob.length);
    key->secret = malloc(key->secret_length);
    if (!key->blob || !key->secret)
        return false;
    memcpy(key->blob, blob.bytes, blob.length);
    size_t at = 0;
    for (size_t i = 0; i < 5; i++) {
        if (numbers[i].length > 0)
            memcpy(key->secret + at, numbers[i].bytes, numbers[i].length);
        at += numbers[i].length;
    }
    return true;
}

/* Why a file that is whole cannot be used, and what to do. */
static const char locked[] = "the key in it is locked with a passphrase, which cannot be used here";
static const char other_format[] = "it is no private key in OpenSSH's format";
static const char other_kind[] =
    "it holds a key that is neither Ed25519 nor RSA, and no other kind can log in here";
static const char make_one[] = "make one with ssh-keygen -t ed25519 -N '' -f FILE";
static const char rewrite_it[] =
    "copy it and have the copy written anew, in that format and without a passphrase, with "
    "ssh-keygen -p -N '' -f COPY; or make another with ssh-keygen -t ed25519 -N '' -f FILE";

static struct netl_ssh_key *take_private(struct netl_ssh_bytes section, struct netl_ssh_bytes blob,
                                         const char **reason)
{
    struct ssh_reader reader = netl_ssh_reader(section.bytes, section.length);
    struct netl_ssh_bytes numbers[5] = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    uint32_t check = netl_ssh_read_uint32(&reader);

    *reason = "the key in it is damaged";
    if (netl_ssh_read_uint32(&reader) != check)
        return NULL;
    struct netl_ssh_bytes type = netl_ssh_read_string(&reader);
    bool is_rsa = netl_ssh_is(type, "ssh-rsa");
    if (!reader.broken && !is_rsa && !netl_ssh_is(type, "ssh-ed25519")) {
        *reason = other_kind;
        return NULL;
    }
    bool whole = is_rsa ? take_rsa(&reader, numbers) : take_ed25519(&reader, numbers);
    (void)netl_ssh_read_string(&reader); /* the comment */
    if (!whole || !padding_counts(&reader) || blob.length > SSH_BLOB_MAX ||
        !netl_ssh_public_fits(blob, netl_ssh_text(is_rsa ? "rsa-sha2-256" : "ssh-ed25519")))
        return NULL;
    struct netl_ssh_key *key = calloc(1, sizeof *key);
    if (!key || !keep(key, blob, numbers)) {
        *reason = "no memory is left";
        netl_ssh_key_free(key);
        return NULL;
    }
    memcpy(key->type, type.bytes, type.length);
    *reason = NULL;
    return key;
}

static struct netl_ssh_key *take_file(const uint8_t *bytes, size_t length, const char **reason)
{
    struct ssh_reader reader = netl_ssh_reader(bytes, length);
    struct netl_ssh_bytes start = netl_ssh_read_fixed(&reader, sizeof magic);
    struct netl_ssh_bytes cipher = netl_ssh_read_string(&reader);
    (void)netl_ssh_read_string(&reader); /* how the key of the cipher is made */
    (void)netl_ssh_read_string(&reader);
    uint32_t count = netl_ssh_read_uint32(&reader);
    struct netl_ssh_bytes blob = netl_ssh_read_string(&reader);
    struct netl_ssh_bytes section = netl_ssh_read_string(&reader);

    *reason = "the key in it is damaged";
    if (reader.broken || memcmp(start.bytes, magic, sizeof magic) != 0 || count != 1)
        return NULL;
    if (!netl_ssh_is(cipher, "none")) {
        *reason = locked;
        return NULL;
    }
    return take_private(section, blob, reason);
}

/* Takes the base64 between the two lines together; gives its length. */
static long gather(const char *text, size_t length, char *out)
{
    const char *stop = text + length;
    size_t count = 0;

    if (length < sizeof begin || memcmp(text, begin, sizeof begin - 1) != 0)
        return -1;
    for (const char *at = text + sizeof begin - 1; at < stop; at++) {
        if ((size_t)(stop - at) >= sizeof end - 1 && memcmp(at, end, sizeof end - 1) == 0)
            return (long)count;
        if (*at != '\n' && *at != '\r')
            out[count++] = *at;
    }
    return -1;
}

struct netl_ssh_key *netl_ssh_key_parse(const char *text, size_t length, const char **reason)
{
    struct netl_ssh_key *key = NULL;
    size_t size = length + 1;
    char *base64 = malloc(size);
    uint8_t *bytes = malloc(size);

    *reason = "no memory is left";
    if (base64 && bytes) {
        *reason = other_format;
        long count = gather(text, length, base64);
        count = count < 0 ? -1 : netl_ssh_unbase64(bytes, size, base64, (size_t)count);
        if (count >= 0)
            key = take_file(bytes, (size_t)count, reason);
    }
    if (base64)
        netl_ssh_wipe(base64, size);
    if (bytes)
        netl_ssh_wipe(bytes, size);
    free(base64);
    free(bytes);
    return key;
}

/* ── the public calls ───────────────────────────────────────────────────────────────────── */

struct netl_ssh_key *netl_ssh_key_read(const char *path)
{
    char shown[256];
    const char *reason = NULL;
    size_t length = 0;

    netl_escape(shown, sizeof shown, path, strlen(path));
    char *text = netl_ssh_read_file(path, SSH_KEY_FILE_MAX, false, &length);
    if (!text) {
        netl_fail_system(NETL_APPLICATION, errno, "name a file made by ssh-keygen -t ed25519",
                         "read the private key %s", shown);
        return NULL;
    }
    struct netl_ssh_key *key = netl_ssh_key_parse(text, length, &reason);
    netl_ssh_wipe(text, length);
    free(text);
    if (!key)
        netl_fail_because(NETL_APPLICATION, NETL_ERROR_FILE, reason,
                          reason == locked || reason == other_format ? rewrite_it : make_one,
                          "read the private key %s", shown);
    return key;
}

struct netl_ssh_key *netl_ssh_key_make(struct netl_host *host, const struct netl_ssh_crypto *crypto)
{
    static const char doing[] = "make an SSH key";
    struct netl_ssh_key *key = NULL;
    uint8_t seed[32];

    if (!crypto) {
        netl_fail_because(NETL_APPLICATION, NETL_ERROR_UNSUPPORTED,
                          "there is no cryptography in this build",
                          "install libssl-dev and build again", "%s", doing);
        return NULL;
    }
    if (host->clock.is_virtual)
        for (size_t i = 0; i < sizeof seed; i++)
            seed[i] = (uint8_t)netl_random_next(&host->random);
    if (host->clock.is_virtual || crypto->random(seed, sizeof seed))
        key = netl_ssh_key_from_seed(crypto, seed);
    netl_ssh_wipe(seed, sizeof seed);
    if (!key)
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "%s", doing);
    return key;
}

int netl_ssh_key_fingerprint(const struct netl_ssh_key *key, const struct netl_ssh_crypto *crypto,
                             char text[NETL_SSH_FINGERPRINT])
{
    if (crypto &&
        netl_ssh_fingerprint(crypto, (struct netl_ssh_bytes){key->blob, key->blob_length}, text))
        return 0;
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_UNSUPPORTED,
                             "there is no cryptography in this build",
                             "install libssl-dev and build again", "make a fingerprint");
}
