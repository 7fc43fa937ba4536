/* SPDX-License-Identifier: MIT */
/* From a file straight into a connection: the same bytes, and no signal when the peer is gone. */
#include "support/unit.h"
#include <netlayers.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE 3000000

static char bytes[SIZE], got[SIZE + 1];

struct sender {
    int file;
    uint64_t offset;
    long last; /* what the last call gave */
};

/* Writes what fits; the rest when there is room. */
static void writable(struct netl_tcp *conn, void *context)
{
    struct sender *sender = context;
    while (sender->offset < SIZE) {
        sender->last =
            netl_tcp_write_file(conn, sender->file, sender->offset, SIZE - (size_t)sender->offset);
        if (sender->last <= 0)
            return;
        sender->offset += (uint64_t)sender->last;
    }
    netl_tcp_shutdown(conn);
}

static int open_file(void)
{
    char path[] = "/tmp/netl_transport_file_XXXXXX";
    int file = mkstemp(path);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 >> 3);
    CU_ASSERT_TRUE_FATAL(file >= 0 && write(file, bytes, SIZE) == SIZE);
    unlink(path);
    return file;
}

static struct netl_host *host;
static struct netl_tcp *client, *server;

static void connect_both(void)
{
    struct netl_endpoint local;
    host = netl_host_open("observe=off timeout=5000");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    struct netl_tcp_listener *listener = netl_tcp_listen(host, "127.0.0.1", 0, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    CU_ASSERT_EQUAL(netl_tcp_listener_local(listener, &local), 0);
    client = netl_tcp_connect(host, "127.0.0.1", local.port);
    server = netl_tcp_accept(listener, 5000);
    CU_ASSERT_TRUE_FATAL(client && server);
    netl_tcp_listener_close(listener);
}

static void close_both(int file)
{
    netl_tcp_close(client);
    netl_tcp_close(server);
    netl_host_close(host);
    close(file);
}

static void a_file_arrives_whole_and_keeps_its_own_offset(void)
{
    static const struct netl_tcp_handlers handlers = {.writable = writable};
    struct sender sender = {.file = open_file()};
    size_t length = 0;
    long n;
    connect_both();
    lseek(sender.file, 7, SEEK_SET);
    CU_ASSERT_EQUAL(netl_tcp_handle(server, &handlers, &sender), 0);
    writable(server, &sender);
    if (sender.last == NETL_ERROR_UNSUPPORTED) {
        unit_skip("this system has no way from a file to a socket");
        close_both(sender.file);
        return;
    }
    while ((n = netl_tcp_receive(client, got + length, sizeof got - length)) > 0)
        length += (size_t)n;
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_EQUAL(length, SIZE);
    CU_ASSERT_EQUAL(memcmp(got, bytes, SIZE), 0);
    CU_ASSERT_EQUAL(lseek(sender.file, 0, SEEK_CUR), 7);
    close_both(sender.file);
}

static void the_end_of_a_file_is_0_and_blocking_calls_still_wait(void)
{
    int file = open_file();
    connect_both();
    long n = netl_tcp_write_file(server, file, SIZE, 10);
    if (n != NETL_ERROR_UNSUPPORTED) {
        CU_ASSERT_EQUAL(n, 0);
        CU_ASSERT_EQUAL(netl_tcp_write_file(server, file, SIZE - 4, 100), 4);
        CU_ASSERT_EQUAL(netl_tcp_receive(client, got, sizeof got), 4);
        netl_tcp_set_timeout(server, 100);
        CU_ASSERT_EQUAL(netl_tcp_receive(server, got, sizeof got), NETL_ERROR_TIMEOUT);
        CU_ASSERT_EQUAL(netl_tcp_send(server, "four", 4), 4);
        CU_ASSERT_EQUAL(netl_tcp_receive(client, got, sizeof got), 4);
    }
    close_both(file);
}

/* Without care the second call would end this program by SIGPIPE. */
static void a_peer_that_is_gone_is_an_error_and_no_signal(void)
{
    int file = open_file();
    connect_both();
    netl_tcp_abort(client);
    client = NULL;
    long n = 1;
    for (int i = 0; i < 100 && n > 0; i++)
        n = netl_tcp_write_file(server, file, 0, 1000);
    CU_ASSERT_TRUE(n == NETL_ERROR_RESET || n == NETL_ERROR_CLOSED || n == NETL_ERROR_UNSUPPORTED);
    n = netl_tcp_write_file(server, file, 0, 1000);
    CU_ASSERT_TRUE(n < 0);
    close_both(file);
}

static void our_own_tcp_says_that_it_has_no_such_way(void)
{
    struct netl_lab *lab = netl_lab_open(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_EQUAL_FATAL(netl_lab_build(lab, "host a address=10.0.0.1/24\n"
                                              "host b address=10.0.0.2/24\nwire a b\n"),
                          0);
    int file = open_file();
    struct netl_tcp_listener *listener = netl_tcp_listen(netl_lab_find(lab, "b"), NULL, 7, 1);
    struct netl_tcp *conn = netl_tcp_connect(netl_lab_find(lab, "a"), "10.0.0.2", 7);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_EQUAL(netl_tcp_write_file(conn, file, 0, 10), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "netl_tcp_write"));
    netl_tcp_close(conn);
    netl_tcp_listener_close(listener);
    netl_lab_close(lab);
    close(file);
}

UNIT_MAIN("transport_file", UNIT(a_file_arrives_whole_and_keeps_its_own_offset),
          UNIT(the_end_of_a_file_is_0_and_blocking_calls_still_wait),
          UNIT(a_peer_that_is_gone_is_an_error_and_no_signal),
          UNIT(our_own_tcp_says_that_it_has_no_such_way))
