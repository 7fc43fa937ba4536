/* SPDX-License-Identifier: MIT */
/* Messages of gossip to bytes and back; see gossip_message.h. */
#include "gossip_message.h"

#include "wire/bytes.h"
#include <string.h>

long netl_gossip_frame(const uint8_t *bytes, size_t length, size_t most)
{
    if (length < GOSSIP_HEAD - 1)
        return 0;
    uint32_t inside = wire_get32(bytes);
    if (inside < 1 || inside > most)
        return -1;
    return length - 4 < inside ? 0 : (long)inside + 4;
}

void netl_gossip_head(uint8_t *bytes, size_t length, uint8_t type)
{
    wire_put32(bytes, (uint32_t)length + 1);
    bytes[4] = type;
}

size_t netl_gossip_hello_build(uint8_t *body, const struct gossip_hello *hello)
{
    size_t name = strlen(hello->protocol);

    body[0] = (uint8_t)name;
    memcpy(body + 1, hello->protocol, name);
    wire_put16(body + 1 + name, hello->version);
    wire_put64(body + 3 + name, hello->node);
    wire_put16(body + 11 + name, hello->port);
    return 13 + name;
}

bool netl_gossip_hello_parse(struct gossip_hello *hello, const uint8_t *body, size_t length)
{
    if (length < 1)
        return false;
    size_t name = body[0];
    if (name < 1 || name > GOSSIP_PROTOCOL || length != 13 + name ||
        memchr(body + 1, 0, name) != NULL)
        return false;
    memset(hello, 0, sizeof *hello);
    memcpy(hello->protocol, body + 1, name);
    hello->version = wire_get16(body + 1 + name);
    hello->node = wire_get64(body + 3 + name);
    hello->port = wire_get16(body + 11 + name);
    return hello->port != 0;
}

size_t netl_gossip_peer_build(uint8_t *body, const struct netl_endpoint *peer)
{
    size_t length = wire_address_length(&peer->address);

    body[0] = peer->address.family;
    memcpy(body + 1, peer->address.bytes, length);
    wire_put16(body + 1 + length, peer->port);
    return 3 + length;
}

int netl_gossip_peers_parse(struct netl_endpoint peers[GOSSIP_PEERS_MOST], const uint8_t *body,
                            size_t length)
{
    int count = 0;

    for (size_t at = 0; at < length; count++) {
        struct netl_address family = {.family = body[at]};
        size_t bytes = wire_address_length(&family);
        if (count == GOSSIP_PEERS_MOST || bytes == 0 || length - at < 3 + bytes)
            return -1;
        wire_get_address(&peers[count].address, (enum netl_family)body[at], body + at + 1);
        peers[count].port = wire_get16(body + at + 1 + bytes);
        at += 3 + bytes;
    }
    return count;
}
