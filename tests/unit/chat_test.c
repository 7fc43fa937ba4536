/* SPDX-License-Identifier: MIT */
/* A chat in a lab: who hears what, and what is not let through. */
#include "support/unit.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct netl_lab *lab;
static struct netl_chat *min;
static struct netl_gossip *liar; /* speaks the chat's protocol and keeps to nothing */
static char heard_name[200], heard_line[5000];
static unsigned heard;

static void hear(struct netl_chat *chat, const char *name, const char *line, void *context)
{
    (void)chat, (void)context;
    snprintf(heard_name, sizeof heard_name, "%s", name);
    snprintf(heard_line, sizeof heard_line, "%s", line);
    heard++;
}

static void run(int64_t milliseconds)
{
    CU_ASSERT_EQUAL(netl_lab_run(lab, NULL, NULL, milliseconds), 0);
}

static void open_all(void)
{
    struct netl_gossip_options options = {.protocol = "netl-chat"};

    lab = netl_lab_open(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_EQUAL_FATAL(netl_lab_build(lab, "host a address=10.0.0.1/24\n"
                                              "host b address=10.0.0.2/24\nwire a b"),
                          0);
    min = netl_chat_open(netl_lab_find(lab, "a"), "min", 7000, hear, NULL);
    liar = netl_gossip_open(netl_lab_find(lab, "b"), 7000, &options, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(min);
    CU_ASSERT_PTR_NOT_NULL_FATAL(liar);
    CU_ASSERT_EQUAL(netl_gossip_join(liar, "10.0.0.1:7000"), 0);
    run(1000);
    CU_ASSERT_EQUAL(netl_gossip_neighbours(netl_chat_gossip(min), NULL, 0), 1);
    heard = 0;
}

static void close_all(void)
{
    netl_chat_close(min);
    netl_gossip_close(liar);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

/* Is what the liar spreads heard, and is its link kept? Both or neither. */
static bool is_let_through(const void *bytes, size_t length)
{
    open_all();
    CU_ASSERT_EQUAL(netl_gossip_spread(liar, bytes, length), 1);
    run(1000);
    bool linked = netl_gossip_neighbours(netl_chat_gossip(min), NULL, 0) == 1;
    CU_ASSERT_EQUAL(linked, heard == 1);
    close_all();
    return heard == 1;
}

static void a_line_is_heard_with_its_name(void)
{
    CU_ASSERT_TRUE(is_let_through("\3jun\xed\x95\x9c!", 8));
    CU_ASSERT_STRING_EQUAL(heard_name, "jun");
    CU_ASSERT_STRING_EQUAL(heard_line, "\xed\x95\x9c!");
}

static void a_line_cut_anywhere_before_its_text_ends_the_link(void)
{
    static const char line[] = "\3jun\xed\x95\x9c";

    for (size_t length = 1; length < sizeof line; length++)
        CU_ASSERT_EQUAL(is_let_through(line, length), length == sizeof line - 1);
}

static void control_characters_and_broken_bytes_end_the_link(void)
{
    static const char *const bad[] = {"\3jun\033[31m", "\3jun\r",          "\3jun\177",
                                      "\3j\nnhi",      "\3jun\xff",        "\3jun\xc0\x80",
                                      "\3jun\xc2\x9b", "\3jun\xe2\x80\xae"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(is_let_through(bad[i], strlen(bad[i])));
    CU_ASSERT_FALSE(is_let_through("\3jun\0hi", 7));
}

static void a_name_or_a_line_that_is_too_long_ends_the_link(void)
{
    static char bytes[1 + NETL_CHAT_NAME + NETL_CHAT_LINE + 2];

    memset(bytes, 'x', sizeof bytes);
    bytes[0] = NETL_CHAT_NAME;
    CU_ASSERT_TRUE(is_let_through(bytes, 1 + NETL_CHAT_NAME + NETL_CHAT_LINE));
    CU_ASSERT_EQUAL(strlen(heard_line), NETL_CHAT_LINE);
    CU_ASSERT_FALSE(is_let_through(bytes, 1 + NETL_CHAT_NAME + NETL_CHAT_LINE + 1));
    bytes[0] = NETL_CHAT_NAME + 1;
    CU_ASSERT_FALSE(is_let_through(bytes, 100));
    bytes[0] = 0;
    CU_ASSERT_FALSE(is_let_through(bytes, 100));
}

static void what_one_may_not_say_is_refused_with_a_sentence(void)
{
    static char longest[NETL_CHAT_LINE + 2];

    open_all();
    memset(longest, 'x', NETL_CHAT_LINE + 1);
    CU_ASSERT_EQUAL(netl_chat_say(min, longest), NETL_ERROR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "too long"));
    CU_ASSERT_EQUAL(netl_chat_say(min, ""), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_chat_say(min, "\a"), NETL_ERROR_ARGUMENT);
    longest[NETL_CHAT_LINE] = '\0';
    CU_ASSERT_EQUAL(netl_chat_say(min, longest), 1);
    CU_ASSERT_PTR_NULL(netl_chat_open(netl_lab_find(lab, "a"), "", 7001, NULL, NULL));
    CU_ASSERT_PTR_NULL(netl_chat_open(netl_lab_find(lab, "a"), "a\nb", 7001, NULL, NULL));
    CU_ASSERT_PTR_NULL(netl_chat_open(netl_lab_find(lab, "a"), "min", 7000, NULL, NULL));
    close_all();
}

UNIT_MAIN("chat", UNIT(a_line_is_heard_with_its_name),
          UNIT(a_line_cut_anywhere_before_its_text_ends_the_link),
          UNIT(control_characters_and_broken_bytes_end_the_link),
          UNIT(a_name_or_a_line_that_is_too_long_ends_the_link),
          UNIT(what_one_may_not_say_is_refused_with_a_sentence))
