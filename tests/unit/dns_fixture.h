/* SPDX-License-Identifier: MIT */
/* A client and two servers on one switch, in a lab, and what the client finds there. */
#ifndef TESTS_UNIT_DNS_FIXTURE_H
#define TESTS_UNIT_DNS_FIXTURE_H

#include "support/unit.h"
#include "trace/trace.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char network[] = "host client address=10.0.0.1/24 dns=10.0.0.53\n"
                              "host server address=10.0.0.53/24\n"
                              "host other address=10.0.0.54/24\n"
                              "switch hub\n"
                              "wire client hub delay=1ms\n"
                              "wire server hub delay=1ms\n"
                              "wire other hub delay=1ms\n";

static struct netl_lab *lab;
static struct netl_host *client, *server, *other;

/* Events of all hosts, counted by id. */
static struct {
    char id[24];
    unsigned count;
} seen[128];

static inline void listen_to(const struct netl_record *record, void *context)
{
    (void)context;
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        if (!seen[i].count)
            snprintf(seen[i].id, sizeof seen[i].id, "%s", record->info->id);
        if (strcmp(seen[i].id, record->info->id) == 0) {
            seen[i].count++;
            return;
        }
    }
}

static inline unsigned count(const char *id)
{
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        if (seen[i].count && strcmp(seen[i].id, id) == 0)
            return seen[i].count;
    return 0;
}

static inline void open_lab(const char *spec)
{
    memset(seen, 0, sizeof seen);
    lab = netl_lab_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_EQUAL_FATAL(netl_lab_build(lab, network), 0);
    client = netl_lab_find(lab, "client");
    server = netl_lab_find(lab, "server");
    other = netl_lab_find(lab, "other");
    CU_ASSERT_EQUAL_FATAL(netl_trace_listen(client, listen_to, NULL), 0);
}

/* The last record's data of what the client finds; "" when it finds nothing. */
static inline const char *find(const char *name, uint16_t type)
{
    static char text[1024];
    struct netl_dns_answer *answer = netl_dns_lookup(client, name, type);

    text[0] = '\0';
    if (answer) {
        const struct netl_dns_record *record =
            netl_dns_answer_record(answer, netl_dns_answer_count(answer) - 1);
        netl_dns_data_format(record->type, record->data, record->length, text, sizeof text);
    }
    netl_dns_answer_free(answer);
    return text;
}

static inline bool says(const char *words)
{
    bool said = strstr(netl_error_text(), words) != NULL;

    if (!said)
        printf("expected '%s' in: %s\n", words, netl_error_text());
    return said;
}
#endif
