/* SPDX-License-Identifier: MIT */
/*
 * What a link is inside, and what a driver has to do.
 *
 * A driver is one file and one table. It moves frames between the medium and
 * the caller's bytes; waiting, filters, counters and the trace are done once for
 * all of them in link.c, receive.c and report.c.
 *
 * To add a driver: write its table, and name it in the list in link.c.
 */
#ifndef LIB_LINK_DRIVER_H
#define LIB_LINK_DRIVER_H

#include "base/host.h"
#include <netlayers/link.h>

#define READ_AHEAD 8u

struct netl_link_driver {
    const char *name;
    /*
     * Fills in link->state, fd, name, mac and mtu_bytes. 0, or a negative enum netl_error with its
     * sentence; then it has cleaned up after itself.
     */
    int (*open)(struct netl_link *link, const char *where, const struct netl_link_options *options);
    void (*close)(struct netl_link *link);
    /*
     * Hands frames to the medium: how many it took, 0 when its queue is full, or a negative
     * enum netl_error with its sentence.
     */
    long (*send)(struct netl_link *link, const struct netl_frame *frames, size_t count);
    /*
     * The frames that send() took stand in the trace now, the last with the newest number. What a
     * medium in this process does with them, it does here, so that its events follow. NULL: none.
     */
    void (*sent)(struct netl_link *link, const struct netl_frame *frames, size_t count);
    /* The next frame into an empty packet: 1; 0 for none now; or a negative enum netl_error. */
    int (*receive)(struct netl_link *link, struct netl_packet *packet);
    /* Host time at which a link without a descriptor has its next frame. */
    int64_t (*due)(struct netl_link *link);
    /* Hands a filter to the kernel; NULL: the filter runs in link.c. NULL program: none. */
    int (*filter)(struct netl_link *link, const struct netl_filter *program, size_t count);
    /* Brings link->frames_lost up to date; NULL: nothing is ever lost unseen. */
    void (*count_lost)(struct netl_link *link);
    /* The descriptor reported an error: what was it? 0 for none after all. */
    int (*failed)(struct netl_link *link);
};

struct netl_link {
    struct netl_host *host;
    const struct netl_link_driver *driver;

    /* What the driver fills in. */
    void *state;                    /* its own */
    int fd;                         /* readable when a frame is there; -1: see due() */
    char name[NETL_INTERFACE_NAME]; /* for people and the trace */
    struct netl_mac mac;
    uint32_t mtu_bytes;
    bool loopback;
    bool in_bursts;      /* reading costs a system call: all that is there is read in one go */
    bool reads_ahead;    /* its handler stays: several are read before the first is handed up */
    bool raw_ip;         /* frames have no Ethernet header */
    uint32_t seen_index; /* packet: number of the interface that the last frame came from */

    /* What the options said. */
    bool quiet;
    bool promiscuous;
    uint16_t ethertype;
    struct netl_filter *filter; /* run here, when the driver cannot */
    size_t filter_count;

    /* Counters; frames_dropped and frames_lost also by drivers. */
    uint64_t frames_sent;
    uint64_t bytes_sent;
    uint64_t frames_received;
    uint64_t bytes_received;
    uint64_t frames_dropped;
    uint64_t frames_lost;

    /* Waiting. */
    struct netl_watch watch;
    struct netl_timer timer;
    unsigned woken;       /* events that the watch has seen since it was last looked at */
    bool waiting;         /* netl_link_receive() waits now */
    bool waits_are_short; /* the last wait was over sooner than a sleep is worth */
    unsigned since_turn;  /* frames given out since the loop last had a turn */
    netl_link_handler *received;
    void *context;
    struct netl_packet *packets[READ_AHEAD]; /* for the handler; NULL: not needed yet */
    struct netl_packet *scratch;             /* for the trace of what is sent */
    bool *gone;                              /* set when the link is closed inside its handler */
    struct netl_link_hold *hold; /* frames that wait to leave together; NULL: none did yet */
};

extern const struct netl_link_driver netl_link_packet_driver;
extern const struct netl_link_driver netl_link_tap_driver;
extern const struct netl_link_driver netl_link_bus_driver;
extern const struct netl_link_driver netl_link_file_driver;

/*
 * netl_link_open() with a driver that is not in the list: `state` is in link->state when its open()
 * is called, and `place` is the link's name.
 */
struct netl_link *netl_link_open_driver(struct netl_host *host,
                                        const struct netl_link_driver *driver, const char *place,
                                        void *state, const struct netl_link_options *options);

/* Puts a frame into an empty packet, as much as fits; gives how much that was. */
size_t netl_link_fill(struct netl_packet *packet, const uint8_t *bytes, size_t length);

/* A random address with the "local" bit set and the "group" bit not. */
void netl_link_random_mac(struct netl_host *host, struct netl_mac *mac);
bool netl_link_mac_given(const struct netl_mac *mac);

/*
 * link.c: as netl_link_send(), but never waits: NETL_ERROR_AGAIN, without a sentence, when the
 * queue is full. For our own stack, whose frames may be lost but whose calls must not be entered
 * again while one of them waits.
 */
int netl_link_offer(struct netl_link *link, const uint8_t *frame, size_t length);

/*
 * hold.c: keeps a copy of a frame, to leave with others: false when it shall go out at once. What is
 * held is sent by the second call.
 */
#define HOLD_FRAMES 16u
bool netl_link_hold(struct netl_link *link, const uint8_t *frame, size_t length);
void netl_link_release(struct netl_link *link);

/* link.c: keeps a copy of a filter, to be run here. */
int netl_link_keep_filter(struct netl_link *link, const struct netl_filter *program, size_t count);

/* receive.c: stops all waiting, for the closing of a link. */
void netl_link_stop(struct netl_link *link);

/* receive.c: waits until the link can be written, at most the host's timeout. */
int netl_link_wait_writable(struct netl_link *link);

/* report.c: counters and trace. */
void netl_link_report_open(struct netl_link *link);
void netl_link_report_sent(struct netl_link *link, const struct netl_frame *frames, size_t count);
void netl_link_report_received(struct netl_link *link, struct netl_packet *packet);
void netl_link_report_dropped(struct netl_link *link, const char *reason, uint64_t frames);
void netl_link_report_lost(struct netl_link *link, uint64_t frames);

/* Fails with the sentence for an interface that is not there or is down. */
int netl_link_fail_absent(const char *name);
int netl_link_fail_down(const char *name);

#endif
