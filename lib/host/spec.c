/* SPDX-License-Identifier: MIT */
/* Reads the string that configures a host; see spec.h. */
#include "host/spec.h"

#include "base/fail.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

/* One key. `choices` are its values, separated by '|', as the error sentence lists them. */
struct key {
    const char *name;
    const char *choices;
    int (*read)(struct netl_spec *, const struct key *, const char *value);
    size_t argument; /* what `read` needs to know besides */
};

/* ── values ───────────────────────────────────────────────────────────────────────────────── */

/* Which of the choices a value is, from 0; -1 for none. */
static int choice_of(const char *choices, const char *value)
{
    size_t length = strlen(value);
    int index = 0;

    for (const char *p = choices; *p; index++) {
        size_t n = strcspn(p, "|");
        if (n == length && memcmp(p, value, n) == 0)
            return index;
        p += n + (p[n] == '|');
    }
    return -1;
}

static int refuse_value(const struct key *key, const char *value, const char *choices)
{
    char safe[64];
    char tried[128];
    char advice[160];
    struct netl_text out;

    netl_text_begin(&out, tried, sizeof tried);
    netl_text_add(&out, key->name);
    netl_text_add(&out, "=");
    netl_text_add(&out, netl_escape(safe, sizeof safe, value, strlen(value)));
    netl_text_begin(&out, advice, sizeof advice);
    netl_text_add(&out, "give ");
    for (const char *p = choices; *p; p++)
        netl_text_add(&out, *p == '|' ? " or " : (char[2]){*p, 0});
    return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, "no such value", advice, "read %s", tried);
}

static int read_choice(struct netl_spec *spec, const struct key *key, const char *value, int *out)
{
    (void)spec;
    *out = choice_of(key->choices, value);
    return *out < 0 ? refuse_value(key, value, key->choices) : 0;
}

/* Digits only, below `limit`. */
static int read_number(const struct key *key, const char *value, uint64_t limit, uint64_t *out)
{
    uint64_t number = 0;

    for (const char *p = value; *p; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (digit > 9 || number > (limit - digit) / 10)
            return refuse_value(key, value, key->choices);
        number = number * 10 + digit;
    }
    *out = number;
    return *value ? 0 : refuse_value(key, value, key->choices);
}

/* Keeps a value for as long as the spec lives. NULL when there is no room. */
static const char *keep(struct netl_spec *spec, const char *value)
{
    size_t length = strlen(value) + 1;
    char *copy = spec->text + spec->text_used;

    if (length > sizeof spec->text - spec->text_used) {
        netl_fail(NETL_HOST, NETL_ERROR_SPEC, "shorten it", "read a spec of over %d bytes",
                  SPEC_TEXT);
        return NULL;
    }
    memcpy(copy, value, length);
    spec->text_used += length;
    return copy;
}

/* ── keys ─────────────────────────────────────────────────────────────────────────────────── */

static int read_seam(struct netl_spec *spec, const struct key *key, const char *value)
{
    int seam = choice_of("transport|internet|link|wire", value);

    (void)spec;
    if (seam < 0)
        return refuse_value(key, value, key->choices);
    if (seam > 0)
        return netl_fail_because(
            NETL_HOST, NETL_ERROR_UNSUPPORTED, "that seam is not there yet in this version",
            "leave seam= out, or say seam=transport", "open the seam %s", value);
    spec->trace.seam = "transport";
    return 0;
}

/* sandbox and observe: off, on, auto, in the order of enum spec_choice. */
static int read_sandbox(struct netl_spec *spec, const struct key *key, const char *value)
{
    int choice;
    int error = read_choice(spec, key, value, &choice);

    if (error == 0)
        spec->sandbox = (enum spec_choice)choice;
    return error;
}

static int read_observe(struct netl_spec *spec, const struct key *key, const char *value)
{
    int choice;
    int error = read_choice(spec, key, value, &choice);

    if (error == 0)
        spec->observe = (enum spec_choice)choice;
    return error;
}

static int read_timeout(struct netl_spec *spec, const struct key *key, const char *value)
{
    uint64_t number;
    int error = read_number(key, value, UINT32_MAX, &number);

    if (error == 0)
        spec->timeout_ms = (uint32_t)number;
    return error;
}

static int read_seed(struct netl_spec *spec, const struct key *key, const char *value)
{
    int error = read_number(key, value, UINT64_MAX, &spec->seed);

    spec->has_seed = error == 0;
    return error;
}

static int read_name(struct netl_spec *spec, const struct key *key, const char *value)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++)
        if ((unsigned char)value[i] <= ' ' || value[i] == 0x7f)
            return refuse_value(key, value, key->choices);
    if (length == 0 || length >= sizeof spec->name)
        return refuse_value(key, value, key->choices);
    memcpy(spec->name, value, length + 1);
    return 0;
}

static int read_trace(struct netl_spec *spec, const struct key *key, const char *value)
{
    struct netl_trace_options *trace = &spec->trace;
    size_t kind = strcspn(value, ":");
    bool has_file = value[kind] == ':' && value[kind + 1];
    bool is_text = strncmp(value, "text", kind) == 0 && kind == 4;
    bool is_file = (strncmp(value, "jsonl", kind) == 0 && kind == 5) ||
                   (strncmp(value, "pcapng", kind) == 0 && kind == 6);

    if (spec->new_source)
        trace->sink_count = 0;
    spec->new_source = false;
    if (strcmp(value, "off") == 0) {
        trace->sink_count = 0;
        return 0;
    }
    if (!(is_text && (has_file || !value[kind])) && !(is_file && has_file))
        return refuse_value(key, value, key->choices);
    if (trace->sink_count == sizeof trace->sinks / sizeof *trace->sinks)
        return netl_fail(NETL_HOST, NETL_ERROR_SPEC, "leave one out", "open more than %zu sinks",
                         trace->sink_count);
    const char *kept = keep(spec, value);
    if (!kept)
        return NETL_ERROR_SPEC;
    trace->sinks[trace->sink_count++] = kept;
    return 0;
}

static int read_level(struct netl_spec *spec, const struct key *key, const char *value)
{
    int level;
    int error = read_choice(spec, key, value, &level);

    if (error == 0)
        spec->trace.levels[key->argument] = (enum netl_trace_level)level;
    return error;
}

/* The flags of the trace: the second choice means true. */
static int read_flag(struct netl_spec *spec, const struct key *key, const char *value)
{
    bool *const flags[] = {&spec->trace.why, &spec->trace.bytes, &spec->trace.korean,
                           &spec->trace.osi};
    int choice;
    int error = read_choice(spec, key, value, &choice);

    if (error == 0)
        *flags[key->argument] = choice == 1;
    return error;
}

#define LEVELS "off|drops|state|packets|all"

static const struct key keys[] = {
    {"seam", "transport", read_seam, 0},
    {"sandbox", "off|on|auto", read_sandbox, 0},
    {"observe", "off|on|auto", read_observe, 0},
    {"timeout", "milliseconds below 4294967296", read_timeout, 0},
    {"name", "a word of 1 to 31 bytes", read_name, 0},
    {"seed", "a number below 2^64", read_seed, 0},
    {"trace", "off|text|text:FILE|jsonl:FILE|pcapng:FILE", read_trace, 0},
    {"trace.host", LEVELS, read_level, NETL_HOST},
    {"trace.link", LEVELS, read_level, NETL_LINK},
    {"trace.internet", LEVELS, read_level, NETL_INTERNET},
    {"trace.transport", LEVELS, read_level, NETL_TRANSPORT},
    {"trace.application", LEVELS, read_level, NETL_APPLICATION},
    {"why", "off|on", read_flag, 0},
    {"bytes", "off|on", read_flag, 1},
    {"lang", "en|ko", read_flag, 2},
    {"model", "tcpip|osi", read_flag, 3},
};

#define KEYS (sizeof keys / sizeof *keys)

static const struct key *find_key(const char *text, size_t length)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strlen(keys[i].name) == length && memcmp(keys[i].name, text, length) == 0)
            return &keys[i];
    return NULL;
}

static int refuse_key(const char *text, size_t length, const char *where)
{
    char safe[64];
    char advice[200];
    struct netl_text out;

    netl_text_begin(&out, advice, sizeof advice);
    netl_text_add(&out, "the known keys are");
    for (size_t i = 0; i < KEYS; i++) {
        netl_text_char(&out, ' ');
        netl_text_add(&out, keys[i].name);
    }
    return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, "no such key", advice, "read '%s' in %s",
                             netl_escape(safe, sizeof safe, text, length < 40 ? length : 40),
                             where);
}

/* ── sources ──────────────────────────────────────────────────────────────────────────────── */

void netl_spec_defaults(struct netl_spec *spec)
{
    *spec = (struct netl_spec){.observe = SPEC_AUTO, .timeout_ms = 10000, .name = "host"};
    spec->trace.why = true;
    spec->trace.seam = "transport";
    for (size_t i = 0; i < NETL_LAYERS; i++)
        spec->trace.levels[i] = NETL_TRACE_PACKETS;
}

int netl_spec_word(struct netl_spec *spec, const char *word, const char *where)
{
    size_t length = strcspn(word, "=");
    const struct key *key = word[length] ? find_key(word, length) : NULL;

    return key ? key->read(spec, key, word + length + 1) : refuse_key(word, length, where);
}

bool netl_spec_is_word(const char *argument)
{
    size_t length = strcspn(argument, "=");

    return argument[length] && find_key(argument, length);
}

/* Copies the next word to `out`, without its quotes. What follows it; NULL at a word too long. */
static const char *next_word(const char *text, char *out, size_t size)
{
    bool quoted = false;
    size_t n = 0;

    text += strspn(text, " \t\n");
    for (; *text && (quoted || !strchr(" \t\n", *text)); text++) {
        if (*text == '"') {
            quoted = !quoted;
            continue;
        }
        if (n + 1 >= size)
            return NULL;
        out[n++] = *text;
    }
    out[n] = '\0';
    return quoted ? NULL : text;
}

int netl_spec_read(struct netl_spec *spec, const char *text, const char *where)
{
    char word[1024];

    spec->new_source = true;
    while (text && *text) {
        text = next_word(text, word, sizeof word);
        if (!text)
            return netl_fail_because(
                NETL_HOST, NETL_ERROR_SPEC, "a quote is not closed, or a word has over 1023 bytes",
                "write key=value or key=\"value with spaces\"", "read %s", where);
        int error = *word ? netl_spec_word(spec, word, where) : 0;
        if (error < 0)
            return error;
    }
    return 0;
}
