/* SPDX-License-Identifier: MIT */
/*
 * Any bytes from a neighbour into a peer, in pieces, before and after a good hello: the peer lives,
 * holds its limits, and still passes a message on.
 *
 * Bit 0 of the first byte: a good hello goes first; the rest of it is the length of a piece.
 */
#include "application/gossip_internal.h"
#include <netlayers.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(struct netl_gossip *gossip, uint32_t neighbour, uint8_t type, const uint8_t *bytes,
                 size_t length, void *context)
{
    volatile uint8_t last = length ? bytes[length - 1] : 0; /* all of it is ours to read */

    (void)gossip, (void)neighbour, (void)context, (void)last;
    return type != 255;
}

static bool hear(struct netl_gossip *gossip, uint32_t neighbour, const uint8_t *bytes,
                 size_t length, void *context)
{
    return take(gossip, neighbour, bytes[0], bytes, length, context);
}

static const struct netl_gossip_handlers handlers = {.message = take, .heard = hear};

static void check(const struct netl_gossip *gossip)
{
    if (gossip->known_count > gossip->options.known_most ||
        gossip->link_count > gossip->options.links_most)
        abort();
    for (const struct gossip_link *link = gossip->links; link; link = link->next)
        if (link->input_room > 4u * gossip->options.message_bytes ||
            link->filled > link->input_room || link->out_end > link->output_room)
            abort();
}

static void speak(struct netl_lab *lab, struct netl_gossip *gossip, const uint8_t *data,
                  size_t size)
{
    static const struct netl_tcp_handlers none = {NULL, NULL, NULL, NULL};
    struct netl_endpoint to = {.port = 7000};
    struct gossip_hello hello = {.protocol = "gossip", .version = 1, .node = 7, .port = 7000};
    uint8_t frame[GOSSIP_HELLO_MOST];
    size_t piece = data[0] / 2 + 1u;

    netl_address_parse(&to.address, "10.0.0.1");
    struct netl_tcp *conn = netl_tcp_open(netl_lab_find(lab, "b"), &to, &none, NULL);
    if (!conn)
        abort();
    netl_lab_run(lab, NULL, NULL, 10);
    size_t length = netl_gossip_hello_build(frame + GOSSIP_HEAD, &hello);
    netl_gossip_head(frame, length, GOSSIP_HELLO);
    if (data[0] & 1)
        netl_tcp_write(conn, frame, GOSSIP_HEAD + length);
    for (size_t at = 1; at < size; at += piece) {
        netl_tcp_write(conn, data + at, at + piece < size ? piece : size - at);
        netl_lab_run(lab, NULL, NULL, 2);
        check(gossip);
    }
    netl_lab_run(lab, NULL, NULL, 3000);
    check(gossip);
    netl_tcp_abort(conn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netl_gossip_options options = {.message_bytes = 1024, .known_most = 16};

    if (size < 2 || size > 4000)
        return 0;
    struct netl_lab *lab = netl_lab_open(NULL);
    if (!lab || netl_lab_build(lab, "host a address=10.0.0.1/24\nhost b address=10.0.0.2/24\n"
                                    "wire a b") < 0)
        abort();
    struct netl_gossip *gossip =
        netl_gossip_open(netl_lab_find(lab, "a"), 7000, &options, &handlers, NULL);
    if (!gossip)
        abort();
    speak(lab, gossip, data, size);
    netl_gossip_close(gossip);
    netl_lab_close(lab);
    return 0;
}
