/* SPDX-License-Identifier: MIT */
/*
 * Any text as a zone file, and any bytes behind it as a query: what is read can be asked for, and a
 * reply holds its bound and can be read.
 *
 * The text ends at the first 0 byte; the query follows.
 */
#include "application/dns_zone.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[65535];

static void check_reply(const uint8_t *query, size_t length, size_t size, size_t most)
{
    struct netl_dns_header header;
    struct netl_dns_question question;
    struct netl_dns_wire_record record;
    size_t at = NETL_DNS_HEADER;

    if (size > most || (size > 0 && netl_dns_parse(&header, out, size) != NETL_WIRE_OK))
        abort();
    if (size == 0)
        return;
    if (!header.response || memcmp(out, query, 2) != 0 || length < 2)
        abort();
    for (unsigned i = 0; i < header.question_count; i++)
        if (netl_dns_question_parse(&question, out, size, &at) != NETL_WIRE_OK)
            abort();
    unsigned total = header.answer_count + header.authority_count + header.additional_count;
    for (unsigned i = 0; i < total; i++)
        if (netl_dns_record_parse(&record, out, size, &at) != NETL_WIRE_OK)
            abort();
    if (at != size)
        abort();
}

/* Asks for the zone's own SOA, which must be there. */
static void ask_for_soa(const struct netl_dns_zone *zone)
{
    struct netl_dns_header header = {.question_count = 1};
    struct netl_dns_question question = {
        .name = *netl_dns_zone_name(zone), .type = NETL_DNS_SOA, .class_ = NETL_DNS_IN};
    struct netl_dns_writer writer;
    struct dns_reply reply;
    uint8_t query[512];

    netl_dns_write_begin(&writer, &header, query, sizeof query);
    netl_dns_write_question(&writer, &question);
    size_t size = netl_dns_reply(zone, query, writer.length, true, out, sizeof out, &reply);
    check_reply(query, writer.length, size, sizeof out);
    if (reply.rcode != NETL_DNS_NOERROR || reply.answers != 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = memchr(data, 0, size);
    size_t length = zero ? (size_t)(zero - data) : size;
    const uint8_t *query = zero ? zero + 1 : data + size;
    size_t query_length = size - (size_t)(query - data);
    struct dns_reply reply;

    struct netl_dns_zone *zone = netl_dns_zone_parse((const char *)data, length, "fuzz");
    if (zone)
        ask_for_soa(zone);
    for (int over_tcp = 0; over_tcp < 2; over_tcp++) {
        size_t got = netl_dns_reply(zone, query, query_length, over_tcp, out, sizeof out, &reply);
        check_reply(query, query_length, got, over_tcp ? sizeof out : 1232);
    }
    netl_dns_zone_free(zone);
    return 0;
}
