/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/chat.h
 * @brief A chat without a server: every node passes on what it hears (over netlayers/gossip.h).
 *
 *     struct netl_chat *chat = netl_chat_open(host, "min", 7001, show, NULL);
 *     netl_chat_join(chat, "127.0.0.1:7000");     one address is enough: others follow from it
 *     netl_chat_say(chat, "hello, everybody");    now, and whenever the loop runs
 *
 * Two things it does not promise, since nobody could here: that a name is the name of who uses it,
 * and that all see two messages in the same order. Where that matters a ledger is needed
 * (netlayers/ledger.h).
 */
#ifndef NETLAYERS_CHAT_H
#define NETLAYERS_CHAT_H

#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/gossip.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup chat @bilingual{Chat,대화}
 *  @ingroup application
 *  @brief A chat without a server.
 *  @copydetails netlayers/chat.h
 *  @see @ref guide_peers
 *  @{ */

struct netl_host;
struct netl_chat; /**< one who takes part */

#define NETL_CHAT_NAME 32   /**< bytes of a name at the most */
#define NETL_CHAT_LINE 1000 /**< bytes of a line at the most */

/**
 * @brief What a chat calls for each line that somebody said, once.
 *
 * Both texts are whole UTF-8 without control characters (those that came stand as \\xNN), so they may
 * be printed.
 *
 * @param chat the chat
 * @param name who says that he is so called
 * @param line what he said
 * @param context yours
 */
typedef void netl_chat_heard(struct netl_chat *chat, const char *name, const char *line,
                             void *context);

/**
 * @brief Takes part: listens, and works whenever the host's loop runs.
 * @param host the host; it must outlive the chat
 * @param name what to be called, 1 to NETL_CHAT_NAME bytes of UTF-8 without control characters
 * @param port 0 to 65535; 0 lets the system choose
 * @param heard what to call; NULL for nothing
 * @param context given back to it
 * @return the chat, owned by the caller until netl_chat_close(); NULL on error
 * @par Events
 * `peer.open` and what follows from it
 */
NETL_API struct netl_chat *netl_chat_open(struct netl_host *host, const char *name, uint16_t port,
                                          netl_chat_heard *heard, void *context);

/**
 * @brief Names a peer that takes part already.
 * @param chat the chat
 * @param peer as for netl_gossip_join()
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_chat_join(struct netl_chat *chat, const char *peer);

/**
 * @brief Says a line to everybody.
 * @param chat the chat
 * @param line 1 to NETL_CHAT_LINE bytes of UTF-8 without control characters
 * @return how many neighbours it was given to, perhaps 0: then nobody will ever hear it; or a
 *         negative enum netl_error
 * @par Events
 * `chat.say`, `gossip.say`; where it is heard `chat.heard`
 */
NETL_API int netl_chat_say(struct netl_chat *chat, const char *line);

/**
 * @brief The peer below, to look at its neighbours.
 * @param chat the chat
 * @return the peer, owned by the chat
 */
NETL_API struct netl_gossip *netl_chat_gossip(struct netl_chat *chat);

/**
 * @brief Leaves.
 * @param chat the chat, or NULL; gone afterwards. Not to be called in a handler
 */
NETL_API void netl_chat_close(struct netl_chat *chat);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
