/* SPDX-License-Identifier: MIT */
/* What the resolver keeps, and what it reads of the system's files. */
#include "application/dns_internal.h"
#include "unit/dns_fixture.h"

/* ── cache and files ──────────────────────────────────────────────────────────────────────── */

static void the_cache_is_bounded_and_the_least_used_gives_way(void)
{
    struct dns_cache cache = {0};
    struct netl_dns_question question = {.type = NETL_DNS_TXT, .class_ = NETL_DNS_IN};
    static uint8_t big[2000];

    open_lab("seed=1");
    for (int i = 0; i < 1000; i++) {
        struct dns_result result = {.outcome = DNS_ANSWERED, .ttl = 60};
        char name[32];
        sprintf(name, "n%d.lab", i);
        netl_dns_name_from_text(&question.name, name);
        CU_ASSERT_TRUE(netl_dns_pack_add(&result.pack, &question.name, NETL_DNS_TXT, 60, big,
                                         (size_t)(i % 3) * 1000));
        netl_dns_cache_add(&cache, client, &question, &result);
        netl_dns_pack_clear(&result.pack);
        CU_ASSERT(cache.count <= DNS_CACHE_ENTRIES && cache.bytes <= DNS_CACHE_BYTES);
        netl_dns_name_from_text(&question.name, "n0.lab"); /* used again and again: stays */
        CU_ASSERT_PTR_NOT_NULL(netl_dns_cache_find(&cache, client, &question));
    }
    CU_ASSERT(count("dns.cache.evicted") > 700);
    netl_dns_cache_clear(&cache);
    CU_ASSERT_EQUAL(cache.bytes, 0);
    netl_lab_close(lab);
}

static void resolv_conf_is_read_as_its_manual_says(void)
{
    static const char text[] = "# comment\n; another\nnameserver 10.0.0.1\nnameserver  fe80::1%lo\n"
                               "nameserver nonsense\nsearch  a.lab b.lab ..\n"
                               "options timeout:3 attempts:9 ndots:2 rotate timeout:x\n"
                               "nameserver 10.0.0.2";
    struct dns_settings settings;

    netl_dns_settings_default(&settings);
    netl_dns_resolv_conf(&settings, text, sizeof text - 1);
    CU_ASSERT_EQUAL(settings.server_count, 3);
    CU_ASSERT_EQUAL(settings.servers[2].address.bytes[3], 2);
    CU_ASSERT_EQUAL(settings.search_count, 2);
    CU_ASSERT_EQUAL(settings.timeout_ms, 3000);
    CU_ASSERT_EQUAL(settings.attempts, 5);
    CU_ASSERT_EQUAL(settings.ndots, 2);
    for (size_t cut = 0; cut < sizeof text; cut++) {
        char *exact = (char *)unit_exact(text, cut);
        netl_dns_settings_default(&settings);
        netl_dns_resolv_conf(&settings, exact, cut);
        free(exact);
    }
}

static size_t hosts_count(const char *name, uint16_t type)
{
    static const char text[] = "127.0.0.1 localhost\n10.0.0.5\tweb.lab web # web2\n::5 web.lab\n"
                               "10.0.0.6 web.lab\nnonsense web\n10.0.0.7\n";
    struct dns_pack pack = {0};
    struct netl_dns_name read;
    char *exact = (char *)unit_exact(text, sizeof text - 1);

    CU_ASSERT_TRUE(netl_dns_name_from_text(&read, name));
    size_t found = netl_dns_hosts_find(exact, sizeof text - 1, &read, type, &pack);
    CU_ASSERT_EQUAL(pack.count, found);
    netl_dns_pack_clear(&pack);
    free(exact);
    return found;
}

static void hosts_gives_addresses_and_names(void)
{
    CU_ASSERT_EQUAL(hosts_count("WEB.lab", NETL_DNS_A), 2);
    CU_ASSERT_EQUAL(hosts_count("web.lab", NETL_DNS_AAAA), 1);
    CU_ASSERT_EQUAL(hosts_count("web", NETL_DNS_A), 1);
    CU_ASSERT_EQUAL(hosts_count("web2", NETL_DNS_A), 0);
    CU_ASSERT_EQUAL(hosts_count("web.lab", NETL_DNS_MX), 0);
    CU_ASSERT_EQUAL(hosts_count("5.0.0.10.in-addr.arpa", NETL_DNS_PTR), 1);
    CU_ASSERT_EQUAL(hosts_count("7.0.0.10.in-addr.arpa", NETL_DNS_PTR), 0);
}

static void servers_are_read_with_and_without_a_port(void)
{
    static const char *const bad[] = {
        "",     ":53",    "10.0.0.1:",   "10.0.0.1:0", "10.0.0.1:65536",
        "[::1", "[::1]x", "[10.0.0.1:5", "localhost",  "10.0.0.1:5x"};
    struct netl_endpoint read;

    CU_ASSERT_TRUE(netl_dns_server_parse(&read, "10.0.0.53"));
    CU_ASSERT_EQUAL(read.port, 53);
    CU_ASSERT_TRUE(netl_dns_server_parse(&read, "10.0.0.53:5300"));
    CU_ASSERT_EQUAL(read.port, 5300);
    CU_ASSERT_TRUE(netl_dns_server_parse(&read, "::1"));
    CU_ASSERT_TRUE(netl_dns_server_parse(&read, "[::1]"));
    CU_ASSERT_TRUE(netl_dns_server_parse(&read, "[::1]:5300"));
    CU_ASSERT_EQUAL(read.port, 5300);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(netl_dns_server_parse(&read, bad[i]));
}

static void the_key_dns_names_servers_and_refuses_what_is_none(void)
{
    static const char nine[] = "dns=1.1.1.1 dns=1.1.1.2 dns=1.1.1.3 dns=1.1.1.4 dns=1.1.1.5 "
                               "dns=1.1.1.6 dns=1.1.1.7 dns=1.1.1.8 dns=1.1.1.9";
    static const char *const bad[] = {"dns=", "dns=localhost", "dns=10.0.0.1:0", "dns=10.0.0",
                                      nine};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_PTR_NULL(netl_host_open(bad[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), i < 4 ? "a name server's address"
                                                               : "more than 8 name servers"));
    }
    struct netl_host *host = netl_host_open("dns=10.0.0.53 dns=[::1]:5300");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    CU_ASSERT_TRUE(host->names.ours && !host->names.system_servers);
    CU_ASSERT_EQUAL(host->names.server_count, 2);
    CU_ASSERT_EQUAL(host->names.servers[1].port, 5300);
    netl_host_close(host);
    host = netl_host_open("");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    CU_ASSERT_TRUE(!host->names.ours && host->names.system_servers);
    netl_host_close(host);
    struct netl_lab *all = netl_lab_open("dns=10.0.0.53"); /* for each host of a lab */
    host = netl_lab_host(all, "a", "address=10.0.0.1/24");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    CU_ASSERT_EQUAL(host->names.server_count, 1);
    CU_ASSERT_FALSE(host->names.reads_files || host->names.system_servers);
    netl_lab_close(all);
}

UNIT_MAIN("DNS cache and files", UNIT(the_cache_is_bounded_and_the_least_used_gives_way),
          UNIT(resolv_conf_is_read_as_its_manual_says), UNIT(hosts_gives_addresses_and_names),
          UNIT(servers_are_read_with_and_without_a_port),
          UNIT(the_key_dns_names_servers_and_refuses_what_is_none))
