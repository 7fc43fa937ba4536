/* SPDX-License-Identifier: MIT */
/*
 * The spine of a host: what every layer needs to reach from a `struct netl_host *`.
 *
 * Base knows no layer, so what belongs to a layer is a pointer to a type that
 * only the layer defines. lib/host fills it all in (netl_host_open).
 */
#ifndef LIB_BASE_HOST_H
#define LIB_BASE_HOST_H

#include "base/clock.h"
#include "base/loop.h"
#include "base/random.h"
#include <netlayers/address.h>
#include <netlayers/error.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__GNUC__)
#define NETL_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define NETL_UNLIKELY(x) (x)
#endif

struct netl_host;
struct netl_record; /* an event, see <netlayers/trace.h> */
struct netl_trace;
struct netl_internet;   /* lib/internet: ours or the kernel's; NULL at the seam transport */
struct netl_dns;        /* lib/application: the host's resolver */
struct netl_resolution; /* a name on its way to an address */
struct netl_transport;  /* lib/transport: ours or the kernel's, and what is open */
struct netl_observer;   /* lib/host: watches the frames of the kernel's sockets */

/*
 * What the transport layer tells whoever watches its sockets from outside, so that frames are
 * seen from the first SYN on and carry the number of their connection. Set by lib/host; every
 * call is skipped when `watcher` is NULL.
 */
struct netl_flow_watch {
    /* This port (for ICMP: this echo identifier) is about to be used. 0 or an enum netl_error. */
    int (*port_opens)(struct netl_observer *, uint8_t protocol, uint16_t local_port);
    /* It is used no more: what comes there later is not ours, unless its flow is known. */
    void (*port_closes)(struct netl_observer *, uint8_t protocol, uint16_t local_port);
    /* The number of the connection between these two; makes a new one when it has none. */
    uint32_t (*connection)(struct netl_observer *, uint8_t protocol,
                           const struct netl_endpoint *local, const struct netl_endpoint *remote);
    /* The number of the frame that brought this datagram (from its IP header on); 0: not seen. */
    uint32_t (*frame_of)(struct netl_observer *, const uint8_t *datagram, size_t length);
    /* Reads what has been seen so far, so that events come in the order of time. */
    void (*drain)(struct netl_observer *);
    struct netl_observer *watcher;
};

#define NETL_NAME_SERVERS 8

/*
 * How names become addresses: the transport layer asks here, since it must not name the layer above
 * that knows. Set by lib/host; `dns` is made by lib/application on first use.
 */
struct netl_names {
    struct netl_resolution *(*start)(struct netl_host *, const char *name, uint16_t port,
                                     void (*resolved)(int count, const struct netl_endpoint *,
                                                      void *context),
                                     void *context);
    void (*cancel)(struct netl_resolution *);
    void (*close)(struct netl_host *);
    bool ours;                                       /* blocking calls go this way too */
    bool reads_files;                                /* /etc/hosts is about this machine */
    bool system_servers;                             /* /etc/resolv.conf names our servers */
    struct netl_endpoint servers[NETL_NAME_SERVERS]; /* those of the key dns= */
    unsigned server_count;
    struct netl_dns *dns;
};

struct netl_host {
    bool tracing; /* read by every netl_event: first, and set by the trace alone */
    /* Gets this host's events, though its trace may be shared with others; NULL: nobody. */
    void (*listener)(const struct netl_record *, void *context);
    void *listener_context;

    /* Time and waiting. */
    struct netl_clock clock;
    struct netl_loop *loop;

    /* A link hands up what came together: more may follow in this turn of the loop. Set by it. */
    bool in_burst;

    /* Called before each turn of the loop, when not NULL; set by lib/host. */
    void (*before_turn)(struct netl_host *);

    /* What the trace and the layers keep here. */
    struct netl_trace *trace;
    struct netl_internet *internet; /* NULL at the seam `transport` */
    struct netl_transport *transport;
    struct netl_flow_watch flows;
    struct netl_names names;

    struct netl_random random;
    uint32_t connections; /* how many connections have been numbered */
    uint32_t timeout_ms;  /* how long a blocking call waits, unless told otherwise */
    bool sandbox;         /* in namespaces of its own */
    char name[32];
};

/* One turn of the loop, which ends at the host time `until_ns` at the latest. */
int netl_host_turn(struct netl_host *host, int64_t until_ns);

/* In virtual time: is there nothing left that could ever happen? */
bool netl_host_is_over(const struct netl_host *host);

/*
 * Turns the loop until `done(context)` is not 0 or the host time `until_ns` has come. Gives what
 * `done` gave; NETL_ERROR_TIMEOUT without a sentence when time was up; NETL_ERROR_IN_HANDLER with
 * one when called inside a handler. Signals do not end it.
 */
int netl_host_wait(struct netl_host *host, enum netl_layer layer, int (*done)(void *context),
                   void *context, int64_t until_ns);

/*
 * Waits for a name that our own DNS looks up (host->names.ours). How many endpoints were found, at
 * least 1; or a negative enum netl_error with a sentence.
 */
int netl_names_wait(struct netl_host *host, enum netl_layer layer, const char *name, uint16_t port,
                    struct netl_endpoint *endpoints, size_t capacity);

/* Host time `timeout_ms` from now; CLOCK_NEVER_NS when it is negative. */
int64_t netl_host_until(struct netl_host *host, int64_t timeout_ms);

#endif
