/* SPDX-License-Identifier: MIT */
/*
 * One host's resolver as a whole: it is made when the first name is asked for, and goes with the
 * host. See dns_internal.h for the parts.
 */
#include "base/fail.h"
#include "base/text.h"
#include "dns_internal.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

#define CONF_BYTES  65536
#define HOSTS_BYTES 1048576

/* The system's own settings, where they speak of our network. */
static void read_system(struct netl_dns *dns)
{
    const struct netl_names *names = &dns->host->names;
    size_t length;

    if (names->system_servers) {
        char *text = netl_dns_file("/etc/resolv.conf", CONF_BYTES, &length);
        if (text) {
            dns->settings.timeout_ms = 5000; /* the defaults of resolv.conf(5) */
            dns->settings.attempts = 2;
            netl_dns_resolv_conf(&dns->settings, text, length);
        }
        free(text);
    }
    if (names->reads_files)
        dns->hosts = netl_dns_file("/etc/hosts", HOSTS_BYTES, &dns->hosts_length);
}

void netl_dns_tell(struct netl_dns *dns)
{
    const struct dns_settings *settings = &dns->settings;

    if (!dns->told)
        netl_event(dns->host, DNS_CONFIG, NULL, NETL_ENDPOINT("server", &settings->servers[0]),
                   NETL_NUMBER("servers", settings->server_count),
                   NETL_NUMBER("timeout", settings->timeout_ms),
                   NETL_NUMBER("attempts", settings->attempts));
    dns->told = true;
}

struct netl_dns *netl_dns_of(struct netl_host *host)
{
    const struct netl_names *names = &host->names;

    if (names->dns)
        return names->dns;
    struct netl_dns *dns = calloc(1, sizeof *dns);
    if (!dns) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open the resolver");
        return NULL;
    }
    dns->host = host;
    netl_dns_settings_default(&dns->settings);
    read_system(dns);
    if (names->server_count) {
        dns->settings.server_count = names->server_count;
        memcpy(dns->settings.servers, names->servers, sizeof names->servers);
    }
    host->names.dns = dns;
    return dns;
}

int netl_dns_configure(struct netl_host *host, const struct netl_dns_options *options)
{
    struct netl_dns *dns = netl_dns_of(host);

    if (!dns)
        return NETL_ERROR_MEMORY;
    if (options->server_count > DNS_SERVERS || options->attempts > 5)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "give at most 8 servers and 5 attempts", "set up the resolver");
    struct dns_settings *settings = &dns->settings;
    for (size_t i = 0; i < options->server_count; i++)
        settings->servers[i] = options->servers[i];
    if (options->server_count)
        settings->server_count = options->server_count;
    if (options->search)
        netl_dns_settings_search(settings, options->search, strlen(options->search));
    if (options->timeout_ms)
        settings->timeout_ms = options->timeout_ms;
    if (options->attempts)
        settings->attempts = options->attempts;
    if (options->ndots)
        settings->ndots = options->ndots;
    netl_dns_cache_clear(&dns->cache); /* other servers may say otherwise */
    dns->told = false;
    return 0;
}

bool netl_dns_server_parse(struct netl_endpoint *server, const char *text)
{
    char address[NETL_ADDRESS_TEXT];
    struct netl_endpoint out = {.port = NETL_DNS_PORT};
    const char *rest;
    size_t length;
    unsigned port = 0;

    if (netl_address_parse(&out.address, text)) {
        *server = out;
        return true;
    }
    bool brackets = *text == '[';
    length = strcspn(text + brackets, brackets ? "]" : ":");
    rest = text + brackets + length;
    if (length >= sizeof address || (brackets && *rest++ != ']'))
        return false;
    memcpy(address, text + brackets, length);
    address[length] = '\0';
    if (!netl_address_parse(&out.address, address))
        return false;
    if (brackets && !*rest) {
        *server = out;
        return true;
    }
    if (*rest++ != ':' || !*rest)
        return false;
    for (; *rest; rest++) {
        if (*rest < '0' || *rest > '9' || port > UINT16_MAX)
            return false;
        port = port * 10 + (unsigned)(*rest - '0');
    }
    if (port == 0 || port > UINT16_MAX)
        return false;
    out.port = (uint16_t)port;
    *server = out;
    return true;
}

void netl_dns_names_close(struct netl_host *host)
{
    struct netl_dns *dns = host->names.dns;

    if (!dns)
        return;
    while (dns->resolutions)
        netl_dns_names_cancel(dns->resolutions);
    while (dns->queries)
        netl_dns_cancel(dns->queries);
    while (dns->questions) {
        struct dns_question *question = dns->questions;
        dns->questions = question->next;
        netl_dns_question_free(question);
    }
    netl_dns_cache_clear(&dns->cache);
    free(dns->hosts);
    free(dns);
    host->names.dns = NULL;
}
