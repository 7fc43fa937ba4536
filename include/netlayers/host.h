/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/host.h
 * @brief A host: the node of the network that your program drives.
 *
 * A host has a seam (where our code ends and the kernel begins), a clock, a loop
 * and a trace. One thread drives one host; a program may have several.
 *
 * One string configures it. netl_host_open() takes it from the program, the
 * variable NETLAYERS adds to it and wins where both name the same key:
 *
 *     NETLAYERS='trace=text trace=pcapng:run.pcapng lang=ko' ./http_server
 *
 * | key            | value                                | default     | what it does |
 * |----------------|--------------------------------------|-------------|--------------|
 * | `seam`         | `transport`, `internet`, `link`, `wire` | `transport` | where the kernel begins, see below |
 * | `link`         | `packet:IF`, `tap:IF`, `bus:DIRECTORY` | none      | seams `link` and `wire`: the medium, see <netlayers/link.h>; may stand several times, each followed by its addresses |
 * | `address`      | `10.0.0.1/24`                        | none        | seams `link` and `wire`: our address and the bits of its network; may stand several times |
 * | `dns`          | an address, perhaps with `:PORT`     | see right   | whom to ask for names, see <netlayers/dns.h>; may stand several times. Default: the servers of /etc/resolv.conf, at the seam `transport` by the C library; none at the seams `link` and `wire` and in labs |
 * | `gateway`      | an address                           | none        | seams `link` and `wire`: the router towards everywhere else |
 * | `route`        | `10.0.2.0/24:10.0.1.254`             | none        | seams `link` and `wire`: a network, and the router next door that knows the way; may stand several times |
 * | `router`       | `on`, `off`                          | `off`       | seams `link` and `wire`: pass on what is not for us |
 * | `arp.probe`    | `on`, `off`                          | `off`       | seams `link` and `wire`, and labs: ask first whether somebody has our addresses (RFC 5227); takes up to 7 s, and a conflict is an error |
 * | `sandbox`      | `on`, `off`, `auto`                  | `off`       | a user and network namespace of its own; `auto`: when the observer may not watch without |
 * | `observe`      | `on`, `off`, `auto`                  | `auto`      | watch the kernel's frames; `auto`: when there is a trace |
 * | `timeout`      | milliseconds                         | `10000`     | how long a blocking call waits; 0: for ever |
 * | `name`         | a word                               | `host`      | the host's name in the trace |
 * | `seed`         | a number                             | random      | the seed of all that is random |
 * | `trace`        | `off`, `text`, `text:FILE`, `jsonl:FILE`, `pcapng:FILE` | `off` | where events go; may stand several times |
 * | `trace.LAYER`  | `off`, `drops`, `state`, `packets`, `all` | `packets` | how much of `link`, `internet`, `transport`, `application` or `host` |
 * | `why`          | `on`, `off`                          | `on`        | the reasons after the lines |
 * | `bytes`        | `on`, `off`                          | `off`       | a hexdump of every frame |
 * | `lang`         | `en`, `ko`                           | `en`        | the language of the reasons |
 * | `model`        | `tcpip`, `osi`                       | `tcpip`     | labels by four layers or by seven |
 *
 * | seam        | ours                     | the kernel's, and what it needs |
 * |-------------|--------------------------|---------------------------------|
 * | `transport` | application              | TCP, UDP and all below; nothing |
 * | `internet`  | … and transport          | IP and the links; raw sockets   |
 * | `link`      | … and internet           | the interface: `link=packet:…` or `link=tap:…`, `address=` |
 * | `wire`      | … and the link           | nothing: `link=bus:…` and `address=`, or a lab (<netlayers/lab.h>) |
 *
 * At the seams `link` and `wire` the keys `wire.loss`, `wire.delay` and so on put a bad wire between
 * this host and its link; they are those of a lab (<netlayers/lab.h>). At the others the wires are the
 * kernel's, and `tc qdisc add dev INTERFACE root netem loss 2%` makes one bad.
 *
 * Where the transport is ours, these switch parts of it off or change it, for lessons; whatever is
 * not as usual is said in the trace:
 *
 * | key              | value                    | default | what it does |
 * |------------------|--------------------------|---------|--------------|
 * | `nagle`          | `on`, `off`              | `on`    | small segments wait for an acknowledgment |
 * | `delack`         | `on`, `off`              | `on`    | an acknowledgment for every second segment |
 * | `sack`           | `on`, `off`              | `on`    | selective acknowledgments |
 * | `wscale`         | `on`, `off`              | `on`    | windows above 64 KiB |
 * | `timestamps`     | `on`, `off`              | `on`    | time stamps in segments |
 * | `fastretransmit` | `on`, `off`              | `on`    | send again at the third duplicate acknowledgment |
 * | `rack`           | `on`, `off`              | `on`    | find losses by the time of each segment, and those of copies (RFC 8985 section 6); needs `sack` and `fastretransmit` |
 * | `tlp`            | `on`, `off`              | `on`    | after two silent round trips one segment more, before the timeout (RFC 8985 section 7); needs `rack` |
 * | `checksum`       | `on`, `off`              | `on`    | verify what is received |
 * | `cc`             | `reno`, `cubic`, `none`  | `cubic` | congestion control |
 * | `iw`             | segments                 | `10`    | the first congestion window |
 * | `rto.min`        | milliseconds             | `200`   | the shortest retransmission timeout |
 * | `buffer`         | bytes                    | `4194304` | how far buffers grow, each way |
 * | `break`          | `seqcmp`, `holes`, `rst`, `isn`, `off` | `off` | an authentic bug of a known stack, for debugging exercises; may stand several times |
 *
 * Keys are separated by spaces; a value with spaces stands in double quotes. An
 * unknown key or value is an error that lists the known ones, and a key that has no place at the
 * seam is one that says why.
 */
#ifndef NETLAYERS_HOST_H
#define NETLAYERS_HOST_H

#include <netlayers/error.h>
#include <netlayers/export.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup host @bilingual{Host,호스트}
 *  @brief The node of the network: seam, clock, loop and trace.
 *  @copydetails netlayers/host.h
 *  @see @ref guide_host_packet_protocol
 *  @{ */

struct netl_host;

/**
 * @brief Opens a host.
 * @param spec the configuration as above; NULL or "" for the defaults. NETLAYERS adds to it and wins
 * @return the host, owned by the caller until netl_host_close(); NULL on error
 * @par Events
 * `host.open`, `sandbox.on`, `observer.on`, `observer.off`
 */
NETL_API struct netl_host *netl_host_open(const char *spec);

/**
 * @brief Opens a host for a program's `main`, and takes its spec words off the command line.
 *
 * Every argument of the form `key=value` whose key is one of the table's is read as
 * part of the spec and removed from `argv`; it wins over `spec`, and NETLAYERS over both.
 *
 * @param spec the program's own defaults, or NULL
 * @param[in,out] argc count of arguments; what is left of them afterwards
 * @param[in,out] argv the arguments
 * @return the host, owned by the caller until netl_host_close(); NULL on error
 * @par Example
 * @snippet{trimleft} four_layers.c open a host
 */
NETL_API struct netl_host *netl_host_open_main(const char *spec, int *argc, char **argv);

/**
 * @brief Closes a host: watches the last frames, writes the trace out, frees everything.
 * Connections, listeners and UDP ports that are still open go with it, connections by a RST, and
 * their pointers are gone. HTTP servers and clients, links and raw sockets are to be closed before.
 * @param host the host, or NULL
 * @return 0, or NETL_ERROR_FILE when a part of the trace could not be written
 * @par Events
 * `host.close`
 */
NETL_API int netl_host_close(struct netl_host *host);

/**
 * @brief Host time since it was opened. Stops at a breakpoint do not count.
 * @param host the host
 * @return nanoseconds
 */
NETL_API int64_t netl_host_now_ns(struct netl_host *host);

/**
 * @brief Runs the host's loop: waits, calls handlers, fires timers, until a handler or a signal
 * handler calls netl_host_stop().
 * @param host the host
 * @return 0, or a negative enum netl_error; NETL_ERROR_IN_HANDLER when called inside a handler
 */
NETL_API int netl_host_run(struct netl_host *host);

/**
 * @brief Ends netl_host_run() at its next turn. May be called from a signal handler.
 * @param host the host
 */
NETL_API void netl_host_stop(struct netl_host *host);

/**
 * @brief One turn of the loop, for programs with a loop of their own.
 * @param host the host
 * @param timeout_ms how long to wait at most; 0 not at all, -1 for ever
 * @return how many handlers were called; or a negative enum netl_error
 */
NETL_API int netl_host_step(struct netl_host *host, int timeout_ms);

/**
 * @brief A descriptor that becomes readable when netl_host_step() has something to do.
 * @param host the host
 * @return the descriptor, owned by the host; NETL_ERROR_UNSUPPORTED where the system has none
 */
NETL_API int netl_host_fd(struct netl_host *host);

/**
 * @brief How long another loop may wait before it must call netl_host_step().
 * @param host the host
 * @return milliseconds, rounded up; -1 for ever
 */
NETL_API int netl_host_deadline(struct netl_host *host);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
