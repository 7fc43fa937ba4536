/* SPDX-License-Identifier: MIT */
/*
 * One question on its way: over UDP to one server after the other, again when time is up, over
 * TCP when the answer did not fit.
 *
 * Each try has a new random id and a new port, which the system or our own UDP picks at random; the
 * port is connected, so that no other host's datagrams come in (RFC 5452 section 9).
 *
 * Always true:
 *   - a question ends: after `attempts` rounds through all servers, whatever these send;
 *   - of a TCP answer no more than one message is kept.
 */
#include "base/fail.h"
#include "base/text.h"
#include "dns_internal.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_BYTES (2 + DNS_MESSAGE)

static void try_next(struct dns_question *question, int error, const char *reason);
static void ask_tcp(struct dns_question *question);

static const struct netl_endpoint *server_of(const struct dns_question *question)
{
    return &question->dns->settings.servers[question->server];
}

/* Ends the try that is under way. */
static void hang_up(struct dns_question *question)
{
    netl_timer_cancel(question->dns->host->loop, &question->timer);
    netl_udp_close(question->udp);
    netl_tcp_close(question->tcp);
    question->udp = NULL;
    question->tcp = NULL;
    free(question->stream);
    question->stream = NULL;
    question->stream_length = 0;
}

void netl_dns_question_free(struct dns_question *question)
{
    hang_up(question);
    netl_dns_pack_clear(&question->result.pack);
    free(question);
}

static void unlink_question(struct dns_question *question)
{
    struct dns_question **link = &question->dns->questions;

    while (*link != question)
        link = &(*link)->next;
    *link = question->next;
    question->dns->question_count--;
}

/* The result stands: tells all who wait for it. The question is gone afterwards. */
static void finish(struct dns_question *question)
{
    struct netl_dns *dns = question->dns;
    struct dns_result *result = &question->result;
    struct netl_dns_query *query = question->waiting;

    hang_up(question);
    unlink_question(question);
    while (query) {
        struct netl_dns_query *next = query->next_waiting;
        query->question = NULL;
        query->next_waiting = NULL;
        netl_dns_query_take(query, result);
        query = next;
    }
    if (result->outcome != DNS_FAILED)
        netl_dns_cache_add(&dns->cache, dns->host, &question->asked, result);
    netl_dns_question_free(question);
}

/* ── sending ──────────────────────────────────────────────────────────────────────────────── */

/* Writes the query; its length. `bytes` has room for DNS_QUERY_BYTES. */
#define DNS_QUERY_BYTES 512

static size_t write_query(const struct dns_question *question, uint8_t *bytes)
{
    static const struct netl_dns_name root = {.length = 1};
    struct netl_dns_header header = {
        .id = question->id, .recursion_desired = true, .question_count = 1};
    struct netl_dns_writer writer;

    header.additional_count = question->edns;
    netl_dns_write_begin(&writer, &header, bytes, DNS_QUERY_BYTES);
    netl_dns_write_question(&writer, &question->asked);
    if (question->edns)
        netl_dns_write_record(&writer, &root, NETL_DNS_OPT, DNS_UDP_ROOM, 0, NULL, 0);
    return writer.length;
}

/* A number that nobody can guess, and in a lab the same in every run (RFC 5452 section 9.2). */
static int choose_id(struct dns_question *question)
{
    struct netl_dns *dns = question->dns;

    if (dns->host->clock.is_virtual) {
        question->id = (uint16_t)netl_random_next(&dns->host->random);
        return 0;
    }
    int error = netl_random_seed_system(&dns->random);
    question->id = (uint16_t)netl_random_next(&dns->random);
    return error;
}

static int set_timer(struct dns_question *question)
{
    struct netl_host *host = question->dns->host;
    int64_t wait_ms = (int64_t)question->dns->settings.timeout_ms << question->round;

    return netl_timer_set(host->loop, &question->timer, netl_host_until(host, wait_ms));
}

static void tell_query(const struct dns_question *question, const char *over, uint16_t port)
{
    char name[NETL_DNS_NAME_TEXT];
    char type[NETL_DNS_TYPE_TEXT];

    if (question->dns->host->tracing)
        netl_event(question->dns->host, DNS_QUERY_TX, NULL, NETL_HEX("id", question->id),
                   NETL_TEXT("name", netl_dns_name_format(&question->asked.name, name)),
                   NETL_TEXT("type", netl_dns_type_format(question->asked.type, type)),
                   NETL_ENDPOINT("server", server_of(question)), NETL_TEXT("over", over),
                   NETL_NUMBER("sport", port));
}

static void udp_received(struct netl_udp *udp, void *context);

/* Sends the question to the server whose turn it is. 0, or a negative enum netl_error. */
static int ask_udp(struct dns_question *question)
{
    struct netl_host *host = question->dns->host;
    char address[NETL_ADDRESS_TEXT];
    struct netl_endpoint local = {0};
    uint8_t bytes[DNS_QUERY_BYTES];

    hang_up(question);
    question->wrong = 0;
    int error = choose_id(question);
    if (error < 0)
        return error;
    question->udp =
        netl_udp_connect(host, netl_address_format(&server_of(question)->address, address),
                         server_of(question)->port);
    if (!question->udp)
        return netl_fail_code();
    netl_udp_local(question->udp, &local);
    error = netl_udp_handle(question->udp, udp_received, question);
    if (error == 0)
        error = set_timer(question);
    if (error < 0)
        return error;
    tell_query(question, "udp", local.port);
    long n = netl_udp_send(question->udp, NULL, bytes, write_query(question, bytes));
    return n < 0 ? (int)n : 0;
}

/* This server is of no use now: the next one, and round again, up to the end. */
static void try_next(struct dns_question *question, int error, const char *reason)
{
    const struct dns_settings *settings = &question->dns->settings;

    do {
        question->result.error = error;
        question->result.reason = reason;
        question->result.server = *server_of(question);
        if (++question->server >= settings->server_count) {
            question->server = 0;
            question->round++;
        }
        if (question->round >= settings->attempts) {
            question->result.outcome = DNS_FAILED;
            finish(question);
            return;
        }
        netl_event(question->dns->host, DNS_RETRY, NULL, NETL_HEX("id", question->id),
                   NETL_TEXT("reason", reason), NETL_ENDPOINT("server", server_of(question)));
        error = ask_udp(question);
        reason = "it cannot be reached";
    } while (error < 0);
}

static void time_is_up(struct netl_timer *timer)
{
    try_next(timer->owner, NETL_ERROR_TIMEOUT, "no answer came in time");
}

/* ── receiving ────────────────────────────────────────────────────────────────────────────── */

static void refuse(const struct dns_question *question, const struct netl_dns_header *header,
                   const char *reason)
{
    netl_event(question->dns->host, DNS_REFUSED, NULL, NETL_HEX("id", header->id),
               NETL_HEX("wanted", question->id), NETL_TEXT("reason", reason),
               NETL_ENDPOINT("server", server_of(question)));
}

static void tell_answer(const struct dns_question *question, const struct netl_dns_header *header,
                        size_t length)
{
    if (question->dns->host->tracing)
        netl_event(question->dns->host, DNS_ANSWER_RX, NULL, NETL_HEX("id", header->id),
                   NETL_TEXT("rcode", netl_dns_rcode_name(header->rcode)),
                   NETL_NUMBER("aa", header->authoritative), NETL_NUMBER("tc", header->truncated),
                   NETL_NUMBER("ra", header->recursion_available),
                   NETL_NUMBER("answers", header->answer_count), NETL_NUMBER("len", length));
}

/* What the code of a failure means for us. */
static const char *words_of(unsigned rcode)
{
    switch (rcode) {
    case NETL_DNS_FORMERR: return "it could not read the question";
    case NETL_DNS_SERVFAIL: return "it failed";
    case NETL_DNS_NOTIMP: return "it does not do that";
    case NETL_DNS_REFUSED: return "it refused to answer";
    default: return "it gave a code of failure";
    }
}

/* The message is the answer to our question. */
static void use(struct dns_question *question, const struct netl_dns_header *header,
                const uint8_t *bytes, size_t length)
{
    struct dns_result *result = &question->result;

    if ((header->rcode == NETL_DNS_FORMERR || header->rcode == NETL_DNS_NOTIMP) && question->edns) {
        /* RFC 6891 section 6.2.2: perhaps it does not know EDNS. */
        question->edns = false;
        netl_event(question->dns->host, DNS_PLAIN, NULL,
                   NETL_TEXT("rcode", netl_dns_rcode_name(header->rcode)));
        int error = ask_udp(question);
        if (error < 0)
            try_next(question, error, "it cannot be reached");
        return;
    }
    if (header->rcode != NETL_DNS_NOERROR && header->rcode != NETL_DNS_NXDOMAIN) {
        try_next(question, NETL_ERROR_NAME, words_of(header->rcode));
        return;
    }
    result->over_tcp = question->tcp != NULL;
    result->server = *server_of(question);
    const char *wrong = netl_dns_response_read(bytes, length, &question->asked, result);
    if (wrong) {
        refuse(question, header, wrong);
        netl_dns_pack_clear(&result->pack);
        try_next(question, NETL_ERROR_PROTOCOL, wrong);
        return;
    }
    finish(question);
}

/* One message over UDP; true while we still listen at this port. */
static bool take_datagram(struct dns_question *question, const uint8_t *bytes, size_t length)
{
    struct netl_dns_header header;
    const char *wrong =
        netl_dns_response_mismatch(bytes, length, question->id, &question->asked, &header);

    if (wrong) {
        refuse(question, &header, wrong);
        if (++question->wrong < DNS_WRONG)
            return true;
        /* RFC 5452 section 9.3: somebody guesses; over TCP that is of no use. */
        netl_event(question->dns->host, DNS_SPOOFED, NULL, NETL_NUMBER("wrong", question->wrong));
        ask_tcp(question);
        return false;
    }
    tell_answer(question, &header, length);
    if (header.truncated) {
        netl_event(question->dns->host, DNS_TRUNCATED, NULL, NETL_HEX("id", header.id),
                   NETL_NUMBER("len", length));
        ask_tcp(question);
        return false;
    }
    use(question, &header, bytes, length);
    return false;
}

static void udp_received(struct netl_udp *udp, void *context)
{
    struct dns_question *question = context;
    uint8_t bytes[4096];

    for (;;) {
        long n = netl_udp_read(udp, bytes, sizeof bytes, NULL);
        if (n == NETL_ERROR_AGAIN)
            return;
        if (n == NETL_ERROR_TOO_LARGE)
            continue; /* we said how much we take */
        if (n < 0) {
            try_next(question, (int)n,
                     n == NETL_ERROR_REFUSED ? "nobody is at that port" : "it cannot be reached");
            return;
        }
        if (!take_datagram(question, bytes, (size_t)n))
            return;
    }
}

/* ── TCP ──────────────────────────────────────────────────────────────────────────────────── */

static void tcp_connected(struct netl_tcp *conn, void *context)
{
    struct dns_question *question = context;
    struct netl_endpoint local = {0};
    uint8_t bytes[2 + DNS_QUERY_BYTES];
    size_t length = write_query(question, bytes + 2);

    bytes[0] = (uint8_t)(length >> 8); /* RFC 7766 section 8 */
    bytes[1] = (uint8_t)length;
    netl_tcp_local(conn, &local);
    tell_query(question, "tcp", local.port);
    if (netl_tcp_write(conn, bytes, length + 2) != (long)(length + 2))
        try_next(question, NETL_ERROR_CLOSED, "its TCP connection broke");
}

static void tcp_closed(struct netl_tcp *conn, int error, void *context)
{
    (void)conn;
    try_next(context, error,
             error == NETL_ERROR_REFUSED ? "it takes no TCP" : "its TCP connection broke");
}

static void take_message(struct dns_question *question, size_t length)
{
    struct netl_dns_header header;
    const uint8_t *bytes = question->stream + 2;
    const char *wrong =
        netl_dns_response_mismatch(bytes, length, question->id, &question->asked, &header);

    if (wrong) {
        refuse(question, &header, wrong);
        try_next(question, NETL_ERROR_PROTOCOL, wrong);
        return;
    }
    tell_answer(question, &header, length);
    use(question, &header, bytes, length);
}

static void tcp_received(struct netl_tcp *conn, void *context)
{
    struct dns_question *question = context;

    while (question->stream_length < STREAM_BYTES) {
        long n = netl_tcp_read(conn, question->stream + question->stream_length,
                               STREAM_BYTES - question->stream_length);
        if (n == NETL_ERROR_AGAIN)
            return;
        if (n <= 0) {
            try_next(question, n < 0 ? (int)n : NETL_ERROR_CLOSED,
                     "its TCP connection ended before the answer did");
            return;
        }
        question->stream_length += (size_t)n;
        if (question->stream_length < 2)
            continue;
        size_t length = (size_t)question->stream[0] << 8 | question->stream[1];
        if (question->stream_length >= length + 2) {
            take_message(question, length);
            return;
        }
    }
}

static void ask_tcp(struct dns_question *question)
{
    static const struct netl_tcp_handlers handlers = {
        .connected = tcp_connected, .received = tcp_received, .closed = tcp_closed};
    struct netl_host *host = question->dns->host;
    int error;

    hang_up(question);
    error = choose_id(question);
    if (error == 0 && !(question->stream = malloc(STREAM_BYTES)))
        error = NETL_ERROR_MEMORY;
    if (error == 0)
        error = set_timer(question);
    if (error == 0 &&
        !(question->tcp = netl_tcp_open(host, server_of(question), &handlers, question)))
        error = netl_fail_code();
    if (error < 0)
        try_next(question, error, "it cannot be reached over TCP");
}

/* ── who waits ────────────────────────────────────────────────────────────────────────────── */

static struct dns_question *find(const struct netl_dns *dns, const struct netl_dns_question *asked)
{
    struct dns_question *question = dns->questions;

    while (question && (question->asked.type != asked->type ||
                        !netl_dns_name_equal(&question->asked.name, &asked->name)))
        question = question->next;
    return question;
}

static struct dns_question *new_question(struct netl_dns *dns,
                                         const struct netl_dns_question *asked)
{
    struct dns_question *question = NULL;

    if (dns->question_count < DNS_QUESTIONS)
        question = calloc(1, sizeof *question);
    if (!question)
        return NULL;
    question->dns = dns;
    question->asked = *asked;
    question->edns = true;
    question->timer.fire = time_is_up;
    question->timer.owner = question;
    question->next = dns->questions;
    dns->questions = question;
    dns->question_count++;
    return question;
}

int netl_dns_question_join(struct netl_dns *dns, struct netl_dns_query *query)
{
    struct dns_question *question = find(dns, &query->current);
    bool fresh = !question;

    netl_dns_tell(dns);
    if (fresh)
        question = new_question(dns, &query->current);
    if (!question)
        return NETL_ERROR_LIMIT;
    query->question = question;
    query->next_waiting = question->waiting;
    question->waiting = query;
    if (!fresh) {
        char name[NETL_DNS_NAME_TEXT];
        netl_event(dns->host, DNS_JOINED, NULL, NETL_HEX("id", question->id),
                   NETL_TEXT("name", netl_dns_name_format(&query->current.name, name)));
        return 0;
    }
    int error = ask_udp(question);
    if (error < 0)
        try_next(question, error, "it cannot be reached");
    return 0;
}

void netl_dns_question_leave(struct netl_dns_query *query)
{
    struct dns_question *question = query->question;

    if (!question)
        return;
    struct netl_dns_query **link = &question->waiting;
    while (*link != query)
        link = &(*link)->next_waiting;
    *link = query->next_waiting;
    query->question = NULL;
    if (question->waiting)
        return;
    unlink_question(question);
    netl_dns_question_free(question);
}
