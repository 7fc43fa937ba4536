/* SPDX-License-Identifier: MIT */
/* What must hold for every entry of the catalogue of events. */
#include "base/utf8.h"
#include "support/unit.h"
#include "trace/event.h"
#include <netlayers/trace.h>
#include <stdio.h>
#include <string.h>

/* Which first words of an id belong to which layer. */
static const struct {
    const char *family;
    enum netl_layer layer;
} families[] = {
    {"trace", NETL_HOST},       {"clock", NETL_HOST},         {"host", NETL_HOST},
    {"observer", NETL_HOST},    {"sandbox", NETL_HOST},       {"link", NETL_LINK},
    {"eth", NETL_LINK},         {"arp", NETL_LINK},           {"ip", NETL_INTERNET},
    {"ip6", NETL_INTERNET},     {"icmp", NETL_INTERNET},      {"icmp6", NETL_INTERNET},
    {"nd", NETL_INTERNET},      {"ping", NETL_INTERNET},      {"path", NETL_INTERNET},
    {"mtu", NETL_INTERNET},     {"tcp", NETL_TRANSPORT},      {"udp", NETL_TRANSPORT},
    {"name", NETL_TRANSPORT},   {"http", NETL_APPLICATION},   {"echo", NETL_APPLICATION},
    {"loop", NETL_LINK},        {"wire", NETL_LINK},          {"switch", NETL_LINK},
    {"lab", NETL_HOST},         {"ftp", NETL_APPLICATION},    {"ssh", NETL_APPLICATION},
    {"dns", NETL_APPLICATION},  {"peer", NETL_APPLICATION},   {"gossip", NETL_APPLICATION},
    {"chat", NETL_APPLICATION}, {"ledger", NETL_APPLICATION},
};

static void check(bool holds, const struct netl_event_info *info, const char *rule)
{
    if (!holds)
        fprintf(stderr, "\n    %s: %s", info->symbol, rule);
    CU_ASSERT(holds);
}

#define EACH_EVENT(info)                \
    const struct netl_event_info *info; \
    for (unsigned index = 0; (info = netl_event_catalogue(index)) != NULL; index++)

static void every_id_is_lower_case_words_with_dots(void)
{
    EACH_EVENT(info)
    {
        size_t length = strlen(info->id);
        check(strspn(info->id, "abcdefghijklmnopqrstuvwxyz0123456789.") == length, info, "letters");
        check(strchr(info->id, '.') != NULL, info, "a dot");
        check(info->id[0] != '.' && info->id[length - 1] != '.', info, "no dot at an end");
        check(!strstr(info->id, ".."), info, "no empty word");
    }
}

static void every_id_leaves_a_blank_before_the_fields(void)
{
    EACH_EVENT(info)
    {
        size_t depth = info->layer == NETL_HOST ? 0 : 2 * (size_t)(NETL_APPLICATION - info->layer);
        check(depth + strlen(info->id) < 21, info, "id is too long for its column");
    }
}

static void every_id_belongs_to_the_family_of_its_layer(void)
{
    EACH_EVENT(info)
    {
        bool found = false;
        size_t family = strcspn(info->id, ".");
        for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
            if (strlen(families[i].family) == family &&
                strncmp(families[i].family, info->id, family) == 0)
                found = families[i].layer == info->layer;
        }
        check(found, info, "family and layer");
    }
}

static void the_osi_layer_fits_the_layer(void)
{
    static const unsigned lowest[] = {7, 1, 3, 4, 5};
    static const unsigned highest[] = {7, 2, 3, 7, 7};

    EACH_EVENT(info)
    {
        check(info->osi_layer >= lowest[info->layer] && info->osi_layer <= highest[info->layer],
              info, "OSI layer");
    }
}

static void the_end_of_an_id_tells_the_direction(void)
{
    EACH_EVENT(info)
    {
        const char *end = strrchr(info->id, '.');
        enum netl_direction expected = strcmp(end, ".tx") == 0   ? NETL_SENT
                                       : strcmp(end, ".rx") == 0 ? NETL_RECEIVED
                                                                 : NETL_LOCAL;
        const char *symbol = strrchr(info->symbol, '_');
        check(info->direction == expected, info, "direction");
        if (symbol && strcmp(symbol, "_TX") == 0)
            check(info->direction == NETL_SENT, info, "_TX means .tx");
        if (symbol && strcmp(symbol, "_RX") == 0)
            check(info->direction == NETL_RECEIVED, info, "_RX means .rx");
    }
}

static void packets_have_the_level_of_packets_and_losses_that_of_drops(void)
{
    EACH_EVENT(info)
    {
        check(info->level <= NETL_TRACE_ALL, info, "level");
        check((info->level == NETL_TRACE_OFF) == (strcmp(info->id, "tcp.broken") == 0), info,
              "only bugs on purpose are told whatever a trace leaves out");
        if (info->direction != NETL_LOCAL)
            check(info->level == NETL_TRACE_PACKETS, info, "a packet's level");
        if (strstr(info->id, ".drop") || strstr(info->id, ".failed") || strstr(info->id, ".lost"))
            check(info->level == NETL_TRACE_DROPS, info, "a loss's level");
    }
}

static void every_reason_is_there_in_both_languages(void)
{
    EACH_EVENT(info)
    {
        check((*info->why_en != '\0') == (*info->why_ko != '\0'), info, "both languages or none");
        for (const char *at = info->why_en; *at; at++)
            check((unsigned char)*at < 0x80, info, "English in ASCII");
    }
}

/* Every {…} of one text stands in the other too. */
static bool has_placeholders_of(const char *text, const char *other)
{
    for (const char *at = strchr(other, '{'); at; at = strchr(at + 1, '{')) {
        char placeholder[64];
        size_t length = strcspn(at, "}") + 1;
        if (length >= sizeof placeholder || at[length - 1] != '}')
            return false;
        memcpy(placeholder, at, length);
        placeholder[length] = '\0';
        if (!strstr(text, placeholder))
            return false;
    }
    return true;
}

static void both_languages_use_the_same_values(void)
{
    EACH_EVENT(info)
    {
        check(has_placeholders_of(info->why_en, info->why_ko), info, "values of the Korean");
        check(has_placeholders_of(info->why_ko, info->why_en), info, "values of the English");
    }
}

static void no_reason_is_wider_than_90_columns(void)
{
    EACH_EVENT(info)
    {
        check(netl_utf8_columns(info->why_en, strlen(info->why_en)) <= 90, info, "English width");
        check(netl_utf8_columns(info->why_ko, strlen(info->why_ko)) <= 90, info, "Korean width");
    }
}

static void a_section_stands_only_with_an_rfc(void)
{
    EACH_EVENT(info)
    {
        check(info->rfc != 0 || !info->section, info, "section without RFC");
        if (info->section)
            check(strspn(info->section, "0123456789.") == strlen(info->section), info, "digits");
    }
}

static void symbols_are_unique_and_in_the_order_of_their_numbers(void)
{
    CU_ASSERT_STRING_EQUAL(netl_event_catalogue(NETL_EV_TCP_SYN_TX)->symbol, "TCP_SYN_TX");
    CU_ASSERT_PTR_NOT_NULL(netl_event_catalogue(NETL_EVENTS - 1));
    CU_ASSERT_PTR_NULL(netl_event_catalogue(NETL_EVENTS));
    for (unsigned a = 0; a < NETL_EVENTS; a++) {
        for (unsigned b = 0; b < a; b++)
            CU_ASSERT(strcmp(netl_event_catalogue(a)->symbol, netl_event_catalogue(b)->symbol) !=
                      0);
    }
}

UNIT_MAIN("trace catalogue", UNIT(every_id_is_lower_case_words_with_dots),
          UNIT(every_id_leaves_a_blank_before_the_fields),
          UNIT(every_id_belongs_to_the_family_of_its_layer), UNIT(the_osi_layer_fits_the_layer),
          UNIT(the_end_of_an_id_tells_the_direction),
          UNIT(packets_have_the_level_of_packets_and_losses_that_of_drops),
          UNIT(every_reason_is_there_in_both_languages), UNIT(both_languages_use_the_same_values),
          UNIT(no_reason_is_wider_than_90_columns), UNIT(a_section_stands_only_with_an_rfc),
          UNIT(symbols_are_unique_and_in_the_order_of_their_numbers))
