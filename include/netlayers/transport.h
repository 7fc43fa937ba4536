/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/transport.h
 * @brief The transport layer: TCP and UDP, from program to program.
 *
 * IP carries a datagram to a host, perhaps, once, twice or never. What it cannot
 * promise (is the peer there? does it arrive? in which order?) TCP adds: it
 * agrees on numbers with the peer first (the 3-way handshake), numbers every
 * byte, and repeats what is not acknowledged (RFC 9293). UDP adds only ports and
 * a checksum (RFC 768).
 *
 * There are two ways to use a connection. *Blocking calls* wait until they are
 * done or a deadline passes: netl_tcp_connect(), netl_tcp_send(),
 * netl_tcp_receive(). *Handlers* are called by the host's loop when something
 * happened; they read and write what is possible at once, with netl_tcp_read()
 * and netl_tcp_write(), and never wait. A blocking call inside a handler fails
 * with NETL_ERROR_IN_HANDLER.
 */
#ifndef NETLAYERS_TRANSPORT_H
#define NETLAYERS_TRANSPORT_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup transport @bilingual{Transport layer,전송 계층}
 *  @brief TCP and UDP: from program to program.
 *  @copydetails netlayers/transport.h
 *  @see @ref guide_transport
 *  @{ */

struct netl_host;
struct netl_tcp;          /**< one end of a connection */
struct netl_tcp_listener; /**< a port that waits for connections */
struct netl_udp;          /**< a port that sends and receives datagrams */

/* ── names ──────────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Finds the endpoints that a name and a port stand for.
 *
 * At the seam `transport` the C library does it, which knows this machine's settings, and waits as
 * long as it wants. Where the transport layer is ours, or the key `dns=` names a server, our own DNS
 * does, over our UDP (<netlayers/dns.h>).
 * @param host the host
 * @param name a host name, or an address as text; NULL for any address of this host
 * @param port 0 to 65535
 * @param[out] endpoints in the order in which they should be tried (RFC 6724)
 * @param capacity how many fit
 * @return how many were found, at least 1; NETL_ERROR_NAME and others on failure;
 *         NETL_ERROR_IN_HANDLER inside a handler when our own DNS would have to wait
 * @par Events
 * `name.lookup`, `name.found`
 */
NETL_API int netl_resolve(struct netl_host *host, const char *name, uint16_t port,
                          struct netl_endpoint *endpoints, size_t capacity);

struct netl_resolution; /**< a name on its way to an address */

/**
 * @brief Hears what a name stands for.
 * @param count how many endpoints, at least 1; or a negative enum netl_error, whose sentence
 *        netl_error_text() gives
 * @param endpoints in the order in which they should be tried; only for this call
 * @param context what was given
 */
typedef void netl_resolved(int count, const struct netl_endpoint *endpoints, void *context);

/**
 * @brief The same without waiting, for handlers: our own DNS asks (<netlayers/dns.h>), at every
 * seam, and a handler hears the answer.
 * @param host the host
 * @param name a host name, or an address as text
 * @param port 0 to 65535
 * @param resolved called once by the host's loop, never inside this call; the resolution is gone
 *        then
 * @param context given back to it
 * @return the resolution, for netl_resolve_cancel(); NULL on error
 * @par Events
 * `name.lookup`, `name.found`, `dns.query.tx`
 */
NETL_API struct netl_resolution *netl_resolve_start(struct netl_host *host, const char *name,
                                                    uint16_t port, netl_resolved *resolved,
                                                    void *context);

/**
 * @brief Wants no answer any more.
 * @param host the host
 * @param resolution the resolution, or NULL; gone afterwards, and its handler is not called
 */
NETL_API void netl_resolve_cancel(struct netl_host *host, struct netl_resolution *resolution);

/**
 * @brief Reads a port number.
 * @param text decimal digits only
 * @return 1 to 65535; NETL_ERROR_ARGUMENT, with a sentence, for anything else
 */
NETL_API int netl_port_parse(const char *text);

/* ── TCP: connections ───────────────────────────────────────────────────────────────────── */

/** What a connection calls when something happened; any of them may be NULL. */
struct netl_tcp_handlers {
    /** The handshake is done (only for netl_tcp_open()). */
    void (*connected)(struct netl_tcp *conn, void *context);
    /** Bytes or the end of the peer's data are there: call netl_tcp_read(). Called again while
     *  bytes are left; not again once netl_tcp_read() gave 0. */
    void (*received)(struct netl_tcp *conn, void *context);
    /** There is room to write again, after netl_tcp_write() took less than it was given. */
    void (*writable)(struct netl_tcp *conn, void *context);
    /** It failed (`error` says how, netl_error_text() in words). Close it: nothing else comes. */
    void (*closed)(struct netl_tcp *conn, int error, void *context);
};

/**
 * @brief Connects to a port of a host, and waits until that is done.
 *
 * Every address of the name is tried in turn, within one deadline
 * (netl_tcp_set_timeout() cannot apply yet, so the host's `timeout` counts).
 *
 * @param host the host
 * @param name the peer's name or address
 * @param port the peer's port, 1 to 65535
 * @return the connection, owned by the caller until netl_tcp_close(); NULL on error
 * @see RFC 9293 section 3.5, the three-way handshake
 * @par Events
 * `tcp.open`, `tcp.connected`, `tcp.failed`; `name.lookup`, `name.found`
 * @par Example
 * @snippet{trimleft} handshake.c connect
 */
NETL_API struct netl_tcp *netl_tcp_connect(struct netl_host *host, const char *name, uint16_t port);

/**
 * @brief Starts to connect, and does not wait: a handler hears how it went.
 * @param host the host
 * @param remote the peer's endpoint
 * @param handlers what to call; copied. NULL: none, until netl_tcp_handle() names some
 * @param context given back to the handlers
 * @return the connection, owned by the caller until netl_tcp_close(); NULL on error
 * @par Events
 * `tcp.open`, `tcp.connected`
 */
NETL_API struct netl_tcp *netl_tcp_open(struct netl_host *host, const struct netl_endpoint *remote,
                                        const struct netl_tcp_handlers *handlers, void *context);

/**
 * @brief Sets or changes the handlers of a connection, such as one just accepted.
 * @param conn the connection
 * @param handlers what to call; copied. NULL: none, the connection is for blocking calls
 * @param context given back to the handlers
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_tcp_handle(struct netl_tcp *conn, const struct netl_tcp_handlers *handlers,
                             void *context);

/**
 * @brief Sends all bytes, and waits while the peer's window or our buffer is full.
 * @param conn the connection
 * @param data what to send
 * @param length bytes
 * @return length; or a negative enum netl_error, and then the connection is of no more use
 * @par Events
 * `tcp.send`
 */
NETL_API long netl_tcp_send(struct netl_tcp *conn, const void *data, size_t length);

/**
 * @brief Receives what is there, and waits until something is.
 * @param conn the connection
 * @param[out] data where to put it
 * @param size bytes of room, 1 and up
 * @return bytes received, 1 to size; 0 when the peer has sent all it had; or a negative enum
 *         netl_error
 * @par Events
 * `tcp.receive`
 */
NETL_API long netl_tcp_receive(struct netl_tcp *conn, void *data, size_t size);

/**
 * @brief Writes what fits right now.
 * @param conn the connection
 * @param data what to send
 * @param length bytes
 * @return bytes taken, perhaps fewer than length; NETL_ERROR_AGAIN when none fit: the `writable`
 *         handler tells when; or another negative enum netl_error
 * @par Events
 * `tcp.send`
 */
NETL_API long netl_tcp_write(struct netl_tcp *conn, const void *data, size_t length);

/**
 * @brief Writes what fits right now of a file, which need not pass through the program for that.
 *
 * Only for handlers, and only where the system has a short way from a file to a connection. Where it
 * has none, read the file and use netl_tcp_write(); the result is the same.
 *
 * @param conn the connection
 * @param file a descriptor of a regular file, open for reading; its own offset stays as it is
 * @param offset where in the file to begin, bytes
 * @param length bytes, 1 and up
 * @return bytes taken, perhaps fewer than length; 0 when the file ends at `offset`;
 *         NETL_ERROR_AGAIN when none fit: the `writable` handler tells when;
 *         NETL_ERROR_UNSUPPORTED where there is no such way; or another negative enum netl_error
 * @par Events
 * `tcp.send`
 */
NETL_API long netl_tcp_write_file(struct netl_tcp *conn, int file, uint64_t offset, size_t length);

/**
 * @brief Reads what is there right now.
 * @param conn the connection
 * @param[out] data where to put it
 * @param size bytes of room
 * @return bytes read; 0 when the peer has sent all it had; NETL_ERROR_AGAIN when nothing is there;
 *         or another negative enum netl_error
 * @par Events
 * `tcp.receive`
 */
NETL_API long netl_tcp_read(struct netl_tcp *conn, void *data, size_t size);

/**
 * @brief Stops or resumes the `received` handler, so that a slow consumer fills the window.
 * @param conn the connection
 * @param wanted false: do not call `received` until this is called with true
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_tcp_want_received(struct netl_tcp *conn, bool wanted);

/**
 * @brief Half-close: tells the peer that no more will be sent (FIN). Receiving goes on.
 * @param conn the connection
 * @return 0, or a negative enum netl_error
 * @see RFC 9293 section 3.6
 * @par Events
 * `tcp.shutdown`
 */
NETL_API int netl_tcp_shutdown(struct netl_tcp *conn);

/**
 * @brief Closes a connection: what was written is still sent, in the background. Never waits.
 * @param conn the connection, or NULL; gone afterwards. May be called in its own handlers
 * @par Events
 * `tcp.close`
 */
NETL_API void netl_tcp_close(struct netl_tcp *conn);

/**
 * @brief Breaks a connection off at once: the peer gets a RST.
 * @param conn the connection, or NULL; gone afterwards. May be called in its own handlers
 * @see RFC 9293 section 3.10.5, the ABORT call
 * @par Events
 * `tcp.abort`
 */
NETL_API void netl_tcp_abort(struct netl_tcp *conn);

/* ── TCP: what a connection knows of itself ─────────────────────────────────────────────── */

/** What can be set on a connection, or on a listener for those that it will accept. */
enum netl_tcp_option {
    NETL_TCP_NODELAY,        /**< 1: send small segments at once (no Nagle, RFC 9293 3.7.4) */
    NETL_TCP_KEEPALIVE,      /**< seconds of silence before probing; 0: never (RFC 9293 3.8.4) */
    NETL_TCP_SEND_BUFFER,    /**< bytes; the kernel may take more */
    NETL_TCP_RECEIVE_BUFFER, /**< bytes; the kernel may take more */
    NETL_TCP_OPTIONS         /**< how many options there are */
};

/**
 * @brief Sets an option.
 * @param conn the connection
 * @param option which
 * @param value its new value, in the option's unit, not negative
 * @return 0, or a negative enum netl_error
 * @par Events
 * `tcp.option`
 */
NETL_API int netl_tcp_set(struct netl_tcp *conn, enum netl_tcp_option option, int value);

/**
 * @brief Reads an option.
 * @param conn the connection
 * @param option which
 * @return its value, as the system reports it; or a negative enum netl_error
 */
NETL_API int netl_tcp_get(struct netl_tcp *conn, enum netl_tcp_option option);

/**
 * @brief How long the blocking calls of this connection wait.
 * @param conn the connection
 * @param timeout_ms milliseconds; 0 for ever
 */
NETL_API void netl_tcp_set_timeout(struct netl_tcp *conn, uint32_t timeout_ms);

/** The eleven states of RFC 9293 section 3.3.2. */
enum netl_tcp_state {
    NETL_TCP_CLOSED = 0,   /**< no connection */
    NETL_TCP_LISTEN,       /**< waits for a SYN */
    NETL_TCP_SYN_SENT,     /**< sent a SYN, waits for one */
    NETL_TCP_SYN_RECEIVED, /**< got a SYN and sent one, waits for the last ACK */
    NETL_TCP_ESTABLISHED,  /**< open */
    NETL_TCP_FIN_WAIT_1,   /**< sent a FIN, not yet acknowledged */
    NETL_TCP_FIN_WAIT_2,   /**< our FIN is acknowledged, the peer may still send */
    NETL_TCP_CLOSE_WAIT,   /**< the peer sent a FIN, we may still send */
    NETL_TCP_CLOSING,      /**< both sent a FIN at the same time */
    NETL_TCP_LAST_ACK,     /**< waits for the ACK of our FIN, the last one */
    NETL_TCP_TIME_WAIT     /**< waits until old segments have died */
};

/**
 * @brief The name of a state as in the RFC, such as "SYN-SENT".
 * @param state one of `enum netl_tcp_state`
 * @return a constant string; "?" for any other number
 */
NETL_API const char *netl_tcp_state_name(enum netl_tcp_state state);

/** What is known of a connection; a number that the system does not tell is 0. */
struct netl_tcp_info {
    enum netl_tcp_state state;   /**< where it stands */
    uint32_t rtt_us;             /**< smoothed round trip, microseconds (RFC 6298 SRTT) */
    uint32_t rtt_variation_us;   /**< its variation, microseconds (RTTVAR) */
    uint32_t rto_us;             /**< retransmission timeout, microseconds */
    uint32_t send_mss;           /**< bytes of data that one segment carries to the peer */
    uint32_t receive_mss;        /**< bytes of data seen in the peer's segments */
    uint32_t cwnd_segments;      /**< congestion window, segments */
    uint32_t ssthresh_segments;  /**< slow start threshold, segments; 0 when still unlimited */
    uint32_t unacked_segments;   /**< in flight, segments */
    uint32_t retransmits;        /**< segments sent again, in all */
    uint64_t bytes_acked;        /**< bytes that the peer confirmed */
    uint64_t bytes_received;     /**< bytes received in order */
    char congestion_control[16]; /**< the algorithm's name; "" when unknown */
};

/**
 * @brief Asks what is known of a connection.
 * @param conn the connection
 * @param[out] info filled in
 * @return 0; NETL_ERROR_UNSUPPORTED where the system does not tell
 */
NETL_API int netl_tcp_info(struct netl_tcp *conn, struct netl_tcp_info *info);

/**
 * @brief Our own end.
 * @param conn the connection
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_tcp_local(struct netl_tcp *conn, struct netl_endpoint *endpoint);

/**
 * @brief The peer's end.
 * @param conn the connection
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_tcp_remote(struct netl_tcp *conn, struct netl_endpoint *endpoint);

/**
 * @brief The connection's number in the trace.
 * @param conn the connection
 * @return 1 and up
 */
NETL_API uint32_t netl_tcp_number(const struct netl_tcp *conn);

/**
 * @brief The host that a connection belongs to.
 * @param conn the connection
 * @return the host
 */
NETL_API struct netl_host *netl_tcp_host(const struct netl_tcp *conn);

/* ── TCP: listeners ─────────────────────────────────────────────────────────────────────── */

/**
 * @brief Waits for connections on a port.
 * @param host the host
 * @param address the address to listen on, as text; NULL for all, IPv4 and IPv6
 * @param port 0 to 65535; 0 lets the system choose, see netl_tcp_listener_local()
 * @param backlog connections that may wait to be accepted, 1 and up
 * @return the listener, owned by the caller until netl_tcp_listener_close(); NULL on error
 * @par Events
 * `tcp.listen`
 */
NETL_API struct netl_tcp_listener *netl_tcp_listen(struct netl_host *host, const char *address,
                                                   uint16_t port, int backlog);

/**
 * @brief Waits for the next connection.
 * @param listener the listener
 * @param timeout_ms how long; 0 for ever
 * @return the connection, owned by the caller until netl_tcp_close(); NULL on error
 * @par Events
 * `tcp.accept`
 */
NETL_API struct netl_tcp *netl_tcp_accept(struct netl_tcp_listener *listener, uint32_t timeout_ms);

/**
 * @brief Has a function called with every new connection.
 * @param listener the listener
 * @param accepted gets a connection that it owns; NULL stops accepting
 * @param context given back to the function
 * @return 0, or a negative enum netl_error
 * @par Events
 * `tcp.accept`
 */
NETL_API int netl_tcp_listener_handle(struct netl_tcp_listener *listener,
                                      void (*accepted)(struct netl_tcp_listener *listener,
                                                       struct netl_tcp *conn, void *context),
                                      void *context);

/**
 * @brief Where a listener listens, with the port that was chosen.
 * @param listener the listener
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_tcp_listener_local(struct netl_tcp_listener *listener,
                                     struct netl_endpoint *endpoint);

/**
 * @brief Stops listening; accepted connections live on.
 * @param listener the listener, or NULL; gone afterwards
 */
NETL_API void netl_tcp_listener_close(struct netl_tcp_listener *listener);

/* ── UDP ────────────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Opens a port for datagrams.
 * @param host the host
 * @param address our own address as text; NULL for all, IPv4 and IPv6
 * @param port 0 to 65535; 0 lets the system choose
 * @return the port, owned by the caller until netl_udp_close(); NULL on error
 * @par Events
 * `udp.open`
 */
NETL_API struct netl_udp *netl_udp_open(struct netl_host *host, const char *address, uint16_t port);

/**
 * @brief Opens a port that talks to one peer alone, so that ICMP errors about it are heard.
 * @param host the host
 * @param name the peer's name or address
 * @param port the peer's port, 1 to 65535
 * @return the port, owned by the caller until netl_udp_close(); NULL on error
 * @par Events
 * `udp.open`; `name.lookup`, `name.found`
 */
NETL_API struct netl_udp *netl_udp_connect(struct netl_host *host, const char *name, uint16_t port);

/**
 * @brief Sends one datagram.
 *
 * A host may have many addresses. When the peer is the one whose datagram was read last, this is an
 * answer, and it comes from the address that was asked (RFC 1122 section 4.1.3.5): who asked one
 * address does not believe another. Else the routes choose, as for any datagram. Who answers later,
 * when others have been read, keeps netl_udp_asked() and uses netl_udp_send_from().
 * @param udp the port
 * @param to the peer; NULL on a port from netl_udp_connect()
 * @param data what to send
 * @param length bytes, 0 to 65507 (65527 in IPv6)
 * @return length; or a negative enum netl_error: NETL_ERROR_REFUSED when an ICMP error for an
 *         earlier datagram has come back
 * @par Events
 * `udp.send`
 */
NETL_API long netl_udp_send(struct netl_udp *udp, const struct netl_endpoint *to, const void *data,
                            size_t length);

/**
 * @brief Sends one datagram from an address of one's own choice.
 * @param udp the port
 * @param from one of our addresses, of the peer's version of IP; on a port with one address, that one
 * @param to the peer; NULL on a port from netl_udp_connect()
 * @param data what to send
 * @param length bytes, 0 to 65507 (65527 in IPv6)
 * @return length; or a negative enum netl_error: NETL_ERROR_ADDRESS when that address is not ours, or
 *         not this port's
 * @par Events
 * `udp.send`
 */
NETL_API long netl_udp_send_from(struct netl_udp *udp, const struct netl_address *from,
                                 const struct netl_endpoint *to, const void *data, size_t length);

/**
 * @brief To which of our endpoints the datagram that was read last had been sent.
 *
 * On Linux and on our own stack. It is not known, and the family is 0, when no datagram has been read,
 * when it was sent to a group (on our own stack also when to everyone), or when the system does not
 * tell. A port with one address needs no telling.
 * @param udp the port
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_udp_asked(struct netl_udp *udp, struct netl_endpoint *endpoint);

/**
 * @brief Receives one datagram, and waits until there is one.
 * @param udp the port
 * @param[out] data where to put it
 * @param size bytes of room
 * @param[out] from who sent it; may be NULL
 * @param timeout_ms how long to wait; 0 for ever
 * @return bytes received, 0 for an empty datagram; NETL_ERROR_TOO_LARGE when it had more than
 *         `size` bytes, which are lost; or another negative enum netl_error
 * @par Events
 * `udp.receive`
 * @par Example
 * @snippet{trimleft} udp_echo_client.c wait for the echo
 */
NETL_API long netl_udp_receive(struct netl_udp *udp, void *data, size_t size,
                               struct netl_endpoint *from, uint32_t timeout_ms);

/**
 * @brief The same, for handlers: never waits.
 * @param udp the port
 * @param[out] data where to put it
 * @param size bytes of room
 * @param[out] from who sent it; may be NULL
 * @return as netl_udp_receive(); NETL_ERROR_AGAIN when there is none
 * @par Events
 * `udp.receive`
 */
NETL_API long netl_udp_read(struct netl_udp *udp, void *data, size_t size,
                            struct netl_endpoint *from);

/**
 * @brief Has a function called when datagrams are there: it calls netl_udp_read() until
 * NETL_ERROR_AGAIN.
 * @param udp the port
 * @param received what to call; NULL for none
 * @param context given back to the function
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_udp_handle(struct netl_udp *udp,
                             void (*received)(struct netl_udp *udp, void *context), void *context);

/**
 * @brief Our own end, with the port that was chosen.
 * @param udp the port
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_udp_local(struct netl_udp *udp, struct netl_endpoint *endpoint);

/**
 * @brief Closes a port.
 * @param udp the port, or NULL; gone afterwards
 * @par Events
 * `udp.close`
 */
NETL_API void netl_udp_close(struct netl_udp *udp);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
