/* SPDX-License-Identifier: MIT */
/*
 * The driver `tap`: a cable between this program and the kernel of this machine.
 *
 * The kernel shows an ordinary interface; whatever it sends there, we receive,
 * and what we send, it receives. At our end of the cable we are a station of our own
 * with an address of our own.
 *
 * Always true:
 *   - one read or write is one whole frame;
 *   - our hardware address is the same whenever the interface is.
 */
#define _GNU_SOURCE
#include "driver.h"

#include "base/fail.h"
#include <netlayers/wire/ethernet.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_MTU 1500u

static int fail_open(const char *name, const char *what)
{
    int error = errno;
    switch (error) {
    case EPERM:
    case EACCES:
        return netl_fail_because(NETL_LINK, NETL_ERROR_PERMISSION, strerror(error),
                                 "let root make it for this user once: 'sudo ip tuntap add dev "
                                 "NAME mode tap user $USER', or use 'unshare -Urn PROGRAM ...'",
                                 "%s %s", what, name);
    case ENOENT:
    case ENODEV:
        return netl_fail_because(NETL_LINK, NETL_ERROR_UNSUPPORTED, strerror(error),
                                 "load the driver: 'sudo modprobe tun'", "%s %s", what, name);
    case EBUSY:
        return netl_fail_because(NETL_LINK, NETL_ERROR_IN_USE, strerror(error),
                                 "another program holds it: end that, or take another name",
                                 "%s %s", what, name);
    default: return netl_fail_system(NETL_LINK, error, NULL, "%s %s", what, name);
    }
}

/* Asks the kernel about its end of the cable; false when it does not say. */
static bool ask(const char *name, bool for_mac, struct ifreq *request)
{
    memset(request, 0, sizeof *request);
    memcpy(request->ifr_name, name, IFNAMSIZ - 1);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    int result = for_mac ? ioctl(fd, SIOCGIFHWADDR, request) : ioctl(fd, SIOCGIFMTU, request);
    close(fd);
    return result == 0;
}

static uint32_t mtu_of(const char *name)
{
    struct ifreq request;
    return ask(name, false, &request) ? (uint32_t)request.ifr_mtu : DEFAULT_MTU;
}

/*
 * A card keeps its address: who is there still knows it when our program starts again. So ours is
 * the kernel's end's with one bit turned over.
 */
static void choose_mac(struct netl_link *link)
{
    struct ifreq request;

    if (!ask(link->name, true, &request)) {
        netl_link_random_mac(link->host, &link->mac);
        return;
    }
    memcpy(link->mac.bytes, request.ifr_hwaddr.sa_data, sizeof link->mac.bytes);
    link->mac.bytes[0] = (uint8_t)((link->mac.bytes[0] | 2u) & ~1u);
    link->mac.bytes[5] ^= 1u;
}

static int tap_open(struct netl_link *link, const char *where,
                    const struct netl_link_options *options)
{
    struct ifreq request;

    if (strlen(where) >= IFNAMSIZ)
        return netl_fail_because(NETL_LINK, NETL_ERROR_ARGUMENT, "the name is too long",
                                 "take one of up to 15 letters, such as tap0", "open TAP %s",
                                 link->name);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return fail_open(link->name, "open /dev/net/tun for");
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, where, strlen(where));
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        int result = fail_open(link->name, "open TAP");
        close(fd);
        return result;
    }
    memset(link->name, 0, sizeof link->name);
    memcpy(link->name, request.ifr_name, IFNAMSIZ - 1);
    link->fd = fd;
    link->mtu_bytes = mtu_of(link->name);
    link->mac = options->mac;
    if (!netl_link_mac_given(&link->mac))
        choose_mac(link);
    return 0;
}

static void tap_close(struct netl_link *link)
{
    close(link->fd);
}

/* Errors of a TAP that was open: mostly that its interface is not up. */
static int fail_use(struct netl_link *link, const char *what)
{
    if (errno == EIO)
        return netl_link_fail_down(link->name);
    return netl_fail_system(NETL_LINK, errno, "was the interface removed? see 'ip link'", "%s %s",
                            what, link->name);
}

static long tap_send(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ssize_t sent;
        do
            sent = write(link->fd, frames[i].bytes, frames[i].length);
        while (sent < 0 && errno == EINTR);
        if (sent >= 0)
            continue;
        if (i > 0 || errno == EAGAIN)
            return (long)i;
        return fail_use(link, "send on");
    }
    return (long)count;
}

static int tap_receive(struct netl_link *link, struct netl_packet *packet)
{
    size_t room = packet->size - (size_t)(packet->data - packet->head);
    ssize_t got;
    do
        got = read(link->fd, packet->data, room);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? 0 : fail_use(link, "receive on");
    netl_packet_append(packet, NULL, (size_t)got);
    return 1;
}

const struct netl_link_driver netl_link_tap_driver = {
    .name = "tap",
    .open = tap_open,
    .close = tap_close,
    .send = tap_send,
    .receive = tap_receive,
};
