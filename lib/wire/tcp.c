/* SPDX-License-Identifier: MIT */
/*
 * TCP headers and their options.  (RFC 9293 §3.1, RFC 7323, RFC 2018)
 *
 * Reading is generous: a known kind with a length that is not its own is skipped like an unknown
 * one. Writing is strict: one order, padded so that 32-bit numbers lie on multiples of 4.
 */
#include "bytes.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/tcp.h>

#define QUOTED_MIN 8 /* bytes of a segment that an ICMP error quotes at least (RFC 792) */

/* Bytes of each option, kind and length included. */
#define MSS_LENGTH        4
#define SCALE_LENGTH      3
#define PERMITTED_LENGTH  2
#define TIMESTAMPS_LENGTH 10
#define SACK_BLOCK_LENGTH 8

static bool parse_sack(struct netl_tcp_options *options, const struct netl_option *option)
{
    size_t count = option->data_length / SACK_BLOCK_LENGTH;
    if (option->data_length % SACK_BLOCK_LENGTH != 0 || count == 0 || count > NETL_TCP_SACK_BLOCKS)
        return false;
    options->sack_count = (uint8_t)count;
    for (size_t i = 0; i < count; i++) {
        options->sack_blocks[i].left = wire_get32(option->data + i * SACK_BLOCK_LENGTH);
        options->sack_blocks[i].right = wire_get32(option->data + i * SACK_BLOCK_LENGTH + 4);
    }
    return true;
}

/* Takes in one option; false when it is not known, or not of its kind's length. */
static bool parse_option(struct netl_tcp_options *options, const struct netl_option *option)
{
    if (option->kind == NETL_TCP_OPTION_NO_OP)
        return true;
    if (option->kind == NETL_TCP_OPTION_MSS && option->length == MSS_LENGTH) {
        options->has_maximum_segment_size = true;
        options->maximum_segment_size = wire_get16(option->data);
        return true;
    }
    if (option->kind == NETL_TCP_OPTION_WINDOW_SCALE && option->length == SCALE_LENGTH) {
        options->has_window_scale = true;
        options->window_scale = option->data[0];
        return true;
    }
    if (option->kind == NETL_TCP_OPTION_SACK_PERMITTED && option->length == PERMITTED_LENGTH) {
        options->sack_permitted = true;
        return true;
    }
    if (option->kind == NETL_TCP_OPTION_TIMESTAMPS && option->length == TIMESTAMPS_LENGTH) {
        options->has_timestamps = true;
        options->timestamp_value = wire_get32(option->data);
        options->timestamp_echo_reply = wire_get32(option->data + 4);
        return true;
    }
    return option->kind == NETL_TCP_OPTION_SACK && parse_sack(options, option);
}

static enum netl_wire_result parse_options(struct netl_tcp_options *options, const uint8_t *bytes,
                                           size_t length)
{
    struct netl_option_walk walk;
    struct netl_option option;
    netl_option_walk_begin(&walk, bytes, length);
    while (netl_option_next(&walk, &option)) {
        if (!parse_option(options, &option))
            options->unknown_count++;
    }
    return walk.result;
}

enum netl_wire_result netl_tcp_parse(struct netl_tcp_header *header, const uint8_t *bytes,
                                     size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < QUOTED_MIN)
        return NETL_WIRE_TRUNCATED;
    header->source_port = wire_get16(bytes);
    header->destination_port = wire_get16(bytes + 2);
    header->sequence_number = wire_get32(bytes + 4);
    if (length < NETL_TCP_HEADER)
        return NETL_WIRE_TRUNCATED;
    header->acknowledgment_number = wire_get32(bytes + 8);
    header->data_offset = bytes[12] >> 4;
    header->reserved = bytes[12] & 0x0f;
    header->flags = bytes[13];
    header->window = wire_get16(bytes + 14);
    header->checksum = wire_get16(bytes + 16);
    header->urgent_pointer = wire_get16(bytes + 18);

    size_t header_length = (size_t)header->data_offset * 4;
    if (header_length < NETL_TCP_HEADER)
        return NETL_WIRE_BAD_LENGTH;
    if (length < header_length)
        return NETL_WIRE_TRUNCATED;
    header->header_length = header_length;
    header->payload_length = length - header_length;
    return parse_options(&header->options, bytes + NETL_TCP_HEADER,
                         header_length - NETL_TCP_HEADER);
}

size_t netl_tcp_header_length(const struct netl_tcp_options *options)
{
    size_t length = NETL_TCP_HEADER;
    if (options->has_maximum_segment_size)
        length += MSS_LENGTH;
    if (options->has_timestamps)
        length += TIMESTAMPS_LENGTH + 2; /* SACK permitted or two no-operations fill up */
    else if (options->sack_permitted)
        length += PERMITTED_LENGTH + 2;
    if (options->has_window_scale)
        length += SCALE_LENGTH + 1;
    if (options->sack_count > 0)
        length += 4 + (size_t)options->sack_count * SACK_BLOCK_LENGTH;
    return length;
}

/*
 * SACK permitted and timestamps, which share a padding. What is alone has its no-operations in
 * front, as every other option here.
 */
static uint8_t *build_permitted_and_timestamps(const struct netl_tcp_options *options, uint8_t *at)
{
    bool both = options->sack_permitted && options->has_timestamps;

    if (!options->sack_permitted && !options->has_timestamps)
        return at;
    if (!both) {
        at[0] = NETL_TCP_OPTION_NO_OP;
        at[1] = NETL_TCP_OPTION_NO_OP;
        at += 2;
    }
    if (options->sack_permitted) {
        at[0] = NETL_TCP_OPTION_SACK_PERMITTED;
        at[1] = PERMITTED_LENGTH;
        at += 2;
    }
    if (!options->has_timestamps)
        return at;
    at[0] = NETL_TCP_OPTION_TIMESTAMPS;
    at[1] = TIMESTAMPS_LENGTH;
    wire_put32(at + 2, options->timestamp_value);
    wire_put32(at + 6, options->timestamp_echo_reply);
    return at + TIMESTAMPS_LENGTH;
}

/* Writes exactly netl_tcp_header_length() - 20 bytes. */
static void build_options(const struct netl_tcp_options *options, uint8_t *at)
{
    if (options->has_maximum_segment_size) {
        at[0] = NETL_TCP_OPTION_MSS;
        at[1] = MSS_LENGTH;
        wire_put16(at + 2, options->maximum_segment_size);
        at += MSS_LENGTH;
    }
    at = build_permitted_and_timestamps(options, at);
    if (options->has_window_scale) {
        at[0] = NETL_TCP_OPTION_NO_OP;
        at[1] = NETL_TCP_OPTION_WINDOW_SCALE;
        at[2] = SCALE_LENGTH;
        at[3] = options->window_scale;
        at += SCALE_LENGTH + 1;
    }
    if (options->sack_count == 0)
        return;
    at[0] = NETL_TCP_OPTION_NO_OP;
    at[1] = NETL_TCP_OPTION_NO_OP;
    at[2] = NETL_TCP_OPTION_SACK;
    at[3] = (uint8_t)(2 + options->sack_count * SACK_BLOCK_LENGTH);
    for (size_t i = 0; i < options->sack_count; i++) {
        wire_put32(at + 4 + i * SACK_BLOCK_LENGTH, options->sack_blocks[i].left);
        wire_put32(at + 8 + i * SACK_BLOCK_LENGTH, options->sack_blocks[i].right);
    }
}

size_t netl_tcp_build(const struct netl_tcp_header *header, uint8_t *bytes, size_t room)
{
    if (header->options.sack_count > NETL_TCP_SACK_BLOCKS || header->reserved > 0x0f)
        return 0;
    size_t length = netl_tcp_header_length(&header->options);
    if (length > NETL_TCP_HEADER_MAX || room < length)
        return 0;
    wire_put16(bytes, header->source_port);
    wire_put16(bytes + 2, header->destination_port);
    wire_put32(bytes + 4, header->sequence_number);
    wire_put32(bytes + 8, header->acknowledgment_number);
    bytes[12] = (uint8_t)(length / 4 << 4 | header->reserved);
    bytes[13] = header->flags;
    wire_put16(bytes + 14, header->window);
    wire_put16(bytes + 16, 0);
    wire_put16(bytes + 18, header->urgent_pointer);
    build_options(&header->options, bytes + NETL_TCP_HEADER);
    return length;
}

void netl_tcp_checksum_set(const struct netl_address *source,
                           const struct netl_address *destination, uint8_t *bytes, size_t length)
{
    if (length < NETL_TCP_HEADER)
        return;
    wire_put16(bytes + 16, 0);
    wire_put16(bytes + 16,
               netl_transport_checksum(source, destination, NETL_PROTOCOL_TCP, bytes, length));
}

bool netl_tcp_checksum_ok(const struct netl_address *source, const struct netl_address *destination,
                          const uint8_t *bytes, size_t length)
{
    return length >= NETL_TCP_HEADER &&
           netl_transport_checksum(source, destination, NETL_PROTOCOL_TCP, bytes, length) == 0;
}

char *netl_tcp_flags_format(uint8_t flags, char *text)
{
    static const char names[8][4] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    size_t length = 0;
    for (size_t bit = 0; bit < 8; bit++) {
        if ((flags & 1U << bit) == 0)
            continue;
        if (length > 0)
            text[length++] = ',';
        memcpy(text + length, names[bit], 3);
        length += 3;
    }
    text[length] = '\0';
    if (length == 0)
        memcpy(text, "none", sizeof "none");
    return text;
}
