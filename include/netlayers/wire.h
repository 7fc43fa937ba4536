/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire.h
 * @brief What the bytes mean: every header format, in pure functions.
 *
 * The wire layer turns bytes into plain structures in host order and back. It does no I/O, takes
 * no memory and reads no clock; the same bytes always give the same answer.
 */
#ifndef NETLAYERS_WIRE_H
#define NETLAYERS_WIRE_H

#include <netlayers/wire/arp.h>
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/crc32.h>
#include <netlayers/wire/describe.h>
#include <netlayers/wire/dissect.h>
#include <netlayers/wire/dns.h>
#include <netlayers/wire/ethernet.h>
#include <netlayers/wire/hexdump.h>
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/icmpv6.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/ipv6.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/option.h>
#include <netlayers/wire/result.h>
#include <netlayers/wire/sequence.h>
#include <netlayers/wire/tcp.h>
#include <netlayers/wire/udp.h>

#endif
