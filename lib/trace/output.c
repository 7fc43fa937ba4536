/* SPDX-License-Identifier: MIT */
/* A file that a sink writes (trace/output.h). */
#include "trace/output.h"

#include "base/fail.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char advice_open[] = "check that the directory exists and may be written to";
static const char advice_write[] = "make room on the disk, or send the trace elsewhere";

int netl_output_open(struct netl_output *output, const char *name)
{
    memset(output, 0, sizeof *output);
    output->fd = -1;
    output->is_standard = !name || strcmp(name, "-") == 0;
    if (output->is_standard)
        netl_escape(output->name, sizeof output->name, name ? "standard output" : "standard error",
                    name ? 15 : 14);
    else
        netl_escape(output->name, sizeof output->name, name, strlen(name));

    output->buffer = malloc(OUTPUT_BYTES);
    if (!output->buffer)
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "open the trace %s", output->name);
    netl_text_begin(&output->text, output->buffer, OUTPUT_BYTES);
    if (!name || output->is_standard)
        output->fd = name ? STDOUT_FILENO : STDERR_FILENO;
    else
        output->fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (output->fd < 0) {
        int reason = errno;
        free(output->buffer);
        output->buffer = NULL;
        (void)netl_fail_system(NETL_HOST, reason, advice_open, "open the trace file %s",
                               output->name);
        return NETL_ERROR_FILE;
    }
    return 0;
}

/*
 * Said by hand and not with netl_fail(): an event may come while the sentence of another failure
 * is still needed.
 */
static void say_failure(const struct netl_output *output)
{
    char line[512];
    char reason[128];
    struct netl_text text;

    if (output->fd == STDERR_FILENO || strerror_r(output->failure, reason, sizeof reason) != 0)
        memcpy(reason, "unknown error", sizeof "unknown error");
    netl_text_begin(&text, line, sizeof line);
    netl_text_add(&text, "host: write the trace to ");
    netl_text_add(&text, output->name);
    netl_text_add(&text, ": ");
    netl_text_add(&text, reason);
    netl_text_add(&text, "; it stops here: ");
    netl_text_add(&text, advice_write);
    netl_text_char(&text, '\n');
    if (write(STDERR_FILENO, line, text.length) < 0)
        return; /* nobody is left to tell */
}

static bool may_go_on(int fd, int reason)
{
    if (reason == EINTR)
        return true;
    if (reason != EAGAIN && reason != EWOULDBLOCK)
        return false;
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    int ready = poll(&poller, 1, -1);
    return ready > 0 || (ready < 0 && errno == EINTR);
}

/* A write of 0 bytes would repeat for ever, so it counts as a full disk. */
static void write_out(struct netl_output *output)
{
    size_t done = 0;

    while (!output->failure && done < output->text.length) {
        ssize_t n = write(output->fd, output->buffer + done, output->text.length - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0 || !may_go_on(output->fd, errno)) {
            output->failure = n == 0 ? ENOSPC : errno;
            say_failure(output);
        }
    }
    netl_text_begin(&output->text, output->buffer, OUTPUT_BYTES);
}

void netl_output_room(struct netl_output *output, size_t bytes)
{
    if (OUTPUT_BYTES - 1 - output->text.length < bytes)
        write_out(output);
}

void netl_output_bytes(struct netl_output *output, const void *bytes, size_t length)
{
    const char *from = bytes;

    while (length > 0) {
        netl_output_room(output, 1);
        size_t part = OUTPUT_BYTES - 1 - output->text.length;
        if (part > length)
            part = length;
        netl_text_bytes(&output->text, from, part);
        from += part;
        length -= part;
    }
}

void netl_output_end(struct netl_output *output)
{
    if (output->is_standard)
        write_out(output);
}

static int result(const struct netl_output *output)
{
    if (!output->failure)
        return 0;
    (void)netl_fail_system(NETL_HOST, output->failure, advice_write, "write the trace to %s",
                           output->name);
    netl_fail_was_said(); /* by say_failure(), when it happened */
    return NETL_ERROR_FILE;
}

int netl_output_flush(struct netl_output *output)
{
    if (output->fd >= 0)
        write_out(output);
    return result(output);
}

int netl_output_close(struct netl_output *output)
{
    int flushed = netl_output_flush(output);

    if (output->fd >= 0 && !output->is_standard && close(output->fd) != 0 && !output->failure) {
        output->failure = errno;
        say_failure(output);
        flushed = result(output);
    }
    output->fd = -1;
    free(output->buffer);
    output->buffer = NULL;
    return flushed;
}
