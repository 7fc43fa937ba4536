/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/ftp_client.h
 * @brief An FTP client: gets, puts and lists files by their URLs (RFC 959, RFC 3659).
 *
 * A URL such as `ftp://user:password@host/directory/file` names all that a visit needs. The client
 * connects (the control connection), says who it is, and asks for a data connection for each file
 * or listing. Without a user in the URL it is `anonymous`. A path counts from where the login
 * leads; `ftp://host/%2Fetc/motd` counts from the root. `;type=a` at the end moves text.
 *
 *     struct netl_ftp_client *client = netl_ftp_client_open(host, NULL);
 *     if (netl_ftp_download(client, "ftp://127.0.0.1/big.iso", "big.iso", NULL, NULL) < 0)
 *         netl_explain(stderr);
 *     netl_ftp_client_close(client);
 *
 * The end of a data connection is the end of the file, but also what a broken server looks like.
 * So a file counts as whole only when the data ended, the server said so on the control
 * connection (226), and there were as many bytes as SIZE had told.
 *
 * The calls block: they wait on the host's loop, and other connections of the host are served
 * meanwhile. Inside a handler they fail with NETL_ERROR_IN_HANDLER. One deadline runs over each
 * reply and each piece of data: the host's `timeout`, or the client's own.
 *
 * FTP sends passwords as clear text. The trace and all sentences show `***` in their place, but the
 * frames themselves (`bytes=on`, pcapng) hold them, as every wire on the way does.
 *
 * Events: `ftp.control`, `ftp.cmd.tx`, `ftp.rsp.rx`, `ftp.data`, `ftp.data.end`, `ftp.data.foreign`,
 * `ftp.pasv.ignored`, `ftp.restart`, `ftp.refused`, `ftp.skipped`, `ftp.timeout`.
 */
#ifndef NETLAYERS_FTP_CLIENT_H
#define NETLAYERS_FTP_CLIENT_H

#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/progress.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup ftp_client @bilingual{FTP client,FTP 클라이언트}
 *  @ingroup ftp
 *  @brief Get, put, list, go on after a cut.
 *  @copydetails netlayers/ftp_client.h
 *  @see @ref guide_ftp
 *  @{ */

struct netl_host;
struct netl_ftp_client; /**< keeps its last control connection for the next call */

#define NETL_FTP_NAME  256    /**< bytes of a name in a listing, with the end */
#define NETL_FTP_DEPTH 16     /**< directories below the first that a tree may have */
#define NETL_FTP_FILES 100000 /**< entries that a listing, or a tree, may have */

/* ── the client ─────────────────────────────────────────────────────────────────────────── */

/** What can be said of a client. All zero is the usual. */
struct netl_ftp_client_options {
    bool active; /**< the server opens the data connections (EPRT, PORT); else we (EPSV) */
    uint32_t
        timeout_ms; /**< milliseconds for a reply or a piece of data; 0: the host's `timeout` */
};

/**
 * @brief Opens a client. It connects when it is first asked for something.
 * @param host the host; it must outlive the client
 * @param options copied; NULL for the usual
 * @return the client, owned by the caller until netl_ftp_client_close(); NULL on error
 */
NETL_API struct netl_ftp_client *
netl_ftp_client_open(struct netl_host *host, const struct netl_ftp_client_options *options);

/**
 * @brief Says QUIT, without waiting for the answer, and closes a client.
 * @param client the client, or NULL; gone afterwards
 * @par Events
 * `ftp.cmd.tx`
 */
NETL_API void netl_ftp_client_close(struct netl_ftp_client *client);

/* ── getting ────────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Gets a file, piece by piece (RETR).
 * @param client the client
 * @param url such as "ftp://127.0.0.1/hello.txt"
 * @param sink called with each piece. Returns 0, or a negative enum netl_error with its sentence
 *        set, which ends the transfer. What it got counts only when this function succeeds
 * @param context given back to the sink
 * @return bytes of the whole file; or a negative enum netl_error: NETL_ERROR_FILE when the server
 *         will not give it, NETL_ERROR_PERMISSION when the login was refused, NETL_ERROR_CLOSED
 *         when it was cut, NETL_ERROR_PROTOCOL for answers that break the rules,
 *         NETL_ERROR_TIMEOUT, NETL_ERROR_ARGUMENT for a bad URL, and those of netl_tcp_connect()
 * @see RFC 959 section 4.1.3
 * @par Events
 * `ftp.cmd.tx`, `ftp.rsp.rx`, `ftp.data`, `ftp.data.end`
 */
NETL_API int64_t netl_ftp_get(struct netl_ftp_client *client, const char *url,
                              int (*sink)(const void *piece, size_t length, void *context),
                              void *context);

/**
 * @brief Gets a file into a file, and goes on where an earlier try was cut.
 *
 * The bytes go to `path.ftp-part`, which takes the name `path` only when the file is whole. After
 * a cut that part stays, the sentence says so, and the same call goes on from its end (REST),
 * unless the file on the server has changed since (MDTM, SIZE). The last 4096 bytes of the part are
 * fetched again and compared, for it may be of another file. A part is taken up only in binary.
 *
 * @param client the client
 * @param url the URL
 * @param path the file
 * @param progress called about ten times a second, and once at the end, such as
 *        netl_progress_bar(); may be NULL
 * @param context given back to the function
 * @return bytes of the whole file; or a negative enum netl_error as netl_ftp_get(), and
 *         NETL_ERROR_FILE when the file cannot be written, NETL_ERROR_IN_USE while another process
 *         writes its part, NETL_ERROR_PROTOCOL when the part was of another file: it is gone then
 * @see RFC 3659 section 5
 * @par Events
 * `ftp.cmd.tx`, `ftp.rsp.rx`, `ftp.restart`
 * @par Example
 * @snippet{trimleft} ftp_get.c download
 */
NETL_API int64_t netl_ftp_download(
    struct netl_ftp_client *client, const char *url, const char *path,
    void (*progress)(const struct netl_progress *progress, void *context), void *context);

/**
 * @brief Gets a directory and all below it.
 *
 * Nothing is written outside `directory`: the names come from the server, so one with a '/' or a
 * control byte ends the call, and links on our side are not followed below it. Links on the server
 * are passed over. Every file is fetched as by netl_ftp_download().
 *
 * @param client the client
 * @param url a URL of a directory: it ends with '/'
 * @param directory made when it is not there
 * @param progress as for netl_ftp_download(), for each file; may be NULL
 * @param context given back to the function
 * @return how many files were fetched; or a negative enum netl_error: NETL_ERROR_LIMIT for a tree
 *         deeper than NETL_FTP_DEPTH or with more than NETL_FTP_FILES entries
 * @par Events
 * `ftp.cmd.tx`, `ftp.rsp.rx`, `ftp.skipped`, `ftp.refused`
 */
NETL_API int64_t netl_ftp_download_tree(
    struct netl_ftp_client *client, const char *url, const char *directory,
    void (*progress)(const struct netl_progress *progress, void *context), void *context);

/* ── putting ────────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Puts a file on a server (STOR).
 *
 * When a transfer is cut, the server may hold a part under that name. With `resume` the client asks
 * how much is there (SIZE) and sends the rest (REST, or APPE where the server has no REST).
 *
 * @param client the client
 * @param path the file
 * @param url where to
 * @param resume go on after what the server has
 * @param progress as for netl_ftp_download(); may be NULL
 * @param context given back to the function
 * @return bytes of the whole file; or a negative enum netl_error as netl_ftp_get()
 * @see RFC 959 section 4.1.3, RFC 3659 section 5
 * @par Events
 * `ftp.cmd.tx`, `ftp.rsp.rx`, `ftp.data`, `ftp.data.end`, `ftp.restart`
 * @par Example
 * @snippet{trimleft} ftp_put.c upload
 */
NETL_API int64_t netl_ftp_upload(
    struct netl_ftp_client *client, const char *path, const char *url, bool resume,
    void (*progress)(const struct netl_progress *progress, void *context), void *context);

/* ── listing ────────────────────────────────────────────────────────────────────────────── */

/** What an entry of a directory is. */
enum netl_ftp_kind {
    NETL_FTP_FILE,      /**< a file */
    NETL_FTP_DIRECTORY, /**< a directory */
    NETL_FTP_LINK,      /**< a symbolic link */
    NETL_FTP_OTHER      /**< anything else, or the server does not say */
};

/** One entry of a directory on the server. */
struct netl_ftp_entry {
    char
        name[NETL_FTP_NAME]; /**< as the server says it: no '/', no control byte; escape the rest */
    enum netl_ftp_kind kind; /**< what it is */
    int64_t size;            /**< bytes; -1 when the server does not say */
    bool has_time;           /**< modified_s is known; a LIST does not tell it exactly */
    int64_t modified_s;      /**< when it was changed: seconds since 1970, UTC */
};

/**
 * @brief Lists a directory (MLSD; LIST where the server has no MLSD).
 * @param client the client
 * @param url a URL of a directory
 * @param each called for each entry, in the server's order; it must not use the client. Returns 0,
 *        or a negative enum netl_error with its sentence set, which ends the listing
 * @param context given back to the function
 * @return how many entries; or a negative enum netl_error as netl_ftp_get()
 * @see RFC 3659 section 7
 * @par Events
 * `ftp.cmd.tx`, `ftp.rsp.rx`, `ftp.data`, `ftp.data.end`, `ftp.refused`
 */
NETL_API int64_t netl_ftp_list(struct netl_ftp_client *client, const char *url,
                               int (*each)(const struct netl_ftp_entry *entry, void *context),
                               void *context);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
