/* SPDX-License-Identifier: MIT */
/*
 * What a name server's message says, and whether to believe it.
 *
 * Believed is what answers the question that was asked: the records of that name, or of the name
 * to which its aliases lead. Whatever else a message brings is passed over (RFC 5452 section 6).
 *
 * Always true: a message is used only when all that its counts promise can be read (RFC 9267
 * section 6).
 */
#include "dns_internal.h"
#include "wire/bytes.h"

#include <string.h>

#define RECORDS_MAX 512 /* of one section that are looked at */

const char *netl_dns_response_mismatch(const uint8_t *bytes, size_t length, uint16_t id,
                                       const struct netl_dns_question *question,
                                       struct netl_dns_header *header)
{
    struct netl_dns_question echoed;
    size_t at = NETL_DNS_HEADER;

    if (netl_dns_parse(header, bytes, length) != NETL_WIRE_OK)
        return "shorter than a header";
    if (header->id != id)
        return "another id";
    if (!header->response || header->opcode != 0)
        return "not an answer";
    /* A server that cannot read a message may leave the question out of its answer. */
    if (header->question_count == 0 &&
        (header->rcode == NETL_DNS_FORMERR || header->rcode == NETL_DNS_NOTIMP))
        return NULL;
    if (header->question_count != 1 ||
        netl_dns_question_parse(&echoed, bytes, length, &at) != NETL_WIRE_OK)
        return "no question in it";
    if (echoed.type != question->type || echoed.class_ != question->class_ ||
        !netl_dns_name_equal(&echoed.name, &question->name))
        return "another question";
    return NULL;
}

/* Where the records of a message begin. */
struct sections {
    const uint8_t *bytes;
    size_t length;
    size_t answers; /* offset of the first answer */
    struct netl_dns_header header;
    uint8_t data[DNS_MESSAGE + 2 * NETL_DNS_NAME];
};

/* Walks the whole message; NULL, or what is wrong. Finds the SOA of a negative answer. */
static const char *walk(struct sections *message, uint32_t *negative_ttl)
{
    const struct netl_dns_header *header = &message->header;
    uint32_t before_authority = header->answer_count;
    uint32_t before_additional = before_authority + header->authority_count;
    uint32_t total = before_additional + header->additional_count;
    struct netl_dns_wire_record record;
    size_t at = message->answers;
    size_t length;

    for (uint32_t i = 0; i < total; i++) {
        enum netl_wire_result result =
            netl_dns_record_parse(&record, message->bytes, message->length, &at);
        if (result == NETL_WIRE_OK)
            result = netl_dns_data_expand(&record, message->bytes, message->length, message->data,
                                          sizeof message->data, &length);
        if (result != NETL_WIRE_OK)
            return netl_wire_result_text(result);
        if (i < before_authority || i >= before_additional || record.type != NETL_DNS_SOA)
            continue;
        uint32_t seconds = wire_get32(message->data + length - 4);   /* the SOA's last number */
        *negative_ttl = record.ttl < seconds ? record.ttl : seconds; /* RFC 2308 section 5 */
    }
    return NULL;
}

/* RFC 2181 section 8: a TTL with its high bit set counts as 0. */
static uint32_t sane_ttl(uint32_t ttl, uint32_t most)
{
    if (ttl > INT32_MAX)
        return 0;
    return ttl < most ? ttl : most;
}

/* Adds the answers of this owner and type to the pack; how many, or -1 when it is full. */
static int collect(struct sections *message, const struct netl_dns_question *question,
                   uint16_t type, struct dns_result *result, struct netl_dns_name *alias)
{
    uint32_t count = message->header.answer_count;
    struct netl_dns_wire_record record;
    size_t at = message->answers;
    int found = 0;

    for (uint32_t i = 0; i < count && i < RECORDS_MAX; i++) {
        size_t length;
        netl_dns_record_parse(&record, message->bytes, message->length, &at);
        if ((record.type != type && type != NETL_DNS_ANY) || record.class_ != question->class_ ||
            !netl_dns_name_equal(&record.name, &question->name))
            continue;
        netl_dns_data_expand(&record, message->bytes, message->length, message->data,
                             sizeof message->data, &length);
        uint32_t ttl = sane_ttl(record.ttl, DNS_TTL_MAX);
        if (!netl_dns_pack_add(&result->pack, &record.name, record.type, ttl, message->data,
                               length))
            return -1;
        if (ttl < result->ttl)
            result->ttl = ttl;
        found++;
        if (alias) {
            size_t zero = 0;
            netl_dns_name_parse(alias, message->data, length, &zero);
            break; /* a name has one alias (RFC 2181 section 10.1) */
        }
    }
    return found;
}

/* From the name that was asked for along its aliases. NULL, or what is wrong. */
static const char *follow(struct sections *message, const struct netl_dns_question *question,
                          struct dns_result *result)
{
    struct netl_dns_question at = *question;

    for (result->aliases = 0; result->aliases <= DNS_CHAIN; result->aliases++) {
        int found = collect(message, &at, question->type, result, NULL);
        if (found < 0)
            return "more records than fit";
        if (found > 0) {
            result->outcome = DNS_ANSWERED;
            return NULL;
        }
        found = collect(message, &at, NETL_DNS_CNAME, result, &result->target);
        if (found < 0)
            return "more records than fit";
        if (found == 0)
            return NULL;
        at.name = result->target;
        result->outcome = DNS_ALIAS;
    }
    return "aliases without end";
}

const char *netl_dns_response_read(const uint8_t *bytes, size_t length,
                                   const struct netl_dns_question *question,
                                   struct dns_result *result)
{
    struct sections message = {.bytes = bytes, .length = length, .answers = NETL_DNS_HEADER};
    struct netl_dns_question echoed;
    uint32_t negative_ttl = 0;

    netl_dns_parse(&message.header, bytes, length);
    if (netl_dns_question_parse(&echoed, bytes, length, &message.answers) != NETL_WIRE_OK)
        return "no question in it";
    const char *wrong = walk(&message, &negative_ttl);
    if (wrong)
        return wrong;
    result->outcome = DNS_NO_DATA;
    result->ttl = DNS_TTL_MAX;
    result->authoritative = message.header.authoritative;
    wrong = follow(&message, question, result);
    if (wrong)
        return wrong;
    negative_ttl = sane_ttl(negative_ttl, DNS_NEGATIVE_MAX);
    if (result->outcome == DNS_ANSWERED)
        return NULL;
    /* RFC 2308 section 2.1: NXDOMAIN speaks of the last alias's target. */
    if (message.header.rcode == NETL_DNS_NXDOMAIN)
        result->outcome = DNS_NO_NAME;
    else if (result->outcome == DNS_ALIAS && message.header.authority_count > 0 && negative_ttl > 0)
        result->outcome = DNS_NO_DATA;
    else if (result->outcome == DNS_NO_DATA && !message.header.authoritative &&
             !message.header.recursion_available && message.header.authority_count > 0 &&
             negative_ttl == 0)
        return "a referral: it does not ask others for us";
    if (result->outcome != DNS_ALIAS && negative_ttl < result->ttl)
        result->ttl = negative_ttl;
    return NULL;
}
