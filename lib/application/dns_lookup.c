/* SPDX-License-Identifier: MIT */
/*
 * What a caller asks, up to the answer: which names a short name may mean, what this machine knows
 * itself, what the cache still knows, where aliases lead.
 *
 * Always true: at most DNS_CHAIN aliases are followed and each suffix is tried once, so that every
 * query ends.
 */
#include "base/fail.h"
#include "base/text.h"
#include "dns_internal.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

struct netl_dns_answer {
    struct netl_dns_way way;
    struct dns_pack pack; /* holds the data */
    size_t count;
    struct netl_dns_record *records;
    char *names; /* the owners' texts, one behind the other */
};

/* ── the answer ───────────────────────────────────────────────────────────────────────────── */

/* Fills in the records from the pack. False when memory is short. */
static bool unpack(struct netl_dns_answer *answer)
{
    struct dns_view view;
    char name[NETL_DNS_NAME_TEXT];
    size_t at = 0, used = 0, size = 0;

    while (netl_dns_pack_next(&answer->pack, &at, &view))
        size += strlen(netl_dns_name_format(&view.name, name)) + 1;
    answer->records = calloc(answer->pack.count, sizeof *answer->records);
    answer->names = malloc(size + 1);
    if (!answer->records || !answer->names)
        return false;
    for (at = 0; netl_dns_pack_next(&answer->pack, &at, &view);) {
        size_t length = strlen(netl_dns_name_format(&view.name, name)) + 1;
        memcpy(answer->names + used, name, length);
        answer->records[answer->count++] = (struct netl_dns_record){
            answer->names + used, view.type, view.ttl, view.data, view.length};
        used += length;
    }
    return true;
}

/* Takes the query's pack over; NULL when memory is short. */
static struct netl_dns_answer *make_answer(struct netl_dns_query *query)
{
    struct netl_dns_answer *answer = calloc(1, sizeof *answer);

    if (!answer)
        return NULL;
    answer->way = query->way;
    answer->way.time_us =
        (uint32_t)((netl_clock_now(&query->dns->host->clock) - query->began_ns) / 1000);
    answer->pack = query->pack;
    memset(&query->pack, 0, sizeof query->pack);
    if (unpack(answer))
        return answer;
    netl_dns_answer_free(answer);
    return NULL;
}

size_t netl_dns_answer_count(const struct netl_dns_answer *answer)
{
    return answer->count;
}

const struct netl_dns_record *netl_dns_answer_record(const struct netl_dns_answer *answer,
                                                     size_t index)
{
    return index < answer->count ? &answer->records[index] : NULL;
}

const struct netl_dns_way *netl_dns_answer_way(const struct netl_dns_answer *answer)
{
    return &answer->way;
}

void netl_dns_answer_free(struct netl_dns_answer *answer)
{
    if (!answer)
        return;
    netl_dns_pack_clear(&answer->pack);
    free(answer->records);
    free(answer->names);
    free(answer);
}

/* ── the end of a query ───────────────────────────────────────────────────────────────────── */

static void free_query(struct netl_dns_query *query)
{
    struct netl_dns_query **link = &query->dns->queries;

    netl_timer_cancel(query->dns->host->loop, &query->timer);
    netl_dns_question_leave(query);
    while (*link && *link != query)
        link = &(*link)->next;
    if (*link)
        *link = query->next;
    netl_dns_pack_clear(&query->pack);
    free(query);
}

void netl_dns_cancel(struct netl_dns_query *query)
{
    if (query)
        free_query(query);
}

static const char *advice_of(int error)
{
    switch (error) {
    case NETL_ERROR_SPEC: return "give dns=ADDRESS, such as dns=10.0.0.53";
    case NETL_ERROR_NAME: return "check the spelling, or ask another server";
    default: return "check the server's address and that it runs, or ask another server";
    }
}

/* The sentence of a query without an answer. */
static int explain(const struct netl_dns_query *query)
{
    char name[NETL_DNS_NAME_TEXT], type[NETL_DNS_TYPE_TEXT], server[NETL_ENDPOINT_TEXT];
    bool asked = query->server.address.family != 0;

    return netl_fail_because(NETL_APPLICATION, (enum netl_error)query->error, query->reason,
                             advice_of(query->error), "look up %s %s%s%s",
                             netl_dns_type_format(query->current.type, type),
                             netl_dns_name_format(&query->current.name, name), asked ? " at " : "",
                             asked ? netl_endpoint_format(&query->server, server) : "");
}

static void tell_records(const struct netl_dns_query *query)
{
    struct dns_view view;
    char name[NETL_DNS_NAME_TEXT], type[NETL_DNS_TYPE_TEXT], data[512];

    if (!query->dns->host->tracing)
        return;
    for (size_t at = 0; netl_dns_pack_next(&query->pack, &at, &view);) {
        netl_dns_data_format(view.type, view.data, view.length, data, sizeof data);
        netl_event(query->dns->host, DNS_RECORD, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&view.name, name)),
                   NETL_TEXT("type", netl_dns_type_format(view.type, type)),
                   NETL_NUMBER("ttl", view.ttl), NETL_TEXT("data", data));
    }
}

/* It is decided: the timer, which is due at once, calls the handler. */
static void complete(struct netl_dns_query *query, int error, const char *reason)
{
    struct netl_host *host = query->dns->host;
    char name[NETL_DNS_NAME_TEXT];

    query->error = error;
    query->reason = reason;
    if (error == 0)
        tell_records(query);
    else
        netl_event(host, DNS_FAILED, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&query->current.name, name)),
                   NETL_TEXT("reason", reason));
    netl_timer_set(host->loop, &query->timer, netl_clock_now(&host->clock)); /* has its place */
}

static void hand_over(struct netl_timer *timer)
{
    struct netl_dns_query *query = timer->owner;
    void (*answered)(struct netl_dns_answer *, int, void *) = query->answered;
    void *context = query->context;
    struct netl_dns_answer *answer = NULL;
    int error = query->error;

    if (error == 0 && !(answer = make_answer(query)))
        error = netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "look up a name");
    else if (error)
        error = explain(query);
    free_query(query);
    answered(answer, error, context);
}

/* ── which name next ──────────────────────────────────────────────────────────────────────── */

/* name + suffix; false when it is too long. */
static bool join_names(const struct netl_dns_name *name, const struct netl_dns_name *suffix,
                       struct netl_dns_name *out)
{
    size_t length = (size_t)name->length - 1 + suffix->length;

    if (length > NETL_DNS_NAME)
        return false;
    memcpy(out->bytes, name->bytes, name->length - 1u);
    memcpy(out->bytes + name->length - 1, suffix->bytes, suffix->length);
    out->length = (uint8_t)length;
    return true;
}

/* The name's next meaning into query->current; false when there is none left. */
static bool next_candidate(struct netl_dns_query *query)
{
    const struct dns_settings *settings = &query->dns->settings;
    size_t suffixes = query->absolute ? 0 : settings->search_count;
    bool first = query->absolute || query->dots >= settings->ndots; /* as it is, or at the end */
    char name[NETL_DNS_NAME_TEXT];

    while (query->candidate <= suffixes) {
        size_t place = query->candidate++;
        bool as_it_is = first ? place == 0 : place == suffixes;
        if (as_it_is) {
            query->current.name = query->wanted;
            return true;
        }
        if (!join_names(&query->wanted, &settings->search[place - first], &query->current.name))
            continue;
        netl_event(query->dns->host, DNS_SEARCH_TRY, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&query->current.name, name)));
        return true;
    }
    return false;
}

/* ── what is known here ───────────────────────────────────────────────────────────────────── */

/* RFC 6761 section 6.3: localhost, and what is below it, is this host. */
static size_t find_localhost(const struct netl_dns_question *asked, struct dns_pack *pack)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1};
    static const uint8_t loopback6[16] = {[15] = 1};
    struct netl_dns_name local;

    if (!netl_dns_name_from_text(&local, "localhost") ||
        !netl_dns_name_within(&asked->name, &local))
        return 0;
    if (asked->type == NETL_DNS_A)
        return netl_dns_pack_add(pack, &asked->name, NETL_DNS_A, 0, loopback4, 4);
    if (asked->type == NETL_DNS_AAAA)
        return netl_dns_pack_add(pack, &asked->name, NETL_DNS_AAAA, 0, loopback6, 16);
    return 0;
}

/* The caller gave an address instead of a name. */
static void use_literal(struct netl_dns_query *query)
{
    const struct netl_address *literal = &query->literal;
    bool fits = literal->family == (query->current.type == NETL_DNS_A ? NETL_IPV4 : NETL_IPV6);

    query->way.source = NETL_DNS_FROM_HOSTS;
    if (!fits)
        complete(query, NETL_ERROR_NAME, "that is an address of the other version of IP");
    else if (!netl_dns_pack_add(&query->pack, &query->current.name, query->current.type, 0,
                                literal->bytes, literal->family == NETL_IPV4 ? 4 : 16))
        complete(query, NETL_ERROR_MEMORY, "memory is short");
    else
        complete(query, 0, NULL);
}

static bool know_it(struct netl_dns_query *query)
{
    struct netl_dns *dns = query->dns;
    char name[NETL_DNS_NAME_TEXT];
    size_t found = find_localhost(&query->current, &query->pack);

    if (found == 0 && dns->hosts)
        found = netl_dns_hosts_find(dns->hosts, dns->hosts_length, &query->current.name,
                                    query->current.type, &query->pack);
    if (found == 0)
        return false;
    query->way.source = NETL_DNS_FROM_HOSTS;
    netl_event(dns->host, DNS_HOSTS, NULL,
               NETL_TEXT("name", netl_dns_name_format(&query->current.name, name)),
               NETL_NUMBER("found", found));
    return true;
}

/* ── step by step ─────────────────────────────────────────────────────────────────────────── */

/* Uses a result; true when query->current is to be asked for now. */
static bool use(struct netl_dns_query *query, const struct dns_result *result, uint32_t age_s)
{
    char name[NETL_DNS_NAME_TEXT];
    bool first = query->aliases == 0 && result->aliases == 0;

    query->server = result->server;
    query->way.server = result->server;
    query->way.authoritative = result->authoritative;
    query->aliases += result->aliases;
    if (result->outcome == DNS_FAILED) {
        complete(query, result->error, result->reason);
        return false;
    }
    if (result->outcome == DNS_NO_NAME || result->outcome == DNS_NO_DATA) {
        struct netl_dns_question asked = query->current;
        if (first && next_candidate(query))
            return true;
        query->current = asked;
        if (result->aliases)
            query->current.name = result->target;
        complete(query, NETL_ERROR_NAME,
                 result->outcome == DNS_NO_NAME ? "there is no such name"
                                                : "the name has no record of that type");
        return false;
    }
    if (!netl_dns_pack_append(&query->pack, &result->pack, age_s) || query->aliases > DNS_CHAIN) {
        complete(query, NETL_ERROR_LIMIT,
                 query->aliases > DNS_CHAIN ? "its aliases have no end" : "too much comes back");
        return false;
    }
    if (result->aliases)
        netl_event(query->dns->host, DNS_CNAME, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&result->target, name)),
                   NETL_NUMBER("aliases", result->aliases));
    if (result->outcome == DNS_ANSWERED) {
        complete(query, 0, NULL);
        return false;
    }
    query->current.name = result->target;
    return true;
}

/* Goes on until the query is decided or waits for a question. */
static void advance(struct netl_dns_query *query)
{
    struct netl_dns *dns = query->dns;
    char name[NETL_DNS_NAME_TEXT];

    for (;;) {
        if (know_it(query)) {
            complete(query, 0, NULL);
            return;
        }
        const struct dns_entry *entry =
            netl_dns_cache_find(&dns->cache, dns->host, &query->current);
        if (!entry)
            break;
        int64_t age_ns = netl_clock_now(&dns->host->clock) - entry->made_ns;
        netl_event(dns->host, DNS_CACHE_HIT, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&query->current.name, name)),
                   NETL_NUMBER("age", age_ns / 1000000000),
                   NETL_NUMBER("left", (entry->dies_ns - entry->made_ns - age_ns) / 1000000000));
        query->way.source = NETL_DNS_FROM_CACHE;
        if (!use(query, &entry->result, (uint32_t)(age_ns / 1000000000)))
            return;
    }
    query->server = (struct netl_endpoint){0};
    if (dns->settings.server_count == 0)
        complete(query, NETL_ERROR_SPEC, "this host knows no name server");
    else if (netl_dns_question_join(dns, query) < 0)
        complete(query, NETL_ERROR_LIMIT, "too many questions are under way");
}

void netl_dns_query_take(struct netl_dns_query *query, const struct dns_result *result)
{
    query->way.source = result->over_tcp ? NETL_DNS_FROM_TCP : NETL_DNS_FROM_UDP;
    if (use(query, result, 0))
        advance(query);
}

/* ── the calls ────────────────────────────────────────────────────────────────────────────── */

/* What the caller wrote, as a name. 0, or NETL_ERROR_ARGUMENT with a sentence. */
static int read_name(struct netl_dns_query *query, const char *text, uint16_t type)
{
    struct netl_address address;
    char safe[256];
    size_t length = strlen(text);

    if (type == NETL_DNS_PTR && netl_address_parse(&address, text)) {
        query->absolute = true;
        netl_dns_name_of_address(&query->wanted, &address);
        return 0;
    }
    if ((type == NETL_DNS_A || type == NETL_DNS_AAAA) && netl_address_parse(&address, text))
        query->literal = address;
    if (type == 0 || (!query->literal.family && !netl_dns_name_from_text(&query->wanted, text)))
        return netl_fail_because(
            NETL_APPLICATION, NETL_ERROR_ARGUMENT, "that is no name of the DNS",
            "a name has labels of 1 to 63 bytes between dots, 253 in all", "look up %s",
            netl_escape(safe, sizeof safe, text, length < 200 ? length : 200));
    query->absolute = query->literal.family || (length > 0 && text[length - 1] == '.');
    if (query->literal.family)
        netl_dns_name_of_address(&query->wanted, &address);
    for (const uint8_t *at = query->wanted.bytes; *at; at += (size_t)*at + 1)
        query->dots++;
    query->dots -= query->dots > 0;
    return 0;
}

struct netl_dns_query *netl_dns_ask(struct netl_host *host, const char *name, uint16_t type,
                                    void (*answered)(struct netl_dns_answer *answer, int error,
                                                     void *context),
                                    void *context)
{
    struct netl_dns *dns = netl_dns_of(host);
    struct netl_dns_query *query = dns ? calloc(1, sizeof *query) : NULL;

    if (!dns)
        return NULL;
    if (!query) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "look up a name");
        return NULL;
    }
    query->dns = dns;
    query->answered = answered;
    query->context = context;
    query->current.type = type;
    query->current.class_ = NETL_DNS_IN;
    query->timer.fire = hand_over;
    query->timer.owner = query;
    query->began_ns = netl_clock_now(&host->clock);
    if (read_name(query, name, type) < 0 ||
        netl_timer_set(host->loop, &query->timer, CLOCK_NEVER_NS) < 0) {
        free(query);
        return NULL;
    }
    query->next = dns->queries;
    dns->queries = query;
    if (next_candidate(query)) {
        if (query->literal.family)
            use_literal(query);
        else
            advance(query);
    }
    return query;
}

struct waiting {
    struct netl_dns_answer *answer;
    int result; /* 0 while it waits */
};

static void answered(struct netl_dns_answer *answer, int error, void *context)
{
    struct waiting *waiting = context;

    waiting->answer = answer;
    waiting->result = answer ? 1 : error;
}

static int is_answered(void *context)
{
    return ((struct waiting *)context)->result;
}

struct netl_dns_answer *netl_dns_lookup(struct netl_host *host, const char *name, uint16_t type)
{
    struct waiting waiting = {0};

    if (netl_loop_turning(host->loop)) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_IN_HANDLER, "use netl_dns_ask", "netl_dns_lookup");
        return NULL;
    }
    struct netl_dns_query *query = netl_dns_ask(host, name, type, answered, &waiting);
    if (!query)
        return NULL;
    int result =
        netl_host_wait(host, NETL_APPLICATION, is_answered, &waiting,
                       netl_host_until(host, host->timeout_ms ? (int64_t)host->timeout_ms : -1));
    if (waiting.result == 0) {
        query->error = result;
        query->reason = "no answer came in time";
        query->server =
            query->question ? query->dns->settings.servers[query->question->server] : query->server;
        if (result == NETL_ERROR_TIMEOUT)
            explain(query);
        netl_dns_cancel(query);
    }
    return waiting.answer;
}
