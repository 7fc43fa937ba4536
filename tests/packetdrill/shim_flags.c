/* SPDX-License-Identifier: MIT */
/*
 * What --so_flags may say: words with a comma or a blank between them.
 *
 *     address=192.0.2.1  ours, before a packet or bind() tells      (also for IPv6)
 *     mtu=1500           of the wire
 *     iw=10              initial window, segments
 *     wscale=8           or "off"
 *     delack=40          milliseconds, or "off"
 *     slowstart=1024     segments that one ACK may add to the window
 *     burst=4            segments that end with PSH when they go at once, or 0
 *     quickack=16        ACKs that a young connection sends at once
 *     rto.min=200        milliseconds
 *     msl=30000          milliseconds: TIME-WAIT lasts two of them
 *     receive=65536      receive buffer, bytes; send=BYTES the other one
 *     cc=cubic           or reno, none
 *     sack=off timestamps=off nagle=off rack=off tlp=off fastretransmit=off
 *     trace=SINK         such as trace=text: what our stack thinks, on standard error
 */
#include "shim.h"

#include "trace/trace.h"
#include "transport/congestion.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 128

static uint32_t number_of(const char *value)
{
    unsigned long number = strtoul(value, NULL, 10);

    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static bool set_switch(struct tcp_settings *settings, const char *key, bool on)
{
    const struct {
        const char *key;
        bool *place;
    } known[] = {
        {"sack", &settings->sack},
        {"timestamps", &settings->timestamps},
        {"nagle", &settings->nagle},
        {"rack", &settings->rack},
        {"tlp", &settings->tail_probe},
        {"fastretransmit", &settings->fast_retransmit},
        {"wscale", &settings->window_scaling},
        {"delack", &settings->delayed_ack},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].key, key) != 0)
            continue;
        *known[i].place = on;
        return true;
    }
    return false;
}

static bool set_number(struct shim *shim, const char *key, uint32_t value)
{
    struct tcp_settings *settings = &shim->host.transport->own->settings;
    const struct {
        const char *key;
        uint32_t *place;
    } known[] = {
        {"mtu", &shim->mtu_bytes},
        {"iw", &settings->initial_window_segments},
        {"burst", &settings->burst_segments},
        {"quickack", &settings->quick_acks},
        {"slowstart", &settings->slow_start_segments},
        {"delack", &settings->delayed_ack_ms},
        {"rto.min", &settings->rto_min_ms},
        {"msl", &settings->msl_ms},
        {"receive", &settings->receive_first_bytes},
        {"send", &settings->send_first_bytes},
    };

    if (strcmp(key, "wscale") == 0 && value <= 14) {
        settings->window_scale = (uint8_t)value;
        return true;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].key, key) != 0)
            continue;
        *known[i].place = value;
        return true;
    }
    return false;
}

static bool set_address(struct shim *shim, const char *value)
{
    struct netl_address address;

    if (!netl_address_parse(&address, value))
        return false;
    if (address.family == NETL_IPV6)
        shim->address6 = address;
    else
        shim->address4 = address;
    return true;
}

static bool set_trace(struct shim *shim, const char *sink)
{
    struct netl_trace_options options = {
        .sinks = {sink}, .sink_count = 1, .name = "packetdrill", .seam = "wire"};

    if (shim->host.trace)
        return true;
    for (size_t i = 0; i < NETL_LAYERS; i++)
        options.levels[i] = NETL_TRACE_ALL;
    options.virtual_time = true;
    return netl_trace_open(&shim->host, &options) == 0;
}

static bool set_word(struct shim *shim, char *word)
{
    struct tcp_settings *settings = &shim->host.transport->own->settings;
    char *value = strchr(word, '=');

    if (!value)
        return false;
    *value++ = '\0';
    if (strcmp(word, "address") == 0)
        return set_address(shim, value);
    if (strcmp(word, "trace") == 0)
        return set_trace(shim, value);
    if (strcmp(word, "cc") == 0) {
        const struct congestion_calls *calls = netl_congestion_find(value);
        settings->congestion = calls ? calls : settings->congestion;
        return calls != NULL;
    }
    if (strcmp(value, "off") == 0 || strcmp(value, "on") == 0)
        return set_switch(settings, word, strcmp(value, "on") == 0);
    return set_number(shim, word, number_of(value));
}

bool shim_flags(struct shim *shim)
{
    char word[WORD_MAX];

    shim->mtu_bytes = 1500;
    shim->host.transport->own->settings.quick_acks = 16;
    shim->host.transport->own->settings.slow_start_segments = 1024;
    shim->host.transport->own->settings.tail_probe_ms = 2;
    shim_sysctls(shim);
    set_address(shim, "192.168.0.1");
    set_address(shim, "fd3d:a0b:17d6::1");
    for (const char *at = shim->flags ? shim->flags : ""; *at;) {
        size_t length = strcspn(at, ", ");
        if (length >= sizeof word)
            return false;
        memcpy(word, at, length);
        word[length] = '\0';
        if (length && !set_word(shim, word)) {
            fprintf(stderr, "libnetlayers-packetdrill: unknown flag or value: %s\n", word);
            return false;
        }
        at += length + strspn(at + length, ", ");
    }
    shim->path_mtu_bytes = shim->mtu_bytes;
    return true;
}

void shim_shape(struct shim *shim)
{
    if (!shim->shaped)
        shim_flags(shim);
    shim->shaped = true;
}
