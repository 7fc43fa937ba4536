/* SPDX-License-Identifier: MIT */
/*
 * Names in URLs and in calls of the transport layer, which asks through host->names.
 *
 * Both versions of IP are asked for at once, where the layers below have both; IPv4 stands first
 * in what is found.
 *
 * Always true: the handler is called once, by the loop, after all questions have ended.
 */
#include "base/fail.h"
#include "dns_internal.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

#define ENDPOINTS 16

struct family {
    struct netl_resolution *resolution;
    struct netl_dns_query *query; /* NULL: not asked, or answered */
    size_t count;
    struct netl_address found[ENDPOINTS / 2];
};

struct netl_resolution {
    struct netl_resolution *next; /* of the resolver's */
    struct netl_host *host;
    netl_resolved *resolved;
    void *context;
    uint16_t port;
    char *name;
    int error; /* of the last question that failed */
    struct family families[2];
};

static void free_resolution(struct netl_resolution *resolution)
{
    struct netl_resolution **link = &resolution->host->names.dns->resolutions;

    while (*link && *link != resolution)
        link = &(*link)->next;
    if (*link)
        *link = resolution->next;
    for (size_t i = 0; i < 2; i++)
        netl_dns_cancel(resolution->families[i].query);
    free(resolution->name);
    free(resolution);
}

void netl_dns_names_cancel(struct netl_resolution *resolution)
{
    free_resolution(resolution);
}

static void tell(struct netl_resolution *resolution)
{
    struct netl_endpoint endpoints[ENDPOINTS];
    netl_resolved *resolved = resolution->resolved;
    void *context = resolution->context;
    int count = 0;

    for (size_t f = 0; f < 2; f++) {
        const struct family *family = &resolution->families[f];
        for (size_t i = 0; i < family->count; i++) {
            endpoints[count] = (struct netl_endpoint){family->found[i], resolution->port};
            netl_event(resolution->host, NAME_FOUND, NULL, NETL_TEXT("name", resolution->name),
                       NETL_ADDRESS("address", &endpoints[count].address));
            count++;
        }
    }
    int result = count ? count : resolution->error;
    free_resolution(resolution);
    resolved(result, endpoints, context);
}

static void answered(struct netl_dns_answer *answer, int error, void *context)
{
    struct family *family = context;
    struct netl_resolution *resolution = family->resolution;

    family->query = NULL;
    if (error)
        resolution->error = error;
    for (size_t i = 0; answer && i < netl_dns_answer_count(answer); i++) {
        const struct netl_dns_record *record = netl_dns_answer_record(answer, i);
        bool is_ipv4 = record->type == NETL_DNS_A && record->length == 4;
        bool is_ipv6 = record->type == NETL_DNS_AAAA && record->length == 16;
        if ((!is_ipv4 && !is_ipv6) || family->count == ENDPOINTS / 2)
            continue;
        struct netl_address *address = &family->found[family->count++];
        address->family = is_ipv4 ? NETL_IPV4 : NETL_IPV6;
        memcpy(address->bytes, record->data, record->length);
    }
    netl_dns_answer_free(answer);
    if (!resolution->families[0].query && !resolution->families[1].query)
        tell(resolution);
}

/* An address as text is an answer too, and comes as all answers do: by the loop. */
static int start_queries(struct netl_resolution *resolution)
{
    static const uint16_t types[2] = {NETL_DNS_A, NETL_DNS_AAAA};
    struct netl_host *host = resolution->host;
    size_t count = host->internet ? 1 : 2; /* our own internet layer is IPv4 alone */

    netl_event(host, NAME_LOOKUP, NULL, NETL_TEXT("name", resolution->name));
    for (size_t i = 0; i < count; i++) {
        struct family *family = &resolution->families[i];
        family->resolution = resolution;
        family->query = netl_dns_ask(host, resolution->name, types[i], answered, family);
        if (!family->query)
            return netl_fail_code();
    }
    return 0;
}

struct netl_resolution *netl_dns_names_start(struct netl_host *host, const char *name,
                                             uint16_t port, netl_resolved *resolved, void *context)
{
    struct netl_dns *dns = netl_dns_of(host);
    struct netl_resolution *resolution = dns ? calloc(1, sizeof *resolution) : NULL;
    size_t size = strlen(name) + 1;

    if (!dns)
        return NULL;
    if (!resolution || !(resolution->name = malloc(size))) {
        free(resolution);
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "look up a name");
        return NULL;
    }
    memcpy(resolution->name, name, size);
    resolution->host = host;
    resolution->next = dns->resolutions;
    dns->resolutions = resolution;
    resolution->port = port;
    resolution->resolved = resolved;
    resolution->context = context;
    if (start_queries(resolution) < 0) {
        free_resolution(resolution);
        return NULL;
    }
    return resolution;
}
