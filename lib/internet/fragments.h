/* SPDX-License-Identifier: MIT */
/*
 * Puts the pieces of a datagram together.  (RFC 791 section 3.2, RFC 1122 section 3.3.2)
 *
 * Pure but for memory: time comes in as an argument. Overlapping pieces serve nobody but an
 * attacker, so they cost the whole datagram; only an exact copy of a piece, which a network may
 * make, is passed over. RFC 8200 section 4.5 asks for both in IPv6; in IPv4 RFC 791 section 3.2 would
 * let the newer piece win.
 *
 * Always true:
 *   - the pieces of a datagram stand in order and do not overlap;
 *   - held bytes, ours for the bookkeeping included, stay below FRAGMENTS_BYTES in all and below
 *     FRAGMENTS_SOURCE_BYTES for one sender; who exceeds that loses its own oldest datagram first;
 *   - a refused datagram stays in the table, empty, until its time is up, so that its later
 *     pieces are refused too.
 */
#ifndef LIB_INTERNET_FRAGMENTS_H
#define LIB_INTERNET_FRAGMENTS_H

#include <netlayers/packet.h>
#include <netlayers/wire/ipv4.h>

#define FRAGMENTS_BYTES        (4u << 20)
#define FRAGMENTS_SOURCE_BYTES (1u << 20)
#define FRAGMENTS_DATAGRAMS    256 /* in all */
#define FRAGMENTS_SOURCE       64  /* of one sender */
#define FRAGMENTS_PIECES       1024
#define FRAGMENTS_AGE_NS       (INT64_C(60) * 1000000000) /* RFC 1122 section 3.3.2: 60 to 120 s */
#define FRAGMENTS_QUOTE        (NETL_IPV4_HEADER_MAX + 8)

enum fragments_result {
    FRAGMENTS_KEPT = 0, /* waits for the others */
    FRAGMENTS_COMPLETE, /* all are here: *whole is set */
    FRAGMENTS_COPY,     /* it was here already */
    FRAGMENTS_REFUSED   /* see *reason */
};

struct fragments_piece;
struct fragments_datagram;

struct fragments {
    struct fragments_datagram *oldest;
    struct fragments_datagram *newest;
    unsigned count;
    size_t bytes;
};

/*
 * One fragment: its header, the header's bytes, and what is behind. With FRAGMENTS_COMPLETE
 * `*whole` is a packet of the first fragment's header (its length and fragment fields made those
 * of a whole datagram) and all the data; the caller frees it.
 */
enum fragments_result netl_fragments_add(struct fragments *fragments,
                                         const struct netl_ipv4_header *header,
                                         const uint8_t *bytes, int64_t now_ns,
                                         struct netl_packet **whole, const char **reason);

/*
 * Takes a datagram whose time is up. True: there was one; *length bytes of `quote` are the first
 * fragment's header and 8 bytes more, 0 when that one never came or the datagram was refused.
 */
bool netl_fragments_expire(struct fragments *fragments, int64_t now_ns, uint8_t *quote,
                           size_t *length, struct netl_ipv4_header *header);

/* When the oldest one's time is up; INT64_MAX when there is none. */
int64_t netl_fragments_due_ns(const struct fragments *fragments);

void netl_fragments_close(struct fragments *fragments);

#endif
