/* SPDX-License-Identifier: MIT */
/*
 * scripts: plays packet scripts against our TCP in virtual time. A failure tells the story so far.
 *
 *     scripts tests/scripts/NAME.script …
 *
 * A script begins with `# title` and has one action a line:
 *
 *     set KEY=VALUE …             a setting of the host: nagle=off rto.min=200 cc=reno rcvbuf=4096
 *     isn NUMBER [peer=K]         the peer's first number
 *     connect | listen [BACKLOG]  the program opens
 *     write N | read N | read end | read nothing | shutdown | close | abort
 *     nodelay | keepalive SECONDS | rcvbuf N
 *     inject FLAGS seq=… ack=… win=… len=… mss=… wscale=… sackok ts=… sack=L:R … peer=K
 *                                 oldack=…: as ack, in the numbers that the host had before its last SYN
 *     inject-many COUNT FLAGS …   the same, so often
 *     expect FLAGS field=… …      the next segment, at once (within 5 ms); PSH is not looked at
 *     skip FLAGS …                like expect, and any number of them, until another one comes
 *     quiet TIME                  nothing is sent for so long
 *     wait TIME                   time passes; what is sent meanwhile is not looked at
 *     state NAME [peer=K] | error NAME | accepted N | alive
 *     icmp port|host|toobig seq=… mtu=…
 *
 * In front of `expect` stands, if it comes later, `+TIME` (then, 15 % and 5 ms more or less) or
 * `within TIME`; in front of `inject`, `+TIME` waits first.
 */
#include "scripts/stage.h"

#include "transport/congestion.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 24

static struct stage stage;
static const char *script_name;
static char title[200];
static unsigned line_number;
static bool failed;

struct line {
    char text[300];
    char *words[WORDS];
    size_t count, at;
    char timing; /* '+', 'w' for within, 0 */
    int64_t time_ns;
};

static void fail(const struct line *line, const char *format, ...)
{
    va_list arguments;
    size_t first = stage.sent_count > 12 ? stage.sent_count - 12 : 0;
    char text[400];

    if (failed)
        return;
    failed = true;
    fprintf(stderr, "%s:%u: %s\n  the rule: %s\n  ", script_name, line_number, line->text, title);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n  What the host had sent until then, at %.3f s in %s:\n",
            (double)netl_clock_last(&stage.host.clock) / 1e9,
            netl_tcp_state_name(stage_state(&stage, 0)));
    for (size_t i = first; i < stage.sent_count; i++) {
        stage_describe(&stage.sent[i].tcp, text, sizeof text);
        fprintf(stderr, "    %9.3f s  %s%s\n", (double)stage.sent[i].time_ns / 1e9, text,
                i >= stage.taken ? "   (not looked at yet)" : "");
    }
}

/* ── reading a line ───────────────────────────────────────────────────────────────────────── */

static const char *word(const struct line *line, size_t index)
{
    return line->at + index < line->count ? line->words[line->at + index] : "";
}

static int64_t read_time(const char *text)
{
    char *unit;
    double value = strtod(text, &unit);

    return (int64_t)(value * (strcmp(unit, "ms") == 0 ? 1e6 : strcmp(unit, "us") == 0 ? 1e3 : 1e9));
}

static bool key_of(const char *text, const char *key, const char **value)
{
    size_t length = strlen(key);

    if (strncmp(text, key, length) != 0 || text[length] != '=')
        return false;
    *value = text + length + 1;
    return true;
}

static bool field(const struct line *line, const char *key, uint32_t *value)
{
    const char *text;

    for (size_t i = line->at; i < line->count; i++)
        if (key_of(line->words[i], key, &text)) {
            *value = (uint32_t)strtoll(text, NULL, 0);
            return true;
        }
    return false;
}

static bool flag_word(const struct line *line, const char *name)
{
    for (size_t i = line->at; i < line->count; i++)
        if (strcmp(line->words[i], name) == 0)
            return true;
    return false;
}

static uint8_t read_flags(const struct line *line, const char *text)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    uint8_t flags = 0;

    while (*text) {
        size_t length = strcspn(text, ",");
        bool known = false;
        for (unsigned i = 0; i < 6; i++)
            if (strlen(names[i]) == length && strncmp(names[i], text, length) == 0) {
                flags |= (uint8_t)(1u << i);
                known = true;
            }
        if (!known)
            fail(line, "'%s' is no flag", text);
        text += length + (text[length] == ',');
    }
    return flags;
}

static unsigned read_sacks(const struct line *line, struct netl_tcp_sack_block *blocks)
{
    unsigned count = 0;
    const char *text;

    for (size_t i = line->at; i < line->count; i++)
        if (key_of(line->words[i], "sack", &text) && count < 3 && strchr(text, ':')) {
            blocks[count].left = (uint32_t)strtoul(text, NULL, 0);
            blocks[count++].right = (uint32_t)strtoul(strchr(text, ':') + 1, NULL, 0);
        }
    return count;
}

/* ── the actions ──────────────────────────────────────────────────────────────────────────── */

static void do_inject(struct line *line, uint32_t times)
{
    uint32_t value, peer = 0, length = 0;
    struct netl_tcp_header tcp = {.flags = read_flags(line, word(line, 0)), .window = 65535};

    if (line->timing) {
        (void)stage_wait(&stage, netl_clock_last(&stage.host.clock) + line->time_ns);
        if (stage.taken < stage.sent_count)
            fail(line, "before that the host sent something that the script does not expect");
    }
    if (field(line, "seq", &value))
        tcp.sequence_number = value;
    if (field(line, "ack", &value))
        tcp.acknowledgment_number = value;
    if (field(line, "win", &value))
        tcp.window = (uint16_t)value;
    if (field(line, "urg", &value))
        tcp.urgent_pointer = (uint16_t)value;
    field(line, "len", &length);
    field(line, "peer", &peer);
    if (field(line, "oldack", &value))
        tcp.acknowledgment_number = stage_old(&stage, (int)peer, value);
    tcp.options.has_maximum_segment_size = field(line, "mss", &value);
    tcp.options.maximum_segment_size = (uint16_t)(tcp.options.has_maximum_segment_size ? value : 0);
    tcp.options.has_window_scale = field(line, "wscale", &value);
    tcp.options.window_scale = (uint8_t)(tcp.options.has_window_scale ? value : 0);
    tcp.options.sack_permitted = flag_word(line, "sackok");
    tcp.options.has_timestamps = field(line, "ts", &tcp.options.timestamp_value);
    tcp.options.sack_count = (uint8_t)read_sacks(line, tcp.options.sack_blocks);
    for (uint32_t i = 0; i < times; i++) {
        struct netl_tcp_header one = tcp;
        stage_inject(&stage, (int)(peer % STAGE_PEERS), &one, length);
    }
}

static const char *compare(const struct line *line, const struct netl_tcp_header *tcp)
{
    static char text[100];
    const struct netl_tcp_options *options = &tcp->options;
    struct netl_tcp_sack_block blocks[4];
    struct {
        const char *key;
        uint32_t is;
    } fields[] = {{"seq", tcp->sequence_number},
                  {"ack", tcp->acknowledgment_number},
                  {"len", (uint32_t)tcp->payload_length},
                  {"win", tcp->window},
                  {"mss", options->maximum_segment_size},
                  {"wscale", options->window_scale},
                  {"tsecr", options->timestamp_echo_reply},
                  {"sackok", options->sack_permitted},
                  {"ts", options->has_timestamps},
                  {"sacks", options->sack_count}};
    uint32_t wanted;

    if ((tcp->flags & ~NETL_TCP_PSH) != (read_flags(line, word(line, 0)) & ~NETL_TCP_PSH))
        return "the flags are others";
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (field(line, fields[i].key, &wanted) && wanted != fields[i].is) {
            snprintf(text, sizeof text, "%s is %u, not %u", fields[i].key, fields[i].is, wanted);
            return text;
        }
    unsigned count = read_sacks(line, blocks);
    for (unsigned i = 0; i < count; i++)
        if (i >= options->sack_count || options->sack_blocks[i].left != blocks[i].left ||
            options->sack_blocks[i].right != blocks[i].right)
            return "the SACK blocks are others";
    return NULL;
}

static void do_expect(struct line *line)
{
    int64_t start_ns = netl_clock_last(&stage.host.clock);
    int64_t slack_ns = 5 * MILLISECOND + (line->timing == '+' ? line->time_ns * 15 / 100 : 0);
    uint32_t peer = 0;
    char text[400];

    field(line, "peer", &peer);
    if (!stage_wait(&stage, start_ns + line->time_ns + slack_ns)) {
        fail(line, "nothing came within %.3f s", (double)(line->time_ns + slack_ns) / 1e9);
        return;
    }
    const struct stage_sent *sent = &stage.sent[stage.taken++];
    const char *differs = compare(line, &sent->tcp);
    stage_describe(&sent->tcp, text, sizeof text);
    if (differs)
        fail(line, "there came: %s\n  but %s", text, differs);
    else if (sent->peer != (int)peer)
        fail(line, "there came: %s\n  but to peer %d, not %u", text, sent->peer, peer);
    else if (line->timing == '+' && sent->time_ns < start_ns + line->time_ns - slack_ns)
        fail(line, "there came: %s\n  but %.3f s too early", text,
             (double)(start_ns + line->time_ns - sent->time_ns) / 1e9);
}

/* Any number of segments of this form. */
static void do_skip(struct line *line)
{
    while (stage_wait(&stage, netl_clock_last(&stage.host.clock) + line->time_ns) &&
           !compare(line, &stage.sent[stage.taken].tcp))
        stage.taken++;
}

static void do_quiet(struct line *line)
{
    char text[400];

    if (!stage_wait(&stage, netl_clock_last(&stage.host.clock) + read_time(word(line, 0))))
        return;
    stage_describe(&stage.sent[stage.taken].tcp, text, sizeof text);
    fail(line, "nothing should come, but there came: %s", text);
}

static void do_wait(struct line *line)
{
    int64_t until_ns = netl_clock_last(&stage.host.clock) + read_time(word(line, 0));

    while (stage_wait(&stage, until_ns))
        stage.taken = stage.sent_count;
}

static void do_write(struct line *line)
{
    static const char bytes[100000];
    long length = strtol(word(line, 0), NULL, 0);

    if (!stage.conn || length > (long)sizeof bytes)
        fail(line, "there is no connection to write to");
    else if (netl_tcp_write(stage.conn, bytes, (size_t)length) != length)
        fail(line, "the host did not take it all");
}

static void do_read(struct line *line)
{
    static char bytes[100000];
    const char *what = word(line, 0);
    long wanted = strcmp(what, "end") == 0       ? 0
                  : strcmp(what, "nothing") == 0 ? NETL_ERROR_AGAIN
                                                 : strtol(what, NULL, 0);
    long got = stage.conn
                   ? netl_tcp_read(stage.conn, bytes, wanted > 0 ? (size_t)wanted : sizeof bytes)
                   : NETL_ERROR_CLOSED;

    if (got != wanted)
        fail(line, "the program got %ld%s%s", got, got < 0 ? ": " : "",
             got < 0 ? netl_error_name((int)got) : "");
}

static void set_one(const struct line *line, const char *text)
{
    struct tcp_settings *set = &stage.host.transport->own->settings;
    const struct {
        const char *key;
        bool *on;
        uint32_t *number;
    } keys[] = {{"nagle", &set->nagle, NULL},
                {"delack", &set->delayed_ack, NULL},
                {"sack", &set->sack, NULL},
                {"wscale", &set->window_scaling, NULL},
                {"timestamps", &set->timestamps, NULL},
                {"fastretransmit", &set->fast_retransmit, NULL},
                {"rack", &set->rack, NULL},
                {"tlp", &set->tail_probe, NULL},
                {"iw", NULL, &set->initial_window_segments},
                {"quick", NULL, &set->quick_acks},
                {"rto.min", NULL, &set->rto_min_ms},
                {"rto.max", NULL, &set->rto_max_ms},
                {"rto.first", NULL, &set->rto_first_ms},
                {"delack.ms", NULL, &set->delayed_ack_ms},
                {"msl", NULL, &set->msl_ms},
                {"user.timeout", NULL, &set->user_timeout_ms},
                {"syn.timeout", NULL, &set->syn_timeout_ms},
                {"finwait2", NULL, &set->fin_wait_2_ms},
                {"keepalive.between", NULL, &set->keepalive_between_ms},
                {"keepalive.probes", NULL, &set->keepalive_probes},
                {"rcvbuf", NULL, &set->receive_first_bytes}};
    const char *value;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (key_of(text, keys[i].key, &value)) {
            if (keys[i].on)
                *keys[i].on = strcmp(value, "on") == 0;
            else
                *keys[i].number = (uint32_t)strtoul(value, NULL, 0);
            return;
        }
    if (key_of(text, "cc", &value))
        set->congestion = strcmp(value, "reno") == 0    ? &netl_congestion_reno
                          : strcmp(value, "cubic") == 0 ? &netl_congestion_cubic
                                                        : &netl_congestion_none;
    else
        fail(line, "'%s' is no setting", text);
}

static void do_set(struct line *line)
{
    for (size_t i = 0; i < line->count - line->at; i++)
        set_one(line, word(line, i));
}

static void do_state(struct line *line)
{
    uint32_t peer = 0;

    field(line, "peer", &peer);
    const char *is = netl_tcp_state_name(stage_state(&stage, (int)peer));
    if (strcmp(is, word(line, 0)) != 0)
        fail(line, "the state is %s", is);
}

static void do_error(struct line *line)
{
    (void)stage_wait(&stage, netl_clock_last(&stage.host.clock)); /* handlers come a turn later */
    if (!stage.told_closed)
        fail(line, "the program was told of no failure");
    else if (strcmp(netl_error_name(stage.told_error), word(line, 0)) != 0)
        fail(line, "the program was told %s", netl_error_name(stage.told_error));
}

static void do_icmp(struct line *line)
{
    uint32_t seq = 0, mtu = 0;
    const char *what = word(line, 0);

    field(line, "seq", &seq);
    field(line, "mtu", &mtu);
    stage_trouble(&stage,
                  strcmp(what, "port") == 0   ? NETL_TROUBLE_PORT
                  : strcmp(what, "host") == 0 ? NETL_TROUBLE_HOST
                                              : NETL_TROUBLE_TOO_BIG,
                  seq, mtu);
}

static void end_program(struct line *line, const char *action)
{
    if (!stage.conn)
        fail(line, "the program has no connection");
    else if (strcmp(action, "shutdown") == 0)
        netl_tcp_shutdown(stage.conn);
    else if (strcmp(action, "close") == 0)
        netl_tcp_close(stage.conn);
    else
        netl_tcp_abort(stage.conn);
    if (strcmp(action, "shutdown") != 0)
        stage.conn = NULL;
}

static void set_option(struct line *line, enum netl_tcp_option option)
{
    const char *value = word(line, 0);

    if (!stage.conn || netl_tcp_set(stage.conn, option, *value ? atoi(value) : 1) < 0)
        fail(line, "the option cannot be set");
}

static void do_small(struct line *line, const char *action)
{
    uint32_t peer = 0;

    if (strcmp(action, "connect") == 0 && !stage_connect(&stage))
        fail(line, "connecting failed");
    else if (strcmp(action, "listen") == 0 &&
             !stage_listen(&stage, *word(line, 0) ? atoi(word(line, 0)) : 8))
        fail(line, "listening failed");
    else if (strcmp(action, "accepted") == 0) {
        (void)stage_wait(&stage, netl_clock_last(&stage.host.clock));
        if (stage.accepted != (uint32_t)atoi(word(line, 0)))
            fail(line, "%u connections were accepted", stage.accepted);
    } else if (strcmp(action, "isn") == 0) {
        field(line, "peer", &peer);
        stage.isn[peer % STAGE_PEERS] = (uint32_t)strtoul(word(line, 0), NULL, 0);
    } else if (strcmp(action, "alive") == 0 && !stage.conn)
        fail(line, "the connection is gone");
}

static void act(struct line *line)
{
    static const struct {
        const char *name;
        void (*run)(struct line *);
    } actions[] = {{"expect", do_expect}, {"skip", do_skip},   {"quiet", do_quiet},
                   {"wait", do_wait},     {"write", do_write}, {"read", do_read},
                   {"set", do_set},       {"state", do_state}, {"error", do_error},
                   {"icmp", do_icmp}};
    static const char *const small = " connect listen accepted isn alive ";
    const char *name = line->words[line->at++];
    char padded[64];

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(name, actions[i].name) == 0) {
            actions[i].run(line);
            return;
        }
    snprintf(padded, sizeof padded, " %s ", name);
    if (strcmp(name, "inject") == 0)
        do_inject(line, 1);
    else if (strcmp(name, "inject-many") == 0) {
        uint32_t times = (uint32_t)atoi(word(line, 0));
        line->at++;
        do_inject(line, times);
    } else if (strcmp(name, "shutdown") == 0 || strcmp(name, "close") == 0 ||
               strcmp(name, "abort") == 0)
        end_program(line, name);
    else if (strcmp(name, "nodelay") == 0)
        set_option(line, NETL_TCP_NODELAY);
    else if (strcmp(name, "keepalive") == 0)
        set_option(line, NETL_TCP_KEEPALIVE);
    else if (strcmp(name, "rcvbuf") == 0)
        set_option(line, NETL_TCP_RECEIVE_BUFFER);
    else if (strstr(small, padded))
        do_small(line, name);
    else
        fail(line, "'%s' is no action", name);
}

/* ── a script ─────────────────────────────────────────────────────────────────────────────── */

static void one_line(char *text)
{
    static char copy[300];
    struct line line = {.count = 0};

    text[strcspn(text, "#\r\n")] = 0;
    snprintf(line.text, sizeof line.text, "%s", text);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *next = strtok(copy, " \t"); next && line.count < WORDS; next = strtok(NULL, " \t"))
        line.words[line.count++] = next;
    if (line.count > 1 && line.words[0][0] == '+') {
        line.timing = '+';
        line.time_ns = read_time(line.words[0] + 1);
        line.at = 1;
    } else if (line.count > 2 && strcmp(line.words[0], "within") == 0) {
        line.timing = 'w';
        line.time_ns = read_time(line.words[1]);
        line.at = 2;
    }
    if (line.count > line.at)
        act(&line);
}

/* At the end nothing may be left that no line has looked at. */
static void no_more(void)
{
    const struct line end = {.text = "(the end)"};

    if (stage.taken < stage.sent_count)
        fail(&end, "the host has sent what no line expects");
}

static bool play(const char *path)
{
    char text[300];
    FILE *file = fopen(path, "r");

    if (!file) {
        perror(path);
        return false;
    }
    script_name = path;
    line_number = 0;
    failed = false;
    stage_open(&stage);
    while (!failed && fgets(text, sizeof text, file)) {
        if (++line_number == 1)
            snprintf(title, sizeof title, "%.*s", (int)strcspn(text, "\n"), text + (*text == '#'));
        one_line(text);
    }
    fclose(file);
    no_more();
    stage_close(&stage);
    return !failed && line_number > 1;
}

int main(int argc, char **argv)
{
    int bad = 0;

    for (int i = 1; i < argc; i++)
        bad += !play(argv[i]);
    printf("packet scripts: %d of %d hold\n", argc - 1 - bad, argc - 1);
    return bad != 0 || argc < 2;
}
