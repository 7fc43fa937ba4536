/* SPDX-License-Identifier: MIT */
/*
 * dns_lookup NAME [TYPE] [@SERVER[:PORT]]: what does the DNS say about a name?
 *
 * The lesson: a name is only for people. Before anything can be sent, somebody must turn it into an
 * address, and that is a protocol like any other: one question in one datagram, one answer in
 * another. Nobody signs it, so the question carries numbers that are hard to guess, and only the
 * answer that repeats them is believed. What was learnt may be kept for TTL seconds.
 *
 * What to watch:  NETLAYERS=trace=text ./dns_lookup www.example.com @1.1.1.1
 *   - dns.query.tx: the id and the source port are other numbers each time;
 *   - dns.cname: a name can be an alias for another one;
 *   - dns.truncated: an answer that is too long comes again over TCP.
 *
 * What to try next: types MX, TXT, NS, SOA; an address instead of a name with type PTR; a name that
 * does not exist, twice (dns.cache.negative is for programs that run longer than this one); your own
 * zone with dns_server.
 */
#include <netlayers.h>

#include <stdio.h>
#include <string.h>

static void print_record(const struct netl_dns_record *record)
{
    char type[NETL_DNS_TYPE_TEXT], data[4096];

    netl_dns_data_format(record->type, record->data, record->length, data, sizeof data);
    printf("%-32s %8lu  %-6s %s\n", record->name, (unsigned long)record->ttl,
           netl_dns_type_format(record->type, type), data);
}

static void print_way(const struct netl_dns_way *way)
{
    static const char *const sources[] = {"over UDP", "over TCP", "from the cache",
                                          "from this machine's own files"};
    char server[NETL_ENDPOINT_TEXT];

    printf("-- %s", sources[way->source]);
    if (way->server.address.family)
        printf(", said by %s%s", netl_endpoint_format(&way->server, server),
               way->authoritative ? ", which owns the zone" : "");
    printf(", %.1f ms\n", way->time_us / 1000.0);
}

static int look_up(struct netl_host *host, const char *name, uint16_t type)
{
    //! [ask]
    struct netl_dns_answer *answer = netl_dns_lookup(host, name, type);
    if (!answer)
        return netl_explain(stderr);
    printf("%-32s %8s  %-6s %s\n", "NAME", "TTL", "TYPE", "DATA");
    for (size_t i = 0; i < netl_dns_answer_count(answer); i++)
        print_record(netl_dns_answer_record(answer, i));
    print_way(netl_dns_answer_way(answer));
    netl_dns_answer_free(answer);
    //! [ask]
    return 0;
}

static int usage(const char *why, const char *what)
{
    fprintf(stderr, "application: read '%.60s': %s\n", what, why);
    fprintf(stderr, "usage: dns_lookup NAME [TYPE] [@SERVER[:PORT]] [key=value…]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct netl_endpoint server;
    struct netl_dns_options options = {.servers = &server};
    struct netl_address address;
    const char *name = NULL;
    uint16_t type = 0;

    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    int result = argc < 2 || *argv[1] == '-' ? usage("say which name", "nothing") : 0;
    for (int i = 1; i < argc && result == 0; i++) {
        if (argv[i][0] == '@' &&
            !(options.server_count = netl_dns_server_parse(&server, argv[i] + 1)))
            result = usage("that is no server; give an address such as @10.0.0.53:5300", argv[i]);
        else if (argv[i][0] != '@' && !name)
            name = argv[i];
        else if (argv[i][0] != '@' && !(type = netl_dns_type_parse(argv[i])))
            result =
                usage("no such type; known are A AAAA CNAME MX NS PTR SOA SRV TXT ANY", argv[i]);
    }
    if (type == 0) /* an address is turned into a name, a name into an address */
        type = name && netl_address_parse(&address, name) ? NETL_DNS_PTR : NETL_DNS_A;
    if (result == 0 && options.server_count && netl_dns_configure(host, &options) < 0)
        result = netl_explain(stderr);
    if (result == 0)
        result = look_up(host, name, type);
    if (netl_host_close(host) < 0)
        result = netl_explain(stderr);
    return result;
}
