/* SPDX-License-Identifier: MIT */
/*
 * The stage of a packet script: one host with our TCP, in virtual time; the script is its peer.
 *
 * Numbers are relative: our own to our first one (so a SYN has seq 0), the peer's to the peer's.
 * A script may play several peers, 0 to 31, told apart by their ports.
 */
#ifndef TESTS_SCRIPTS_STAGE_H
#define TESTS_SCRIPTS_STAGE_H

#include "transport/tcb.h"

#define STAGE_PEERS  32
#define STAGE_SENT   4096
#define STAGE_PORT   80   /* where the host listens, or the peer does */
#define STAGE_PEER_0 1000 /* port of peer 0 when the host listens */
#define MILLISECOND  INT64_C(1000000)

/* A segment that the host has sent. */
struct stage_sent {
    int64_t time_ns;
    int peer;
    struct netl_tcp_header tcp; /* with relative numbers */
};

struct stage {
    struct netl_internet internet; /* first */
    struct netl_host host;
    struct netl_tcp *conn; /* the program's */
    struct netl_tcp_listener *listener;
    uint16_t port;                    /* of the host */
    uint32_t iss[STAGE_PEERS];        /* the host's first number, towards each peer */
    uint32_t iss_before[STAGE_PEERS]; /* the one that it had before */
    uint32_t isn[STAGE_PEERS];        /* each peer's */
    uint32_t ts_last[STAGE_PEERS];    /* what the host's clock said last */
    bool met[STAGE_PEERS];
    int told_error; /* what the closed handler said */
    bool told_closed, connected;
    struct stage_sent sent[STAGE_SENT];
    size_t sent_count;
    size_t taken; /* up to here the script has looked */
    uint32_t accepted;
};

void stage_open(struct stage *stage);
void stage_close(struct stage *stage);
/* Time passes until then, or until a segment waits to be looked at. True: one does. */
bool stage_wait(struct stage *stage, int64_t until_ns);
/* A number of the host's that counts from its first one of before, as if from the newest. */
uint32_t stage_old(const struct stage *stage, int peer, uint32_t number);
/* Peer `peer` sends; numbers in `tcp` are relative. */
void stage_inject(struct stage *stage, int peer, struct netl_tcp_header *tcp, size_t length);
void stage_trouble(struct stage *stage, enum netl_icmp_trouble trouble, uint32_t seq,
                   uint32_t mtu_bytes);
bool stage_connect(struct stage *stage);
bool stage_listen(struct stage *stage, int backlog);
enum netl_tcp_state stage_state(const struct stage *stage, int peer);
/* One segment as a line of text. */
void stage_describe(const struct netl_tcp_header *tcp, char *text, size_t size);

#endif
