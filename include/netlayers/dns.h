/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/dns.h
 * @brief DNS: what is the address of that name? (RFC 1034, RFC 1035)
 *
 * A **resolver** asks: it sends one question over UDP to a name server, keeps the answer for as long
 * as its TTL allows, and asks again over TCP when the answer was too long (RFC 7766). What it
 * believes is what it asked for, from whom it asked, with the number and at the port that it had
 * chosen at random (RFC 5452). A **server** answers for the zones whose files it was given.
 *
 *     struct netl_dns_answer *answer = netl_dns_lookup(host, "www.example.com", NETL_DNS_A);
 *     if (!answer)
 *         return netl_explain(stderr);
 *     for (size_t i = 0; i < netl_dns_answer_count(answer); i++)
 *         … netl_dns_answer_record(answer, i) …
 *     netl_dns_answer_free(answer);
 *
 * Where the transport layer is ours (seams `internet`, `link`, `wire`, and in a lab), and where the
 * key `dns=` names a server, names in URLs and in netl_tcp_connect() go this way too. What a
 * message looks like byte by byte is in <netlayers/wire/dns.h>.
 */
#ifndef NETLAYERS_DNS_H
#define NETLAYERS_DNS_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/wire/dns.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup application
 *  @{ */

struct netl_host;
struct netl_dns_answer; /**< what a question gave: records, and how they came here */
struct netl_dns_query;  /**< a question that waits for its answer */
struct netl_dns_zone;   /**< what a server knows: the records of one zone */
struct netl_dns_server; /**< answers questions about its zones */

/* ── whom to ask ────────────────────────────────────────────────────────────────────────── */

/** How a host resolves names; what is 0 or NULL stays as it is. */
struct netl_dns_options {
    const struct netl_endpoint *servers; /**< in the order in which they are asked; copied */
    size_t server_count;                 /**< how many, at most 8 */
    const char *search;  /**< suffixes for short names, separated by blanks, at most 6 */
    uint32_t timeout_ms; /**< before a question is asked again the first time; then twice as long */
    uint32_t attempts;   /**< how often each server is asked, 1 to 5 */
    uint32_t ndots;      /**< names with so many dots are first asked for as they are */
};

/**
 * @brief Changes whom a host asks, instead of its key `dns=` and /etc/resolv.conf.
 * @param host the host
 * @param options copied
 * @return 0; NETL_ERROR_ARGUMENT, NETL_ERROR_MEMORY
 * @par Events
 * `dns.config`
 */
NETL_API int netl_dns_configure(struct netl_host *host, const struct netl_dns_options *options);

/**
 * @brief Reads "10.0.0.53", "10.0.0.53:5300" or "[2001:db8::53]:5300".
 * @param[out] server filled in; the port is 53 unless told
 * @param text the server
 * @return true when the text is one
 */
NETL_API bool netl_dns_server_parse(struct netl_endpoint *server, const char *text);

/* ── asking ─────────────────────────────────────────────────────────────────────────────── */

/** One record of an answer. */
struct netl_dns_record {
    const char *name;    /**< its owner, as text */
    uint16_t type;       /**< `enum netl_dns_type` */
    uint32_t ttl;        /**< seconds for which it may be kept, from now */
    const uint8_t *data; /**< its data, names written out: netl_dns_data_format() shows it */
    size_t length;       /**< bytes of the data */
};

/** Where an answer came from. */
enum netl_dns_source {
    NETL_DNS_FROM_UDP = 0, /**< a server, over UDP */
    NETL_DNS_FROM_TCP,     /**< a server, over TCP */
    NETL_DNS_FROM_CACHE,   /**< an earlier answer that may still be used */
    NETL_DNS_FROM_HOSTS    /**< /etc/hosts, or "localhost" (RFC 6761 section 6.3) */
};

/** How an answer came here. */
struct netl_dns_way {
    enum netl_dns_source source; /**< the last step's */
    struct netl_endpoint server; /**< who answered; family 0 when nobody was asked */
    uint32_t time_us;            /**< from the call to the answer, microseconds */
    bool authoritative;          /**< the server owns the zone */
};

/**
 * @brief Asks, and waits for the answer.
 *
 * Aliases (CNAME) are followed and stand in the answer, in their order. Short names are tried with
 * the suffixes of `search`. An answer is kept and given again while its TTL lasts, and that a name
 * does not exist is kept as well (RFC 2308).
 *
 * @param host the host
 * @param name such as "www.example.com"; with a dot at its end exactly that name. For
 *        NETL_DNS_PTR an address will do
 * @param type `enum netl_dns_type`, or any other number
 * @return the answer, with at least one record, owned by the caller until netl_dns_answer_free(); NULL
 *         on error: NETL_ERROR_NAME when there is no such name or no record of that type
 * @par Events
 * `dns.query.tx`, `dns.answer.rx`, `dns.record`, `dns.cname`, `dns.cache.hit`, `dns.retry`,
 * `dns.truncated`, `dns.refused`, `dns.failed`
 * @par Example
 * @snippet{trimleft} dns_lookup.c ask
 */
NETL_API struct netl_dns_answer *netl_dns_lookup(struct netl_host *host, const char *name,
                                                 uint16_t type);

/**
 * @brief Asks, and does not wait: a handler hears the answer.
 * @param host the host
 * @param name as for netl_dns_lookup()
 * @param type as for netl_dns_lookup()
 * @param answered called once by the host's loop, never inside this call: with the answer, then its
 *        own until netl_dns_answer_free(); or with NULL and a negative enum netl_error, whose
 *        sentence netl_error_text() gives. The query is gone afterwards
 * @param context given back to it
 * @return the query, for netl_dns_cancel(); NULL on error
 */
NETL_API struct netl_dns_query *
netl_dns_ask(struct netl_host *host, const char *name, uint16_t type,
             void (*answered)(struct netl_dns_answer *answer, int error, void *context),
             void *context);

/**
 * @brief Wants no answer any more.
 * @param query the query, or NULL; gone afterwards, and its handler is not called
 */
NETL_API void netl_dns_cancel(struct netl_dns_query *query);

/**
 * @brief How many records an answer has.
 * @param answer the answer
 * @return at least 1
 */
NETL_API size_t netl_dns_answer_count(const struct netl_dns_answer *answer);

/**
 * @brief A record of an answer.
 * @param answer the answer
 * @param index from 0
 * @return the record, owned by the answer; NULL when there are not so many
 */
NETL_API const struct netl_dns_record *netl_dns_answer_record(const struct netl_dns_answer *answer,
                                                              size_t index);

/**
 * @brief How an answer came here.
 * @param answer the answer
 * @return owned by the answer
 */
NETL_API const struct netl_dns_way *netl_dns_answer_way(const struct netl_dns_answer *answer);

/**
 * @brief Frees an answer.
 * @param answer the answer, or NULL
 */
NETL_API void netl_dns_answer_free(struct netl_dns_answer *answer);

/* ── answering ──────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Reads a zone from a text in the form of RFC 1035 section 5.
 *
 * Known are `$ORIGIN`, `$TTL`, comments, parentheses, relative names, `@`, and records of the types A
 * AAAA CNAME MX NS PTR SOA SRV TXT. The SOA comes first; its owner is the zone's name.
 *
 * @param text the lines
 * @param length bytes
 * @param what how to call it in sentences, such as the file's name
 * @return the zone, owned by the caller until netl_dns_zone_free(); NULL on error, with a sentence
 *         that names the line
 */
NETL_API struct netl_dns_zone *netl_dns_zone_parse(const char *text, size_t length,
                                                   const char *what);

/**
 * @brief The same from a file of at most 16 MiB.
 * @param path the file
 * @return as netl_dns_zone_parse(); NULL with NETL_ERROR_FILE when it cannot be read
 */
NETL_API struct netl_dns_zone *netl_dns_zone_read(const char *path);

/**
 * @brief A zone's name.
 * @param zone the zone
 * @return owned by the zone
 */
NETL_API const struct netl_dns_name *netl_dns_zone_name(const struct netl_dns_zone *zone);

/**
 * @brief How many records a zone has.
 * @param zone the zone
 * @return at least 1, its SOA
 */
NETL_API size_t netl_dns_zone_records(const struct netl_dns_zone *zone);

/**
 * @brief Frees a zone that no server has.
 * @param zone the zone, or NULL
 */
NETL_API void netl_dns_zone_free(struct netl_dns_zone *zone);

/**
 * @brief Serves zones on a port, UDP and TCP; the host's loop does the work.
 *
 * It answers for its zones alone and asks nobody (no recursion). What breaks a rule gets FORMERR,
 * what it does not do NOTIMP, what is not its own REFUSED; an answer to nothing gets none.
 *
 * @param host the host
 * @param address where to listen, as text; NULL for all. Of several addresses that the host has, an
 *        answer comes from the one that was asked (RFC 2181 section 4.1); where the system does not
 *        tell which that was (see netl_udp_asked()), open one server for each address
 * @param port 0 to 65535; 0 lets the system choose
 * @return the server, owned by the caller until netl_dns_server_close(), which must come before
 *         the host is closed; NULL on error
 * @par Events
 * `dns.server`, `dns.zone`, `dns.request.rx`, `dns.response.tx`, `dns.wildcard`, `dns.ignored`
 * @par Example
 * @snippet{trimleft} dns_server.c serve
 */
NETL_API struct netl_dns_server *netl_dns_server_open(struct netl_host *host, const char *address,
                                                      uint16_t port);

/**
 * @brief Gives a server a zone.
 * @param server the server
 * @param zone taken over, unless this fails
 * @return 0; NETL_ERROR_IN_USE when it has a zone of that name
 * @par Events
 * `dns.zone`
 */
NETL_API int netl_dns_server_add(struct netl_dns_server *server, struct netl_dns_zone *zone);

/**
 * @brief Where a server listens, with the port that was chosen.
 * @param server the server
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_dns_server_local(struct netl_dns_server *server, struct netl_endpoint *endpoint);

/**
 * @brief Stops a server, at once, and frees it with its zones.
 * @param server the server, or NULL
 */
NETL_API void netl_dns_server_close(struct netl_dns_server *server);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
