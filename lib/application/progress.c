/* SPDX-License-Identifier: MIT */
/*
 * How far a transfer is, drawn on one line of a terminal.
 *
 *      42% [############                ] 1.2 MiB of 2.9 MiB, 3.4 MiB/s
 *     saved page.html: 2.9 MiB in 0.8 s
 *
 * Always true:
 *   - a line is never wider than 79 columns, so that a return can overwrite it;
 *   - a stream that is no terminal gets the last line alone.
 */
#include "base/text.h"
#include <netlayers/progress.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR     28 /* columns of the bar */
#define COLUMNS 79
#define AMOUNT  24 /* bytes for "1023.9 MiB" and its end, with room */

/* "512 bytes", "1.2 MiB": one digit after the point, rounded down. */
static char *format_amount(char *text, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    if (bytes < 1024) {
        snprintf(text, AMOUNT, "%u bytes", (unsigned)bytes);
        return text;
    }
    while (bytes >= UINT64_C(1024) * 1024 && unit < sizeof units / sizeof *units - 1) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, AMOUNT, "%u.%u %s", (unsigned)(bytes / 1024),
             (unsigned)(bytes % 1024 * 10 / 1024), units[unit]);
    return text;
}

static unsigned percent_of(const struct netl_progress *progress)
{
    if (progress->total <= 0)
        return 0;
    if (progress->bytes >= (uint64_t)progress->total) /* by as much as a liar likes */
        return 100;
    return (unsigned)(100.0 * (double)progress->bytes / (double)progress->total);
}

static void draw_bar(const struct netl_progress *progress, FILE *stream)
{
    char bytes[AMOUNT], total[AMOUNT], rate[AMOUNT], line[COLUMNS + 1];
    struct netl_text text;
    double seconds = (double)progress->elapsed_ns / 1e9;
    double moved = (double)(progress->bytes - progress->before);
    uint64_t per_second = seconds > 0.001 ? (uint64_t)(moved / seconds) : 0;
    netl_text_begin(&text, line, sizeof line);
    format_amount(bytes, progress->bytes);
    format_amount(rate, per_second);
    if (progress->total > 0) {
        unsigned percent = percent_of(progress);
        char bar[BAR + 1];
        memset(bar, ' ', BAR);
        memset(bar, '#', percent * BAR / 100);
        bar[BAR] = '\0';
        format_amount(total, (uint64_t)progress->total);
        netl_text_pad(&text, percent < 10 ? 2 : percent < 100 ? 1 : 0);
        netl_text_unsigned(&text, percent, 1);
        netl_text_add(&text, "% [");
        netl_text_add(&text, bar);
        netl_text_add(&text, "] ");
        netl_text_add(&text, bytes);
        netl_text_add(&text, " of ");
        netl_text_add(&text, total);
    } else {
        netl_text_add(&text, bytes);
    }
    netl_text_add(&text, ", ");
    netl_text_add(&text, rate);
    netl_text_add(&text, "/s");
    netl_text_pad(&text, COLUMNS - 1);
    fprintf(stream, "%s\r", line); /* whatever comes next begins the line anew */
    fflush(stream);
}

void netl_progress_bar(const struct netl_progress *progress, void *stream)
{
    FILE *file = stream;
    int fd = fileno(file);
    bool terminal = fd >= 0 && isatty(fd) == 1;
    if (!progress->done) {
        if (terminal)
            draw_bar(progress, file);
        return;
    }
    char amount[AMOUNT], shown[128];
    netl_escape(shown, sizeof shown, progress->path, strlen(progress->path));
    if (terminal)
        fprintf(file, "%*s\r", COLUMNS - 1, "");
    fprintf(file, "%s %s: %s in %.1f s\n", progress->sent ? "sent" : "saved", shown,
            format_amount(amount, progress->bytes), (double)progress->elapsed_ns / 1e9);
    fflush(file);
}
