/* SPDX-License-Identifier: MIT */
/* Puts the pieces of a datagram together: see fragments.h. */
#include "fragments.h"

#include <netlayers/wire/checksum.h>
#include <stdlib.h>
#include <string.h>

#define DATAGRAM_MAX 65535u

struct fragments_piece {
    struct fragments_piece *next;
    uint32_t offset; /* bytes */
    uint32_t length;
    uint8_t data[];
};

/* One datagram that is not whole yet. All live as long from their first piece, so they stay in
 * the order in which their time is up. */
struct fragments_datagram {
    struct fragments_datagram *older;
    struct fragments_datagram *newer;
    struct netl_ipv4_header header; /* of the first piece that came, or of offset 0 once it came */
    uint8_t first[FRAGMENTS_QUOTE]; /* offset 0: its header and 8 bytes */
    size_t first_length;            /* 0: that one has not come */
    size_t first_header;
    struct fragments_piece *pieces; /* by offset */
    unsigned piece_count;
    uint32_t have;  /* bytes of data that are here */
    uint32_t total; /* bytes of data there must be; 0: the last piece has not come */
    size_t bytes;   /* that we spend on it */
    int64_t expires_ns;
    bool refused;
};

/* ── the table ──────────────────────────────────────────────────────────────────────────── */

static bool same_datagram(const struct fragments_datagram *datagram,
                          const struct netl_ipv4_header *header)
{
    const struct netl_ipv4_header *own = &datagram->header;

    return own->identification == header->identification && own->protocol == header->protocol &&
           netl_address_equal(&own->source, &header->source) &&
           netl_address_equal(&own->destination, &header->destination);
}

static void free_pieces(struct fragments *fragments, struct fragments_datagram *datagram)
{
    while (datagram->pieces) {
        struct fragments_piece *piece = datagram->pieces;
        datagram->pieces = piece->next;
        free(piece);
    }
    fragments->bytes -= datagram->bytes - sizeof *datagram;
    datagram->bytes = sizeof *datagram;
    datagram->piece_count = 0;
    datagram->have = 0;
}

static void remove_datagram(struct fragments *fragments, struct fragments_datagram *datagram)
{
    free_pieces(fragments, datagram);
    if (datagram->older)
        datagram->older->newer = datagram->newer;
    else
        fragments->oldest = datagram->newer;
    if (datagram->newer)
        datagram->newer->older = datagram->older;
    else
        fragments->newest = datagram->older;
    fragments->bytes -= datagram->bytes;
    fragments->count--;
    free(datagram);
}

/* What one sender makes us hold, and its oldest datagram other than `but`. */
struct holding {
    unsigned count;
    size_t bytes;
    struct fragments_datagram *oldest;
};

static struct holding holding_of(struct fragments *fragments, const struct netl_address *source,
                                 const struct fragments_datagram *but)
{
    struct holding holding = {0, 0, NULL};

    for (struct fragments_datagram *d = fragments->oldest; d; d = d->newer) {
        if (!netl_address_equal(&d->header.source, source))
            continue;
        holding.count++;
        holding.bytes += d->bytes;
        if (!holding.oldest && d != but)
            holding.oldest = d;
    }
    return holding;
}

/* Makes room for `more` bytes, and for a new datagram unless `keep` is one. False: there is none. */
static bool make_room(struct fragments *fragments, const struct netl_address *source,
                      struct fragments_datagram *keep, size_t more)
{
    unsigned one_more = keep ? 0 : 1;

    for (unsigned i = 0; i <= FRAGMENTS_DATAGRAMS; i++) {
        struct holding holding = holding_of(fragments, source, keep);
        struct fragments_datagram *victim = fragments->oldest;
        if (victim == keep && victim)
            victim = victim->newer;
        if (holding.count + one_more > FRAGMENTS_SOURCE ||
            holding.bytes + more > FRAGMENTS_SOURCE_BYTES)
            victim = holding.oldest;
        else if (fragments->count + one_more <= FRAGMENTS_DATAGRAMS &&
                 fragments->bytes + more <= FRAGMENTS_BYTES)
            return true;
        if (!victim)
            return false;
        remove_datagram(fragments, victim);
    }
    return false;
}

static struct fragments_datagram *
new_datagram(struct fragments *fragments, const struct netl_ipv4_header *header, int64_t now_ns)
{
    struct fragments_datagram *datagram;

    if (!make_room(fragments, &header->source, NULL, sizeof *datagram))
        return NULL;
    datagram = calloc(1, sizeof *datagram);
    if (!datagram)
        return NULL;
    datagram->header = *header;
    datagram->bytes = sizeof *datagram;
    datagram->expires_ns = now_ns + FRAGMENTS_AGE_NS;
    datagram->older = fragments->newest;
    if (fragments->newest)
        fragments->newest->newer = datagram;
    else
        fragments->oldest = datagram;
    fragments->newest = datagram;
    fragments->bytes += datagram->bytes;
    fragments->count++;
    return datagram;
}

static struct fragments_datagram *find_datagram(struct fragments *fragments,
                                                const struct netl_ipv4_header *header)
{
    for (struct fragments_datagram *d = fragments->newest; d; d = d->older)
        if (same_datagram(d, header))
            return d;
    return NULL;
}

/* ── the pieces ─────────────────────────────────────────────────────────────────────────── */

/* What is wrong with a fragment in itself; NULL when nothing is. */
static const char *bad_fragment(const struct netl_ipv4_header *header)
{
    size_t end = (size_t)header->fragment_offset * 8 + header->payload_length;

    if (header->payload_length == 0)
        return "empty-fragment";
    if (header->more_fragments && header->payload_length % 8 != 0)
        return "odd-fragment";
    if (end + header->header_length > DATAGRAM_MAX)
        return "past-65535";
    return NULL;
}

/* Where the piece belongs: behind *before. False when it overlaps another; *copy: it is there. */
static bool find_place(struct fragments_datagram *datagram, uint32_t offset, uint32_t length,
                       const uint8_t *data, struct fragments_piece **before, bool *copy)
{
    struct fragments_piece *next = datagram->pieces;

    *before = NULL;
    *copy = false;
    while (next && next->offset < offset) {
        *before = next;
        next = next->next;
    }
    if (next && next->offset == offset && next->length == length) {
        *copy = memcmp(next->data, data, length) == 0;
        return *copy;
    }
    return (!*before || (*before)->offset + (*before)->length <= offset) &&
           (!next || offset + length <= next->offset);
}

/* Does the piece contradict what is known of the end? Notes the end when this is the last one. */
static bool end_fits(struct fragments_datagram *datagram, const struct netl_ipv4_header *header,
                     uint32_t offset, uint32_t length)
{
    uint32_t end = offset + length;

    if (header->more_fragments)
        return datagram->total == 0 || end < datagram->total;
    if (datagram->total && datagram->total != end)
        return false;
    for (const struct fragments_piece *p = datagram->pieces; p; p = p->next)
        if (p->offset + p->length > end)
            return false;
    datagram->total = end;
    return true;
}

static void note_first(struct fragments_datagram *datagram, const struct netl_ipv4_header *header,
                       const uint8_t *bytes)
{
    size_t payload = header->payload_length < 8 ? header->payload_length : 8;

    datagram->header = *header;
    datagram->first_header = header->header_length;
    datagram->first_length = header->header_length + payload;
    memcpy(datagram->first, bytes, datagram->first_length);
}

static enum fragments_result refuse(struct fragments *fragments,
                                    struct fragments_datagram *datagram, const char **reason,
                                    const char *why)
{
    if (datagram) {
        free_pieces(fragments, datagram);
        datagram->refused = true;
    }
    *reason = why;
    return FRAGMENTS_REFUSED;
}

/* ── the whole ──────────────────────────────────────────────────────────────────────────── */

static struct netl_packet *put_together(const struct fragments_datagram *datagram)
{
    struct netl_packet *packet = netl_packet_new(datagram->first_header + datagram->total);

    if (!packet)
        return NULL;
    uint8_t *header = netl_packet_append(packet, datagram->first, datagram->first_header);
    size_t length = datagram->first_header + datagram->total;
    header[2] = (uint8_t)(length >> 8);
    header[3] = (uint8_t)length;
    header[6] = 0; /* no flags, offset 0 */
    header[7] = 0;
    header[10] = 0;
    header[11] = 0;
    uint16_t sum = netl_checksum(header, datagram->first_header);
    header[10] = (uint8_t)(sum >> 8);
    header[11] = (uint8_t)sum;
    for (const struct fragments_piece *p = datagram->pieces; p; p = p->next)
        netl_packet_append(packet, p->data, p->length);
    return packet;
}

static enum fragments_result complete(struct fragments *fragments,
                                      struct fragments_datagram *datagram,
                                      struct netl_packet **whole, const char **reason)
{
    if (datagram->first_header + datagram->total > DATAGRAM_MAX)
        return refuse(fragments, datagram, reason, "past-65535");
    *whole = put_together(datagram);
    remove_datagram(fragments, datagram);
    *reason = "no-memory";
    return *whole ? FRAGMENTS_COMPLETE : FRAGMENTS_REFUSED;
}

static struct fragments_piece *keep_piece(struct fragments *fragments,
                                          struct fragments_datagram *datagram, uint32_t offset,
                                          uint32_t length, const uint8_t *data)
{
    size_t size = sizeof(struct fragments_piece) + length;

    if (datagram->piece_count == FRAGMENTS_PIECES ||
        !make_room(fragments, &datagram->header.source, datagram, size))
        return NULL;
    struct fragments_piece *piece = malloc(size);
    if (!piece)
        return NULL;
    piece->offset = offset;
    piece->length = length;
    memcpy(piece->data, data, length);
    datagram->piece_count++;
    datagram->bytes += size;
    fragments->bytes += size;
    datagram->have += length;
    return piece;
}

enum fragments_result netl_fragments_add(struct fragments *fragments,
                                         const struct netl_ipv4_header *header,
                                         const uint8_t *bytes, int64_t now_ns,
                                         struct netl_packet **whole, const char **reason)
{
    struct fragments_datagram *datagram = find_datagram(fragments, header);
    uint32_t offset = (uint32_t)header->fragment_offset * 8;
    uint32_t length = (uint32_t)header->payload_length;
    const uint8_t *data = bytes + header->header_length;
    struct fragments_piece *before;
    bool copy;

    *whole = NULL;
    *reason = bad_fragment(header);
    if (*reason)
        return refuse(fragments, datagram, reason, *reason);
    if (datagram && datagram->refused)
        return refuse(fragments, datagram, reason, "of-a-refused-datagram");
    if (!datagram)
        datagram = new_datagram(fragments, header, now_ns);
    if (!datagram)
        return refuse(fragments, NULL, reason, "no-room");
    if (!find_place(datagram, offset, length, data, &before, &copy))
        return refuse(fragments, datagram, reason, "overlap");
    if (copy)
        return FRAGMENTS_COPY;
    if (!end_fits(datagram, header, offset, length))
        return refuse(fragments, datagram, reason, "two-ends");
    struct fragments_piece *piece = keep_piece(fragments, datagram, offset, length, data);
    if (!piece)
        return refuse(fragments, datagram, reason, "no-room");
    struct fragments_piece **link = before ? &before->next : &datagram->pieces;
    piece->next = *link;
    *link = piece;
    if (offset == 0)
        note_first(datagram, header, bytes);
    if (datagram->total == 0 || datagram->have < datagram->total)
        return FRAGMENTS_KEPT;
    return complete(fragments, datagram, whole, reason);
}

/* ── time ───────────────────────────────────────────────────────────────────────────────── */

bool netl_fragments_expire(struct fragments *fragments, int64_t now_ns, uint8_t *quote,
                           size_t *length, struct netl_ipv4_header *header)
{
    struct fragments_datagram *datagram = fragments->oldest;

    if (!datagram || datagram->expires_ns > now_ns)
        return false;
    *length = datagram->refused ? 0 : datagram->first_length;
    memcpy(quote, datagram->first, *length);
    *header = datagram->header;
    remove_datagram(fragments, datagram);
    return true;
}

int64_t netl_fragments_due_ns(const struct fragments *fragments)
{
    return fragments->oldest ? fragments->oldest->expires_ns : INT64_MAX;
}

void netl_fragments_close(struct fragments *fragments)
{
    while (fragments->oldest) /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): taken off its list */
        remove_datagram(fragments, fragments->oldest);
}
