/* SPDX-License-Identifier: MIT */
/*
 * The routers on the way to a host, found by letting the time to live run out.
 *
 * A time to live of 1 ends at the first router, 2 at the second; who drops the
 * datagram says so (RFC 792 "time exceeded"; RFC 4443 section 3.3) and thereby
 * tells its address. All probes of one hop go out at once and share one deadline.
 *
 * Always true:
 *   - an answer counts for the hop that is being asked, not for one given up before;
 *   - there are at most 255 hops of NETL_PATH_PROBES_MAX probes.
 */
#include "base/fail.h"
#include "echo_socket.h"
#include "trace/event.h"
#include <string.h>

struct path {
    struct netl_host *host;
    struct netl_path_options options;
    struct echo_socket echo;

    /* The hop that is being asked. */
    struct netl_path_hop hop;
    uint16_t first_sequence; /* of its first probe */
    int64_t sent_ns[NETL_PATH_PROBES_MAX];
    uint32_t waiting;
    bool at_target; /* the target answered one of its probes */
    bool refused;   /* someone said that there is no way */
};

static void path_on_answer(void *context, const struct echo_answer *answer)
{
    struct path *path = context;
    uint8_t family = path->echo.identity.target.family;
    uint32_t index = (uint16_t)(answer->sequence - path->first_sequence);
    if (index >= path->hop.probe_count)
        return;
    struct netl_path_probe *probe = &path->hop.probes[index];
    if (probe->answer != NETL_PATH_SILENT)
        return; /* a duplicate */
    int64_t rtt_us = (answer->time_ns - path->sent_ns[index]) / 1000;
    probe->rtt_us = rtt_us < 0 || rtt_us > UINT32_MAX ? 0 : (uint32_t)rtt_us;
    probe->from = answer->from;
    path->waiting--;
    if (answer->kind == ECHO_REPLY) {
        probe->answer = NETL_PATH_TARGET;
        path->at_target = true;
    } else if (netl_echo_is_time_exceeded(family, answer->type)) {
        probe->answer = NETL_PATH_ROUTER;
    } else {
        probe->answer = NETL_PATH_REFUSED;
        probe->icmp_type = answer->type;
        probe->icmp_code = answer->code;
        probe->reason = netl_echo_error_text(family, answer->type, answer->code);
        path->refused = true;
    }
    netl_event(path->host, PATH_HOP, NULL, NETL_NUMBER("hop", path->hop.hop),
               NETL_ADDRESS("from", &probe->from), NETL_MICROS("rtt", probe->rtt_us));
}

static int path_done(void *context)
{
    const struct path *path = context;
    return path->waiting == 0 || path->echo.error != 0;
}

static int path_send_probes(struct path *path)
{
    struct netl_raw_options header = {.hop_limit = (uint8_t)path->hop.hop};
    for (uint32_t i = 0; i < path->hop.probe_count; i++) {
        netl_event(path->host, PING_SENT, NULL, NETL_ADDRESS("to", &path->hop.target),
                   NETL_NUMBER("seq", (uint16_t)(path->first_sequence + i)),
                   NETL_NUMBER("ttl", path->hop.hop),
                   NETL_NUMBER("len", ECHO_HEADER + path->options.size));
        path->sent_ns[i] = netl_clock_now(&path->host->clock);
        long sent = netl_echo_socket_send(&path->echo, (uint16_t)(path->first_sequence + i),
                                          path->options.size, &header);
        if (sent == NETL_ERROR_AGAIN) { /* this probe stays silent */
            path->waiting--;
            continue;
        }
        if (sent < 0)
            return (int)sent;
    }
    return 0;
}

static int path_ask_hop(struct path *path, uint32_t hop)
{
    path->first_sequence = (uint16_t)(path->first_sequence + path->hop.probe_count);
    memset(&path->hop, 0, sizeof path->hop);
    path->hop.target = path->echo.identity.target;
    path->hop.hop = hop;
    path->hop.probe_count = path->options.probes;
    path->waiting = path->options.probes;
    for (uint32_t i = 0; i < NETL_PATH_PROBES_MAX; i++)
        path->hop.probes[i].reason = "";
    int result = path_send_probes(path);
    if (result < 0)
        return result;
    int64_t until = netl_host_until(path->host, path->options.timeout_ms);
    result = netl_host_wait(path->host, NETL_INTERNET, path_done, path, until);
    if (result < 0 && result != NETL_ERROR_TIMEOUT)
        return result;
    if (path->waiting > 0)
        netl_event(path->host, PATH_SILENT, NULL, NETL_NUMBER("hop", hop),
                   NETL_NUMBER("probes", path->waiting));
    return path->echo.error;
}

static int path_unreachable(const struct path *path)
{
    char target[NETL_ADDRESS_TEXT], from[NETL_ADDRESS_TEXT];
    for (uint32_t i = 0; i < path->hop.probe_count; i++) {
        const struct netl_path_probe *probe = &path->hop.probes[i];
        if (probe->answer == NETL_PATH_REFUSED)
            return netl_fail_because(NETL_INTERNET, NETL_ERROR_UNREACHABLE, probe->reason,
                                     "check the address, and the routes of who says so",
                                     "find the path to %s: hop %u, %s, says",
                                     netl_address_format(&path->hop.target, target),
                                     (unsigned)path->hop.hop,
                                     netl_address_format(&probe->from, from));
    }
    return netl_fail(NETL_INTERNET, NETL_ERROR_UNREACHABLE, NULL, "find a path");
}

static int path_run(struct path *path, bool (*found)(const struct netl_path_hop *, void *),
                    void *context)
{
    char target[NETL_ADDRESS_TEXT];
    for (uint32_t hop = path->options.first_hop; hop <= path->options.hops_max; hop++) {
        int result = path_ask_hop(path, hop);
        if (result < 0)
            return result;
        if (found && !found(&path->hop, context))
            return 0;
        if (path->at_target)
            return (int)hop;
        if (path->refused)
            return path_unreachable(path);
    }
    return netl_fail(NETL_INTERNET, NETL_ERROR_TIMEOUT,
                     "the target or a firewall before it may not answer echo requests; or allow "
                     "more hops",
                     "find the path to %s within %u hops",
                     netl_address_format(&path->echo.identity.target, target),
                     (unsigned)path->options.hops_max);
}

static int path_prepare(struct path *path, const struct netl_path_options *options)
{
    if (options)
        path->options = *options;
    struct netl_path_options *wanted = &path->options;
    wanted->first_hop = wanted->first_hop ? wanted->first_hop : 1;
    wanted->hops_max = wanted->hops_max ? wanted->hops_max : 30;
    wanted->probes = wanted->probes ? wanted->probes : 3;
    wanted->timeout_ms = wanted->timeout_ms ? wanted->timeout_ms : 1000;
    wanted->size = wanted->size ? wanted->size : 32;
    if (wanted->first_hop > wanted->hops_max || wanted->hops_max > 255 ||
        wanted->probes > NETL_PATH_PROBES_MAX || wanted->size > ECHO_SIZE_MAX)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT,
                         "give hops of 1 to 255, 1 to 10 probes, and at most 65000 bytes",
                         "find a path");
    path->echo.context = path;
    path->echo.answered = path_on_answer;
    return 0;
}

int netl_path(struct netl_host *host, const char *name, const struct netl_path_options *options,
              bool (*found)(const struct netl_path_hop *hop, void *context), void *context)
{
    struct path path;
    memset(&path, 0, sizeof path);
    path.host = host;
    path.first_sequence = 1;
    if (!host || !name)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, "give a host and a name",
                         "find a path");
    if (netl_loop_turning(host->loop))
        return netl_fail(NETL_INTERNET, NETL_ERROR_IN_HANDLER, "call it from outside of handlers",
                         "find a path");
    int result = path_prepare(&path, options);
    if (result == 0)
        result = netl_echo_socket_open(&path.echo, host, name, path.options.family);
    if (result < 0)
        return result;
    result = path_run(&path, found, context);
    netl_echo_socket_close(&path.echo);
    return result;
}
