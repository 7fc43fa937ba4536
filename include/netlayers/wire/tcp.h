/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/tcp.h
 * @brief TCP headers and their options (RFC 9293 section 3.1, RFC 7323, RFC 2018).
 */
#ifndef NETLAYERS_WIRE_TCP_H
#define NETLAYERS_WIRE_TCP_H

#include <netlayers/address.h>
#include <netlayers/wire/option.h>
#include <netlayers/wire/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_TCP_HEADER      20 /**< bytes of a header without options */
#define NETL_TCP_HEADER_MAX  60 /**< bytes of the longest header */
#define NETL_TCP_SACK_BLOCKS 4  /**< SACK blocks that fit into one header */
#define NETL_TCP_FLAGS_TEXT  40 /**< bytes for all flags as text, and its end */

/** The control bits (RFC 9293 section 3.1). */
enum netl_tcp_flag {
    NETL_TCP_FIN = 0x01, /**< the sender has no more data */
    NETL_TCP_SYN = 0x02, /**< the first sequence number */
    NETL_TCP_RST = 0x04, /**< the connection is broken off */
    NETL_TCP_PSH = 0x08, /**< hand the data to the program at once */
    NETL_TCP_ACK = 0x10, /**< the acknowledgment number counts */
    NETL_TCP_URG = 0x20, /**< the urgent pointer counts */
    NETL_TCP_ECE = 0x40, /**< congestion was seen (RFC 3168) */
    NETL_TCP_CWR = 0x80  /**< the sender slowed down (RFC 3168) */
};

/** Kinds of TCP options. */
enum netl_tcp_option_kind {
    NETL_TCP_OPTION_END = 0,            /**< no more options */
    NETL_TCP_OPTION_NO_OP = 1,          /**< one byte of padding */
    NETL_TCP_OPTION_MSS = 2,            /**< largest segment that I take, RFC 9293 */
    NETL_TCP_OPTION_WINDOW_SCALE = 3,   /**< my window is shifted so far, RFC 7323 */
    NETL_TCP_OPTION_SACK_PERMITTED = 4, /**< you may send SACK, RFC 2018 */
    NETL_TCP_OPTION_SACK = 5,           /**< what arrived beyond a hole, RFC 2018 */
    NETL_TCP_OPTION_TIMESTAMPS = 8      /**< my clock, and yours as I saw it, RFC 7323 */
};

/** One block of data that arrived beyond a hole (RFC 2018 section 3). */
struct netl_tcp_sack_block {
    uint32_t left;  /**< its first sequence number */
    uint32_t right; /**< the sequence number behind its last byte */
};

/** The options of a TCP header. A value counts only if its `has_` says so. */
struct netl_tcp_options {
    bool has_maximum_segment_size; /**< MSS is there */
    uint16_t maximum_segment_size; /**< bytes of data in a segment */
    bool has_window_scale;         /**< window scale is there */
    uint8_t window_scale;          /**< shift, as sent; above 14 means 14 (RFC 7323 section 2.3) */
    bool sack_permitted;           /**< SACK permitted is there */
    bool has_timestamps;           /**< timestamps are there */
    uint32_t timestamp_value;      /**< TSval */
    uint32_t timestamp_echo_reply; /**< TSecr */
    uint8_t sack_count;            /**< how many of sack_blocks[] are there, 0 to 4 */
    struct netl_tcp_sack_block sack_blocks[NETL_TCP_SACK_BLOCKS]; /**< the newest first */
    uint8_t unknown_count; /**< options of another kind, or of a known kind with a length that is
                                not its own; skipped (RFC 9293 section 3.1). Walk over bytes 20
                                to header_length with netl_option_next() to see them */
};

/** A TCP header (RFC 9293 section 3.1). */
struct netl_tcp_header {
    uint16_t source_port;            /**< which program sent it */
    uint16_t destination_port;       /**< which program shall get it */
    uint32_t sequence_number;        /**< number of the first byte of data, or of SYN */
    uint32_t acknowledgment_number;  /**< the next number that the sender waits for */
    uint8_t data_offset;             /**< header length in units of 4 bytes, 5 to 15 */
    uint8_t reserved;                /**< 4 bits, 0; receivers ignore them */
    uint8_t flags;                   /**< `enum netl_tcp_flag`, combined */
    uint16_t window;                 /**< bytes that the sender can take, before scaling */
    uint16_t checksum;               /**< as stored */
    uint16_t urgent_pointer;         /**< how far urgent data goes; counts with URG */
    struct netl_tcp_options options; /**< what the options say */
    size_t header_length;            /**< bytes: data_offset times 4 */
    size_t payload_length;           /**< bytes of data */
};

/**
 * @brief Reads a TCP header and its options (RFC 9293 section 3.1). The checksum is another call.
 *
 * With 8 bytes or more, ports and sequence number are filled in even when the rest is missing:
 * that is all that an ICMP error has to quote (RFC 792).
 * @param[out] header what it says; zeroed first
 * @param bytes the payload of a datagram with protocol 6
 * @param length how many bytes there are: TCP has no length of its own
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED when the header is cut; NETL_WIRE_BAD_LENGTH when
 *         data_offset is below 5; NETL_WIRE_BAD_OPTION for an option of length 0 or 1 or past the
 *         header (RFC 9293 section 3.1, MUST-7)
 */
NETL_API enum netl_wire_result netl_tcp_parse(struct netl_tcp_header *header, const uint8_t *bytes,
                                              size_t length);

/**
 * @brief Writes a TCP header with its options, its checksum 0.
 *
 * Put the data behind it, then call netl_tcp_checksum_set().
 * @param header the fields and options; data_offset and header_length are computed. The options
 *        are written in the order MSS, SACK permitted, timestamps, window scale, SACK, with
 *        no-operations so that numbers lie on multiples of 4
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return bytes written, 20 to 60; 0 when they do not fit or the options need more than 40 bytes
 */
NETL_API size_t netl_tcp_build(const struct netl_tcp_header *header, uint8_t *bytes, size_t room);

/**
 * @brief How many bytes a header with these options has, for computing what data fits.
 * @param options the options
 * @return bytes, a multiple of 4 and at least 20; above 60 when they do not fit
 */
NETL_API size_t netl_tcp_header_length(const struct netl_tcp_options *options);

/**
 * @brief Computes the checksum and stores it (RFC 9293 section 3.1).
 * @param source the datagram's source address
 * @param destination the datagram's destination address
 * @param bytes the segment; bytes 16 and 17 are overwritten
 * @param length bytes of header and data; below 20 nothing is done
 */
NETL_API void netl_tcp_checksum_set(const struct netl_address *source,
                                    const struct netl_address *destination, uint8_t *bytes,
                                    size_t length);

/**
 * @brief Does the checksum fit? (RFC 9293 section 3.1)
 * @param source the datagram's source address
 * @param destination the datagram's destination address
 * @param bytes the segment
 * @param length bytes of header and data
 * @return true when it does
 */
NETL_API bool netl_tcp_checksum_ok(const struct netl_address *source,
                                   const struct netl_address *destination, const uint8_t *bytes,
                                   size_t length);

/**
 * @brief Writes the flags as text, such as "SYN,ACK".
 * @param flags `enum netl_tcp_flag`, combined
 * @param[out] text room for NETL_TCP_FLAGS_TEXT bytes
 * @return text; "none" in it when no flag is set
 */
NETL_API char *netl_tcp_flags_format(uint8_t flags, char *text);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
