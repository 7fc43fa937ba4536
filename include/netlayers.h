/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers.h
 * @brief Everything: the four layers of TCP/IP, the host that holds them, and the trace.
 */
#ifndef NETLAYERS_H
#define NETLAYERS_H

#include <netlayers/address.h>
#include <netlayers/chat.h>
#include <netlayers/dns.h>
#include <netlayers/error.h>
#include <netlayers/ftp.h>
#include <netlayers/gossip.h>
#include <netlayers/host.h>
#include <netlayers/http.h>
#include <netlayers/internet.h>
#include <netlayers/lab.h>
#include <netlayers/ledger.h>
#include <netlayers/link.h>
#include <netlayers/packet.h>
#include <netlayers/ssh.h>
#include <netlayers/ssh_crypto.h>
#include <netlayers/trace.h>
#include <netlayers/transport.h>
#include <netlayers/wire.h>

#define NETL_VERSION "0.1.0" /**< version of these headers */

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief The version of the library that is linked.
 * @return such as "0.1.0"
 */
NETL_API const char *netl_version(void);

#ifdef __cplusplus
}
#endif
#endif
