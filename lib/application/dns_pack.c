/* SPDX-License-Identifier: MIT */
/*
 * Records in a row of bytes: owner, type, TTL, length, data. One allocation holds an answer,
 * in the cache as well as on its way to the caller.
 *
 * Always true: a pack holds whole records, DNS_ANSWER_BYTES at most.
 */
#include "dns_internal.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct dns_pack *pack, size_t more)
{
    if (pack->capacity - pack->length >= more)
        return true;
    size_t capacity = pack->capacity ? pack->capacity * 2 : 256;
    if (pack->length + more > DNS_ANSWER_BYTES)
        return false;
    while (capacity < pack->length + more)
        capacity *= 2;
    uint8_t *bytes = realloc(pack->bytes, capacity);
    if (!bytes)
        return false;
    pack->bytes = bytes;
    pack->capacity = capacity;
    return true;
}

static void put(struct dns_pack *pack, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(pack->bytes + pack->length, bytes, length);
    pack->length += length;
}

bool netl_dns_pack_add(struct dns_pack *pack, const struct netl_dns_name *name, uint16_t type,
                       uint32_t ttl, const uint8_t *data, size_t length)
{
    uint32_t size = (uint32_t)length;

    if (!make_room(pack, 1u + name->length + sizeof type + sizeof ttl + sizeof size + length))
        return false;
    put(pack, &name->length, 1);
    put(pack, name->bytes, name->length);
    put(pack, &type, sizeof type);
    put(pack, &ttl, sizeof ttl);
    put(pack, &size, sizeof size);
    put(pack, data, length);
    pack->count++;
    return true;
}

static void get(const struct dns_pack *pack, size_t *at, void *out, size_t length)
{
    memcpy(out, pack->bytes + *at, length);
    *at += length;
}

bool netl_dns_pack_next(const struct dns_pack *pack, size_t *at, struct dns_view *view)
{
    uint32_t size;

    if (*at >= pack->length)
        return false;
    get(pack, at, &view->name.length, 1);
    get(pack, at, view->name.bytes, view->name.length);
    get(pack, at, &view->type, sizeof view->type);
    get(pack, at, &view->ttl, sizeof view->ttl);
    get(pack, at, &size, sizeof size);
    view->data = pack->bytes + *at;
    view->length = size;
    *at += size;
    return true;
}

bool netl_dns_pack_append(struct dns_pack *pack, const struct dns_pack *more, uint32_t age_s)
{
    struct dns_view view;
    size_t at = 0;

    while (netl_dns_pack_next(more, &at, &view)) {
        uint32_t ttl = view.ttl > age_s ? view.ttl - age_s : 0;
        if (!netl_dns_pack_add(pack, &view.name, view.type, ttl, view.data, view.length))
            return false;
    }
    return true;
}

void netl_dns_pack_clear(struct dns_pack *pack)
{
    free(pack->bytes);
    memset(pack, 0, sizeof *pack);
}
