/* SPDX-License-Identifier: MIT */
/*
 * What a raw socket can say and hear beside the payload: header fields and ICMP errors.
 *
 * POSIX knows SOCK_RAW but not these options, so every system has its own file:
 * raw_options_linux.c, and raw_options_other.c for systems of which we know no more
 * than POSIX tells. All functions give 0 or a byte count, or -1 and errno.
 */
#ifndef LIB_INTERNET_RAW_OPTIONS_H
#define LIB_INTERNET_RAW_OPTIONS_H

#include <netlayers/internet.h>
#include <sys/types.h>

/* An ICMP error as the kernel keeps it for the socket that caused it. */
struct raw_error {
    struct netl_address from; /* who sent it; family 0: our own kernel */
    uint8_t type;             /* of the ICMP message; 0 when it is the kernel's own */
    uint8_t code;
    uint32_t mtu; /* what would have passed; 0 when not said */
    bool is_icmp; /* it came as an ICMP message */
};

/* Asks for header fields of what comes in, and with `errors` for the ICMP errors too. */
int netl_raw_options_prepare(int fd, enum netl_family family, bool errors);

/* Forbids or allows fragmenting what is sent from now on. */
int netl_raw_options_dont_fragment(int fd, enum netl_family family, bool on);

/* The hop limit that is used when nothing else is said; 0 when unknown. */
uint8_t netl_raw_options_hop_limit(int fd, enum netl_family family);

/* Sends one datagram with these header fields. */
ssize_t netl_raw_options_send(int fd, const struct netl_raw_options *options,
                              const struct netl_address *to, const void *data, size_t length);

/*
 * Receives one datagram without waiting. Gives its whole length, also when it is more than
 * `size`; source, destination, hop limit and interface go into `info` as far as they are known,
 * and into its time_ns the wall's time at which the kernel got it; 0 when the kernel did not say.
 */
ssize_t netl_raw_options_receive(int fd, enum netl_family family, void *buffer, size_t size,
                                 struct netl_datagram_info *info);

/* Takes one ICMP error from the socket; the bytes are what we had sent, from ICMP on. */
ssize_t netl_raw_options_receive_error(int fd, enum netl_family family, void *buffer, size_t size,
                                       struct raw_error *error);

/* The MTU of an interface in bytes; 0 when unknown. */
uint32_t netl_raw_options_interface_mtu(const char *name);

/* Which interface has this address? Writes "" and 0 when none has or nobody can tell. */
void netl_raw_options_interface_of(const struct netl_address *address, struct netl_route *route);

#endif
