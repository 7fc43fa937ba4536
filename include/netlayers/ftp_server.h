/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/ftp_server.h
 * @brief An FTP server: one directory, to many clients at once (RFC 959, RFC 1123, RFC 3659).
 *
 * The host's loop drives it: nothing here waits, so one thread serves many sessions.
 *
 *     struct netl_ftp_server_options options = {.root = "pub", .anonymous = NETL_FTP_READ};
 *     struct netl_ftp_server *server = netl_ftp_server_open(host, NULL, 2121, &options);
 *     netl_host_run(host);              until netl_host_stop(), say from a signal handler
 *     netl_ftp_server_finish(server);   transfers that are under way are finished
 *     netl_ftp_server_close(server);
 *
 * A **session** is one visit: a control connection, who is logged in there, where he stands, and
 * one data connection at a time. Nothing outside `root` is reached, neither by "..", nor by a link.
 *
 * What an upload leaves when it is cut: the reply is 426 or 451, never 226, and what came stays
 * under its name, so that the client can ask for its SIZE and go on with REST or APPE. With
 * `discard_cut` it is taken back instead. In stream mode the end of the connection is the end of the
 * file: a client whose host dies *politely* (FIN) in the middle cannot be told from one that is
 * done, so a client that cares compares SIZE.
 */
#ifndef NETLAYERS_FTP_SERVER_H
#define NETLAYERS_FTP_SERVER_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup ftp
 *  @{ */

struct netl_host;
struct netl_ftp_server; /**< a port that serves one directory */

/** What a user may do. */
enum netl_ftp_access {
    NETL_FTP_REFUSED = 0, /**< not even log in */
    NETL_FTP_READ = 1,    /**< list and fetch */
    NETL_FTP_WRITE = 2    /**< and store, rename, make and remove */
};

/**
 * @brief Asked when a user who is not anonymous logs in. It may not wait.
 * @param user the name; UTF-8 or not, without control characters
 * @param password what stood after PASS; do not keep it
 * @param context yours
 * @return what that user may do
 */
typedef enum netl_ftp_access netl_ftp_login(const char *user, const char *password, void *context);

/** How a server behaves. Zero it first: a number that is 0 stands for its default. */
struct netl_ftp_server_options {
    const char *root;               /**< directory to serve; needed */
    enum netl_ftp_access anonymous; /**< what "anonymous" and "ftp" may do; default: not log in */
    netl_ftp_login *login;          /**< asked for all other users; NULL: there are none */
    void *login_context;            /**< given back to it */
    bool discard_cut;               /**< what a cut upload left is taken back: see above */
    uint32_t sessions;              /**< at once, 200: more get 421 */
    uint32_t sessions_each;         /**< at once from one address, 50: more get 421 */
    uint32_t line_bytes;            /**< longest command, 4608: more gets 500 */
    uint32_t login_tries;           /**< passwords a session, 3: then 421 (RFC 2577 section 5) */
    uint32_t login_delay_ms;        /**< before a wrong password is answered, 1000 */
    uint32_t login_timeout_ms;      /**< to log in, 60000: then 421 */
    uint32_t idle_timeout_ms;       /**< between commands, 300000 (RFC 1123 4.1.3.2): then 421 */
    uint32_t data_timeout_ms;       /**< for a data connection to be there, 20000: then 425 */
    uint32_t stall_timeout_ms;      /**< without progress in a transfer, 60000: then 426 */
    uint32_t stop_timeout_ms;       /**< how long a graceful stop waits, 10000: then all is cut */
    uint16_t first_port;            /**< of passive data connections; 0: the system chooses */
    uint16_t last_port;             /**< and the last, for a firewall that must know them */
};

/**
 * @brief Opens a server on a port. It works whenever the host's loop runs.
 * @param host the host; it must outlive the server
 * @param address the address to listen on, as text; NULL for all
 * @param port 0 to 65535, usually 21; 0 lets the system choose, see netl_ftp_server_local()
 * @param options how it behaves; copied
 * @return the server, owned by the caller until netl_ftp_server_close(); NULL on error
 * @see RFC 959; RFC 2577 for what it refuses
 * @par Events
 * `ftp.server`, `tcp.listen`; for each session `ftp.control`, `ftp.cmd.rx`, `ftp.rsp.tx`,
 * `ftp.login`, `ftp.passive`, `ftp.active`, `ftp.data`, and `ftp.refused` and others for what it
 * does not do
 * @par Example
 * @snippet{trimleft} ftp_server.c serve
 */
NETL_API struct netl_ftp_server *
netl_ftp_server_open(struct netl_host *host, const char *address, uint16_t port,
                     const struct netl_ftp_server_options *options);

/**
 * @brief Where the server listens, with the port that was chosen.
 * @param server the server
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_ftp_server_local(struct netl_ftp_server *server, struct netl_endpoint *endpoint);

/**
 * @brief How many sessions there are.
 * @param server the server
 * @return their number
 */
NETL_API size_t netl_ftp_server_sessions(const struct netl_ftp_server *server);

/**
 * @brief Begins a graceful stop: no new sessions, idle ones get 421, transfers under way are
 * finished, within `stop_timeout_ms`. May be called in a handler.
 * @param server the server; still to be closed
 * @param stopped called once when the last session is gone, perhaps at once; it may call
 *        netl_host_stop(), but not close the server. NULL for none
 * @param context given back to the function
 * @par Events
 * `ftp.stop`
 */
NETL_API void netl_ftp_server_stop(struct netl_ftp_server *server,
                                   void (*stopped)(struct netl_ftp_server *server, void *context),
                                   void *context);

/**
 * @brief The same, and waits until the last session is gone or the `stop_timeout_ms` passed.
 * @param server the server; still to be closed
 * @return 0; NETL_ERROR_TIMEOUT when transfers had to be cut; NETL_ERROR_IN_HANDLER
 * @par Events
 * `ftp.stop`
 */
NETL_API int netl_ftp_server_finish(struct netl_ftp_server *server);

/**
 * @brief Closes a server at once; transfers are cut.
 * @param server the server, or NULL; gone afterwards. Not to be called in a handler
 */
NETL_API void netl_ftp_server_close(struct netl_ftp_server *server);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
