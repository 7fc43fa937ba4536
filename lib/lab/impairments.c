/* SPDX-License-Identifier: MIT */
/* What a wire does to frames, read from text; see impairments.h. */
#include "lab/impairments.h"

#include "base/fail.h"
#include "base/text.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES     32
#define MTU_LEAST       68
#define MTU_MOST        65521 /* with its header it still fits a frame of the pool */
#define MOST_SECONDS    UINT64_C(1000000)
#define MOST_RATE_BITS  UINT64_C(1000000000000)
#define DEFAULT_HOLD_NS INT64_C(5000000)
#define DEFAULT_QUEUE   100

enum kind { CHANCE, TIME, RATE, COUNT, SIZE };

struct key {
    const char *name;
    enum kind kind;
    size_t offset; /* in struct netl_impairments */
};

#define FIELD(name) offsetof(struct netl_impairments, name)

static const struct key keys[] = {
    {"loss", CHANCE, FIELD(loss)},
    {"burst", COUNT, FIELD(burst_frames)},
    {"burst.loss", CHANCE, FIELD(burst_loss)},
    {"reorder", CHANCE, FIELD(reorder)},
    {"reorder.by", TIME, FIELD(reorder_ns)},
    {"duplicate", CHANCE, FIELD(duplicate)},
    {"corrupt", CHANCE, FIELD(corrupt)},
    {"truncate", CHANCE, FIELD(truncate)},
    {"delay", TIME, FIELD(delay_ns)},
    {"jitter", TIME, FIELD(jitter_ns)},
    {"rate", RATE, FIELD(rate_bits)},
    {"queue", COUNT, FIELD(queue_frames)},
    {"mtu", SIZE, FIELD(mtu_bytes)},
};

const char netl_impairments_keys[] = "loss burst burst.loss reorder reorder.by duplicate corrupt "
                                     "truncate delay jitter rate queue mtu";

/* A unit and how many of the smallest it is. */
struct unit {
    const char *name;
    uint64_t scale;
};

static const struct unit time_units[] = {
    {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {NULL, 0}};
static const struct unit rate_units[] = {
    {"bit", 1}, {"kbit", 1000}, {"mbit", 1000000}, {"gbit", 1000000000}, {NULL, 0}};
static const struct unit chance_units[] = {{"%", 10000}, {NULL, 0}};
static const struct unit count_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *const units_of[] = {chance_units, time_units, rate_units, count_units,
                                              count_units};
static const char *const advice_of[] = {
    "give a chance such as 2% or 0.1%, at most 100%", "give a time such as 10ms, 80us or 1.5s",
    "give a rate such as 10mbit, 64kbit or 1gbit",    "give a whole number up to 1000000000",
    "give 68 to 65521 bytes; 1500 is Ethernet's", /* RFC 791 section 3.2: every link takes 68 */
};

void netl_impairments_none(struct netl_impairments *impairments)
{
    *impairments = (struct netl_impairments){.burst_loss = IMPAIRMENTS_MILLION,
                                             .reorder_ns = DEFAULT_HOLD_NS,
                                             .queue_frames = DEFAULT_QUEUE};
}

/* Digits, with a fraction of up to nine more: whole part, and the fraction in parts of 10^9. */
static size_t read_decimal(const char *text, size_t length, uint64_t *whole, uint64_t *nano)
{
    uint64_t weight = UINT64_C(100000000);
    size_t n = 0;

    *whole = *nano = 0;
    for (; n < length && text[n] >= '0' && text[n] <= '9' && n < 13; n++)
        *whole = *whole * 10 + (uint64_t)(text[n] - '0');
    if (n == 0 || n == 13)
        return 0;
    if (n + 1 >= length || text[n] != '.')
        return n;
    size_t point = n;
    for (n++; n < length && text[n] >= '0' && text[n] <= '9' && weight; n++) {
        *nano += (uint64_t)(text[n] - '0') * weight;
        weight /= 10;
    }
    return n > point + 1 ? n : 0;
}

/* A number with its unit, in the smallest unit; false when it is none or exceeds `most`. */
static bool read_quantity(const char *text, size_t length, const struct unit *units, uint64_t most,
                          uint64_t *out)
{
    uint64_t whole, nano;
    size_t n = read_decimal(text, length, &whole, &nano);

    if (n == 0)
        return false;
    while (n < length && text[n] == ' ')
        n++;
    for (; units->name; units++) {
        if (strlen(units->name) != length - n || memcmp(units->name, text + n, length - n) != 0)
            continue;
        if (units->scale == 1 && nano)
            return false;
        if (whole > most / units->scale)
            return false;
        /* nano < 10^9 and scale <= 10^9: the product fits. */
        *out = whole * units->scale + nano * units->scale / 1000000000;
        return *out <= most;
    }
    return false;
}

int64_t netl_impairments_time(const char *text, size_t length)
{
    uint64_t time_ns;

    return read_quantity(text, length, time_units, MOST_SECONDS * 1000000000, &time_ns)
               ? (int64_t)time_ns
               : -1;
}

static const struct key *find_key(const char *key, size_t length)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strlen(keys[i].name) == length && memcmp(keys[i].name, key, length) == 0)
            return &keys[i];
    return NULL;
}

int netl_impairments_known(const char *key, size_t key_length)
{
    return find_key(key, key_length) != NULL;
}

static void store(struct netl_impairments *impairments, const struct key *key, uint64_t value)
{
    uint8_t *at = (uint8_t *)impairments + key->offset;
    uint32_t small = (uint32_t)value;
    int64_t time_ns = (int64_t)value;

    if (key->kind == TIME)
        memcpy(at, &time_ns, sizeof time_ns);
    else if (key->kind == RATE)
        memcpy(at, &value, sizeof value);
    else
        memcpy(at, &small, sizeof small);
}

static uint64_t value_of(const struct netl_impairments *impairments, const struct key *key)
{
    const uint8_t *at = (const uint8_t *)impairments + key->offset;
    uint64_t value = 0;
    uint32_t small;

    if (key->kind == TIME || key->kind == RATE) {
        memcpy(&value, at, sizeof value);
        return value;
    }
    memcpy(&small, at, sizeof small);
    return small;
}

/* In the largest unit of which it is a whole number, chances with what stands behind the point. */
static void write_quantity(struct netl_text *text, uint64_t value, const struct unit *units)
{
    const struct unit *unit = units;

    for (const struct unit *larger = units; larger->name; larger++)
        if (value % larger->scale == 0)
            unit = larger;
    netl_text_unsigned(text, value / unit->scale, 1);
    if (value % unit->scale) { /* only a chance has no unit of 1 */
        char digits[] = "0000";
        size_t last = 4;
        uint64_t rest = value % unit->scale;
        for (size_t i = 4; i > 0; i--, rest /= 10)
            digits[i - 1] = (char)('0' + rest % 10);
        while (digits[last - 1] == '0')
            last--;
        netl_text_char(text, '.');
        netl_text_bytes(text, digits, last);
    }
    netl_text_add(text, unit->name);
}

void netl_impairments_write(struct netl_text *text, const struct netl_impairments *impairments)
{
    struct netl_impairments good;

    netl_impairments_none(&good);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        uint64_t value = value_of(impairments, &keys[i]);
        if (value == value_of(&good, &keys[i]))
            continue;
        if (text->length)
            netl_text_char(text, ' ');
        netl_text_add(text, keys[i].name);
        netl_text_char(text, '=');
        write_quantity(text, value, units_of[keys[i].kind]);
    }
}

int netl_impairments_set(struct netl_impairments *impairments, const char *key_text,
                         size_t key_length, const char *value)
{
    static const uint64_t most[] = {IMPAIRMENTS_MILLION, MOST_SECONDS * 1000000000, MOST_RATE_BITS,
                                    1000000000, MTU_MOST};
    const struct key *key = find_key(key_text, key_length);
    char safe_key[40];
    char safe_value[64];
    char advice[160];
    struct netl_text text;
    uint64_t number;

    if (key && read_quantity(value, strlen(value), units_of[key->kind], most[key->kind], &number) &&
        (key->kind != SIZE || number >= MTU_LEAST)) {
        store(impairments, key, number);
        return 0;
    }
    netl_escape(safe_key, sizeof safe_key, key_text, key_length);
    if (key)
        return netl_fail_because(NETL_LINK, NETL_ERROR_SPEC, "no such value", advice_of[key->kind],
                                 "read %s=%s for a wire", safe_key,
                                 netl_escape(safe_value, sizeof safe_value, value, strlen(value)));
    netl_text_begin(&text, advice, sizeof advice);
    netl_text_add(&text, "the known keys are ");
    netl_text_add(&text, netl_impairments_keys);
    return netl_fail_because(NETL_LINK, NETL_ERROR_SPEC, "no such key", advice,
                             "read '%s' for a wire", safe_key);
}

int netl_impairments_read(struct netl_impairments *impairments, const char *text)
{
    struct netl_impairments read = *impairments;
    char value[VALUE_BYTES];

    for (text += strspn(text, " \t\n"); *text; text += strspn(text, " \t\n")) {
        size_t length = strcspn(text, " \t\n");
        const char *equals = memchr(text, '=', length);
        size_t key_length = equals ? (size_t)(equals - text) : length;
        size_t value_length = equals ? length - key_length - 1 : 0;
        if (value_length >= sizeof value)
            value_length = sizeof value - 1; /* too long for any value: refused below */
        memcpy(value, equals ? equals + 1 : "", value_length);
        value[value_length] = '\0';
        int error = netl_impairments_set(&read, text, key_length, value);
        if (error < 0)
            return error;
        text += length;
    }
    *impairments = read;
    return 0;
}

int netl_impairments_check(const struct netl_impairments *impairments)
{
    if (!impairments->burst_frames || impairments->loss <= impairments->burst_loss)
        return 0;
    return netl_fail_because(
        NETL_LINK, NETL_ERROR_SPEC, "on average no more can be lost than is lost within a burst",
        "make burst.loss= larger, or loss= smaller", "read loss= and burst.loss= for a wire");
}
