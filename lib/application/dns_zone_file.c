/* SPDX-License-Identifier: MIT */
/*
 * A zone file, entry by entry, into a zone.  (RFC 1035 section 5, RFC 2308 section 4 for $TTL)
 *
 * Always true: what is wrong is said with its line, and then there is no zone at all.
 */
#include "base/fail.h"
#include "base/text.h"
#include "dns_internal.h"
#include "dns_zone.h"
#include "wire/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES 16777216
#define DATA_BYTES 65535

struct reader {
    struct zone_text text;
    struct zone_entry entry;
    struct netl_dns_zone *zone;
    const char *what; /* the file's name */

    /* What stands for the lines that follow. */
    struct netl_dns_name origin;
    bool has_origin;
    uint32_t ttl;
    bool has_ttl;
    struct netl_dns_name owner;
    bool has_owner;

    /* The record that is being read. */
    uint32_t record_ttl;
    uint16_t type;
    uint8_t data[DATA_BYTES];
    size_t length;
};

/* ── words ────────────────────────────────────────────────────────────────────────────────── */

/* A name, relative to the origin unless a dot ends it. NULL, or what is wrong. */
static const char *read_name(const struct reader *reader, const struct zone_word *word,
                             struct netl_dns_name *name)
{
    struct netl_dns_name read;

    if (strcmp(word->text, "@") == 0 && !word->quoted) {
        *name = reader->origin;
        return reader->has_origin ? NULL : "'@' stands for the $ORIGIN, and there is none yet";
    }
    if (!netl_dns_name_from_text(&read, word->text))
        return "that is no name";
    bool escaped = word->length > 1 && word->text[word->length - 2] == '\\';
    if (word->text[word->length - 1] == '.' && !escaped) {
        *name = read;
        return NULL;
    }
    if (!reader->has_origin)
        return "a name without a dot at its end needs an $ORIGIN first";
    if (read.length - 1 + reader->origin.length > NETL_DNS_NAME)
        return "that name is too long";
    memcpy(read.bytes + read.length - 1, reader->origin.bytes, reader->origin.length);
    read.length = (uint8_t)(read.length - 1 + reader->origin.length);
    *name = read;
    return NULL;
}

static bool read_number(const char *text, uint32_t most, uint32_t *number)
{
    uint64_t read = 0;

    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        read = read * 10 + (uint64_t)(*p - '0');
        if (read > most)
            return false;
    }
    *number = (uint32_t)read;
    return *text != 0;
}

/* Seconds, or as "1h30m"; at most 2^31 - 1 (RFC 2181 section 8). */
static bool read_time(const char *text, uint32_t *seconds)
{
    static const char units[] = "smhdw";
    static const uint32_t each[] = {1, 60, 3600, 86400, 604800};
    uint64_t total = 0;

    if (*text < '0' || *text > '9')
        return false;
    if (read_number(text, INT32_MAX, seconds))
        return true;
    while (*text) {
        uint64_t part = 0;
        if (*text < '0' || *text > '9')
            return false;
        for (; *text >= '0' && *text <= '9' && part <= INT32_MAX; text++)
            part = part * 10 + (uint64_t)(*text - '0');
        const char *unit = *text ? strchr(units, *text | 0x20) : NULL;
        if (!unit)
            return false;
        total += part * each[unit - units];
        text++;
        if (total > INT32_MAX)
            return false;
    }
    *seconds = (uint32_t)total;
    return true;
}

/* ── record data ──────────────────────────────────────────────────────────────────────────── */

static bool put(struct reader *reader, const uint8_t *bytes, size_t length)
{
    if (DATA_BYTES - reader->length < length)
        return false;
    memcpy(reader->data + reader->length, bytes, length);
    reader->length += length;
    return true;
}

static const char *put_number(struct reader *reader, const char *text, size_t size)
{
    uint8_t bytes[4];
    uint32_t number;

    bool read = size == 2 ? read_number(text, UINT16_MAX, &number)
                          : read_number(text, UINT32_MAX, &number) || read_time(text, &number);
    if (!read)
        return size == 2 ? "there must be a number from 0 to 65535"
                         : "there must be a number below 2^32, or a time such as 1h";
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    return put(reader, bytes, size) ? NULL : "the record is too long";
}

static const char *put_address(struct reader *reader, const char *text, enum netl_family family)
{
    struct netl_address address;

    if (!netl_address_parse(&address, text) || address.family != family || address.scope)
        return family == NETL_IPV4 ? "there must be an IPv4 address"
                                   : "there must be an IPv6 address";
    return put(reader, address.bytes, family == NETL_IPV4 ? 4 : 16) ? NULL : "too long";
}

/* A text of up to 255 bytes, its escapes resolved. */
static const char *put_text(struct reader *reader, const struct zone_word *word)
{
    uint8_t bytes[256];
    size_t length = 0;

    for (size_t i = 0; i < word->length; i++) {
        unsigned byte = (uint8_t)word->text[i];
        if (byte == '\\' && i + 1 < word->length) {
            byte = (uint8_t)word->text[++i];
            if (byte >= '0' && byte <= '9') {
                if (word->length - i < 3)
                    return "after a backslash stand three digits, or no digit";
                byte = (unsigned)(word->text[i] - '0') * 100 +
                       (unsigned)(word->text[i + 1] - '0') * 10 +
                       (unsigned)(word->text[i + 2] - '0');
                i += 2;
            }
        }
        if (byte > 255)
            return "after a backslash stand three digits of at most 255";
        if (length == 255)
            return "one text has more than 255 bytes: split it into several";
        bytes[1 + length++] = (uint8_t)byte;
    }
    bytes[0] = (uint8_t)length;
    return put(reader, bytes, length + 1) ? NULL : "the record is too long";
}

static const char *put_part(struct reader *reader, char form, const struct zone_word *word)
{
    struct netl_dns_name name;
    const char *wrong;

    switch (form) {
    case 'a': return put_address(reader, word->text, NETL_IPV4);
    case '6': return put_address(reader, word->text, NETL_IPV6);
    case '2': return put_number(reader, word->text, 2);
    case '4': return put_number(reader, word->text, 4);
    case 's': return put_text(reader, word);
    default: break;
    }
    wrong = read_name(reader, word, &name);
    if (wrong)
        return wrong;
    return put(reader, name.bytes, name.length) ? NULL : "the record is too long";
}

/* The words from `at` on are the data of a record of this type. */
static const char *read_data(struct reader *reader, size_t at)
{
    const char *form = netl_dns_type_form(reader->type);
    const char *wrong = NULL;

    reader->length = 0;
    for (; !wrong && *form; form++) {
        do {
            if (at >= reader->entry.count)
                return "the record is not complete";
            wrong = put_part(reader, *form, &reader->entry.words[at++]);
        } while (!wrong && *form == 's' && at < reader->entry.count);
    }
    if (!wrong && at < reader->entry.count)
        return "something stands behind the record";
    return wrong;
}

/* ── entries ──────────────────────────────────────────────────────────────────────────────── */

static const char *read_directive(struct reader *reader)
{
    const struct zone_word *words = reader->entry.words;

    if (reader->entry.count != 2)
        return "behind $ORIGIN and $TTL stands one word";
    if (netl_same_word(words[0].text, "$TTL")) {
        reader->has_ttl = read_time(words[1].text, &reader->ttl);
        return reader->has_ttl ? NULL : "there must be seconds, or a time such as 1h";
    }
    if (!netl_same_word(words[0].text, "$ORIGIN"))
        return "only $ORIGIN and $TTL are known here";
    const char *wrong = read_name(reader, &words[1], &reader->origin);
    reader->has_origin = reader->has_origin || !wrong;
    return wrong;
}

/* TTL and class in either order, both optional, then the type. Where the data begins; 0: wrong. */
static size_t read_type(struct reader *reader, size_t at, const char **wrong)
{
    const struct zone_entry *entry = &reader->entry;
    bool has_ttl = false;

    reader->record_ttl = reader->ttl;
    for (; at < entry->count; at++) {
        const char *word = entry->words[at].text;
        if (!has_ttl && read_time(word, &reader->record_ttl)) {
            has_ttl = true;
            continue;
        }
        if (netl_same_word(word, "IN"))
            continue;
        reader->type = netl_dns_type_parse(word);
        if (reader->type == 0 || !netl_dns_type_form(reader->type)) {
            *wrong = "there must be one of the types A AAAA CNAME MX NS PTR SOA SRV TXT";
            return 0;
        }
        if (has_ttl || reader->has_ttl || reader->type == NETL_DNS_SOA)
            return at + 1;
        *wrong = "the record has no TTL: write $TTL above";
        return 0;
    }
    *wrong = "the record is not complete";
    return 0;
}

/* The first record must be the SOA: it names the zone. */
static const char *begin_zone(struct reader *reader)
{
    if (reader->type != NETL_DNS_SOA)
        return "a zone begins with its SOA record";
    uint32_t minimum = wire_get32(reader->data + reader->length - 4);
    if (!reader->has_ttl && reader->record_ttl == 0)
        reader->record_ttl = minimum & INT32_MAX;
    if (!reader->has_ttl) { /* RFC 1035 had no $TTL: the minimum was the default */
        reader->ttl = minimum & INT32_MAX;
        reader->has_ttl = true;
    }
    reader->zone = netl_zone_new(&reader->owner);
    return reader->zone ? NULL : "";
}

static const char *read_record(struct reader *reader)
{
    const char *wrong = NULL;
    size_t at = 0;

    if (!reader->entry.indented) {
        wrong = read_name(reader, &reader->entry.words[at++], &reader->owner);
        reader->has_owner = reader->has_owner || !wrong;
    }
    if (wrong)
        return wrong;
    if (!reader->has_owner)
        return "a line that begins with a blank takes the name of the line above, and there is "
               "none";
    at = read_type(reader, at, &wrong);
    if (at == 0)
        return wrong;
    wrong = read_data(reader, at);
    if (!wrong && !reader->zone)
        wrong = begin_zone(reader);
    if (wrong)
        return wrong;
    return netl_zone_add(reader->zone, &reader->owner, reader->type, reader->record_ttl,
                         reader->data, reader->length, reader->entry.line);
}

static struct netl_dns_zone *refuse(struct reader *reader, unsigned line, const char *wrong)
{
    char safe[256];

    netl_dns_zone_free(reader->zone);
    if (!*wrong)
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "read a zone");
    else
        netl_fail_because(NETL_APPLICATION, NETL_ERROR_FILE, wrong,
                          "see RFC 1035 section 5 for the form", "read line %u of %s", line,
                          netl_escape(safe, sizeof safe, reader->what, strlen(reader->what)));
    free(reader);
    return NULL;
}

struct netl_dns_zone *netl_dns_zone_parse(const char *text, size_t length, const char *what)
{
    struct reader *reader = calloc(1, sizeof *reader);

    if (!reader) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "read a zone");
        return NULL;
    }
    reader->what = what;
    reader->text = (struct zone_text){.at = text, .end = text + length, .line = 1};
    while (netl_zone_text_next(&reader->text, &reader->entry)) {
        bool directive = !reader->entry.indented && reader->entry.words[0].text[0] == '$';
        const char *wrong = directive ? read_directive(reader) : read_record(reader);
        if (wrong)
            return refuse(reader, reader->entry.line, wrong);
    }
    if (reader->text.wrong)
        return refuse(reader, reader->text.line, reader->text.wrong);
    if (!reader->zone)
        return refuse(reader, reader->text.line, "there is no record in it");
    struct netl_dns_zone *zone = reader->zone;
    free(reader);
    return zone;
}

struct netl_dns_zone *netl_dns_zone_read(const char *path)
{
    size_t length;
    char safe[256];
    char *text = netl_dns_file(path, FILE_BYTES, &length);

    if (!text) {
        netl_fail_system(NETL_APPLICATION, errno, "name a zone file of at most 16 MiB",
                         "read the zone file %s",
                         netl_escape(safe, sizeof safe, path, strlen(path)));
        return NULL;
    }
    struct netl_dns_zone *zone = netl_dns_zone_parse(text, length, path);
    free(text);
    return zone;
}
