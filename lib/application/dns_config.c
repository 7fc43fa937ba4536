/* SPDX-License-Identifier: MIT */
/*
 * Whom to ask, and what this machine knows itself: texts in the form of resolv.conf(5) and hosts(5).
 *
 * Always true: a line that makes no sense changes nothing; the lines around it count.
 */
#include "dns_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A word of a line, which ends at `end`. */
struct word {
    const char *at;
    size_t length;
};

/* The next word of a line; false when there is none. */
static bool next_word(const char **at, const char *end, struct word *word)
{
    const char *p = *at;

    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    word->at = p;
    while (p < end && *p != ' ' && *p != '\t' && *p != '\r')
        p++;
    word->length = (size_t)(p - word->at);
    *at = p;
    return word->length > 0;
}

static bool is(const struct word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

/* The word as a string; false when it has a 0 byte or does not fit. */
static bool to_text(const struct word *word, char *text, size_t size)
{
    if (word->length >= size || memchr(word->at, 0, word->length))
        return false;
    memcpy(text, word->at, word->length);
    text[word->length] = '\0';
    return true;
}

static bool to_name(const struct word *word, struct netl_dns_name *name)
{
    char text[NETL_DNS_NAME_TEXT];

    return to_text(word, text, sizeof text) && netl_dns_name_from_text(name, text);
}

static bool to_address(const struct word *word, struct netl_address *address)
{
    char text[NETL_ADDRESS_TEXT];

    return to_text(word, text, sizeof text) && netl_address_parse(address, text);
}

/* ── resolv.conf ──────────────────────────────────────────────────────────────────────────── */

void netl_dns_settings_default(struct dns_settings *settings)
{
    *settings = (struct dns_settings){.timeout_ms = 1000, .attempts = 3, .ndots = 1};
}

void netl_dns_settings_search(struct dns_settings *settings, const char *text, size_t length)
{
    const char *end = text + length;
    struct word word;

    settings->search_count = 0;
    while (settings->search_count < DNS_SEARCH && next_word(&text, end, &word))
        settings->search_count += to_name(&word, &settings->search[settings->search_count]);
}

/* "ndots:2" and the like; `most` as resolv.conf(5) caps it. */
static void read_option(const struct word *word, const char *name, uint32_t least, uint32_t most,
                        uint32_t *value)
{
    size_t length = strlen(name);
    uint32_t number = 0;

    if (word->length <= length || memcmp(word->at, name, length) != 0)
        return;
    for (size_t i = length; i < word->length; i++) {
        if (word->at[i] < '0' || word->at[i] > '9' || number > most)
            return;
        number = number * 10 + (uint32_t)(word->at[i] - '0');
    }
    *value = number < least ? least : number > most ? most : number;
}

static void read_line(struct dns_settings *settings, const char *at, const char *end)
{
    struct netl_endpoint server = {.port = NETL_DNS_PORT};
    struct word word;
    uint32_t seconds = 0;

    if (!next_word(&at, end, &word))
        return;
    if (is(&word, "nameserver")) {
        if (settings->server_count < DNS_SERVERS && next_word(&at, end, &word) &&
            to_address(&word, &server.address))
            settings->servers[settings->server_count++] = server;
    } else if (is(&word, "search") || is(&word, "domain")) {
        netl_dns_settings_search(settings, at, (size_t)(end - at));
    } else if (is(&word, "options")) {
        while (next_word(&at, end, &word)) {
            read_option(&word, "timeout:", 1, 30, &seconds);
            read_option(&word, "attempts:", 1, 5, &settings->attempts);
            read_option(&word, "ndots:", 0, 15, &settings->ndots);
        }
        if (seconds)
            settings->timeout_ms = seconds * 1000;
    }
}

void netl_dns_resolv_conf(struct dns_settings *settings, const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end) {
        const char *line = text;
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        text = stop ? stop + 1 : end;
        if (*line != '#' && *line != ';')
            read_line(settings, line, stop ? stop : end);
    }
}

/* ── hosts ────────────────────────────────────────────────────────────────────────────────── */

static size_t read_hosts_line(const char *at, const char *end, const struct netl_dns_name *name,
                              uint16_t type, struct dns_pack *pack)
{
    struct netl_address address;
    struct netl_dns_name read;
    struct word word;

    if (!next_word(&at, end, &word) || !to_address(&word, &address))
        return 0;
    if (type == NETL_DNS_PTR) {
        struct netl_dns_name backwards;
        if (!netl_dns_name_of_address(&backwards, &address) ||
            !netl_dns_name_equal(&backwards, name) || !next_word(&at, end, &word) ||
            !to_name(&word, &read))
            return 0;
        return netl_dns_pack_add(pack, name, type, 0, read.bytes, read.length);
    }
    if (address.family != (type == NETL_DNS_A ? NETL_IPV4 : NETL_IPV6) || address.scope)
        return 0;
    while (next_word(&at, end, &word))
        if (to_name(&word, &read) && netl_dns_name_equal(&read, name))
            return netl_dns_pack_add(pack, name, type, 0, address.bytes,
                                     type == NETL_DNS_A ? 4 : 16);
    return 0;
}

size_t netl_dns_hosts_find(const char *text, size_t length, const struct netl_dns_name *name,
                           uint16_t type, struct dns_pack *pack)
{
    const char *end = text + length;
    size_t found = 0;

    if (type != NETL_DNS_A && type != NETL_DNS_AAAA && type != NETL_DNS_PTR)
        return 0;
    while (text < end) {
        const char *line = text;
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        text = stop ? stop + 1 : end;
        if (!stop)
            stop = end;
        const char *comment = memchr(line, '#', (size_t)(stop - line));
        found += read_hosts_line(line, comment ? comment : stop, name, type, pack);
    }
    return found;
}

/* ── files ────────────────────────────────────────────────────────────────────────────────── */

char *netl_dns_file(const char *path, size_t limit, size_t *length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd < 0 ? NULL : malloc(limit + 1);
    size_t used = 0;
    ssize_t n = text ? 1 : -1;

    while (n > 0 && used <= limit) {
        do
            n = read(fd, text + used, limit + 1 - used);
        while (n < 0 && errno == EINTR);
        used += n > 0 ? (size_t)n : 0;
    }
    int error = n < 0 ? errno : EFBIG;
    if (fd >= 0)
        close(fd);
    if (n < 0 || used > limit) {
        free(text);
        errno = error;
        return NULL;
    }
    text[used] = '\0';
    *length = used;
    return text;
}
