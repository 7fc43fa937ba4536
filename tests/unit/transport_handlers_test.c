/* SPDX-License-Identifier: MIT */
/* TCP by handlers: a server and a client in one thread, and closing wherever one likes. */
#include "base/host.h"
#include "transport_fixture.h"
#include <netlayers/trace.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ── a large echo with back-pressure ──────────────────────────────────────────────────────── */

#define ECHO_BYTES (10u << 20)

struct echo_server {
    struct netl_tcp *conn;
    char held[65536];
    size_t length;
    size_t done;
    unsigned blocked;
    int closed;
};

struct echo_client {
    struct netl_tcp *conn;
    size_t sent;
    size_t received;
    unsigned blocked;
    bool wrong;
    int done;
};

static char pattern(size_t at)
{
    return (char)(at * 7 + at / 255 + at / 65537);
}

/* Writes what is held; while some is left, the peer must wait. */
static void echo_flush(struct echo_server *echo)
{
    while (echo->done < echo->length) {
        long n = netl_tcp_write(echo->conn, echo->held + echo->done, echo->length - echo->done);
        if (n == NETL_ERROR_AGAIN) {
            echo->blocked++;
            CU_ASSERT_EQUAL(netl_tcp_want_received(echo->conn, false), 0);
            return;
        }
        CU_ASSERT_TRUE_FATAL(n > 0);
        echo->done += (size_t)n;
    }
    echo->length = echo->done = 0;
    CU_ASSERT_EQUAL(netl_tcp_want_received(echo->conn, true), 0);
}

static void echo_received(struct netl_tcp *conn, void *context)
{
    struct echo_server *echo = context;

    CU_ASSERT_EQUAL_FATAL(echo->length, 0); /* never called while paused */
    long n = netl_tcp_read(conn, echo->held, sizeof echo->held);
    if (n == NETL_ERROR_AGAIN)
        return;
    CU_ASSERT_TRUE_FATAL(n >= 0);
    if (n == 0) {
        netl_tcp_close(conn);
        echo->closed = 1;
        return;
    }
    echo->length = (size_t)n;
    echo_flush(echo);
}

static void echo_writable(struct netl_tcp *conn, void *context)
{
    (void)conn;
    echo_flush(context);
}

static void echo_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    static const struct netl_tcp_handlers handlers = {NULL, echo_received, echo_writable, NULL};
    struct echo_server *echo = context;

    (void)listener;
    echo->conn = conn;
    CU_ASSERT_EQUAL(netl_tcp_handle(conn, &handlers, echo), 0);
}

static void client_send(struct netl_tcp *conn, void *context)
{
    struct echo_client *client = context;
    char bytes[30000];

    while (client->sent < ECHO_BYTES) {
        size_t length = ECHO_BYTES - client->sent;
        length = length < sizeof bytes ? length : sizeof bytes;
        for (size_t i = 0; i < length; i++)
            bytes[i] = pattern(client->sent + i);
        long n = netl_tcp_write(conn, bytes, length);
        if (n == NETL_ERROR_AGAIN) {
            client->blocked++;
            return;
        }
        CU_ASSERT_TRUE_FATAL(n > 0);
        client->sent += (size_t)n;
    }
    CU_ASSERT_EQUAL(netl_tcp_shutdown(conn), 0);
}

static void client_received(struct netl_tcp *conn, void *context)
{
    struct echo_client *client = context;
    char bytes[4096];
    long n = netl_tcp_read(conn, bytes, sizeof bytes);

    CU_ASSERT_TRUE_FATAL(n >= 0 || n == NETL_ERROR_AGAIN);
    for (long i = 0; i < n; i++)
        client->wrong |= bytes[i] != pattern(client->received + (size_t)i);
    if (n > 0)
        client->received += (size_t)n;
    client->done = n == 0;
}

static void ten_megabytes_come_back_whole_in_one_thread(void)
{
    static const struct netl_tcp_handlers handlers = {client_send, client_received, client_send,
                                                      NULL};
    static struct echo_server echo;
    struct echo_client client = {0};
    struct pair pair;

    memset(&echo, 0, sizeof echo);
    pair_listen(&pair, "127.0.0.1");
    netl_tcp_listener_handle(pair.listener, echo_accepted, &echo);
    client.conn = netl_tcp_open(pair.host, &pair.local, &handlers, &client);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client.conn);
    pair_turn_until(pair.host, &client.done);
    CU_ASSERT_EQUAL(client.sent, ECHO_BYTES);
    CU_ASSERT_EQUAL(client.received, ECHO_BYTES);
    CU_ASSERT_FALSE(client.wrong);
    CU_ASSERT_TRUE(client.blocked > 0 && echo.blocked > 0); /* both felt the other's pace */
    CU_ASSERT_TRUE(echo.closed);
    netl_tcp_close(client.conn);
    pair_close(&pair);
}

/* ── blocking calls inside a handler ──────────────────────────────────────────────────────── */

static int handler_done;

static void block_inside(struct netl_tcp *conn, void *context)
{
    struct pair *pair = context;
    char byte;

    CU_ASSERT_EQUAL(netl_tcp_receive(conn, &byte, 1), NETL_ERROR_IN_HANDLER);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "inside a handler"));
    CU_ASSERT_EQUAL(netl_tcp_send(conn, "x", 1), NETL_ERROR_IN_HANDLER);
    CU_ASSERT_PTR_NULL(netl_tcp_connect(pair->host, "127.0.0.1", pair->local.port));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "netl_tcp_open"));
    CU_ASSERT_PTR_NULL(netl_tcp_accept(pair->listener, 1));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "netl_tcp_listener_handle"));
    CU_ASSERT_EQUAL(netl_host_run(pair->host), NETL_ERROR_IN_HANDLER);
    CU_ASSERT_EQUAL(netl_tcp_read(conn, &byte, 1), 1);
    handler_done = 1;
}

static void blocking_calls_inside_a_handler_fail_at_once(void)
{
    static const struct netl_tcp_handlers handlers = {NULL, block_inside, NULL, NULL};
    struct pair pair;

    pair_open(&pair, "127.0.0.1");
    handler_done = 0;
    netl_tcp_handle(pair.server, &handlers, &pair);
    netl_tcp_send(pair.client, "!", 1);
    pair_turn_until(pair.host, &handler_done);
    pair_close(&pair);
}

/* ── closing inside handlers ──────────────────────────────────────────────────────────────── */

static void close_inside(struct netl_tcp *conn, void *context)
{
    handler_done++;
    if (context)
        netl_tcp_abort(conn);
    else
        netl_tcp_close(conn);
}

static void a_connection_opened_without_handlers_waits_for_them(void)
{
    static const struct netl_tcp_handlers received = {NULL, close_inside, NULL, NULL};
    struct pair pair;

    pair_open(&pair, "127.0.0.1");
    struct netl_tcp *conn = netl_tcp_open(pair.host, &pair.local, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    struct netl_tcp *other = netl_tcp_accept(pair.listener, 1000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    handler_done = 0;
    CU_ASSERT_EQUAL(netl_tcp_handle(conn, &received, NULL), 0);
    CU_ASSERT_EQUAL(netl_tcp_send(other, "!", 1), 1);
    pair_turn_until(pair.host, &handler_done);
    netl_tcp_close(other);
    pair_close(&pair);
}

static void a_connection_may_close_in_connected_and_received(void)
{
    static const struct netl_tcp_handlers connected = {close_inside, NULL, NULL, NULL};
    static const struct netl_tcp_handlers received = {NULL, close_inside, NULL, NULL};
    static char yes;
    void *const contexts[] = {NULL, &yes};
    struct pair pair;

    for (int abort = 0; abort < 2; abort++) {
        pair_open(&pair, "127.0.0.1");
        handler_done = 0;
        CU_ASSERT_PTR_NOT_NULL(netl_tcp_open(pair.host, &pair.local, &connected, contexts[abort]));
        pair_turn_until(pair.host, &handler_done);
        handler_done = 0;
        netl_tcp_handle(pair.server, &received, contexts[abort]);
        netl_tcp_send(pair.client, "!", 1);
        pair_turn_until(pair.host, &handler_done);
        pair_settle(pair.host);
        CU_ASSERT_EQUAL(handler_done, 1);
        pair_close(&pair);
    }
}

/* Fills the way to the peer, so that `writable` is due when the peer reads. */
static void fill_up(struct netl_tcp *conn)
{
    static char bulk[65536];

    while (netl_tcp_write(conn, bulk, sizeof bulk) > 0)
        continue;
}

static void a_connection_may_close_in_writable(void)
{
    static const struct netl_tcp_handlers writable = {NULL, NULL, close_inside, NULL};
    static char bulk[65536];
    struct pair pair;

    pair_open(&pair, "127.0.0.1");
    handler_done = 0;
    netl_tcp_handle(pair.server, &writable, NULL);
    fill_up(pair.server);
    netl_host_step(pair.host, 0);
    CU_ASSERT_EQUAL(handler_done, 0);
    while (!handler_done && netl_tcp_receive(pair.client, bulk, sizeof bulk) > 0)
        netl_host_step(pair.host, 0);
    CU_ASSERT_EQUAL(handler_done, 1);
    pair_close(&pair);
}

static void close_in_closed(struct netl_tcp *conn, int error, void *context)
{
    CU_ASSERT_EQUAL(error, *(int *)context);
    CU_ASSERT_TRUE(netl_error_text()[0] != '\0');
    netl_tcp_close(conn);
    handler_done++;
}

static void a_refused_open_is_told_to_closed_where_it_may_close(void)
{
    static const struct netl_tcp_handlers closed = {close_inside, NULL, NULL, close_in_closed};
    int expected = NETL_ERROR_REFUSED;
    struct netl_endpoint nobody;
    struct pair pair;

    pair_listen(&pair, "127.0.0.1");
    nobody = pair.local;
    netl_tcp_listener_close(pair.listener); /* its port is free now, and refuses */
    handler_done = 0;
    CU_ASSERT_PTR_NOT_NULL(netl_tcp_open(pair.host, &nobody, &closed, &expected));
    pair_turn_until(pair.host, &handler_done);
    pair_settle(pair.host);
    CU_ASSERT_EQUAL(handler_done, 1);
    pair_close(&pair);
}

static void an_abort_reaches_a_peer_that_neither_reads_nor_writes(void)
{
    static const struct netl_tcp_handlers closed = {NULL, NULL, NULL, close_in_closed};
    int expected = NETL_ERROR_RESET;
    struct pair pair;

    pair_open(&pair, "127.0.0.1");
    handler_done = 0;
    netl_tcp_handle(pair.server, &closed, &expected);
    netl_tcp_abort(pair.client);
    pair_turn_until(pair.host, &handler_done);
    pair_close(&pair);
}

static void read_the_reset(struct netl_tcp *conn, void *context)
{
    char byte;
    long n = netl_tcp_read(conn, &byte, 1);

    if (n == NETL_ERROR_AGAIN)
        return;
    CU_ASSERT_EQUAL(n, NETL_ERROR_RESET);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "transport: receive from"));
    netl_tcp_close(conn);
    *(int *)context = 1;
}

static void an_abort_is_a_reset_to_a_peer_that_reads(void)
{
    static const struct netl_tcp_handlers received = {NULL, read_the_reset, NULL, NULL};
    struct pair pair;
    int done = 0;

    pair_open(&pair, "127.0.0.1");
    netl_tcp_handle(pair.server, &received, &done);
    netl_tcp_abort(pair.client);
    pair_turn_until(pair.host, &done);
    pair_close(&pair);
}

static void a_connection_that_is_over_does_not_spin_the_loop(void)
{
    static const struct netl_tcp_handlers closed = {NULL, NULL, NULL, close_in_closed};
    int expected = 0;
    struct pair pair;
    int turns = 0;

    pair_open(&pair, "127.0.0.1");
    netl_tcp_handle(pair.server, &closed, &expected);
    netl_tcp_shutdown(pair.server);
    netl_tcp_close(pair.client); /* both directions are shut now */
    while (turns < 100 && netl_host_step(pair.host, 0) > 0)
        turns++;
    CU_ASSERT_TRUE(turns < 5);
    pair_close(&pair);
}

/* ── listeners ────────────────────────────────────────────────────────────────────────────── */

static void read_once(struct netl_tcp *conn, void *context)
{
    char bytes[16];

    CU_ASSERT_EQUAL(netl_tcp_read(conn, bytes, sizeof bytes), 0);
    ++*(int *)context;
}

static void the_end_of_the_peers_data_is_told_once(void)
{
    static const struct netl_tcp_handlers handlers = {.received = read_once};
    struct pair pair;
    char bytes[3];
    int told = 0;

    pair_open(&pair, "127.0.0.1");
    CU_ASSERT_EQUAL(netl_tcp_handle(pair.server, &handlers, &told), 0);
    CU_ASSERT_EQUAL(netl_tcp_shutdown(pair.client), 0);
    pair_turn_until(pair.host, &told);
    CU_ASSERT_EQUAL(netl_host_step(pair.host, 0), 0);
    CU_ASSERT_EQUAL(told, 1);
    CU_ASSERT_EQUAL(netl_tcp_write(pair.server, "abc", 3), 3); /* only half of it is closed */
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.client, bytes, 3), 3);
    pair_close(&pair);
}

static void close_listener(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    (void)context;
    handler_done++;
    netl_tcp_listener_close(listener);
    netl_tcp_close(conn);
}

static void a_listener_may_close_in_its_own_handler(void)
{
    struct pair pair;

    pair_listen(&pair, "127.0.0.1");
    struct netl_tcp *a = netl_tcp_connect(pair.host, "127.0.0.1", pair.local.port);
    struct netl_tcp *b = netl_tcp_connect(pair.host, "127.0.0.1", pair.local.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    handler_done = 0;
    netl_tcp_listener_handle(pair.listener, close_listener, NULL);
    pair_turn_until(pair.host, &handler_done);
    pair_settle(pair.host);
    CU_ASSERT_EQUAL(handler_done, 1);
    CU_ASSERT_PTR_NULL(netl_tcp_connect(pair.host, "127.0.0.1", pair.local.port));
    pair_close(&pair);
}

static void count_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    (void)listener;
    (void)conn;
    ++*(int *)context;
}

/* Valgrind plays the limit itself, and throws accepted connections away when it is reached. */
static bool limit_is_real(void)
{
    const char *preload = getenv("LD_PRELOAD");
    bool real = !preload || !strstr(preload, "vgpreload");

    if (!real)
        unit_skip("valgrind's limit of descriptors is not the kernel's");
    return real;
}

/* Takes every descriptor that is left; how many. */
static size_t use_up_descriptors(int *fds, size_t capacity)
{
    size_t count = 0;

    while (count < capacity && (fds[count] = dup(0)) >= 0)
        count++;
    return count;
}

static void without_descriptors_accepting_rests_and_goes_on_later(void)
{
    int fds[64];
    int accepted = 0;
    struct rlimit limit, low;
    struct pair pair;

    if (!limit_is_real())
        return;
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    pair_listen(&pair, "127.0.0.1");
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_tcp_connect(pair.host, "127.0.0.1", pair.local.port));
    netl_tcp_listener_handle(pair.listener, count_accepted, &accepted);
    low = limit;
    low.rlim_cur = 40;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &low), 0);
    size_t used = use_up_descriptors(fds, 64);
    int turns = 0;
    while (turns < 100 && netl_host_step(pair.host, 0) > 0)
        turns++;
    CU_ASSERT_TRUE(turns < 5); /* it rests instead of spinning */
    CU_ASSERT_EQUAL(accepted, 0);
    int rest_ms = netl_host_deadline(pair.host);
    CU_ASSERT_TRUE(rest_ms >= 0 && rest_ms <= 100);
    while (used > 0)
        close(fds[--used]);
    setrlimit(RLIMIT_NOFILE, &limit);
    pair_turn_until(pair.host, &accepted);
    CU_ASSERT_EQUAL(accepted, 1);
    pair_close(&pair);
}

static void a_blocking_accept_without_descriptors_says_so(void)
{
    int fds[64];
    struct rlimit limit, low;
    struct pair pair;

    if (!limit_is_real())
        return;
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    pair_listen(&pair, "127.0.0.1");
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_tcp_connect(pair.host, "127.0.0.1", pair.local.port));
    low = limit;
    low.rlim_cur = 40;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &low), 0);
    size_t used = use_up_descriptors(fds, 64);
    CU_ASSERT_PTR_NULL(netl_tcp_accept(pair.listener, 1000));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "ulimit -n"));
    CU_ASSERT_PTR_NULL(netl_tcp_connect(pair.host, "127.0.0.1", pair.local.port));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "ulimit -n"));
    while (used > 0)
        close(fds[--used]);
    setrlimit(RLIMIT_NOFILE, &limit);
    CU_ASSERT_PTR_NOT_NULL(netl_tcp_accept(pair.listener, 1000));
    pair_close(&pair);
}

static void a_burst_of_connections_is_accepted_whole(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fds[200];
    int accepted = 0;
    struct pair pair;

    memset(&pair, 0, sizeof pair);
    pair.host = netl_host_open("observe=off");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair.host);
    pair.listener = netl_tcp_listen(pair.host, "127.0.0.1", 0, 256);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair.listener);
    netl_tcp_listener_local(pair.listener, &pair.local);
    address.sin_port = htons(pair.local.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    netl_tcp_listener_handle(pair.listener, count_accepted, &accepted);
    for (size_t i = 0; i < 200; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        CU_ASSERT_EQUAL_FATAL(connect(fds[i], (struct sockaddr *)&address, sizeof address), 0);
    }
    netl_host_step(pair.host, 1000);
    CU_ASSERT_TRUE(accepted > 0 && accepted < 200); /* a batch, so that old ones get on */
    pair_settle(pair.host);
    CU_ASSERT_EQUAL(accepted, 200);
    for (size_t i = 0; i < 200; i++)
        close(fds[i]);
    pair_close(&pair);
}

static void a_blocking_call_and_handlers_share_one_host(void)
{
    static struct echo_server echo;
    char text[8] = "";
    struct pair pair;

    memset(&echo, 0, sizeof echo);
    pair_listen(&pair, "127.0.0.1");
    netl_tcp_listener_handle(pair.listener, echo_accepted, &echo);
    pair.client = netl_tcp_connect(pair.host, "127.0.0.1", pair.local.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair.client);
    CU_ASSERT_EQUAL(netl_tcp_send(pair.client, "ping", 4), 4);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.client, text, sizeof text), 4);
    CU_ASSERT_STRING_EQUAL(text, "ping");
    netl_tcp_shutdown(pair.client);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.client, text, sizeof text), 0);
    CU_ASSERT_TRUE(echo.closed);
    pair_close(&pair);
}

UNIT_MAIN("transport_handlers", UNIT(ten_megabytes_come_back_whole_in_one_thread),
          UNIT(blocking_calls_inside_a_handler_fail_at_once),
          UNIT(a_connection_opened_without_handlers_waits_for_them),
          UNIT(a_connection_may_close_in_connected_and_received),
          UNIT(a_connection_may_close_in_writable),
          UNIT(a_refused_open_is_told_to_closed_where_it_may_close),
          UNIT(an_abort_reaches_a_peer_that_neither_reads_nor_writes),
          UNIT(an_abort_is_a_reset_to_a_peer_that_reads),
          UNIT(a_connection_that_is_over_does_not_spin_the_loop),
          UNIT(the_end_of_the_peers_data_is_told_once),
          UNIT(a_listener_may_close_in_its_own_handler),
          UNIT(without_descriptors_accepting_rests_and_goes_on_later),
          UNIT(a_blocking_accept_without_descriptors_says_so),
          UNIT(a_burst_of_connections_is_accepted_whole),
          UNIT(a_blocking_call_and_handlers_share_one_host))
