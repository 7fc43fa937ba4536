/* SPDX-License-Identifier: MIT */
/*
 * The file of known hosts: whose key is it? (the format of OpenSSH, sshd(8))
 *
 *     [@cert-authority|@revoked] NAMES TYPE BASE64 [COMMENT]
 *
 * NAMES are patterns with commas between, with * and ? and, for "not this one", a ! in front; or one
 * hidden name, |1|SALT|HMAC-SHA1 of the name|.
 *
 * Always true: a line that makes no sense says nothing, and the next one counts as always.
 */
#include "ssh_key.h"

#include "base/text.h"
#include <string.h>

struct line {
    struct netl_ssh_bytes names, type, key;
    bool revoked;
};

void netl_ssh_host_name(char *text, size_t size, const char *name, unsigned port)
{
    struct netl_text out;
    size_t start = 0;

    netl_text_begin(&out, text, size);
    if (port != 22)
        netl_text_char(&out, '[');
    start = out.length;
    netl_text_add(&out, name);
    for (size_t i = start; i < out.length; i++) /* names are the same in capitals */
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    if (port != 22) {
        netl_text_add(&out, "]:");
        netl_text_number(&out, port);
    }
}

/* ── lines ──────────────────────────────────────────────────────────────────────────────── */

static struct netl_ssh_bytes next_word(struct netl_ssh_bytes *rest)
{
    while (rest->length > 0 && (rest->bytes[0] == ' ' || rest->bytes[0] == '\t')) {
        rest->bytes++;
        rest->length--;
    }
    struct netl_ssh_bytes word = {rest->bytes, 0};
    while (word.length < rest->length && rest->bytes[word.length] != ' ' &&
           rest->bytes[word.length] != '\t')
        word.length++;
    if (word.length > 0)
        rest->bytes += word.length;
    rest->length -= word.length;
    return word;
}

static bool take_line(struct netl_ssh_bytes text, struct line *line)
{
    if (text.length > 0 && text.bytes[text.length - 1] == '\r')
        text.length--;
    line->names = next_word(&text);
    line->revoked = netl_ssh_is(line->names, "@revoked");
    if (line->revoked)
        line->names = next_word(&text);
    line->type = next_word(&text);
    line->key = next_word(&text);
    /* Comments; and certificates, which we do not speak. */
    return line->key.length > 0 && line->names.bytes[0] != '#' && line->names.bytes[0] != '@';
}

/* ── names ──────────────────────────────────────────────────────────────────────────────── */

/* * stands for any characters, ? for one. Goes back to the last * alone: no more is ever needed. */
static bool matches(struct netl_ssh_bytes pattern, struct netl_ssh_bytes name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, from = 0;

    while (n < name.length) {
        uint8_t c = p < pattern.length ? pattern.bytes[p] : 0;
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (p < pattern.length && c == '*') {
            star = p++;
            from = n;
        } else if (p < pattern.length && (c == '?' || c == name.bytes[n])) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.length && pattern.bytes[p] == '*')
        p++;
    return p == pattern.length;
}

static bool matches_hidden(const struct netl_ssh_crypto *crypto, struct netl_ssh_bytes hidden,
                           struct netl_ssh_bytes name)
{
    uint8_t salt[32], stored[20], digest[20];
    const char *at = (const char *)hidden.bytes + 3; /* behind |1| */
    size_t left = hidden.length - 3;
    const char *bar = memchr(at, '|', left);

    if (!crypto || !bar)
        return false;
    size_t first = (size_t)(bar - at);
    long salt_length = netl_ssh_unbase64(salt, sizeof salt, at, first);
    long stored_length = netl_ssh_unbase64(stored, sizeof stored, bar + 1, left - first - 1);
    return salt_length > 0 && stored_length == (long)sizeof stored &&
           crypto->hmac(NETL_SSH_SHA1, (struct netl_ssh_bytes){salt, (size_t)salt_length}, &name, 1,
                        digest) &&
           memcmp(digest, stored, sizeof digest) == 0;
}

static bool names_match(const struct netl_ssh_crypto *crypto, struct netl_ssh_bytes names,
                        struct netl_ssh_bytes host)
{
    struct netl_ssh_bytes pattern;
    bool found = false;

    if (names.length > 3 && memcmp(names.bytes, "|1|", 3) == 0)
        return matches_hidden(crypto, names, host);
    for (size_t at = 0; netl_ssh_next_name(names, &at, &pattern);) {
        bool not = pattern.length > 0 && pattern.bytes[0] == '!';
        if (not ) {
            pattern.bytes++;
            pattern.length--;
        }
        if (matches(pattern, host)) {
            if (not )
                return false;
            found = true;
        }
    }
    return found;
}

/* The next line that speaks of the host. */
static bool next_line(struct netl_ssh_bytes *text, const struct netl_ssh_crypto *crypto,
                      const char *host, struct line *line, unsigned *number)
{
    while (text->length > 0) {
        const uint8_t *stop = memchr(text->bytes, '\n', text->length);
        size_t length = stop ? (size_t)(stop - text->bytes) : text->length;
        struct netl_ssh_bytes one = {text->bytes, length};
        size_t step = length + (stop != NULL);
        text->bytes += step;
        text->length -= step;
        (*number)++;
        if (take_line(one, line) && names_match(crypto, line->names, netl_ssh_text(host)))
            return true;
    }
    return false;
}

/* ── asking ─────────────────────────────────────────────────────────────────────────────── */

static bool same_key(struct netl_ssh_bytes base64, struct netl_ssh_bytes blob)
{
    uint8_t room[SSH_BLOB_MAX];
    long length = netl_ssh_unbase64(room, sizeof room, (const char *)base64.bytes, base64.length);

    return length >= 0 && netl_ssh_same((struct netl_ssh_bytes){room, (size_t)length}, blob);
}

enum ssh_known netl_ssh_known_find(const char *text, size_t length,
                                   const struct netl_ssh_crypto *crypto, const char *host,
                                   struct netl_ssh_bytes blob, unsigned *line)
{
    struct netl_ssh_bytes rest = {(const uint8_t *)text, length};
    struct ssh_reader reader = netl_ssh_reader(blob.bytes, blob.length);
    struct netl_ssh_bytes type = netl_ssh_read_string(&reader);
    enum ssh_known known = SSH_KNOWN_NOT;
    unsigned number = 0;
    struct line one;

    *line = 0;
    while (next_line(&rest, crypto, host, &one, &number)) {
        enum ssh_known says = netl_ssh_same(one.type, type) ? SSH_KNOWN_OTHER : SSH_KNOWN_TYPES;
        if (same_key(one.key, blob))
            says = one.revoked ? SSH_KNOWN_REVOKED : SSH_KNOWN;
        else if (one.revoked)
            continue;
        /* A revoked key counts most, then a right one, then a wrong one of the same type. */
        static const unsigned weight[] = {0, 3, 2, 1, 4};
        if (weight[says] > weight[known]) {
            known = says;
            *line = number;
        }
    }
    return known;
}

bool netl_ssh_known_type(const char *text, size_t length, const struct netl_ssh_crypto *crypto,
                         const char *host, const char *type)
{
    struct netl_ssh_bytes rest = {(const uint8_t *)text, length};
    unsigned number = 0;
    struct line one;

    while (next_line(&rest, crypto, host, &one, &number))
        if (!one.revoked && netl_ssh_is(one.type, type))
            return true;
    return false;
}
