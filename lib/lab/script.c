/* SPDX-License-Identifier: MIT */
/* The script of a lab at work; see script.h. */
#include "lab/script.h"

#include "base/fail.h"
#include "base/text.h"
#include "lab/lab.h"
#include "trace/event.h"
#include <stdlib.h>
#include <string.h>

#define MOST_LINES 1000

/* A line in force: it counts what it matches, or waits for its time. */
struct rule {
    struct script_line line;
    struct netl_lab *lab;
    struct rule *next;
    uint64_t seen;
    struct netl_timer timer; /* of what has a time */
    struct netl_wire *wire;
    char text[SCRIPT_LINE];
};

struct lab_script {
    struct rule *first;
    struct rule **end;
    unsigned count;
};

static void add_to_verdict(struct lab_verdict *verdict, const struct script_line *line)
{
    switch (line->action) {
    case SCRIPT_DROP: verdict->drop = true; break;
    case SCRIPT_DELAY: verdict->delay_ns += line->time_ns; break;
    case SCRIPT_DUPLICATE: verdict->duplicate = true; break;
    case SCRIPT_CORRUPT: verdict->corrupt = true; break;
    case SCRIPT_TRUNCATE: verdict->truncate = true; break;
    default: break;
    }
}

/* Without "from" only what hosts send counts, so that no frame is counted on each of its wires. */
static bool concerns(const struct rule *rule, const struct lab_channel *channel, unsigned kinds)
{
    if (rule->wire || !(rule->line.kind & kinds))
        return false;
    return rule->line.name[0] ? strcmp(rule->line.name, channel->from_name) == 0
                              : channel->from_host;
}

/* Asked by a channel for each frame. */
static struct lab_verdict judge(struct lab_channel *channel, const uint8_t *bytes, size_t length,
                                uint32_t number)
{
    struct netl_lab *lab = channel->script_context;
    struct lab_verdict verdict = {0};
    unsigned kinds = netl_script_kinds_of(bytes, length);

    for (struct rule *rule = lab->script->first; rule; rule = rule->next) {
        if (!concerns(rule, channel, kinds))
            continue;
        rule->seen++;
        if (rule->seen < rule->line.first || rule->seen > rule->line.last)
            continue;
        struct netl_packet numbered = {.frame = number};
        netl_event(lab->host, WIRE_SCRIPT, &numbered, NETL_TEXT("wire", channel->wire_name),
                   NETL_TEXT("from", channel->from_name), NETL_TEXT("line", rule->text));
        add_to_verdict(&verdict, &rule->line);
    }
    return verdict;
}

void netl_lab_script_attach(struct netl_lab *lab, struct netl_wire *wire)
{
    for (unsigned i = 0; lab->script && i < 2; i++)
        wire->channels[i].script = judge;
}

static void due(struct netl_timer *timer)
{
    struct rule *rule = timer->owner;

    if (rule->line.action == SCRIPT_CUT)
        netl_lab_cut(rule->wire);
    else
        netl_lab_heal(rule->wire);
}

static int fail_line(const char *text, size_t length, const char *problem)
{
    char shown[SCRIPT_LINE];

    return netl_fail_because(NETL_LINK, NETL_ERROR_SPEC, problem,
                             "such as: drop the 2nd SYN from client", "read '%s' in a script",
                             netl_escape(shown, sizeof shown, text, length));
}

/* Does the line name somebody who is in the lab, or a wire? */
static const char *check_names(struct netl_lab *lab, struct rule *rule)
{
    const char *name = rule->line.name;

    if (rule->line.action == SCRIPT_CUT || rule->line.action == SCRIPT_HEAL) {
        rule->wire = netl_lab_named_wire(lab, name, strlen(name));
        if (!rule->wire)
            return "the lab has no such wire";
        return rule->line.time_ns < netl_clock_now(&lab->host->clock) ? "that time is over" : NULL;
    }
    for (size_t i = 0; name[0] && i < lab->node_count; i++)
        if (strcmp(lab->nodes[i]->name, name) == 0)
            return NULL;
    return name[0] ? "the lab has no such host or switch" : NULL;
}

static int open_script(struct netl_lab *lab)
{
    if (lab->script)
        return 0;
    lab->script = calloc(1, sizeof *lab->script);
    if (!lab->script)
        return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "keep a script");
    lab->script->end = &lab->script->first;
    for (size_t i = 0; i < lab->wire_count; i++)
        netl_lab_script_attach(lab, lab->wires[i]);
    return 0;
}

static int add_line(struct netl_lab *lab, const char *text, size_t length)
{
    const char *problem = NULL;
    struct rule *rule = lab->script->count < MOST_LINES ? calloc(1, sizeof *rule) : NULL;
    int error = 0;

    if (!rule)
        return netl_fail(NETL_LINK, NETL_ERROR_LIMIT, NULL, "keep another line of a script");
    rule->lab = lab;
    rule->timer.fire = due;
    rule->timer.owner = rule;
    netl_escape(rule->text, sizeof rule->text, text, length);
    if (netl_script_read_line(&rule->line, text, length, &problem))
        problem = check_names(lab, rule);
    if (problem)
        error = fail_line(text, length, problem);
    else if (rule->wire)
        error = netl_timer_set(lab->host->loop, &rule->timer, rule->line.time_ns);
    if (error < 0) {
        free(rule);
        return error;
    }
    *lab->script->end = rule;
    lab->script->end = &rule->next;
    lab->script->count++;
    return 0;
}

int netl_lab_script(struct netl_lab *lab, const char *script)
{
    int error = open_script(lab);

    while (error == 0 && *script) {
        script += strspn(script, " \t\r\n;");
        size_t length = strcspn(script, "\r\n;");
        if (length > 0 && *script != '#')
            error = add_line(lab, script, length);
        script += length;
    }
    return error;
}

void netl_lab_script_close(struct netl_lab *lab)
{
    while (lab->script && lab->script->first) {
        struct rule *rule = lab->script->first;
        lab->script->first = rule->next;
        netl_timer_cancel(lab->host->loop, &rule->timer);
        free(rule);
    }
    free(lab->script);
    lab->script = NULL;
}
