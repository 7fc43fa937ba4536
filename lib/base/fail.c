/* SPDX-License-Identifier: MIT */
/* The sentence of the last failure on each thread; see fail.h. */
#include "base/fail.h"

#include "base/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define SENTENCE 1024

static _Thread_local char sentence[SENTENCE];
static _Thread_local bool was_said; /* on standard error, when it happened */
static _Thread_local int last_code;

/* What a code says when the system gave no reason, and what to try then. */
struct code_text {
    const char *name;
    const char *reason;
    const char *advice;
};

static const struct code_text texts[] = {
    [-NETL_ERROR_ARGUMENT] = {"ARGUMENT", "that makes no sense", "see the function's description"},
    [-NETL_ERROR_MEMORY] = {"MEMORY", "no memory left", "close other programs, or ask for less"},
    [-NETL_ERROR_SYSTEM] = {"SYSTEM", "the system refused", "look at the system's log"},
    [-NETL_ERROR_PERMISSION] = {"PERMISSION", "not allowed",
                                "run `doctor` to see which command allows it"},
    [-NETL_ERROR_TIMEOUT] = {"TIMEOUT", "no answer in time",
                             "check the address and any firewall, or wait longer with timeout="},
    [-NETL_ERROR_REFUSED] = {"REFUSED", "refused",
                             "nobody listens on that port: start the server first, or check the "
                             "number"},
    [-NETL_ERROR_RESET] = {"RESET", "the peer broke it off", "look at the peer's messages"},
    [-NETL_ERROR_CLOSED] = {"CLOSED", "already closed", "open a new connection"},
    [-NETL_ERROR_UNREACHABLE] = {"UNREACHABLE", "there is no way",
                                 "check the address, `ip route` and the cable"},
    [-NETL_ERROR_NAME] = {"NAME", "no such name", "check its spelling, or give the address"},
    [-NETL_ERROR_ADDRESS] = {"ADDRESS", "not an address that can be used here",
                             "list this host's addresses with `interfaces`"},
    [-NETL_ERROR_IN_USE] = {"IN_USE", "in use",
                            "stop the program that has it (`ss -ltnup` shows which), or choose "
                            "another"},
    [-NETL_ERROR_INTERFACE] = {"INTERFACE", "no such interface", "list them with `interfaces`"},
    [-NETL_ERROR_AGAIN] = {"AGAIN", "not right now", "wait for the handler"},
    [-NETL_ERROR_IN_HANDLER] = {"IN_HANDLER",
                                "a blocking call inside a handler would stop the "
                                "whole host",
                                "use the calls that never wait, such as netl_tcp_write"},
    [-NETL_ERROR_PROTOCOL] = {"PROTOCOL", "the peer breaks the protocol's rules",
                              "look at its bytes with bytes=on"},
    [-NETL_ERROR_TOO_LARGE] = {"TOO_LARGE", "too large", "send less at once, or raise the limit"},
    [-NETL_ERROR_SPEC] = {"SPEC", "not a valid configuration", "see <netlayers/host.h>"},
    [-NETL_ERROR_UNSUPPORTED] = {"UNSUPPORTED", "not available here",
                                 "run `doctor` to see what is"},
    [-NETL_ERROR_FILE] = {"FILE", "the file could not be used", "check its name and its rights"},
    [-NETL_ERROR_LIMIT] = {"LIMIT", "too many at once",
                           "close some first, or raise the limit with `ulimit -n`"},
};

static const struct code_text *text_of(int error)
{
    static const struct code_text unknown = {"UNKNOWN", "failed", "look at the trace"};

    if (error >= 0 || -error >= (int)(sizeof texts / sizeof *texts))
        return &unknown;
    return texts[-error].name ? &texts[-error] : &unknown;
}

/* Which of our codes each of the system's belongs to. */
static const struct {
    int system_error;
    enum netl_error code;
} system_codes[] = {
    {ENOMEM, NETL_ERROR_MEMORY},
    {ENOBUFS, NETL_ERROR_MEMORY},
    {EACCES, NETL_ERROR_PERMISSION},
    {EPERM, NETL_ERROR_PERMISSION},
    {ETIMEDOUT, NETL_ERROR_TIMEOUT},
    {ECONNREFUSED, NETL_ERROR_REFUSED},
    {ECONNRESET, NETL_ERROR_RESET},
    {EPIPE, NETL_ERROR_CLOSED},
    {ENOTCONN, NETL_ERROR_CLOSED},
    {ECONNABORTED, NETL_ERROR_RESET},
    {ENETUNREACH, NETL_ERROR_UNREACHABLE},
    {EHOSTUNREACH, NETL_ERROR_UNREACHABLE},
    {ENETDOWN, NETL_ERROR_INTERFACE},
    {ENODEV, NETL_ERROR_INTERFACE},
    {ENXIO, NETL_ERROR_INTERFACE},
    {EADDRNOTAVAIL, NETL_ERROR_ADDRESS},
    {EADDRINUSE, NETL_ERROR_IN_USE},
    {EAGAIN, NETL_ERROR_AGAIN},
    {EINPROGRESS, NETL_ERROR_AGAIN},
    {EMSGSIZE, NETL_ERROR_TOO_LARGE},
    {EMFILE, NETL_ERROR_LIMIT},
    {ENFILE, NETL_ERROR_LIMIT},
    {EAFNOSUPPORT, NETL_ERROR_UNSUPPORTED},
    {EPROTONOSUPPORT, NETL_ERROR_UNSUPPORTED},
    {EOPNOTSUPP, NETL_ERROR_UNSUPPORTED},
    {ENOPROTOOPT, NETL_ERROR_UNSUPPORTED},
    {ENOSYS, NETL_ERROR_UNSUPPORTED},
    {ENOENT, NETL_ERROR_FILE},
    {ENOTDIR, NETL_ERROR_FILE},
    {EISDIR, NETL_ERROR_FILE},
    {ENOSPC, NETL_ERROR_FILE},
    {EROFS, NETL_ERROR_FILE},
    {EFBIG, NETL_ERROR_FILE},
};

enum netl_error netl_error_from_system(int system_error)
{
    for (size_t i = 0; i < sizeof system_codes / sizeof *system_codes; i++)
        if (system_codes[i].system_error == system_error)
            return system_codes[i].code;
    return NETL_ERROR_SYSTEM;
}

/* Writes "LAYER: TRIED: REASON; ADVICE" and gives the code back. */
static int compose(enum netl_layer layer, enum netl_error code, const char *reason,
                   const char *advice, const char *format, va_list arguments)
{
    char tried[SENTENCE / 2];
    struct netl_text text;

    /* An earlier sentence may be an argument of this one, so this comes before it is overwritten. */
    vsnprintf(tried, sizeof tried, format, arguments);
    was_said = false;
    netl_text_begin(&text, sentence, sizeof sentence);
    netl_text_add(&text, netl_layer_name((int)layer));
    netl_text_add(&text, ": ");
    netl_text_add(&text, tried);
    netl_text_add(&text, ": ");
    netl_text_add(&text, reason ? reason : text_of(code)->reason);
    netl_text_add(&text, "; ");
    netl_text_add(&text, advice ? advice : text_of(code)->advice);
    last_code = code;
    return code;
}

int(netl_fail)(enum netl_layer layer, enum netl_error code, const char *advice, const char *format,
               ...)
{
    va_list arguments;

    va_start(arguments, format);
    compose(layer, code, NULL, advice, format, arguments);
    va_end(arguments);
    return code;
}

int(netl_fail_because)(enum netl_layer layer, enum netl_error code, const char *reason,
                       const char *advice, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    compose(layer, code, reason, advice, format, arguments);
    va_end(arguments);
    return code;
}

int(netl_fail_system)(enum netl_layer layer, int system_error, const char *advice,
                      const char *format, ...)
{
    enum netl_error code = netl_error_from_system(system_error);
    char reason[128];
    va_list arguments;

    if (strerror_r(system_error, reason, sizeof reason) != 0)
        memcpy(reason, "unknown system error", sizeof "unknown system error");
    va_start(arguments, format);
    compose(layer, code, reason, advice, format, arguments);
    va_end(arguments);
    errno = system_error;
    return code;
}

int netl_fail_code(void)
{
    return last_code;
}

const char *netl_error_text(void)
{
    return sentence;
}

const char *netl_error_name(int error)
{
    return text_of(error)->name;
}

void netl_fail_was_said(void)
{
    was_said = true;
}

int netl_explain(FILE *stream)
{
    if (was_said && stream == stderr)
        return 1;
    fprintf(stream, "%s\n", sentence[0] ? sentence : "host: nothing has failed");
    return 1;
}

const char *netl_layer_name(int layer)
{
    static const char *const names[NETL_LAYERS] = {"host", "link", "internet", "transport",
                                                   "application"};

    return layer >= 0 && layer < NETL_LAYERS ? names[layer] : names[NETL_HOST];
}
