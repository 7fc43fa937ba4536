/* SPDX-License-Identifier: MIT */
/*
 * frames INTERFACE [COUNT]: what really passes on a link?
 *
 * Every frame: its headers in one line, then its bytes, with a '|' where one header
 * ends and the next begins. Needs CAP_NET_RAW: `sudo`, or `unshare -Urn`; a capture
 * needs nothing: `./frames file:run.pcapng`.
 *
 * Watch: the Ethernet header is the same 14 bytes whatever lies behind it; its last two say
 * what that is. The interface is made promiscuous: it hands over frames for others, too. On a
 * switched network there are few of these, since the switch sends a frame only where it must go.
 * Try next: `NETLAYERS='trace=text'` for the events of the same frames, and
 * `trace=pcapng:run.pcapng` to keep them for Wireshark.
 */
#include <netlayers.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct netl_host *host;
static long left = -1; /* frames to show; -1: no end */

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    netl_host_stop(host);
}

static void print_line(void *context, const char *text)
{
    (void)context;
    printf("    %s\n", text);
}

static void show(struct netl_link *link, struct netl_packet *packet, void *context)
{
    struct netl_dissection frame;
    unsigned *number = context;

    if (!packet || left == 0) { /* the end of a capture, or enough */
        netl_link_handle(link, NULL, NULL);
        netl_host_stop(host);
        return;
    }
    netl_dissect(&frame, NETL_LINK_TYPE_ETHERNET, packet->data, packet->length);
    printf("%u %s %zu bytes%s\n", ++*number, packet->outgoing ? "->" : "<-", packet->length,
           packet->checksum_not_ready ? " (checksum left to hardware)" : "");
    netl_hexdump(&frame, packet->data, packet->length, print_line, NULL);
    fflush(stdout);
    if (left > 0 && --left == 0) {
        netl_link_handle(link, NULL, NULL);
        netl_host_stop(host);
    }
}

static int fail(void)
{
    netl_explain(stderr);
    netl_host_close(host);
    return 1;
}

int main(int argc, char **argv)
{
    struct netl_link_options options = {.promiscuous = true, .outgoing = true};
    struct netl_link_info info;
    struct sigaction action = {.sa_handler = on_interrupt};
    unsigned number = 0;

    host = netl_host_open_main(NULL, &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc < 2 || argc > 3 || *argv[1] == '-' ||
        (argc == 3 && (left = strtol(argv[2], NULL, 10)) <= 0)) {
        fprintf(stderr, "usage: frames INTERFACE [COUNT]\n");
        netl_host_close(host);
        return 2;
    }
    struct netl_link *link = netl_link_open(host, argv[1], &options);
    if (!link || netl_link_handle(link, show, &number) < 0)
        return fail();
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (netl_host_run(host) < 0)
        return fail();
    netl_link_info(link, &info);
    fprintf(stderr, "%u frames shown, %llu lost because they came too fast\n", number,
            (unsigned long long)info.frames_lost);
    netl_link_close(link);
    return netl_host_close(host) < 0 ? netl_explain(stderr) : 0;
}
