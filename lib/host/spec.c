/* SPDX-License-Identifier: MIT */
/* Reads the string that configures a host; see spec.h. */
#include "host/spec_key.h"

#include "base/fail.h"
#include "base/text.h"
#include "transport/congestion.h"
#include <stdlib.h>
#include <string.h>

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

int netl_spec_refuse(const struct spec_key *key, const char *value, const char *choices)
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

static int read_choice(struct netl_spec *spec, const struct spec_key *key, const char *value,
                       int *out)
{
    (void)spec;
    *out = choice_of(key->choices, value);
    return *out < 0 ? netl_spec_refuse(key, value, key->choices) : 0;
}

/* Digits only, at most `limit`. */
static int read_number(const struct spec_key *key, const char *value, uint64_t limit, uint64_t *out)
{
    uint64_t number = 0;

    for (const char *p = value; *p; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (digit > 9 || number > (limit - digit) / 10)
            return netl_spec_refuse(key, value, key->choices);
        number = number * 10 + digit;
    }
    *out = number;
    return *value ? 0 : netl_spec_refuse(key, value, key->choices);
}

/* Keeps a value for as long as the spec lives. NULL when there is no room. */
const char *netl_spec_keep(struct netl_spec *spec, const char *value)
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

static int read_seam(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    static const char *const names[] = {"transport", "internet", "link", "wire"};
    int seam;
    int error = read_choice(spec, key, value, &seam);

    if (error < 0)
        return error;
    spec->seam = (enum netl_seam)seam;
    spec->trace.seam = names[seam];
    return 0;
}

/* sandbox and observe: off, on, auto, in the order of enum spec_choice. */
static int read_sandbox(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    int choice = 0;
    int error = read_choice(spec, key, value, &choice);

    if (error == 0)
        spec->sandbox = (enum spec_choice)choice;
    return error;
}

static int read_observe(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    int choice = 0;
    int error = read_choice(spec, key, value, &choice);

    if (error == 0)
        spec->observe = (enum spec_choice)choice;
    return error;
}

static int read_timeout(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    uint64_t number = 0;
    int error = read_number(key, value, UINT32_MAX, &number);

    if (error == 0)
        spec->timeout_ms = (uint32_t)number;
    return error;
}

static int read_seed(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    int error = read_number(key, value, UINT64_MAX, &spec->seed);

    spec->has_seed = error == 0;
    return error;
}

static int read_name(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++)
        if ((unsigned char)value[i] <= ' ' || value[i] == 0x7f)
            return netl_spec_refuse(key, value, key->choices);
    if (length == 0 || length >= sizeof spec->name)
        return netl_spec_refuse(key, value, key->choices);
    memcpy(spec->name, value, length + 1);
    return 0;
}

static int read_trace(struct netl_spec *spec, const struct spec_key *key, const char *value)
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
        return netl_spec_refuse(key, value, key->choices);
    if (trace->sink_count == sizeof trace->sinks / sizeof *trace->sinks)
        return netl_fail(NETL_HOST, NETL_ERROR_SPEC, "leave one out", "open more than %zu sinks",
                         trace->sink_count);
    const char *kept = netl_spec_keep(spec, value);
    if (!kept)
        return NETL_ERROR_SPEC;
    trace->sinks[trace->sink_count++] = kept;
    return 0;
}

static int read_level(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    int level;
    int error = read_choice(spec, key, value, &level);

    if (error == 0)
        spec->trace.levels[key->argument] = (enum netl_trace_level)level;
    return error;
}

/* The flags of the trace: the second choice means true. */
static int read_flag(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    bool *const flags[] = {&spec->trace.why, &spec->trace.bytes, &spec->trace.korean,
                           &spec->trace.osi};
    int choice = 0;
    int error = read_choice(spec, key, value, &choice);

    if (error == 0)
        *flags[key->argument] = choice == 1;
    return error;
}

/* ── switches of our own TCP, for lessons ─────────────────────────────────────────────────── */

/* Off or on, in the order of the numbers that the keys' rows carry. */
static int read_switch(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    struct tcp_settings *tcp = &spec->tcp;
    bool *const switches[] = {&tcp->nagle,          &tcp->delayed_ack, &tcp->sack,
                              &tcp->window_scaling, &tcp->timestamps,  &tcp->fast_retransmit,
                              &tcp->checksum,       &spec->router,     &spec->arp_probe,
                              &tcp->rack,           &tcp->tail_probe};
    int choice = 0;
    int error = read_choice(spec, key, value, &choice);

    if (error == 0)
        *switches[key->argument] = choice == 1;
    return error;
}

static int read_congestion(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    static const struct congestion_calls *const all[] = {
        &netl_congestion_reno, &netl_congestion_cubic, &netl_congestion_none};
    int choice = 0;
    int error = read_choice(spec, key, value, &choice);

    if (error == 0)
        spec->tcp.congestion = all[choice];
    return error;
}

static int read_initial_window(struct netl_spec *spec, const struct spec_key *key,
                               const char *value)
{
    uint64_t number = 0;
    int error = read_number(key, value, 1000, &number);

    if (error == 0 && number == 0)
        error = netl_spec_refuse(key, value, key->choices);
    if (error == 0)
        spec->tcp.initial_window_segments = (uint32_t)number;
    return error;
}

static int read_rto_min(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    uint64_t number = 0;
    int error = read_number(key, value, 60000, &number);

    if (error == 0 && number == 0)
        error = netl_spec_refuse(key, value, key->choices);
    if (error == 0)
        spec->tcp.rto_min_ms = (uint32_t)number;
    return error;
}

/* How far the buffers of a connection may grow: what a fat long way needs. */
static int read_buffer(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    uint64_t number = 0;
    int error = read_number(key, value, UINT64_C(1) << 30, &number);

    if (error == 0 && number < 4096)
        error = netl_spec_refuse(key, value, key->choices);
    if (error)
        return error;
    struct tcp_settings *tcp = &spec->tcp;
    tcp->receive_max_bytes = tcp->send_max_bytes = (uint32_t)number;
    if (tcp->receive_first_bytes > tcp->receive_max_bytes)
        tcp->receive_first_bytes = tcp->receive_max_bytes;
    if (tcp->send_first_bytes > tcp->send_max_bytes)
        tcp->send_first_bytes = tcp->send_max_bytes;
    return 0;
}

static int read_break(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    struct tcp_settings *tcp = &spec->tcp;
    bool *const bugs[] = {&tcp->break_compare, &tcp->break_holes, &tcp->break_rst, &tcp->break_isn};
    int choice = 0;
    int error = read_choice(spec, key, value, &choice);

    if (error)
        return error;
    for (size_t i = 0; spec->new_breaks && i < sizeof bugs / sizeof *bugs; i++)
        *bugs[i] = false;
    spec->new_breaks = false;
    if (choice >= 0 && choice < (int)(sizeof bugs / sizeof *bugs))
        *bugs[choice] = true;
    return 0;
}

#define LEVELS "off|drops|state|packets|all"
#define SWITCH "off|on"
#define WIRE(k)                                                    \
    {                                                              \
        "wire." k, "", netl_spec_read_wire, 0, OF_LAB, ABOUT_LINKS \
    }

static const struct spec_key keys[] = {
    {"seam", "transport|internet|link|wire", read_seam, 0, OF_LAB, ABOUT_ALL},
    {"link", "packet:INTERFACE|tap:INTERFACE|bus:DIRECTORY", netl_spec_read_link, 0, OF_LAB,
     ABOUT_LINKS},
    {"address", "an IPv4 address and its network's bits such as 10.0.0.1/24",
     netl_spec_read_address, 0, OF_HOST, ABOUT_LINKS},
    {"gateway", "an IPv4 address", netl_spec_read_gateway, 0, OF_HOST, ABOUT_LINKS},
    {"route", "NETWORK/BITS:ROUTER such as 10.0.2.0/24:10.0.1.254", netl_spec_read_route, 0,
     OF_HOST, ABOUT_LINKS},
    {"dns", "a name server's address such as 10.0.0.53 or 10.0.0.53:5300", netl_spec_read_dns, 0,
     OF_EACH, ABOUT_ALL},
    {"router", SWITCH, read_switch, 7, OF_HOST, ABOUT_LINKS},
    {"arp.probe", SWITCH, read_switch, 8, OF_LAB, ABOUT_LINKS},
    {"sandbox", "off|on|auto", read_sandbox, 0, OF_LAB, ABOUT_ALL},
    {"observe", "off|on|auto", read_observe, 0, OF_LAB, ABOUT_ALL},
    {"timeout", "milliseconds below 4294967296", read_timeout, 0, OF_EACH, ABOUT_ALL},
    {"name", "a word of 1 to 31 bytes", read_name, 0, OF_LAB, ABOUT_ALL},
    {"seed", "a number below 2^64", read_seed, 0, OF_LAB, ABOUT_ALL},
    {"trace", "off|text|text:FILE|jsonl:FILE|pcapng:FILE", read_trace, 0, OF_LAB, ABOUT_ALL},
    {"trace.host", LEVELS, read_level, NETL_HOST, OF_LAB, ABOUT_ALL},
    {"trace.link", LEVELS, read_level, NETL_LINK, OF_LAB, ABOUT_ALL},
    {"trace.internet", LEVELS, read_level, NETL_INTERNET, OF_LAB, ABOUT_ALL},
    {"trace.transport", LEVELS, read_level, NETL_TRANSPORT, OF_LAB, ABOUT_ALL},
    {"trace.application", LEVELS, read_level, NETL_APPLICATION, OF_LAB, ABOUT_ALL},
    {"why", SWITCH, read_flag, 0, OF_LAB, ABOUT_ALL},
    {"bytes", SWITCH, read_flag, 1, OF_LAB, ABOUT_ALL},
    {"lang", "en|ko", read_flag, 2, OF_LAB, ABOUT_ALL},
    {"model", "tcpip|osi", read_flag, 3, OF_LAB, ABOUT_ALL},
    {"nagle", SWITCH, read_switch, 0, OF_EACH, ABOUT_TCP},
    {"delack", SWITCH, read_switch, 1, OF_EACH, ABOUT_TCP},
    {"sack", SWITCH, read_switch, 2, OF_EACH, ABOUT_TCP},
    {"wscale", SWITCH, read_switch, 3, OF_EACH, ABOUT_TCP},
    {"timestamps", SWITCH, read_switch, 4, OF_EACH, ABOUT_TCP},
    {"fastretransmit", SWITCH, read_switch, 5, OF_EACH, ABOUT_TCP},
    {"checksum", SWITCH, read_switch, 6, OF_EACH, ABOUT_TCP},
    {"rack", SWITCH, read_switch, 9, OF_EACH, ABOUT_TCP},
    {"tlp", SWITCH, read_switch, 10, OF_EACH, ABOUT_TCP},
    {"cc", "reno|cubic|none", read_congestion, 0, OF_EACH, ABOUT_TCP},
    {"iw", "segments from 1 to 1000", read_initial_window, 0, OF_EACH, ABOUT_TCP},
    {"rto.min", "milliseconds from 1 to 60000", read_rto_min, 0, OF_EACH, ABOUT_TCP},
    {"buffer", "bytes from 4096 to 1073741824", read_buffer, 0, OF_EACH, ABOUT_TCP},
    {"break", "seqcmp|holes|rst|isn|off", read_break, 0, OF_EACH, ABOUT_TCP},
    WIRE("loss"),
    WIRE("burst"),
    WIRE("burst.loss"),
    WIRE("reorder"),
    WIRE("reorder.by"),
    WIRE("duplicate"),
    WIRE("corrupt"),
    WIRE("truncate"),
    WIRE("delay"),
    WIRE("jitter"),
    WIRE("rate"),
    WIRE("queue"),
    WIRE("mtu"),
};

#define KEYS (sizeof keys / sizeof *keys)

_Static_assert(KEYS <= 64, "a bit for each in `named`");

static const struct spec_key *find_key(const char *text, size_t length)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strlen(keys[i].name) == length && memcmp(keys[i].name, text, length) == 0)
            return &keys[i];
    return NULL;
}

static int refuse_key(const char *text, size_t length, bool in_lab, const char *where)
{
    char safe[64];
    char advice[480];
    struct netl_text out;

    netl_text_begin(&out, advice, sizeof advice);
    netl_text_add(&out, in_lab ? "a host of a lab knows" : "the known keys are");
    for (size_t i = 0; i < KEYS; i++) {
        if (in_lab && keys[i].scope == OF_LAB)
            continue;
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
    netl_tcp_settings_default(&spec->tcp);
    spec->trace.why = true;
    spec->trace.seam = "transport";
    for (size_t i = 0; i < NETL_LAYERS; i++)
        spec->trace.levels[i] = NETL_TRACE_PACKETS;
}

void netl_spec_new_source(struct netl_spec *spec)
{
    spec->new_source = spec->new_links = spec->new_addresses = true;
    spec->new_breaks = spec->new_dns = spec->new_routes = true;
}

int netl_spec_word(struct netl_spec *spec, const char *word, const char *where)
{
    size_t length = strcspn(word, "=");
    const struct spec_key *key = word[length] ? find_key(word, length) : NULL;

    if (key && spec->outside && key->scope != OF_EACH)
        return 0;
    if (!key || (spec->in_lab && key->scope == OF_LAB))
        return refuse_key(word, length, spec->in_lab, where);
    spec->named |= UINT64_C(1) << (key - keys);
    return key->read(spec, key, word + length + 1);
}

bool netl_spec_has(const struct netl_spec *spec, const char *key)
{
    const struct spec_key *found = find_key(key, strlen(key));

    return found && (spec->named >> (found - keys) & 1);
}

const char *netl_spec_first(const struct netl_spec *spec, enum spec_about about)
{
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].about == about && (spec->named >> i & 1))
            return keys[i].name;
    return NULL;
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

    netl_spec_new_source(spec);
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
