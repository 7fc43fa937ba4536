/* SPDX-License-Identifier: MIT */
/*
 * frame_send INTERFACE MAC TEXT: one frame, made by hand.
 *
 * Destination, source, ethertype, payload: that is all a link needs. No IP address, no
 * port, no connection. The ethertype is 0x88b5, which IEEE 802 leaves free for experiments,
 * so no protocol of the receiver feels addressed. Needs CAP_NET_RAW: `sudo`, or `unshare -Urn`.
 * A bus needs nothing: `./frame_send bus:/tmp/wire ff:ff:ff:ff:ff:ff hello`, with
 * `./frames bus:/tmp/wire` in a second terminal.
 *
 * Watch: a short text still makes a frame of 60 bytes, since Ethernet has a shortest length.
 * That the frame left says nothing about its arrival: nobody answers.
 * Try next: `./frames INTERFACE` at the other end, and a MAC that nobody has.
 */
#include <netlayers.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct netl_mac destination;
    struct netl_link_info info;

    struct netl_host *host = netl_host_open_main("trace=text", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc != 4 || !netl_mac_parse(&destination, argv[2])) {
        fprintf(stderr, "usage: frame_send INTERFACE MAC TEXT, such as: eth0 "
                        "ff:ff:ff:ff:ff:ff hello\n");
        netl_host_close(host);
        return 2;
    }

    /* [send a frame] */
    struct netl_link *link = netl_link_open(host, argv[1], NULL);
    int result = link ? netl_link_send_frame(link, &destination, NETL_ETHERTYPE_EXPERIMENT_1,
                                             argv[3], strlen(argv[3]))
                      : -1;
    /* [send a frame] */
    if (result < 0) {
        netl_explain(stderr);
    } else {
        netl_link_info(link, &info);
        printf("sent %llu bytes on %s\n", (unsigned long long)info.bytes_sent, info.name);
    }
    netl_link_close(link);
    if (netl_host_close(host) < 0)
        return netl_explain(stderr);
    return result < 0;
}
