/* SPDX-License-Identifier: MIT */
/*
 * The driver `bus`: an Ethernet made of AF_UNIX datagram sockets in one directory.
 *
 * Every process that opens a link in the directory is a station on the same
 * Ethernet, without root and without a daemon. A station's socket bears its
 * hardware address as its name, so whoever sends to that address knows the
 * socket; a frame for everyone, for a group or for an unknown address goes to all
 * sockets, as in a switch. A link opened as promiscuous gets every frame; its name
 * says so to the others.
 *
 *     DIRECTORY/020000000001.sock       a station
 *     DIRECTORY/020000000002.all.sock   a station that wants to hear everything
 *
 * Always true:
 *   - nobody waits for anybody: a peer whose queue is full loses the frame, as a
 *     real station does, and we count it;
 *   - a link never receives its own frame;
 *   - the socket of a process that died is removed by whoever meets it first.
 */
#include "driver.h"

#include "base/fail.h"
#include "base/text.h"
#include <netlayers/wire/ethernet.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BUS_MTU       1500u
#define BUS_FRAME_MAX (BUS_MTU + NETL_ETHERNET_HEADER + NETL_VLAN_TAGS_MAX * NETL_VLAN_TAG)
#define BUS_STATIONS  1024u /* names that are looked at for one frame */
#define BUS_TRIES     16u   /* random addresses, if one is taken */
#define MAC_DIGITS    12u
#define NAME_MAX_LEN  21u /* 12 digits, ".all.sock" */

struct bus_link {
    size_t directory_length;     /* bytes of the path up to and with the last '/' */
    struct sockaddr_un own;      /* our socket */
    char name[NAME_MAX_LEN + 1]; /* its name in the directory */
    char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static int fail_bus(int error, const char *what, const char *path)
{
    char shown[256];
    return netl_fail_system(NETL_LINK, error, "give a directory of your own in which you may write",
                            "%s %s", what, netl_escape(shown, sizeof shown, path, strlen(path)));
}

/* Writes the name of a station's socket. */
static void name_of(const struct netl_mac *mac, bool promiscuous, char *name)
{
    struct netl_text text;
    netl_text_begin(&text, name, NAME_MAX_LEN + 1);
    for (unsigned i = 0; i < sizeof mac->bytes; i++)
        netl_text_hex(&text, mac->bytes[i], 2);
    netl_text_add(&text, promiscuous ? ".all.sock" : ".sock");
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads a station's address out of its socket's name; false when it is no such name. */
static bool read_name(const char *name, struct netl_mac *mac, bool *promiscuous)
{
    size_t length = strlen(name);
    if (length < MAC_DIGITS || length > NAME_MAX_LEN)
        return false;
    for (unsigned i = 0; i < sizeof mac->bytes; i++) {
        int high = digit_of(name[2 * i]);
        int low = digit_of(name[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        mac->bytes[i] = (uint8_t)(high * 16 + low);
    }
    *promiscuous = strcmp(name + MAC_DIGITS, ".all.sock") == 0;
    return *promiscuous || strcmp(name + MAC_DIGITS, ".sock") == 0;
}

static void address_of(const struct bus_link *bus, const char *name, struct sockaddr_un *address)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, bus->own.sun_path, bus->directory_length);
    memcpy(address->sun_path + bus->directory_length, name, strlen(name));
}

/* Does anybody live behind that socket? If nobody does, it is removed. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0)
        return true;
    bool refused =
        connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
    close(fd);
    if (refused)
        unlink(address->sun_path);
    return !refused;
}

/* 0, or -1 with errno. Both names of an address are looked at, so that it is there only once. */
static int bind_as(struct netl_link *link, struct bus_link *bus, const struct netl_mac *mac)
{
    struct sockaddr_un other;
    char name[NAME_MAX_LEN + 1];

    name_of(mac, !link->promiscuous, name);
    address_of(bus, name, &other);
    if (access(other.sun_path, F_OK) == 0 && is_alive(&other)) {
        errno = EADDRINUSE;
        return -1;
    }
    name_of(mac, link->promiscuous, bus->name);
    address_of(bus, bus->name, &other);
    int result = bind(link->fd, (const struct sockaddr *)&other, sizeof other);
    if (result < 0 && errno == EADDRINUSE) {
        if (is_alive(&other)) {
            errno = EADDRINUSE;
            return -1;
        }
        result = bind(link->fd, (const struct sockaddr *)&other, sizeof other);
    }
    if (result == 0) {
        bus->own = other;
        link->mac = *mac;
    }
    return result;
}

static int bind_station(struct netl_link *link, struct bus_link *bus,
                        const struct netl_link_options *options)
{
    struct netl_mac mac = options->mac;
    bool given = netl_link_mac_given(&mac);
    int result = -1;

    errno = EADDRINUSE;
    for (unsigned i = 0; i < (given ? 1 : BUS_TRIES) && result < 0 && errno == EADDRINUSE; i++) {
        if (!given)
            netl_link_random_mac(link->host, &mac);
        result = bind_as(link, bus, &mac);
    }
    if (result == 0)
        return 0;
    if (errno != EADDRINUSE)
        return fail_bus(errno, "join the bus", bus->directory);
    char text[NETL_MAC_TEXT];
    return netl_fail_because(NETL_LINK, NETL_ERROR_IN_USE,
                             "a station on this bus has that hardware address",
                             "give another address, or end the other program", "join as %s",
                             netl_mac_format(&mac, text));
}

/* Makes the directory if it is not there, and checks that a socket's path fits. */
static int enter_directory(struct bus_link *bus, const char *where)
{
    size_t length = strlen(where);
    size_t room = sizeof bus->own.sun_path;
    bool slash = length && where[length - 1] == '/';

    if (length == 0)
        return netl_fail_because(NETL_LINK, NETL_ERROR_SPEC, "the directory has no name",
                                 "write bus:DIRECTORY", "open a bus");
    if (length + !slash + NAME_MAX_LEN + 1 > room)
        return netl_fail_because(NETL_LINK, NETL_ERROR_TOO_LARGE,
                                 "the path of a local socket has at most 108 bytes",
                                 "take a directory with a shorter path",
                                 "open a bus in a directory of %zu bytes", length);
    if (mkdir(where, 0700) < 0 && errno != EEXIST)
        return fail_bus(errno, "make the bus directory", where);
    struct stat status;
    if (stat(where, &status) < 0)
        return fail_bus(errno, "look at the bus directory", where);
    if (!S_ISDIR(status.st_mode))
        return fail_bus(ENOTDIR, "use as a bus directory", where);
    memcpy(bus->directory, where, length + 1);
    memcpy(bus->own.sun_path, where, length);
    if (!slash)
        bus->own.sun_path[length++] = '/';
    bus->directory_length = length;
    return 0;
}

static int bus_open(struct netl_link *link, const char *where,
                    const struct netl_link_options *options)
{
    struct bus_link *bus = calloc(1, sizeof *bus);
    if (!bus)
        return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "open a bus");
    int result = enter_directory(bus, where);
    if (result == 0) {
        link->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        if (link->fd < 0 || fcntl(link->fd, F_SETFL, O_NONBLOCK) < 0 ||
            fcntl(link->fd, F_SETFD, FD_CLOEXEC) < 0)
            result = fail_bus(errno, "open a socket for the bus", where);
    }
    if (result == 0)
        result = bind_station(link, bus, options);
    if (result < 0) {
        if (link->fd >= 0)
            close(link->fd);
        free(bus);
        return result;
    }
    memcpy(link->name, "bus", sizeof "bus");
    link->mtu_bytes = BUS_MTU;
    link->state = bus;
    return 0;
}

static void bus_close(struct netl_link *link)
{
    struct bus_link *bus = link->state;
    unlink(bus->own.sun_path);
    close(link->fd);
    free(bus);
}

/* Sends to one station; a frame that it cannot take is dropped, as everywhere on Ethernet. */
static void send_to(struct netl_link *link, const char *name, const struct netl_frame *frame)
{
    struct bus_link *bus = link->state;
    struct sockaddr_un to;
    ssize_t sent;

    address_of(bus, name, &to);
    do
        sent = sendto(link->fd, frame->bytes, frame->length, 0, (const struct sockaddr *)&to,
                      sizeof to);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return;
    if (errno == ECONNREFUSED)
        is_alive(&to); /* its process is gone: take the socket away */
    else if (errno == EAGAIN || errno == ENOBUFS)
        netl_link_report_dropped(link, "peer-queue-full", 1);
    else if (errno != ENOENT)
        netl_link_report_dropped(link, "peer-unreachable", 1);
}

/* Goes over all stations but us: counts those that bear the address, or sends to those that fit. */
static unsigned each_station(struct netl_link *link, DIR *directory,
                             const struct netl_mac *destination, const struct netl_frame *frame,
                             bool everyone)
{
    struct bus_link *bus = link->state;
    unsigned found = 0;
    const struct dirent *entry;

    rewinddir(directory);
    for (unsigned i = 0; i < BUS_STATIONS && (entry = readdir(directory)) != NULL; i++) {
        struct netl_mac mac;
        bool promiscuous;
        if (!read_name(entry->d_name, &mac, &promiscuous) || strcmp(entry->d_name, bus->name) == 0)
            continue;
        bool meant = memcmp(&mac, destination, sizeof mac) == 0;
        found += meant;
        if (frame && (everyone || meant || promiscuous))
            send_to(link, entry->d_name, frame);
    }
    return found;
}

static long bus_send(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    struct bus_link *bus = link->state;
    DIR *directory = opendir(bus->directory);
    if (!directory)
        return fail_bus(errno, "look for stations in", bus->directory);
    for (size_t i = 0; i < count; i++) {
        struct netl_mac destination;
        memcpy(destination.bytes, frames[i].bytes, sizeof destination.bytes);
        bool everyone = netl_mac_is_multicast(&destination) ||
                        each_station(link, directory, &destination, NULL, false) == 0;
        each_station(link, directory, &destination, &frames[i], everyone);
    }
    closedir(directory);
    return (long)count;
}

/* What a network card does in hardware: leave out what is for other stations. */
static bool is_for_us(const struct netl_link *link, const uint8_t *frame)
{
    struct netl_mac destination;
    memcpy(destination.bytes, frame, sizeof destination.bytes);
    return link->promiscuous || netl_mac_is_multicast(&destination) ||
           memcmp(&destination, &link->mac, sizeof destination) == 0;
}

static int bus_receive(struct netl_link *link, struct netl_packet *packet)
{
    uint8_t frame[BUS_FRAME_MAX + 1];

    for (unsigned skipped = 0; skipped < BUS_STATIONS; skipped++) {
        ssize_t got = recv(link->fd, frame, sizeof frame, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK
                       ? 0
                       : netl_fail_system(NETL_LINK, errno, NULL, "receive on the bus");
        if ((size_t)got < NETL_ETHERNET_HEADER || (size_t)got > BUS_FRAME_MAX) {
            netl_link_report_dropped(link, got < 60 ? "too-short" : "too-long", 1);
            continue;
        }
        if (!is_for_us(link, frame))
            continue;
        size_t kept = netl_link_fill(packet, frame, (size_t)got);
        if (kept < (size_t)got)
            packet->original_length = (size_t)got;
        return 1;
    }
    return 0;
}

const struct netl_link_driver netl_link_bus_driver = {
    .name = "bus",
    .open = bus_open,
    .close = bus_close,
    .send = bus_send,
    .receive = bus_receive,
};
