/* SPDX-License-Identifier: MIT */
/*
 * Any fragments, in any order: what comes out was there byte for byte, and nothing overlapped.
 *
 * Each record has 5 bytes: flags and sender, identifier, offset (2), length. A byte of data is a
 * function of its place, so a datagram that is given out can be checked, whatever it is made of.
 */
#include "internet/fragments.h"
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

static uint8_t byte_at(size_t place)
{
    return (uint8_t)(place * 31 + place / 251);
}

static void check(struct netl_packet *whole)
{
    struct netl_ipv4_header header;
    if (netl_ipv4_parse(&header, whole->data, whole->length) != NETL_WIRE_OK ||
        header.more_fragments || header.fragment_offset ||
        !netl_ipv4_checksum_ok(whole->data, header.header_length))
        abort();
    for (size_t i = 0; i < header.payload_length; i++)
        if (whole->data[header.header_length + i] != byte_at(i))
            abort();
    netl_packet_free(whole);
}

static void add(struct fragments *table, const uint8_t *record, int64_t now)
{
    uint8_t bytes[NETL_IPV4_HEADER + 2048];
    struct netl_packet *whole;
    const char *reason;
    size_t offset = (size_t)(record[2] & 31u) << 8 | record[3];
    struct netl_ipv4_header header = {.more_fragments = record[0] & 1,
                                      .fragment_offset = (uint16_t)offset,
                                      .identification = record[1] % 4,
                                      .protocol = NETL_PROTOCOL_UDP,
                                      .time_to_live = 1};
    header.source = (struct netl_address){.family = NETL_IPV4, .bytes = {10, 0, 0, record[0] >> 4}};
    header.destination = (struct netl_address){.family = NETL_IPV4, .bytes = {10, 0, 1, 1}};
    header.payload_length = (size_t)record[4] * (record[0] & 2 ? 8 : 1);
    if (netl_ipv4_build(&header, bytes, sizeof bytes) != NETL_IPV4_HEADER)
        return;
    for (size_t i = 0; i < header.payload_length; i++)
        bytes[NETL_IPV4_HEADER + i] = byte_at(offset * 8 + i);
    size_t length = NETL_IPV4_HEADER + header.payload_length;
    uint8_t *exact = malloc(length);
    if (!exact)
        abort();
    memcpy(exact, bytes, length);
    if (netl_ipv4_parse(&header, exact, length) == NETL_WIRE_OK &&
        netl_fragments_add(table, &header, exact, now, &whole, &reason) == FRAGMENTS_COMPLETE)
        check(whole);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fragments table = {0};
    struct netl_ipv4_header header;
    uint8_t quote[FRAGMENTS_QUOTE];
    size_t length;
    int64_t now = 0;

    for (; size >= 5; data += 5, size -= 5) {
        add(&table, data, now);
        now += (int64_t)(data[0] & 4u) * 1000000000;
        while (netl_fragments_expire(&table, now, quote, &length, &header))
            continue;
        if (table.bytes > FRAGMENTS_BYTES || table.count > FRAGMENTS_DATAGRAMS)
            abort();
    }
    netl_fragments_close(&table);
    if (table.bytes != 0)
        abort();
    return 0;
}
