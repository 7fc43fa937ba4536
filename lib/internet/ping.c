/* SPDX-License-Identifier: MIT */
/*
 * Ping: are you there, and how long is the way?  (RFC 792; RFC 4443 section 4)
 *
 * Questions go out at their times from netl_ping() itself; answers come in through
 * the loop, so that other handlers of the program go on meanwhile. Of every
 * question we keep when it was sent and what became of it.
 *
 * Always true:
 *   - a question has exactly one fate: answered, refused, unsent or silent;
 *   - the oldest PING_WINDOW questions are remembered, no more: an older one is given up;
 *   - the timer is set whenever a question waits, for the oldest one's deadline.
 */
#include "base/fail.h"
#include "echo_socket.h"
#include "statistics.h"
#include "trace/event.h"
#include <stdlib.h>
#include <string.h>

#define PING_WINDOW 1024 /* questions that are remembered; a power of two */

enum fate { FATE_NONE = 0, FATE_WAITING, FATE_ANSWERED, FATE_REFUSED, FATE_SILENT };

struct question {
    int64_t sent_ns;
    enum fate fate;
};

struct ping {
    /* What was asked for. */
    struct netl_host *host;
    struct netl_ping_options options;
    bool (*happened)(const struct netl_ping_reply *reply, void *context);
    void *context;

    /* Where we are. */
    struct echo_socket echo;
    struct netl_timer timer;
    struct question questions[PING_WINDOW]; /* by number modulo the window */
    uint32_t last;                          /* number of the last question; 0 before the first */
    uint32_t oldest;                        /* number of the oldest one that may still wait */
    uint32_t waiting;                       /* how many wait */
    bool all_sent;
    bool stopped; /* the callback said so */

    /* What was found. */
    struct netl_ping_result result;
    struct statistics rtt;
};

static struct question *question_of(struct ping *ping, uint32_t number)
{
    return &ping->questions[number % PING_WINDOW];
}

static int64_t timeout_ns(const struct ping *ping)
{
    return (int64_t)ping->options.timeout_ms * 1000000;
}

static void ping_tell(struct ping *ping, const struct netl_ping_reply *reply)
{
    if (ping->happened && !ping->stopped && !ping->happened(reply, ping->context))
        ping->stopped = true;
}

/* ── silence ────────────────────────────────────────────────────────────────────────────── */

static void ping_give_up(struct ping *ping, uint32_t number)
{
    struct netl_ping_reply reply = {.event = NETL_PING_SILENT, .sequence = number, .reason = ""};
    struct question *question = question_of(ping, number);
    if (question->fate != FATE_WAITING)
        return;
    question->fate = FATE_SILENT;
    ping->waiting--;
    netl_event(ping->host, PING_LOST, NULL, NETL_NUMBER("seq", number));
    ping_tell(ping, &reply);
}

/* Gives up what is overdue, and sets the timer for what is next. */
static void ping_watch_deadline(struct ping *ping)
{
    int64_t now = netl_clock_now(&ping->host->clock);
    while (ping->oldest <= ping->last) {
        struct question *question = question_of(ping, ping->oldest);
        if (question->fate == FATE_WAITING && question->sent_ns + timeout_ns(ping) > now)
            break;
        ping_give_up(ping, ping->oldest);
        ping->oldest++;
    }
    if (ping->oldest > ping->last) {
        netl_timer_cancel(ping->host->loop, &ping->timer);
        return;
    }
    int64_t due = question_of(ping, ping->oldest)->sent_ns + timeout_ns(ping);
    int result = netl_timer_set(ping->host->loop, &ping->timer, due);
    if (result < 0)
        ping->echo.error = result;
}

static void ping_timer(struct netl_timer *timer)
{
    ping_watch_deadline(timer->owner);
}

/* ── answers ────────────────────────────────────────────────────────────────────────────── */

/* The number behind a 16-bit sequence number: the newest question that has it. 0 for none. */
static uint32_t ping_number(const struct ping *ping, uint16_t sequence)
{
    uint32_t back = (uint16_t)(ping->last - sequence);
    return back < ping->last && back < PING_WINDOW ? ping->last - back : 0;
}

static void ping_answered(struct ping *ping, struct question *question,
                          const struct echo_answer *answer, struct netl_ping_reply *reply)
{
    int64_t rtt_us = (answer->time_ns - question->sent_ns) / 1000;
    reply->rtt_us = rtt_us < 0 ? 0 : rtt_us > UINT32_MAX ? UINT32_MAX : (uint32_t)rtt_us;
    if (question->fate == FATE_WAITING) {
        reply->event = NETL_PING_ANSWERED;
        question->fate = FATE_ANSWERED;
        ping->waiting--;
        ping->result.received++;
        netl_statistics_add(&ping->rtt, reply->rtt_us);
    } else if (question->fate == FATE_ANSWERED) {
        reply->event = NETL_PING_DUPLICATE;
        ping->result.duplicates++;
    } else {
        reply->event = NETL_PING_LATE;
        ping->result.late++;
    }
    netl_event(ping->host, PING_REPLY, NULL, NETL_ADDRESS("from", &reply->from),
               NETL_NUMBER("seq", reply->sequence), NETL_NUMBER("ttl", reply->hop_limit),
               NETL_MICROS("rtt", reply->rtt_us));
}

static void ping_refused(struct ping *ping, struct question *question,
                         const struct echo_answer *answer, struct netl_ping_reply *reply)
{
    reply->event = NETL_PING_REFUSED;
    reply->icmp_type = answer->type;
    reply->icmp_code = answer->code;
    reply->mtu = answer->mtu;
    reply->reason =
        netl_echo_error_text(ping->echo.identity.target.family, answer->type, answer->code);
    ping->result.refused++;
    if (question->fate == FATE_WAITING) {
        question->fate = FATE_REFUSED;
        ping->waiting--;
    }
    netl_event(ping->host, PING_REFUSED, NULL, NETL_ADDRESS("from", &reply->from),
               NETL_NUMBER("seq", reply->sequence), NETL_TEXT("what", reply->reason));
}

static void ping_on_answer(void *context, const struct echo_answer *answer)
{
    struct ping *ping = context;
    struct netl_ping_reply reply = {.from = answer->from,
                                    .length = answer->length,
                                    .hop_limit = answer->hop_limit,
                                    .reason = ""};
    uint32_t number = ping_number(ping, answer->sequence);
    struct question *question = question_of(ping, number);
    if (number == 0 || question->fate == FATE_NONE)
        return;
    reply.sequence = number;
    if (answer->kind == ECHO_ERROR)
        ping_refused(ping, question, answer, &reply);
    else if (answer->length == ECHO_HEADER + ping->options.size)
        ping_answered(ping, question, answer, &reply);
    else
        return; /* not as long as our question was */
    ping_tell(ping, &reply);
}

/* ── questions ──────────────────────────────────────────────────────────────────────────── */

static void ping_unsent(struct ping *ping, uint32_t number)
{
    struct netl_ping_reply reply = {.event = NETL_PING_UNSENT, .sequence = number, .reason = ""};
    netl_event(ping->host, PING_UNSENT, NULL, NETL_NUMBER("seq", number),
               NETL_TEXT("reason", netl_error_text()));
    ping_tell(ping, &reply);
}

/* Sends the next question; an error only when the very first one cannot be sent. */
static int ping_ask(struct ping *ping)
{
    struct netl_raw_options header = {.hop_limit = ping->options.hop_limit,
                                      .dont_fragment = ping->options.dont_fragment};
    uint32_t number = ping->last + 1;
    if (number > PING_WINDOW)
        ping_give_up(ping, number - PING_WINDOW);
    if (ping->oldest + PING_WINDOW <= number)
        ping->oldest = number - PING_WINDOW + 1;
    struct question *question = question_of(ping, number);
    ping->last = number;
    ping->result.sent++;
    question->fate = FATE_WAITING;
    ping->waiting++;
    netl_event(
        ping->host, PING_SENT, NULL, NETL_ADDRESS("to", &ping->echo.identity.target),
        NETL_NUMBER("seq", number),
        NETL_NUMBER("ttl", header.hop_limit ? header.hop_limit : ping->echo.default_hop_limit),
        NETL_NUMBER("len", ECHO_HEADER + ping->options.size));
    question->sent_ns = netl_clock_now(&ping->host->clock);
    long sent = netl_echo_socket_send(&ping->echo, (uint16_t)number, ping->options.size, &header);
    if (sent < 0) {
        question->fate = FATE_NONE;
        ping->waiting--;
        if (number == 1)
            return (int)sent;
        ping_unsent(ping, number);
        return 0;
    }
    ping_watch_deadline(ping);
    return 0;
}

static int ping_done(void *context)
{
    const struct ping *ping = context;
    return ping->stopped || ping->echo.error || (ping->all_sent && ping->waiting == 0);
}

/* Asks at each interval, then waits until every question has its fate. */
static int ping_run(struct ping *ping)
{
    int64_t interval_ns = (int64_t)ping->options.interval_ms * 1000000;
    int64_t next_ns = netl_clock_now(&ping->host->clock);
    while (!ping->all_sent && !ping->stopped && !ping->echo.error) {
        int result = ping_ask(ping);
        if (result < 0)
            return result;
        ping->all_sent = !ping->options.endless && ping->last >= ping->options.count;
        next_ns += interval_ns;
        result = netl_host_wait(ping->host, NETL_INTERNET, ping_done, ping,
                                ping->all_sent ? CLOCK_NEVER_NS : next_ns);
        if (result < 0 && result != NETL_ERROR_TIMEOUT)
            return result;
    }
    return ping->echo.error;
}

static int ping_prepare(struct ping *ping, const struct netl_ping_options *options)
{
    if (options)
        ping->options = *options;
    struct netl_ping_options *wanted = &ping->options;
    if (wanted->size > ECHO_SIZE_MAX)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, "give a size of 0 to 65000 bytes",
                         "ping with %lu bytes", (unsigned long)wanted->size);
    wanted->count = wanted->count ? wanted->count : 4;
    wanted->interval_ms = wanted->interval_ms ? wanted->interval_ms : 1000;
    wanted->timeout_ms = wanted->timeout_ms ? wanted->timeout_ms : 1000;
    wanted->size = wanted->size ? wanted->size : 56;
    ping->oldest = 1;
    ping->timer.owner = ping;
    ping->timer.fire = ping_timer;
    ping->echo.context = ping;
    ping->echo.answered = ping_on_answer;
    return 0;
}

static void ping_sum_up(struct ping *ping, int64_t began_ns)
{
    struct netl_ping_result *result = &ping->result;
    result->rtt_min_us = ping->rtt.min;
    result->rtt_average_us = netl_statistics_mean(&ping->rtt);
    result->rtt_max_us = ping->rtt.max;
    result->rtt_deviation_us = netl_statistics_deviation(&ping->rtt);
    result->elapsed_ns = netl_clock_now(&ping->host->clock) - began_ns;
}

static int ping_start(struct ping *ping, const char *name)
{
    if (netl_loop_turning(ping->host->loop))
        return netl_fail(NETL_INTERNET, NETL_ERROR_IN_HANDLER, "ping from outside of handlers",
                         "ping");
    int result = netl_echo_socket_open(&ping->echo, ping->host, name, ping->options.family);
    if (result < 0)
        return result;
    struct netl_ping_reply start = {.event = NETL_PING_STARTS,
                                    .from = ping->echo.identity.target,
                                    .length = ECHO_HEADER + ping->options.size,
                                    .reason = ""};
    int64_t began_ns = netl_clock_now(&ping->host->clock);
    ping->result.target = start.from;
    ping_tell(ping, &start);
    result = ping_run(ping);
    netl_timer_cancel(ping->host->loop, &ping->timer);
    netl_echo_socket_close(&ping->echo);
    ping_sum_up(ping, began_ns);
    return result;
}

long netl_ping(struct netl_host *host, const char *name, const struct netl_ping_options *options,
               bool (*happened)(const struct netl_ping_reply *reply, void *context), void *context,
               struct netl_ping_result *result)
{
    if (result)
        memset(result, 0, sizeof *result);
    if (!host || !name)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, "give a host and a name", "ping");
    struct ping *ping = calloc(1, sizeof *ping);
    if (!ping)
        return netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "ping");
    ping->host = host;
    ping->happened = happened;
    ping->context = context;
    long outcome = ping_prepare(ping, options);
    if (outcome == 0)
        outcome = ping_start(ping, name);
    if (outcome == 0)
        outcome = (long)ping->result.received;
    if (result)
        *result = ping->result;
    free(ping);
    return outcome;
}
