/* SPDX-License-Identifier: MIT */
/*
 * Which interfaces are there, and what are they called at each layer?
 *
 * getifaddrs() gives one entry for each address of each interface; here they are
 * put together again, one entry an interface, in the order of their numbers.
 */
#define _DEFAULT_SOURCE
#include "driver.h"

#include "base/fail.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX_NONE 0u

static unsigned ones(const uint8_t *mask, size_t length)
{
    unsigned count = 0;
    for (size_t i = 0; i < length; i++)
        for (unsigned bit = 0x80; bit && (mask[i] & bit); bit >>= 1)
            count++;
    return count;
}

/* Reads an address and the bits of its mask; false for families without one. */
static bool read_address(const struct ifaddrs *entry, struct netl_address *address,
                         unsigned *prefix)
{
    memset(address, 0, sizeof *address);
    *prefix = PREFIX_NONE;
    if (entry->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in socket4;
        memcpy(&socket4, entry->ifa_addr, sizeof socket4);
        address->family = NETL_IPV4;
        memcpy(address->bytes, &socket4.sin_addr, 4);
        if (entry->ifa_netmask) {
            memcpy(&socket4, entry->ifa_netmask, sizeof socket4);
            uint8_t mask[4];
            memcpy(mask, &socket4.sin_addr, sizeof mask);
            *prefix = ones(mask, sizeof mask);
        }
        return true;
    }
    if (entry->ifa_addr->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 socket6;
    memcpy(&socket6, entry->ifa_addr, sizeof socket6);
    address->family = NETL_IPV6;
    memcpy(address->bytes, &socket6.sin6_addr, 16);
    address->scope = socket6.sin6_scope_id;
    if (entry->ifa_netmask) {
        memcpy(&socket6, entry->ifa_netmask, sizeof socket6);
        uint8_t mask[16];
        memcpy(mask, &socket6.sin6_addr, sizeof mask);
        *prefix = ones(mask, sizeof mask);
    }
    return true;
}

static void begin(struct netl_interface *interface, const struct ifaddrs *entry, uint32_t index,
                  int fd)
{
    struct ifreq request;

    memset(interface, 0, sizeof *interface);
    memset(&request, 0, sizeof request);
    size_t length = strlen(entry->ifa_name);
    if (length >= sizeof request.ifr_name)
        length = sizeof request.ifr_name - 1;
    memcpy(request.ifr_name, entry->ifa_name, length);
    memcpy(interface->name, entry->ifa_name, length);
    interface->index = index;
    interface->up = (entry->ifa_flags & IFF_UP) != 0;
    interface->running = (entry->ifa_flags & IFF_RUNNING) != 0;
    interface->loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
    interface->promiscuous = (entry->ifa_flags & IFF_PROMISC) != 0;
    if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &request) == 0)
        interface->mtu_bytes = (uint32_t)request.ifr_mtu;
}

static void add(struct netl_interface *interface, const struct ifaddrs *entry)
{
    struct netl_address address;
    unsigned prefix;

    if (entry->ifa_addr->sa_family == AF_PACKET) {
        struct sockaddr_ll hardware;
        memcpy(&hardware, entry->ifa_addr, sizeof hardware);
        if (hardware.sll_halen == sizeof interface->mac.bytes)
            memcpy(interface->mac.bytes, hardware.sll_addr, sizeof interface->mac.bytes);
        return;
    }
    if (!read_address(entry, &address, &prefix))
        return;
    if (interface->address_count == NETL_INTERFACE_ADDRESSES) {
        interface->addresses_left_out++;
        return;
    }
    interface->addresses[interface->address_count] = address;
    interface->prefix_lengths[interface->address_count++] = (uint8_t)prefix;
}

/* Has an earlier entry of the list the same name, up to a label such as ":1"? */
static bool seen_before(const struct ifaddrs *all, const struct ifaddrs *entry)
{
    for (const struct ifaddrs *other = all; other != entry; other = other->ifa_next)
        if (strcmp(other->ifa_name, entry->ifa_name) == 0)
            return true;
    return false;
}

/* Where the interface of this number stands in the list, or where it belongs. */
static size_t place_of(const struct netl_interface *list, size_t count, uint32_t index)
{
    size_t place = 0;
    while (place < count && list[place].index < index)
        place++;
    return place;
}

static long collect(const struct ifaddrs *all, int fd, struct netl_interface *list, size_t capacity)
{
    size_t there = 0;
    size_t kept = 0;

    for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
        uint32_t index = if_nametoindex(entry->ifa_name);
        if (index == 0)
            continue; /* a label of an address, or gone meanwhile */
        bool first = !seen_before(all, entry);
        there += first;
        size_t place = place_of(list, kept, index);
        bool known = place < kept && list[place].index == index;
        if (!known && first && kept < capacity) {
            memmove(&list[place + 1], &list[place], (kept - place) * sizeof *list);
            begin(&list[place], entry, index, fd);
            kept++;
            known = true;
        }
        if (known && entry->ifa_addr)
            add(&list[place], entry);
    }
    return (long)there;
}

long netl_interfaces(struct netl_interface *list, size_t capacity)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) < 0)
        return netl_fail_system(NETL_LINK, errno, NULL, "list the interfaces");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    long count = collect(all, fd, list, list ? capacity : 0);
    if (fd >= 0)
        close(fd);
    freeifaddrs(all);
    return count;
}
