/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a DNS message: as an answer to a question, whatever is believed fits that question;
 * and what was read can be written, and read again as the same.
 */
#include "application/dns_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name that was read is whole labels with a 0 at the end, and survives its text form. */
static void check_name(const struct netl_dns_name *name)
{
    char text[NETL_DNS_NAME_TEXT];
    struct netl_dns_name again;
    size_t at = 0;

    while (at < name->length && name->bytes[at] != 0)
        at += (size_t)name->bytes[at] + 1;
    if (at + 1 != name->length)
        abort();
    netl_dns_name_format(name, text);
    if (!netl_dns_name_from_text(&again, text) || again.length != name->length ||
        memcmp(again.bytes, name->bytes, name->length) != 0)
        abort();
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            abort();
}

static void check_result(const struct netl_dns_question *question, const struct dns_result *result)
{
    struct netl_dns_name owner = question->name;
    struct dns_view view;
    char text[600];

    if (result->outcome == DNS_ANSWERED && result->pack.count == 0)
        abort();
    for (size_t at = 0; netl_dns_pack_next(&result->pack, &at, &view);) {
        check_name(&view.name);
        if (!netl_dns_name_equal(&view.name, &owner))
            abort(); /* nobody asked for that */
        netl_dns_data_format(view.type, view.data, view.length, text, sizeof text);
        if (view.type == NETL_DNS_CNAME && question->type != NETL_DNS_CNAME &&
            question->type != NETL_DNS_ANY) {
            memcpy(owner.bytes, view.data, view.length);
            owner.length = (uint8_t)view.length;
        }
    }
}

/* Writes what was read of the question and first record, and reads it again. */
static void write_again(const struct netl_dns_question *question,
                        const struct netl_dns_wire_record *record, const uint8_t *plain,
                        size_t length)
{
    static uint8_t bytes[70000], again[70000];
    struct netl_dns_header header = {.question_count = 1, .answer_count = 1};
    struct netl_dns_question asked;
    struct netl_dns_wire_record read;
    struct netl_dns_writer writer;
    size_t at = NETL_DNS_HEADER, size = 0;

    netl_dns_write_begin(&writer, &header, bytes, sizeof bytes);
    if (!netl_dns_write_question(&writer, question))
        abort();
    if (!netl_dns_write_record(&writer, &record->name, record->type, record->class_, record->ttl,
                               plain, length))
        return; /* written out in full it may be too long */
    if (netl_dns_question_parse(&asked, bytes, writer.length, &at) != NETL_WIRE_OK ||
        netl_dns_record_parse(&read, bytes, writer.length, &at) != NETL_WIRE_OK ||
        at != writer.length || read.type != record->type ||
        netl_dns_data_expand(&read, bytes, writer.length, again, sizeof again, &size) !=
            NETL_WIRE_OK ||
        size != length || (length && memcmp(again, plain, length) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t plain[70000];
    struct netl_dns_header header;
    struct netl_dns_question question;
    struct netl_dns_wire_record record;
    struct dns_result result = {0};
    size_t at = NETL_DNS_HEADER, length;

    if (netl_dns_parse(&header, data, size) != NETL_WIRE_OK ||
        netl_dns_question_parse(&question, data, size, &at) != NETL_WIRE_OK)
        return 0;
    check_name(&question.name);
    if (netl_dns_record_parse(&record, data, size, &at) == NETL_WIRE_OK &&
        netl_dns_data_expand(&record, data, size, plain, sizeof plain, &length) == NETL_WIRE_OK)
        write_again(&question, &record, plain, length);
    if (!netl_dns_response_mismatch(data, size, header.id, &question, &header) &&
        !netl_dns_response_read(data, size, &question, &result))
        check_result(&question, &result);
    netl_dns_pack_clear(&result.pack);
    return 0;
}
