/* SPDX-License-Identifier: MIT */
/*
 * two_stacks: one handshake by the kernel's TCP and one by ours, side by side.
 *
 * The lesson: TCP is a set of rules, not a program. Two programs that were written by different
 * people for different purposes send the same segments, since RFC 9293 says so; where they differ
 * (window, options, order of options) the RFC leaves the choice.
 *
 * What to watch: left, what the kernel did on 127.0.0.1, as an observer saw it; right, what this
 * library did between two hosts of a lab. Without the right to watch (see `doctor`) a sandbox is
 * tried; where that is forbidden too, the left side has only what the sockets tell.
 * Try next: sack=off, timestamps=off, or wire.loss=20%: only the right side listens to these.
 */
#include <netlayers.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINES 64
#define WIDTH 64

/* One column: a line for each segment of the client's, and its flags. */
static struct column {
    char lines[LINES][WIDTH];
    unsigned count;
} kernel, own;

/* Called for each event: keeps those that are segments. */
static void keep(const struct netl_record *record, void *context)
{
    struct column *column = context;
    const struct netl_field *flags = netl_record_field(record, "flags");
    const struct netl_field *length = netl_record_field(record, "len");
    char text[24] = "", bytes[12] = "";

    if (!flags || column->count == LINES || record->direction == NETL_LOCAL)
        return;
    netl_field_text(flags, text, sizeof text);
    if (length)
        netl_field_text(length, bytes, sizeof bytes);
    snprintf(column->lines[column->count++], WIDTH, "%s %-13s %-9s len=%s",
             record->direction == NETL_SENT ? "->" : "<-", record->info->id, text, bytes);
}

/* Connects, sends a request, and closes both ends. */
static int talk(struct netl_host *client, struct netl_host *server, const char *address)
{
    char bytes[16];
    struct netl_endpoint here;
    struct netl_tcp_listener *listener = netl_tcp_listen(server, address, 0, 1);

    if (!listener || netl_tcp_listener_local(listener, &here) < 0)
        return netl_explain(stderr);
    struct netl_tcp *conn = netl_tcp_connect(client, address, here.port);
    struct netl_tcp *peer = conn ? netl_tcp_accept(listener, 5000) : NULL;
    bool good =
        peer && netl_tcp_send(conn, "hello", 5) == 5 && netl_tcp_receive(peer, bytes, 5) == 5;
    netl_tcp_close(conn);
    good = good && netl_tcp_receive(peer, bytes, 5) == 0;
    netl_tcp_close(peer);
    netl_tcp_listener_close(listener);
    return good ? 0 : netl_explain(stderr);
}

int main(int argc, char **argv)
{
    struct netl_lab *lab = netl_lab_open_main("", &argc, argv);
    if (argc > 1) {
        fprintf(stderr, "usage: two_stacks [key=value…], such as sack=off\n");
        return netl_lab_close(lab) == 0 ? 2 : netl_explain(stderr);
    }
    struct netl_host *host = netl_host_open("sandbox=auto observe=on");
    int failed = 1;
    if (!host) /* no way to watch here */
        host = netl_host_open("");
    if (!lab || !host ||
        netl_lab_build(lab, "host client address=10.0.0.1/24\nhost server address=10.0.0.2/24\n"
                            "wire client server delay=1ms") < 0)
        return netl_explain(stderr);
    struct netl_host *client = netl_lab_find(lab, "client");
    if (netl_trace_listen(host, keep, &kernel) == 0 && netl_trace_listen(client, keep, &own) == 0)
        failed =
            talk(client, netl_lab_find(lab, "server"), "10.0.0.2") + talk(host, host, "127.0.0.1");
    netl_lab_run(lab, NULL, NULL, 1000);
    failed += netl_host_close(host) < 0; /* waits for the last frames, too */
    printf("%-48s | %s\n", "the kernel's TCP", "ours");
    for (unsigned i = 0; i < kernel.count || i < own.count; i++)
        printf("%-48s | %s\n", i < kernel.count ? kernel.lines[i] : "",
               i < own.count ? own.lines[i] : "");
    printf("seed=%" PRIu64 "\n", netl_lab_seed(lab));
    return netl_lab_close(lab) == 0 && !failed ? 0 : netl_explain(stderr);
}
