/* SPDX-License-Identifier: MIT */
/*
 * A chat over gossip: a line is the name's length, the name, and the text (<netlayers/chat.h>).
 *
 * Always true: only whole UTF-8 without control characters is passed on; whoever sends other bytes
 * is dropped, since an honest node would not have taken them from a user.
 */
#include "base/fail.h"
#include "base/text.h"
#include "base/utf8.h"
#include "trace/event.h"
#include <netlayers/chat.h>

#include <stdlib.h>
#include <string.h>

struct netl_chat {
    struct netl_host *host;
    struct netl_gossip *gossip;
    netl_chat_heard *heard;
    void *context;
    char name[NETL_CHAT_NAME + 1];
};

static bool is_clean(const char *text, size_t length)
{
    while (length > 0) {
        size_t bytes = netl_utf8_length(text, length);
        if (bytes == 0 || netl_utf8_is_unsafe(netl_utf8_code(text, bytes)))
            return false;
        text += bytes;
        length -= bytes;
    }
    return true;
}

/* A line that came: false when it breaks a rule. */
static bool take(struct netl_gossip *gossip, uint32_t neighbour, const uint8_t *bytes,
                 size_t length, void *context)
{
    struct netl_chat *chat = context;
    char name[NETL_CHAT_NAME + 1], line[NETL_CHAT_LINE + 1];
    size_t name_length = bytes[0];

    (void)gossip;
    if (name_length < 1 || name_length > NETL_CHAT_NAME || length < name_length + 2 ||
        length > name_length + 1 + NETL_CHAT_LINE)
        return false;
    size_t line_length = length - 1 - name_length;
    memcpy(name, bytes + 1, name_length);
    memcpy(line, bytes + 1 + name_length, line_length);
    name[name_length] = line[line_length] = '\0';
    if (!is_clean(name, name_length) || !is_clean(line, line_length))
        return false;
    netl_event(chat->host, CHAT_HEARD, NULL, NETL_NUMBER("peer", neighbour),
               NETL_TEXT("name", name), NETL_TEXT("line", line));
    if (chat->heard)
        chat->heard(chat, name, line, chat->context);
    return true;
}

static int check(const char *what, const char *text, size_t most)
{
    size_t length = strlen(text);

    if (length >= 1 && length <= most && is_clean(text, length))
        return 0;
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                             length > most ? "it is too long"
                             : length      ? "there are control characters or broken UTF-8 in it"
                                           : "it is empty",
                             "give a shorter or a plainer one", "take a %s for a chat", what);
}

struct netl_chat *netl_chat_open(struct netl_host *host, const char *name, uint16_t port,
                                 netl_chat_heard *heard, void *context)
{
    static const struct netl_gossip_handlers handlers = {.heard = take};
    struct netl_gossip_options options = {.protocol = "netl-chat", .message_bytes = 2048};
    struct netl_chat *chat;

    if (check("name", name, NETL_CHAT_NAME) < 0)
        return NULL;
    chat = calloc(1, sizeof *chat);
    if (!chat) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open a chat");
        return NULL;
    }
    chat->host = host;
    chat->heard = heard;
    chat->context = context;
    memcpy(chat->name, name, strlen(name) + 1);
    chat->gossip = netl_gossip_open(host, port, &options, &handlers, chat);
    if (!chat->gossip) {
        free(chat);
        return NULL;
    }
    return chat;
}

int netl_chat_join(struct netl_chat *chat, const char *peer)
{
    return netl_gossip_join(chat->gossip, peer);
}

int netl_chat_say(struct netl_chat *chat, const char *line)
{
    char bytes[1 + NETL_CHAT_NAME + NETL_CHAT_LINE + 1];
    size_t name_length = strlen(chat->name), length = strlen(line);

    int error = check("line", line, NETL_CHAT_LINE);
    if (error < 0)
        return error;
    bytes[0] = (char)name_length;
    memcpy(bytes + 1, chat->name, name_length);
    memcpy(bytes + 1 + name_length, line, length + 1); /* its 0 is not sent */
    netl_event(chat->host, CHAT_SAY, NULL, NETL_TEXT("name", chat->name), NETL_TEXT("line", line));
    return netl_gossip_spread(chat->gossip, bytes, 1 + name_length + length);
}

struct netl_gossip *netl_chat_gossip(struct netl_chat *chat)
{
    return chat->gossip;
}

void netl_chat_close(struct netl_chat *chat)
{
    if (!chat)
        return;
    netl_gossip_close(chat->gossip);
    free(chat);
}
