/* SPDX-License-Identifier: MIT */
/*
 * interfaces: through which doors do packets leave this machine?
 *
 * One interface has an address at each layer: a hardware address for its link, and
 * IP addresses for the internet. The number behind the slash says how many bits of
 * an IP address name the network; the MTU says how long a datagram may be.
 *
 * Watch: `lo` leads back to this machine and has no hardware address worth the name.
 * Try next: `unshare -Urn ./interfaces`, a network with nothing but `lo`, switched off;
 * then `frames lo` to see what passes through one.
 */
#include <netlayers.h>
#include <stdio.h>
#include <stdlib.h>

static void print_addresses(const struct netl_interface *interface)
{
    char text[NETL_ADDRESS_TEXT];
    for (unsigned i = 0; i < interface->address_count; i++)
        printf("    %s %s/%u\n", interface->addresses[i].family == NETL_IPV4 ? "IPv4" : "IPv6",
               netl_address_format(&interface->addresses[i], text), interface->prefix_lengths[i]);
    if (interface->addresses_left_out)
        printf("    and %u more\n", interface->addresses_left_out);
}

static void print_interface(const struct netl_interface *interface)
{
    char mac[NETL_MAC_TEXT];
    printf("%u: %s\n", (unsigned)interface->index, interface->name);
    printf("    mac  %s\n", netl_mac_format(&interface->mac, mac));
    printf("    mtu  %u bytes\n", (unsigned)interface->mtu_bytes);
    printf("    is   %s%s%s%s\n", interface->up ? "up" : "down",
           interface->running ? ", running" : "", interface->loopback ? ", loopback" : "",
           interface->promiscuous ? ", promiscuous" : "");
    print_addresses(interface);
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main(NULL, &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc > 1) {
        fprintf(stderr, "usage: interfaces [key=value…]\n");
        netl_host_close(host);
        return 2;
    }
    long count = netl_interfaces(NULL, 0); /* first: how many are there? */
    if (count < 0)
        return netl_explain(stderr);
    struct netl_interface *list = calloc((size_t)count + 1, sizeof *list);
    if (!list) {
        perror("interfaces");
        return 1;
    }
    long now = netl_interfaces(list, (size_t)count);
    for (long i = 0; i < now && i < count; i++)
        print_interface(&list[i]);

    free(list);
    if (netl_host_close(host) < 0 || now < 0)
        return netl_explain(stderr);
    return 0;
}
