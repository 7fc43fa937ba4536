/* SPDX-License-Identifier: MIT */
/*
 * The server's own structs, and who does what:
 *
 *     http_server.c             opens, listens, accepts, stops
 *     http_server_connection.c  turns what TCP says into steps of an exchange; deadlines
 *     http_server_request.c     reads one request and finds who answers it
 *     http_server_response.c    writes one response: head, then body from memory, file or handler
 *     http_server_static.c      answers with a file
 *     http_server_exchange.c    what a handler may ask and do: <netlayers/http_server.h>
 *
 * A connection has at most one exchange. It works through its input as long as there are whole
 * requests and room for responses, so pipelined requests leave in one write.
 *
 * Always true:
 *   - an idle connection holds no buffer and no exchange, only its struct;
 *   - a connection is freed only by netl_connection_leave() or netl_connection_drop(), never under the
 *     feet of a function that still uses it: inside, `dead` is set;
 *   - when the input is full or the output is blocked, nothing more is read from TCP.
 */
#ifndef LIB_APPLICATION_HTTP_SERVER_INTERNAL_H
#define LIB_APPLICATION_HTTP_SERVER_INTERNAL_H

#include "base/host.h"
#include "http_body.h"
#include "http_cache.h"
#include "http_date.h"
#include "http_message.h"
#include "http_range.h"
#include <netlayers/http_server.h>
#include <netlayers/transport.h>

#define OUTPUT_SIZE  (NETL_HTTP_CACHED_BYTES + 4096) /* a small file and its head in one write */
#define HEAD_ROOM    3072                            /* the largest head of a response */
#define FIELDS_SIZE  2048                            /* header fields that one response may add */
#define INPUT_SPARE  4096                            /* beside the largest head, for a body */
#define POOL_BUFFERS 64                              /* free buffers that are kept, a kind */
#define TURN_FILLS   16                              /* buffers that one connection sends a turn */
#define LINGER_MS    2000
#define LINGER_BYTES 1048576

/* Free buffers of one size, chained through their first bytes. */
struct pool {
    void *first;
    size_t count, size;
};

void *netl_pool_take(struct pool *pool); /* NULL when memory is short */
void netl_pool_give(struct pool *pool, void *buffer);
void netl_pool_clear(struct pool *pool);

struct route {
    struct route *next;
    char *method; /* NULL for any */
    char *path;
    size_t length;
    bool prefix; /* the path ends in '/' */
    netl_http_handler *handler;
    void *context;
};

struct netl_http_server {
    struct netl_host *host;
    struct netl_tcp_listener *listener;
    struct netl_http_server_options options;
    struct netl_http_limits limits;
    int root; /* descriptor of the directory, or -1 */

    struct route *routes;

    struct connection *first; /* all connections, doubly linked */
    size_t connections;
    struct netl_http_exchange *orphans; /* not answered when their connection went */

    struct pool inputs, outputs, exchanges;
    struct netl_http_cache cache;

    int64_t date_s; /* the second for which `date` was made */
    char date[sizeof "Date: \r\n" - 1 + NETL_HTTP_DATE];

    bool stopping;
    bool cut; /* the graceful stop ran out of time */
    void (*stopped)(struct netl_http_server *server, void *context);
    void *stopped_context;
    struct netl_timer stop_timer;
};

/* What a connection waits for; each has its own deadline. */
enum phase {
    PHASE_NONE,
    PHASE_IDLE,    /* the next request */
    PHASE_HEAD,    /* the rest of a head */
    PHASE_BODY,    /* the rest of a body */
    PHASE_HANDLER, /* a handler that answers later: no deadline */
    PHASE_SEND,    /* room to send */
    PHASE_LINGER   /* the peer's end, so that our last response is not lost (RFC 9112 §9.6) */
};

struct connection {
    struct netl_http_server *server;
    struct netl_tcp *tcp;
    struct connection *previous, *next;

    /* Input: [0, held) is done with, [held, parsed) the head in use, [parsed, filled) to do. */
    char *input;
    size_t held, parsed, filled;
    size_t body_at; /* where the body begins: that room is used again and again */
    struct netl_http_scan scan;

    /* Output: [out_start, out_end) is still to be sent. */
    char *output;
    size_t out_start, out_end;

    struct netl_http_exchange *exchange;

    struct netl_timer timer; /* lazy: it may fire before the deadline, and is then set again */
    int64_t deadline_ns;
    int64_t since_ns; /* when the phase began */
    int64_t moved_ns; /* when the last byte moved in it */
    uint64_t moved;   /* bytes moved in it */
    enum phase phase;

    bool inside;     /* one of its functions runs */
    bool dead;       /* to be freed when that ends */
    bool closing;    /* after the current response */
    bool lingering;  /* only reads and forgets */
    bool needs_fill; /* yielded to others with more to send */
    bool blocked;    /* TCP took less than it was given */
    bool paused;     /* told TCP not to call us for data */
    bool peer_done;  /* the peer sent its FIN */
    bool unread;     /* closing early: the peer may still be sending */
};

enum stage {
    STAGE_BODY,    /* the request's body is still coming */
    STAGE_WAIT,    /* a handler has it */
    STAGE_STREAM,  /* begun, a handler writes */
    STAGE_PREPARED /* all known: head and body from a source are being sent */
};

enum source {
    SOURCE_NONE,
    SOURCE_MEMORY, /* bytes [at, end) */
    SOURCE_FILE    /* ranges of a file, perhaps with a part head before each */
};

struct netl_http_exchange {
    struct netl_http_server *server;
    struct connection *connection; /* NULL when it is gone */
    struct netl_http_exchange *next;
    enum stage stage;

    /* The request. */
    struct netl_http_head head; /* points into the connection's input */
    struct netl_http_body body; /* the decoder */
    const struct route *route;
    enum netl_http_fault fault;
    bool keep_body;
    bool is_head;
    char *content; /* the decoded body, and a 0 */
    size_t content_length, content_room;
    char *input; /* the connection's, when the exchange outlives it: the head points there */

    /* The response. */
    int status;
    bool keep_alive, chunked, head_sent, ended, handling;
    bool has_length;
    uint64_t length;
    char fields[FIELDS_SIZE];
    size_t fields_length;
    netl_http_handler *room;
    void *room_context;

    enum source source;
    const char *memory;              /* SOURCE_MEMORY */
    char *owned;                     /* to be freed */
    struct netl_http_cached *cached; /* to be released */
    uint64_t at, end;                /* of the memory or the current range */
    int fd;                          /* SOURCE_FILE, -1 for none */
    struct netl_http_range ranges[NETL_HTTP_RANGES];
    int range_count, range;
    char boundary[33];  /* multipart/byteranges; "" for one range */
    char part[256];     /* a part's head, waiting for room */
    size_t part_length; /* of it */
    const char *type;
    uint64_t file_size;

    char path[]; /* clean and decoded; room for the longest target */
};

/* ── http_server.c ──────────────────────────────────────────────────────────────────────── */
const char *netl_server_date(struct netl_http_server *server);
int64_t netl_server_now_s(const struct netl_http_server *server);
void netl_server_forget(struct connection *conn); /* unlinks it; ends a stop when it was the last */

/* ── http_server_connection.c ───────────────────────────────────────────────────────────── */
int netl_connection_open(struct netl_http_server *server, struct netl_tcp *tcp);
void netl_connection_enter(struct connection *conn);
void netl_connection_leave(struct connection *conn); /* works, then frees it if it is dead */
void netl_connection_drop(struct connection *conn,
                          const char *reason);                   /* closes and frees it now */
bool netl_connection_drop_idle(struct netl_http_server *server); /* true: one descriptor is free */
bool netl_connection_is_idle(const struct connection *conn);

/* ── http_server_request.c ──────────────────────────────────────────────────────────────── */
bool netl_request_next(struct connection *conn); /* true when an exchange began */
bool netl_request_body(
    struct connection *conn); /* true when the body is there and it was handled */
bool netl_request_late(struct connection *conn); /* answers 408; false when it cannot */
void netl_exchange_end(struct connection *conn);
void netl_exchange_free(struct netl_http_exchange *exchange);

/* ── http_server_response.c ─────────────────────────────────────────────────────────────── */
bool netl_http_output_flush(struct connection *conn); /* false when blocked or dead */
bool netl_http_output_room(struct connection *conn, size_t length);
void netl_http_output_put(struct connection *conn, const void *bytes, size_t length);
bool netl_response_head(struct netl_http_exchange *exchange); /* false when there is no room yet */
bool netl_response_fill(struct connection *conn);             /* true when all is in the output */
size_t netl_response_part(struct netl_http_exchange *exchange, int index); /* a part's head */
bool netl_response_finish(struct netl_http_exchange *exchange); /* what ends a handler's stream */
long netl_response_stream(struct netl_http_exchange *exchange, const char *bytes, size_t length);
void netl_response_prepare(struct netl_http_exchange *exchange, int status, const char *type);
void netl_response_field(struct netl_http_exchange *exchange, const char *name, const char *value);
void netl_response_error(struct netl_http_exchange *exchange, int status, const char *reason);
void netl_response_memory(struct netl_http_exchange *exchange, int status, const char *type,
                          const char *bytes, size_t length);

/* ── http_server_static.c ───────────────────────────────────────────────────────────────── */
void netl_static_answer(struct netl_http_exchange *exchange);

#endif
