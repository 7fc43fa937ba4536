/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/internet.h
 * @brief The internet layer: datagrams of any protocol, from host to host.
 *
 * A link carries a frame to a neighbour. IP carries a datagram to any host of the
 * internet: from router to router, each of which reads the destination address,
 * counts the time to live (IPv6: hop limit) down by one, and passes the rest on.
 * Nothing is promised. What went wrong on the way comes back as ICMP, perhaps.
 *
 *     us ──── router ──── router ──── target
 *      ttl=3        ttl=2       ttl=1            arrives
 *      ttl=2        ttl=1       ✗ "time exceeded" comes back from the second router
 *
 * Three tools are made of that: netl_ping() asks a host whether it is there,
 * netl_path() finds the routers by letting the time to live run out on purpose,
 * netl_path_mtu() finds the largest datagram that passes uncut.
 *
 * They need a raw socket (SOCK_RAW), which the system gives to root and to holders
 * of CAP_NET_RAW. Where it does not, the echo tools try the system's ICMP socket
 * (SOCK_DGRAM), which can send echo requests and nothing else.
 */
#ifndef NETLAYERS_INTERNET_H
#define NETLAYERS_INTERNET_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup internet @bilingual{Internet layer,인터넷 계층}
 *  @brief IPv4, IPv6 and ICMP: raw datagrams, ping, path and MTU discovery, source addresses.
 *  @copydetails netlayers/internet.h
 *  @see @ref guide_internet
 *  @{ */

struct netl_host;
struct netl_raw; /**< a raw socket: datagrams of one protocol, without a transport layer */

/* ── raw datagrams ──────────────────────────────────────────────────────────────────────── */

/** What the IP header of a datagram that we send shall say. Zeroed: the system's defaults. */
struct netl_raw_options {
    uint8_t hop_limit;          /**< time to live (IPv4) or hop limit (IPv6); 0: the default */
    uint8_t traffic_class;      /**< dscp and ecn, the byte behind the version (RFC 2474) */
    bool dont_fragment;         /**< never cut it: too large for a link means an error (RFC 1191) */
    struct netl_address source; /**< our address in it; family 0: the kernel selects one */
};

/** What the IP header of a datagram that we received said. */
struct netl_datagram_info {
    struct netl_address source;      /**< from whom */
    struct netl_address destination; /**< to which of our addresses; family 0 when unknown */
    uint8_t protocol;                /**< what is inside, `enum netl_ip_protocol` */
    uint8_t hop_limit;               /**< what was left of it; 0 when unknown */
    uint8_t traffic_class;           /**< dscp and ecn; 0 when unknown */
    uint32_t interface_index;        /**< where it came in; 0 when unknown */
    size_t header_length;            /**< bytes of the IPv4 header that were taken off; IPv6: 0 */
    size_t original_length;          /**< bytes of its payload, also when the buffer was smaller */
    int64_t time_ns;                 /**< host time of its arrival */
};

/**
 * @brief Opens a raw socket for one protocol.
 *
 * It gets a copy of every datagram of that protocol that reaches this host, whoever else reads
 * them. The kernel never hands over TCP or UDP in whole: it also answers them itself.
 *
 * @param host the host; it must outlive the raw socket
 * @param family NETL_IPV4 or NETL_IPV6
 * @param protocol `enum netl_ip_protocol`, 1 to 254
 * @return the raw socket, owned by the caller until netl_raw_close(); NULL on error, usually
 *         NETL_ERROR_PERMISSION
 * @see RFC 791, RFC 8200; for the socket itself RFC 3542 section 3
 * @par Events
 * `ip.raw.open`
 */
NETL_API struct netl_raw *netl_raw_open(struct netl_host *host, enum netl_family family,
                                        uint8_t protocol);

/**
 * @brief Sends one datagram; the kernel writes the IP header in front.
 *
 * The kernel of IPv6 fills in the checksum of ICMPv6; all others are the caller's (RFC 3542
 * section 3.1).
 *
 * @param raw the raw socket
 * @param options what the IP header shall say; NULL: the defaults
 * @param to the destination, of the socket's family
 * @param data what follows the IP header
 * @param length bytes
 * @return length; NETL_ERROR_TOO_LARGE when it must not be fragmented and does not fit the link;
 *         NETL_ERROR_UNREACHABLE when there is no route; NETL_ERROR_AGAIN when the system's queue
 *         is full; or another negative enum netl_error
 * @par Events
 * `ip.raw.send`
 */
NETL_API long netl_raw_send(struct netl_raw *raw, const struct netl_raw_options *options,
                            const struct netl_address *to, const void *data, size_t length);

/**
 * @brief Receives one datagram, and waits until there is one.
 *
 * The IPv4 header is taken off; what is in the buffer starts behind it. The kernel of IPv6 takes
 * headers off itself.
 *
 * @param raw the raw socket
 * @param[out] buffer where to put the payload
 * @param size bytes of room; what does not fit is lost, see original_length
 * @param[out] info what the header said; may be NULL
 * @param timeout_ms how long to wait, milliseconds; 0 for ever
 * @return bytes in the buffer; NETL_ERROR_TIMEOUT; NETL_ERROR_IN_HANDLER inside a handler; or
 *         another negative enum netl_error
 * @par Events
 * `ip.raw.receive`, `ip.drop`
 */
NETL_API long netl_raw_receive(struct netl_raw *raw, void *buffer, size_t size,
                               struct netl_datagram_info *info, uint32_t timeout_ms);

/**
 * @brief The same, for handlers: never waits.
 * @param raw the raw socket
 * @param[out] buffer where to put the payload
 * @param size bytes of room
 * @param[out] info what the header said; may be NULL
 * @return as netl_raw_receive(); NETL_ERROR_AGAIN when there is none
 * @par Events
 * `ip.raw.receive`, `ip.drop`
 */
NETL_API long netl_raw_read(struct netl_raw *raw, void *buffer, size_t size,
                            struct netl_datagram_info *info);

/**
 * @brief Has a function called when datagrams are there: it calls netl_raw_read() until
 * NETL_ERROR_AGAIN.
 * @param raw the raw socket
 * @param received what to call; NULL for none
 * @param context given back to the function
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_raw_handle(struct netl_raw *raw,
                             void (*received)(struct netl_raw *raw, void *context), void *context);

/**
 * @brief Closes a raw socket.
 * @param raw the raw socket, or NULL; gone afterwards. May be called in its own handler
 * @par Events
 * `ip.raw.close`
 */
NETL_API void netl_raw_close(struct netl_raw *raw);

/* ── ping ───────────────────────────────────────────────────────────────────────────────── */

/** How to ping. Zeroed: four questions, one a second, 56 bytes. */
struct netl_ping_options {
    uint32_t count;          /**< questions to ask; 0: 4 */
    bool endless;            /**< go on until the callback says stop; `count` is not looked at */
    uint32_t interval_ms;    /**< time between two questions, milliseconds; 0: 1000 */
    uint32_t timeout_ms;     /**< how long to wait for each answer, milliseconds; 0: 1000 */
    uint32_t size;           /**< bytes behind the ICMP header, up to 65000; 0: 56 */
    uint8_t hop_limit;       /**< time to live or hop limit; 0: the system's default */
    bool dont_fragment;      /**< routers shall not cut the questions */
    enum netl_family family; /**< 0: whichever the name has first; else only that one */
};

/** What happened to one question. */
enum netl_ping_event {
    NETL_PING_STARTS = 0, /**< the name is resolved, `from` is the target; nothing is sent yet */
    NETL_PING_ANSWERED,   /**< the answer came in time */
    NETL_PING_DUPLICATE,  /**< an answer that had come before came once more */
    NETL_PING_LATE,       /**< the answer came when it was counted as lost already */
    NETL_PING_REFUSED,    /**< an ICMP error came instead; `from` says who sent it */
    NETL_PING_UNSENT,     /**< the system could not send the question, netl_error_text() says why */
    NETL_PING_SILENT      /**< no answer in time */
};

/** One event of a ping. */
struct netl_ping_reply {
    enum netl_ping_event event; /**< what happened */
    uint32_t sequence;          /**< which question, 1 and up */
    struct netl_address from;   /**< who answered; family 0 when nobody did */
    uint32_t length;            /**< bytes of the ICMP message */
    uint8_t hop_limit;          /**< what was left of the answer's; 0 when unknown */
    uint32_t rtt_us;            /**< round trip, microseconds; answers only */
    uint8_t icmp_type;          /**< of a refusal */
    uint8_t icmp_code;          /**< of a refusal */
    uint32_t mtu;               /**< of a refusal: bytes that would have passed; 0 when not said */
    const char *reason;         /**< of a refusal, in words, a constant string; else "" */
};

/** What a ping found out. */
struct netl_ping_result {
    struct netl_address target; /**< whom it asked */
    uint32_t sent;              /**< questions that were sent, or tried to be */
    uint32_t received;          /**< questions that were answered in time */
    uint32_t duplicates;        /**< answers too many */
    uint32_t late;              /**< answers that came after their deadline */
    uint32_t refused;           /**< ICMP errors about our questions */
    uint32_t rtt_min_us;        /**< shortest round trip, microseconds; 0 without an answer */
    uint32_t rtt_average_us;    /**< mean round trip, microseconds */
    uint32_t rtt_max_us;        /**< longest round trip, microseconds */
    uint32_t rtt_deviation_us;  /**< standard deviation of them, microseconds */
    int64_t elapsed_ns;         /**< from the first question to the end */
};

/**
 * @brief Asks a host whether it is there, and how long the way is.
 *
 * Every question is an ICMP echo request with our identifier, its sequence number and a stamp
 * that nobody else knows; only an answer with all three counts (RFC 792; RFC 4443 section 4). At
 * most 1,024 questions are on the way at once: with a short interval and a long timeout the
 * oldest is given up.
 *
 * @param host the host
 * @param name the target's name or address
 * @param options how; NULL: the defaults
 * @param happened called for every event; false ends the ping. May be NULL. It runs as a handler:
 *        no blocking calls in it
 * @param context given back to `happened`
 * @param[out] result what was found out, also when fewer answers than questions came; may be NULL
 * @return how many questions were answered, 0 when none; or a negative enum netl_error when
 *         nothing could be asked
 * @par Events
 * `ping.tx`, `ping.rx`, `ping.lost`, `ping.refused`, `ping.unsent`; `name.lookup`, `name.found`
 */
NETL_API long netl_ping(struct netl_host *host, const char *name,
                        const struct netl_ping_options *options,
                        bool (*happened)(const struct netl_ping_reply *reply, void *context),
                        void *context, struct netl_ping_result *result);

/* ── path ───────────────────────────────────────────────────────────────────────────────── */

#define NETL_PATH_PROBES_MAX 10 /**< most probes for one hop */

/** How to find a path. Zeroed: up to 30 hops, 3 probes each. */
struct netl_path_options {
    uint32_t first_hop;      /**< where to start, 1 to 255; 0: 1 */
    uint32_t hops_max;       /**< where to give up, 1 to 255; 0: 30 */
    uint32_t probes;         /**< per hop, 1 to NETL_PATH_PROBES_MAX; 0: 3 */
    uint32_t timeout_ms;     /**< how long to wait for a hop's answers, milliseconds; 0: 1000 */
    uint32_t size;           /**< bytes behind the ICMP header, up to 65000; 0: 32 */
    enum netl_family family; /**< 0: whichever the name has first; else only that one */
};

/** Who answered a probe. */
enum netl_path_answer {
    NETL_PATH_SILENT = 0, /**< nobody, in time */
    NETL_PATH_ROUTER,     /**< a router, where the time to live ran out */
    NETL_PATH_TARGET,     /**< the target itself */
    NETL_PATH_REFUSED     /**< someone who says that there is no way, see icmp_code */
};

/** One probe and its answer. */
struct netl_path_probe {
    enum netl_path_answer answer; /**< who answered */
    struct netl_address from;     /**< that one's address; family 0 when nobody did */
    uint32_t rtt_us;              /**< round trip, microseconds */
    uint8_t icmp_type;            /**< of a refusal */
    uint8_t icmp_code;            /**< of a refusal */
    const char *reason;           /**< of a refusal, in words, a constant string; else "" */
};

/** All probes of one hop. */
struct netl_path_hop {
    struct netl_address target;                          /**< where the path shall lead */
    uint32_t hop;                                        /**< time to live of these probes */
    uint32_t probe_count;                                /**< how many there are */
    struct netl_path_probe probes[NETL_PATH_PROBES_MAX]; /**< in the order of sending */
};

/**
 * @brief Finds the routers on the way to a host.
 *
 * A datagram with a time to live of n ends at the nth router, which says so and thereby tells its
 * address (RFC 792, time exceeded; RFC 4443 section 3.3). The probes are echo requests, so the
 * target answers them.
 *
 * @param host the host
 * @param name the target's name or address
 * @param options how; NULL: the defaults
 * @param found called for every hop; false ends the search. May be NULL
 * @param context given back to `found`
 * @return the number of the hop at which the target answered; NETL_ERROR_UNREACHABLE when someone
 *         said that there is no way; NETL_ERROR_TIMEOUT when it was not reached; 0 when `found`
 *         ended it; or another negative enum netl_error
 * @par Events
 * `ping.tx`, `path.hop`, `path.silent`
 */
NETL_API int netl_path(struct netl_host *host, const char *name,
                       const struct netl_path_options *options,
                       bool (*found)(const struct netl_path_hop *hop, void *context),
                       void *context);

/* ── path MTU ───────────────────────────────────────────────────────────────────────────── */

/** How to find the path MTU. Zeroed: one second a probe. */
struct netl_mtu_options {
    uint32_t timeout_ms;     /**< how long to wait for each answer, milliseconds; 0: 1000 */
    enum netl_family family; /**< 0: whichever the name has first; else only that one */
};

/** What became of a probe. */
enum netl_mtu_answer {
    NETL_MTU_PASSED = 0, /**< the target answered it */
    NETL_MTU_TOO_BIG,    /**< a router, or our own link, said that it is too large */
    NETL_MTU_SILENT      /**< no answer: lost, or a router that swallows what is too large */
};

/** One probe of a path MTU search. */
struct netl_mtu_probe {
    uint32_t size;               /**< bytes of the whole datagram, IP header included */
    enum netl_mtu_answer answer; /**< what became of it */
    struct netl_address from;    /**< who answered; family 0 for our own link or for silence */
    uint32_t mtu;                /**< what would have passed, as `from` says; 0 when not said */
};

/**
 * @brief Finds the largest datagram that reaches a host in one piece.
 *
 * It starts with what our own link takes, forbids fragmenting, and believes the routers' answers
 * (RFC 1191 section 3; RFC 8201 section 4). Where a router stays silent it halves the range
 * instead. The search is over after at most 64 probes.
 *
 * @param host the host
 * @param name the target's name or address; it must answer echo requests
 * @param options how; NULL: the defaults
 * @param probed called for every probe; false ends the search. May be NULL
 * @param context given back to `probed`
 * @return the path MTU in bytes, IP header included; NETL_ERROR_TIMEOUT when the target answers
 *         nothing; 0 when `probed` ended it; or another negative enum netl_error
 * @par Events
 * `mtu.probe`, `mtu.toobig`, `mtu.silent`, `mtu.found`
 */
NETL_API long netl_path_mtu(struct netl_host *host, const char *name,
                            const struct netl_mtu_options *options,
                            bool (*probed)(const struct netl_mtu_probe *probe, void *context),
                            void *context);

/* ── source address ─────────────────────────────────────────────────────────────────────── */

/** The way that the kernel chose for datagrams to one destination. */
struct netl_route {
    struct netl_address source;               /**< which of our addresses they carry */
    char interface_name[NETL_INTERFACE_NAME]; /**< where they leave; "" when unknown */
    uint32_t interface_index;                 /**< its number; 0 when unknown */
    uint32_t mtu;                             /**< bytes that this interface takes; 0: unknown */
};

/**
 * @brief Which of our addresses, and which interface, does the kernel use towards a destination?
 *
 * A host has many addresses: one for each interface and more. The kernel chooses when it routes
 * (RFC 1122 section 3.3.4.3; RFC 6724 section 5 for IPv6). We let it choose: a UDP socket that is
 * connected sends nothing, but the kernel looks up the route and binds the socket to the source
 * address, which can then be read.
 *
 * @param host the host
 * @param to the destination
 * @param[out] route what the kernel chose
 * @return 0; NETL_ERROR_UNREACHABLE when there is no route; or another negative enum netl_error
 * @par Events
 * `ip.route`
 */
NETL_API int netl_source_address(struct netl_host *host, const struct netl_address *to,
                                 struct netl_route *route);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
