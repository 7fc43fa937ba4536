/* SPDX-License-Identifier: MIT */
/* Any bytes as /etc/resolv.conf, as /etc/hosts and as the value of dns=. */
#include "application/dns_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t types[] = {NETL_DNS_A, NETL_DNS_AAAA, NETL_DNS_PTR};
    const char *text = (const char *)data;
    struct dns_settings settings;
    struct netl_endpoint server;
    struct netl_dns_name name;
    char value[64] = "";

    netl_dns_settings_default(&settings);
    netl_dns_resolv_conf(&settings, text, size);
    if (settings.server_count > DNS_SERVERS || settings.search_count > DNS_SEARCH ||
        settings.attempts < 1 || settings.attempts > 5 || settings.timeout_ms < 1000 ||
        settings.timeout_ms > 30000)
        abort();
    netl_dns_name_from_text(&name, "a.b");
    for (size_t i = 0; i < 3; i++) {
        struct dns_pack pack = {0};
        if (netl_dns_hosts_find(text, size, &name, types[i], &pack) < pack.count)
            abort();
        netl_dns_pack_clear(&pack);
    }
    memcpy(value, text, size < sizeof value ? size : sizeof value - 1);
    if (netl_dns_server_parse(&server, value) && server.port == 0)
        abort();
    return 0;
}
