/* SPDX-License-Identifier: MIT */
/*
 * A question on the terminal, whatever standard input and output are connected to.
 *
 * Always true: the terminal is as it was before when the call ends. While an answer is hidden,
 * Ctrl-C is a character like others, so that no signal can end the program in between.
 */
#include "base/fail.h"
#include "ssh_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_C 3
#define CTRL_D 4
#define DELETE 127

static void show(int terminal, const char *text)
{
    size_t length = strlen(text);

    while (length > 0) { /* a terminal that does not take it shows nothing: not worth an error */
        ssize_t n = write(terminal, text, length);
        if (n <= 0)
            return;
        text += n;
        length -= (size_t)n;
    }
}

/* One line; -1 at an end, -2 when it does not fit. */
static long read_line(int terminal, char *answer, size_t size)
{
    size_t length = 0;

    for (;;) {
        char c;
        ssize_t n = read(terminal, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || c == CTRL_C || (c == CTRL_D && length == 0))
            return -1;
        if (c == '\n' || c == '\r') {
            answer[length] = '\0';
            return (long)length;
        }
        if (c == DELETE || c == '\b')
            length -= length > 0;
        else if (length + 1 < size)
            answer[length++] = c;
        else
            return -2;
    }
}

long netl_ssh_ask(const char *question, bool hidden, char *answer, size_t size)
{
    static const char doing[] = "ask on the terminal";
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios before, during;

    answer[0] = '\0';
    if (terminal < 0 || tcgetattr(terminal, &before) != 0) {
        if (terminal >= 0)
            close(terminal);
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_UNSUPPORTED, "there is no terminal",
                                 "give the answer in another way", "%s", doing);
    }
    during = before;
    if (hidden)
        during.c_lflag &= (tcflag_t) ~(ECHO | ICANON | ISIG);
    tcsetattr(terminal, TCSAFLUSH, &during);
    show(terminal, question);
    long length = read_line(terminal, answer, size);
    tcsetattr(terminal, TCSAFLUSH, &before);
    if (hidden)
        show(terminal, "\n");
    close(terminal);
    if (length >= 0)
        return length;
    netl_ssh_wipe(answer, size);
    if (length == -1)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_CLOSED, "there was no answer",
                                 "type one, and Return", "%s", doing);
    return netl_fail(NETL_APPLICATION, NETL_ERROR_TOO_LARGE, "type less", "%s", doing);
}
