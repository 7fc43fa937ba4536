/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/lab.h
 * @brief A lab: many hosts, switches and routers on wires inside one process, in virtual time.
 *
 * Each host is a whole one, with the library's own link, internet and transport layers, at the seam
 * `wire`. Wires lose, delay, reorder or damage frames as they are told. Nothing is real but the
 * bytes, so no privilege is needed and an hour takes a moment.
 *
 *     struct netl_lab *lab = netl_lab_open("seed=7");
 *     struct netl_host *client = netl_lab_host(lab, "client", "address=10.0.0.1/24");
 *     struct netl_host *server = netl_lab_host(lab, "server", "address=10.0.0.2/24");
 *     netl_lab_wire(lab, "client", "server", "delay=10ms loss=2%");
 *     netl_lab_script(lab, "drop the 2nd SYN from client");
 *
 * From here on both are hosts like any other: netl_tcp_listen(), netl_http_get() and so on. A
 * blocking call of one host drives the whole lab; servers in a lab use handlers.
 *
 * Time moves only when no host has anything left to do at the present moment, and all that is
 * random comes from one seed: the same seed gives the same run, the same trace and the same
 * capture, byte for byte, on any machine.
 *
 * The lab's spec has the keys of <netlayers/host.h>, NETLAYERS included, and for every wire:
 *
 * | key               | value | what a wire does |
 * |-------------------|-------|------------------|
 * | `wire.loss`       | `2%`  | loses frames, each for itself |
 * | `wire.burst`      | `5`   | … or in bursts of so many frames on average (Gilbert and Elliott) |
 * | `wire.burst.loss` | `80%` | how much is lost within a burst; all unless told |
 * | `wire.reorder`    | `1%`  | holds a frame back, so that later ones overtake it |
 * | `wire.reorder.by` | `5ms` | … for so long |
 * | `wire.duplicate`  | `1%`  | delivers a frame twice |
 * | `wire.corrupt`    | `1%`  | turns one bit of a datagram over |
 * | `wire.truncate`   | `1%`  | cuts the end of a datagram off |
 * | `wire.delay`      | `10ms` | takes so long from end to end |
 * | `wire.jitter`     | `3ms` | … and up to so much longer, in order |
 * | `wire.rate`       | `10mbit` | carries so many bits a second |
 * | `wire.queue`      | `100` | full frames that wait for their turn at that rate; more are dropped |
 * | `wire.mtu`        | `576` | bytes of the longest datagram |
 *
 * One wire alone is told the same without `wire.` in front; what stands behind `from=NAME` is for
 * the frames that NAME sends. What comes from outside, by the command line or NETLAYERS, wins over
 * what the program says, for every wire.
 */
#ifndef NETLAYERS_LAB_H
#define NETLAYERS_LAB_H

#include <netlayers/error.h>
#include <netlayers/export.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup lab @bilingual{Lab,실험실}
 *  @brief Many hosts in one process, on bad wires, in virtual time.
 *  @{ */

struct netl_host;
struct netl_link;
struct netl_lab;  /**< hosts, switches, wires, and the time that they share */
struct netl_wire; /**< joins two of them */

/**
 * @brief Opens an empty lab.
 * @param spec what holds for all its hosts and wires, or NULL; NETLAYERS adds to it and wins.
 *        Without `seed=` the seed is 1
 * @return the lab, owned by the caller until netl_lab_close(); NULL on error
 * @par Events
 * `lab.open`
 */
NETL_API struct netl_lab *netl_lab_open(const char *spec);

/**
 * @brief Opens a lab for a program's `main`, and takes its spec words off the command line.
 * @param spec the program's own defaults, or NULL
 * @param[in,out] argc count of arguments; what is left of them afterwards
 * @param[in,out] argv the arguments
 * @return as netl_lab_open()
 */
NETL_API struct netl_lab *netl_lab_open_main(const char *spec, int *argc, char **argv);

/**
 * @brief Closes a lab with all its hosts, and writes its trace out.
 * @param lab the lab, or NULL
 * @return 0, or NETL_ERROR_FILE when a part of the trace could not be written
 */
NETL_API int netl_lab_close(struct netl_lab *lab);

/* ── building ───────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Puts a host into the lab. Its wires come later; each takes the next of its addresses.
 * @param lab the lab
 * @param name 1 to 31 letters, digits, '.' and '_'; shown in the trace
 * @param spec such as "address=10.0.0.1/24 gateway=10.0.0.254"; `router=on` makes it forward.
 *        A host without an address has bare links: netl_lab_link()
 * @return the host, owned by the lab; netl_host_close() takes it out earlier, as if its power
 *         had failed. NULL on error
 */
NETL_API struct netl_host *netl_lab_host(struct netl_lab *lab, const char *name, const char *spec);

/**
 * @brief Puts a switch into the lab: joins any number of wires into one Ethernet.
 * @param lab the lab
 * @param name as for a host
 * @return 0, or a negative enum netl_error
 * @par Events
 * `switch.learn`, `switch.flood`, `switch.forward`
 */
NETL_API int netl_lab_switch(struct netl_lab *lab, const char *name);

/**
 * @brief Lays a wire between two hosts or switches.
 * @param lab the lab
 * @param a the name of one end
 * @param b the name of the other
 * @param impairments such as "delay=10ms loss=2%", as in the table above without `wire.`; NULL: a
 *        good wire
 * @return the wire, owned by the lab and named "a-b"; NULL on error, among others when switches
 *         would be joined to a circle. With `arp.probe=on` the lab runs until both ends know that
 *         their addresses are theirs, some seconds
 * @par Events
 * `wire.open`
 */
NETL_API struct netl_wire *netl_lab_wire(struct netl_lab *lab, const char *a, const char *b,
                                         const char *impairments);

/**
 * @brief Builds from a text, one thing a line; '#' starts a comment:
 *
 *     host client address=10.0.0.1/24 gateway=10.0.0.254
 *     router middle address=10.0.0.254/24 address=10.0.1.254/24
 *     switch hub
 *     wire client hub delay=1ms
 *     script drop the 2nd SYN from client
 *
 * @param lab the lab
 * @param text the lines
 * @return 0, or a negative enum netl_error whose sentence names the line. What stood before that
 *         line is there then
 */
NETL_API int netl_lab_build(struct netl_lab *lab, const char *text);

/**
 * @brief The same from a file of at most 1 MiB.
 * @param lab the lab
 * @param path the file
 * @return as netl_lab_build(); NETL_ERROR_FILE when it cannot be read
 */
NETL_API int netl_lab_read(struct netl_lab *lab, const char *path);

/* ── finding ────────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Finds a host by name.
 * @param lab the lab
 * @param name its name
 * @return the host, owned by the lab; NULL when there is none
 */
NETL_API struct netl_host *netl_lab_find(struct netl_lab *lab, const char *name);

/**
 * @brief Finds a wire by name.
 * @param lab the lab
 * @param name "a-b" or "b-a"
 * @return the wire, owned by the lab; NULL when there is none
 */
NETL_API struct netl_wire *netl_lab_find_wire(struct netl_lab *lab, const char *name);

/**
 * @brief The link of a host at one of its wires, for bare frames.
 * @param lab the lab
 * @param name the host's
 * @param index which of its wires, from 0 in the order in which they were laid
 * @return the link, owned by the lab; NULL when there is none
 */
NETL_API struct netl_link *netl_lab_link(struct netl_lab *lab, const char *name, unsigned index);

/* ── disturbing ─────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Changes what a wire does from now on; what is not named stays as it is.
 * @param wire the wire
 * @param impairments such as "loss=10% from=client delay=20ms"
 * @return 0, or NETL_ERROR_SPEC, which changes nothing
 * @par Events
 * `wire.impair`; then for each frame that is meant: `wire.loss`, `wire.drop`, `wire.duplicate`,
 * `wire.corrupt`, `wire.truncate`, `wire.reorder`
 */
NETL_API int netl_lab_impair(struct netl_wire *wire, const char *impairments);

/**
 * @brief Cuts a wire: nothing that is sent from now on arrives, and neither end is told.
 * @param wire the wire
 * @par Events
 * `wire.cut`
 */
NETL_API void netl_lab_cut(struct netl_wire *wire);

/**
 * @brief Mends a wire that was cut.
 * @param wire the wire
 * @par Events
 * `wire.heal`
 */
NETL_API void netl_lab_heal(struct netl_wire *wire);

/**
 * @brief Adds lines to the lab's script; ';' or a new line ends each.
 *
 *     drop the 2nd SYN from client
 *     delay the 5th data segment by 80 ms
 *     duplicate the 1st to 3rd ACK from server
 *     corrupt every datagram
 *     cut client-server at 2 s
 *     heal client-server at 3 s
 *
 * Actions: `drop`, `delay … by TIME`, `duplicate`, `corrupt`, `truncate`. What is counted: `SYN`,
 * `SYN,ACK`, `ACK` (no data), `data` segments, `FIN`, `RST`, `segment`, `datagram` (UDP), `ICMP`,
 * `ARP`, `fragment`, `frame`; each as its sender put it on its first wire, retransmissions too. A
 * router's frames count only where `from` names the router.
 * @param lab the lab
 * @param script the lines
 * @return 0, or NETL_ERROR_SPEC with a sentence that names the line; what stood before it is in
 *         force then
 * @par Events
 * `wire.script` for each frame that is meant
 */
NETL_API int netl_lab_script(struct netl_lab *lab, const char *script);

/* ── running ────────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Runs the lab: moves frames, fires timers, calls handlers.
 * @param lab the lab
 * @param done asked after every step; what it gives ends the run unless it is 0. NULL: never
 * @param context given to it
 * @param timeout_ms virtual milliseconds after which it ends; -1: when nothing is left to happen
 * @return what `done` gave; without `done` 0; NETL_ERROR_TIMEOUT when time was up first, or nothing
 *         was left to happen; NETL_ERROR_IN_HANDLER inside a handler
 */
NETL_API int netl_lab_run(struct netl_lab *lab, int (*done)(void *context), void *context,
                          int64_t timeout_ms);

/**
 * @brief The time in the lab, the same for all its hosts.
 * @param lab the lab
 * @return nanoseconds since it was opened
 */
NETL_API int64_t netl_lab_now_ns(struct netl_lab *lab);

/**
 * @brief The seed that gives this very run again.
 * @param lab the lab
 * @return the seed
 */
NETL_API uint64_t netl_lab_seed(const struct netl_lab *lab);

/** What one direction of a wire did so far. */
struct netl_wire_info {
    uint64_t sent;       /**< frames that were put on it */
    uint64_t sent_bytes; /**< and their bytes, headers included */
    uint64_t delivered;  /**< frames that came out, twice if duplicated */
    uint64_t dropped;    /**< frames that never will */
    uint64_t under_way;  /**< frames on it now */
};

/**
 * @brief What a wire did to the frames of one end.
 * @param wire the wire
 * @param from the name of the end that sent them
 * @param[out] info the counts
 * @return 0, or NETL_ERROR_ARGUMENT when that is neither end
 */
NETL_API int netl_lab_wire_info(const struct netl_wire *wire, const char *from,
                                struct netl_wire_info *info);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
