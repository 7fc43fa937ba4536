/* SPDX-License-Identifier: MIT */
/*
 * Builds a lab from a text, one thing a line; see netl_lab_build().
 *
 * Always true: a text of over TOPOLOGY_BYTES is refused, and lines are short.
 */
#include "base/fail.h"
#include "base/text.h"
#include "lab/lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPOLOGY_BYTES ((size_t)1 << 20)
#define LINE_BYTES     1024

/* Takes the next word off a line: it is ended with a 0, and `*line` goes on behind it. */
static char *take_word(char **line)
{
    char *word = *line + strspn(*line, " \t");
    char *end = word + strcspn(word, " \t");

    *line = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static int build_host(struct netl_lab *lab, char *rest)
{
    const char *name = take_word(&rest);

    return netl_lab_host(lab, name, rest) ? 0 : netl_fail_code();
}

static int build_router(struct netl_lab *lab, char *rest)
{
    char spec[LINE_BYTES + 16];
    const char *name = take_word(&rest);
    struct netl_text text;

    netl_text_begin(&text, spec, sizeof spec);
    netl_text_add(&text, "router=on ");
    netl_text_add(&text, rest);
    return netl_lab_host(lab, name, spec) ? 0 : netl_fail_code();
}

static int build_switch(struct netl_lab *lab, char *rest)
{
    const char *name = take_word(&rest);

    if (rest[strspn(rest, " \t")])
        return netl_fail(NETL_LINK, NETL_ERROR_SPEC, "write switch NAME", "read more than a name");
    return netl_lab_switch(lab, name);
}

static int build_wire(struct netl_lab *lab, char *rest)
{
    const char *from = take_word(&rest);
    const char *to = take_word(&rest);

    return netl_lab_wire(lab, from, to, rest) ? 0 : netl_fail_code();
}

static int build_script(struct netl_lab *lab, char *rest)
{
    return netl_lab_script(lab, rest);
}

static const struct {
    const char *word;
    int (*build)(struct netl_lab *, char *rest);
} builders[] = {
    {"host", build_host}, {"router", build_router}, {"switch", build_switch},
    {"wire", build_wire}, {"script", build_script},
};

/* The failure that just happened, with the number of its line. */
static int fail_at(unsigned number, int error)
{
    char reason[512];
    struct netl_text text;

    netl_text_begin(&text, reason, sizeof reason);
    netl_text_add(&text, netl_error_text());
    return netl_fail_because(NETL_HOST, (enum netl_error)error, reason, "mend that line",
                             "build a lab, line %u", number);
}

static int build_line(struct netl_lab *lab, char *line)
{
    char shown[64];

    if (line[strspn(line, " \t")] == '\0')
        return 0;
    const char *word = take_word(&line);
    for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
        if (strcmp(builders[i].word, word) == 0)
            return builders[i].build(lab, line);
    return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, "no such thing",
                             "a line starts with host, router, switch, wire or script", "read '%s'",
                             netl_escape(shown, sizeof shown, word, strlen(word)));
}

int netl_lab_build(struct netl_lab *lab, const char *text)
{
    char line[LINE_BYTES];
    unsigned number = 0;

    while (*text) {
        size_t length = strcspn(text, "\n");
        size_t used = strcspn(text, "#\r\n");
        int error = 0;
        number++;
        if (used >= sizeof line) {
            error = netl_fail(NETL_HOST, NETL_ERROR_SPEC, "write shorter lines",
                              "read a line of %zu bytes", used);
        } else {
            memcpy(line, text, used);
            line[used] = '\0';
            error = build_line(lab, line);
        }
        if (error < 0)
            return fail_at(number, error);
        text += length + (text[length] == '\n');
    }
    return 0;
}

int netl_lab_read(struct netl_lab *lab, const char *path)
{
    char shown[256];
    FILE *file = fopen(path, "r");

    netl_escape(shown, sizeof shown, path, strlen(path));
    if (!file)
        return netl_fail_system(NETL_HOST, errno, NULL, "open the lab's file %s", shown);
    char *text = malloc(TOPOLOGY_BYTES + 1);
    size_t length = text ? fread(text, 1, TOPOLOGY_BYTES, file) : 0;
    bool whole = text && !ferror(file) && fgetc(file) == EOF && !memchr(text, 0, length);
    fclose(file);
    int error = text ? NETL_ERROR_FILE : NETL_ERROR_MEMORY;
    if (!whole) {
        free(text);
        return netl_fail(NETL_HOST, (enum netl_error)error, "give a text of at most 1 MiB",
                         "read the lab's file %s", shown);
    }
    text[length] = '\0';
    error = netl_lab_build(lab, text);
    free(text);
    return error;
}
