/* SPDX-License-Identifier: MIT */
/*
 * A host's network card on a lab's wire: the link driver `lab`.
 *
 * What the host sends goes into one channel; what comes out of the other is handed up on a later
 * turn of the loop. Like a card in hardware it leaves out what is for other stations.
 *
 * A frame keeps its number in the trace from one end of the wire to the other, so a trace shows the
 * same number where it was sent and where it came in. One that the wire changed gets a new one.
 */
#include "base/fail.h"
#include "lab/lab.h"
#include "link/driver.h"
#include "trace/deferred.h"

#include <stdlib.h>
#include <string.h>

#define SKIPPED_A_CALL 256 /* frames for others that one call leaves out */

static int lab_open(struct netl_link *link, const char *where,
                    const struct netl_link_options *options)
{
    struct lab_nic *nic = link->state;
    unsigned number = nic->node->number;

    (void)where;
    link->mac = options->mac;
    if (!netl_link_mac_given(&link->mac))
        link->mac = (struct netl_mac){
            {2, 0, 0, (uint8_t)nic->index, (uint8_t)(number >> 8), (uint8_t)number}};
    link->mtu_bytes = nic->mtu_bytes;
    nic->link = link;
    nic->in->wake = &link->timer;
    return 0;
}

static void lab_close(struct netl_link *link)
{
    struct lab_nic *nic = link->state;

    nic->in->wake = NULL;
    nic->link = NULL;
}

/* The card takes whatever it is given; what becomes of it the wire decides, in lab_sent(). */
static long lab_send(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    (void)link;
    (void)frames;
    return (long)count;
}

static void lab_sent(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    struct lab_nic *nic = link->state;
    bool numbered = link->host->tracing && !link->quiet;
    uint32_t newest = numbered ? netl_deferred_newest_frame(link->host) : 0;

    for (size_t i = 0; i < count; i++)
        netl_channel_send(nic->out, frames[i].bytes, frames[i].length,
                          numbered ? newest - (uint32_t)(count - 1 - i) : 0);
}

static bool is_for_us(const struct netl_link *link, const struct lab_frame *frame)
{
    return link->promiscuous || frame->length < sizeof link->mac.bytes ||
           (frame->bytes[0] & 1) != 0 ||
           memcmp(frame->bytes, link->mac.bytes, sizeof link->mac.bytes) == 0;
}

static int lab_receive(struct netl_link *link, struct netl_packet *packet)
{
    struct lab_nic *nic = link->state;

    for (unsigned skipped = 0; skipped < SKIPPED_A_CALL; skipped++) {
        struct lab_frame *frame = netl_channel_next(nic->in);
        if (!frame)
            return 0;
        bool ours = is_for_us(link, frame);
        if (ours) {
            size_t kept = netl_link_fill(packet, frame->bytes, frame->length);
            if (kept < frame->length)
                packet->original_length = frame->length;
            packet->frame = frame->number;
        }
        netl_lab_frame_free(&nic->in->medium->pool, frame);
        if (ours)
            return 1;
    }
    return 0;
}

static int64_t lab_due(struct netl_link *link)
{
    const struct lab_nic *nic = link->state;

    return netl_channel_due(nic->in);
}

static const struct netl_link_driver lab_driver = {
    .name = "lab",
    .open = lab_open,
    .close = lab_close,
    .send = lab_send,
    .sent = lab_sent,
    .receive = lab_receive,
    .due = lab_due,
};

int netl_nic_open(struct lab_node *node, struct lab_channel *out, struct lab_channel *in,
                  uint32_t mtu_bytes)
{
    static const struct netl_link_options options;
    struct lab_nic *nic = calloc(1, sizeof *nic);
    char name[] = "eth0";

    if (!nic)
        return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "put a card into %s", node->name);
    nic->node = node;
    nic->out = out;
    nic->in = in;
    nic->index = node->nic_count;
    nic->mtu_bytes = mtu_bytes;
    name[3] = (char)('0' + nic->index);
    struct netl_link *link = netl_link_open_driver(node->host, &lab_driver, name, nic, &options);
    if (!link) {
        free(nic);
        return NETL_ERROR_MEMORY;
    }
    nic->next = node->nics;
    node->nics = nic;
    node->nic_count++;
    return 0;
}

void netl_nic_free_all(struct lab_node *node)
{
    while (node->nics) {
        struct lab_nic *nic = node->nics;
        node->nics = nic->next;
        if (nic->link)
            netl_link_close(nic->link);
        free(nic);
    }
}
