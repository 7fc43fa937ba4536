/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/ssh.h
 * @brief SSH: two programs that trust nobody in between agree on keys, and then talk in ciphertext.
 *
 * Everybody on the way can read and change what TCP carries. SSH (RFC 4251 to 4254) begins
 * in plain text all the same, and whoever looks at a trace sees how far that goes:
 *
 *     SSH-2.0-…            each says which program it is               (RFC 4253 section 4.2)
 *     KEXINIT, both ways   lists of algorithms, the best first         (section 7.1)
 *                          picked: the client's first that the server knows, list by list
 *     KEX_ECDH_INIT/REPLY  a public key each, the host's key, its signature (RFC 8731)
 *     NEWKEYS, both ways   from here on every byte is ciphertext       (section 7.3)
 *
 * The signature covers all of it, so nobody in between can have changed a list. What it
 * cannot tell is whose key that is: a file of known hosts does, or a person who compares
 * fingerprints. Then the client logs in (RFC 4252) and runs a command on a channel (RFC 4254).
 *
 * The ciphers are libcrypto's, through <netlayers/ssh_crypto.h>. Without them an SSH
 * connection goes as far as the choice of algorithms.
 *
 * Supported are key exchange by curve25519-sha256; host keys of Ed25519, ECDSA (P-256) and RSA; the
 * ciphers `chacha20-poly1305\@openssh.com` and AES in counter mode with HMAC-SHA2; strict key
 * exchange; login with an Ed25519 or RSA key or a password.
 *
 * As everywhere there are blocking calls, netl_ssh_connect() and what follows, and handlers, with
 * netl_ssh_open() and the calls named netl_ssh_begin_….
 */
#ifndef NETLAYERS_SSH_H
#define NETLAYERS_SSH_H

#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/ssh_crypto.h>
#include <netlayers/transport.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup ssh SSH
 *  @ingroup application
 *  @brief Key exchange, login, one command; and a server that says goodbye.
 *  @copydetails netlayers/ssh.h
 *  @see @ref guide_ssh
 *  @{ */

struct netl_ssh;        /**< one SSH connection */
struct netl_ssh_server; /**< a port where SSH is spoken */
struct netl_ssh_key;    /**< a private key and its public one */

#define NETL_SSH_FINGERPRINT 64 /**< bytes for a fingerprint's text with its 0 */

/** How far a connection is. */
enum netl_ssh_stage {
    NETL_SSH_GREETING,   /**< the identification lines are on their way */
    NETL_SSH_NEGOTIATED, /**< both lists are there, and what is picked is known */
    NETL_SSH_READY,      /**< the first key exchange is over: all is ciphertext */
    NETL_SSH_LOGGED_IN,  /**< the server let us in */
    NETL_SSH_OVER        /**< the connection is at its end */
};

/** What the file of known hosts says of the server's key. */
enum netl_ssh_host_key {
    NETL_SSH_HOST_UNCHECKED, /**< no file was named */
    NETL_SSH_HOST_KNOWN,     /**< this very key stands there */
    NETL_SSH_HOST_UNKNOWN    /**< nothing is known of this host: compare the fingerprint */
};

/** Whom to log in as, and where. */
struct netl_ssh_target {
    char user[256]; /**< the name there */
    char host[256]; /**< a name or an address */
    uint16_t port;  /**< 1 to 65535 */
};

/**
 * @brief Reads `USER\@HOST[:PORT]`; an IPv6 address stands in brackets.
 * @param[out] target filled in; the port is 22 when none is named
 * @param text the text
 * @return 0, or NETL_ERROR_ARGUMENT with a sentence
 */
NETL_API int netl_ssh_target_parse(struct netl_ssh_target *target, const char *text);

/** What is known of a connection. Texts live as long as the connection; "" when not known yet. */
struct netl_ssh_info {
    enum netl_ssh_stage stage;             /**< how far it is */
    const char *identification;            /**< the peer's line, escaped */
    const char *key_exchange;              /**< picked: how keys are agreed on */
    const char *host_key;                  /**< picked: the kind of the host's signature */
    const char *cipher_to_server;          /**< picked */
    const char *cipher_to_client;          /**< picked */
    const char *mac_to_server;             /**< picked; "implicit" when the cipher brings its own */
    const char *mac_to_client;             /**< picked; "implicit" when the cipher brings its own */
    const char *fingerprint;               /**< of the host's key, as `ssh-keygen -lf` shows it */
    const char *banner;                    /**< lines that it says before a login, escaped */
    enum netl_ssh_host_key host_key_state; /**< whose key it is, as a client */
    bool strict;                           /**< strict key exchange is on */
    unsigned key_exchanges;                /**< how often keys were agreed on */
};

/** How to talk. All zero is a good start: algorithms are negotiated, and no more. */
struct netl_ssh_options {
    const struct netl_ssh_crypto *crypto; /**< netl_ssh_libcrypto(); NULL: none */
    const char *known_hosts; /**< a client's file of known hosts; NULL: the key is not checked */
    const char *ciphers;     /**< names with commas between, of those supported; NULL: all */
    const char *macs;        /**< the same for MACs */
    uint64_t rekey_bytes;    /**< new keys after so many bytes each way; 0: 1 GiB (RFC 4253 9) */
    uint32_t timeout_ms;     /**< for the key exchange and a login; 0: the host's */
};

/** How a command ended. */
struct netl_ssh_exit {
    bool has_status; /**< it ended by itself, and said with what */
    uint32_t status; /**< its exit status */
    char signal[32]; /**< the signal that killed it, such as "KILL"; "" for none */
};

/** What a connection calls when something happened; any of them may be NULL. */
struct netl_ssh_handlers {
    /** What is picked is known. Without crypto it goes no further. */
    void (*negotiated)(struct netl_ssh *ssh, void *context);
    /** The key exchange is over: netl_ssh_begin_login_key() and others may be called. */
    void (*ready)(struct netl_ssh *ssh, void *context);
    /** A login ended: 0, or NETL_ERROR_PERMISSION: it may be tried in another way. */
    void (*logged_in)(struct netl_ssh *ssh, int error, void *context);
    /** The command wrote: stream 1 is its standard output, 2 its standard error. */
    void (*output)(struct netl_ssh *ssh, int stream, const void *bytes, size_t length,
                   void *context);
    /** netl_ssh_write() may be called, for the first time or again. */
    void (*writable)(struct netl_ssh *ssh, void *context);
    /** The command ended. */
    void (*exited)(struct netl_ssh *ssh, const struct netl_ssh_exit *how, void *context);
    /** The connection ended: `error` says how, netl_error_text() in words. Close it. */
    void (*closed)(struct netl_ssh *ssh, int error, void *context);
};

/* ── a client, blocking ─────────────────────────────────────────────────────────────────── */

/**
 * @brief Connects, and waits until keys are agreed on, or, without crypto, algorithms.
 *
 * With a file of known hosts, a server whose key is another than the one that stands there is
 * refused at once. One of which nothing is known is `NETL_SSH_HOST_UNKNOWN`: show the fingerprint,
 * and call netl_ssh_accept_host() only when a person agreed.
 *
 * @param host the host
 * @param name the server's name or address
 * @param port 1 to 65535; 22 is SSH's own
 * @param options how, or NULL
 * @return the connection, owned by the caller until netl_ssh_close(); NULL on error
 * @see RFC 4253 sections 4 to 8
 * @par Events
 * `ssh.id.tx`, `ssh.id.rx`, `ssh.pick`, `ssh.hostkey`, `ssh.signature`, `ssh.keys`
 * @par Example
 * @snippet{trimleft} ssh_hello.c connect
 */
NETL_API struct netl_ssh *netl_ssh_connect(struct netl_host *host, const char *name, uint16_t port,
                                           const struct netl_ssh_options *options);

/**
 * @brief What is known of a connection.
 * @param ssh the connection
 * @return what is known; lives as long as the connection and changes with it
 */
NETL_API const struct netl_ssh_info *netl_ssh_info(const struct netl_ssh *ssh);

/**
 * @brief Is the key exchange over, so that one could log in?
 * @param ssh the connection
 * @return 0; NETL_ERROR_UNSUPPORTED with a sentence when there is no cryptography in this build, or
 *         why else it did not come so far
 */
NETL_API int netl_ssh_is_ready(struct netl_ssh *ssh);

/**
 * @brief Takes the server's key as its own: a person, or an option, said so.
 * @param ssh the connection
 * @param remember true: adds a line to the file of known hosts
 * @return 0, or a negative enum netl_error
 * @par Events
 * `ssh.hostkey`
 */
NETL_API int netl_ssh_accept_host(struct netl_ssh *ssh, bool remember);

/**
 * @brief Logs in with a key, and waits for the answer.
 * @param ssh the connection; its server's key must be known or accepted
 * @param user the name there
 * @param key the key; needed only during the call
 * @return 0; NETL_ERROR_PERMISSION when the server refused, and then another way may be tried; or
 *         another negative enum netl_error
 * @see RFC 4252 section 7
 * @par Events
 * `ssh.login`, `ssh.login.done`, `ssh.login.failed`
 */
NETL_API int netl_ssh_login_key(struct netl_ssh *ssh, const char *user,
                                const struct netl_ssh_key *key);

/**
 * @brief Logs in with a password, and waits for the answer. It goes over the wire as ciphertext.
 * @param ssh the connection; its server's key must be known or accepted
 * @param user the name there
 * @param password up to 1024 bytes; needed only during the call: wipe it afterwards
 * @return as netl_ssh_login_key()
 * @see RFC 4252 section 8
 * @par Events
 * `ssh.login`, `ssh.login.done`, `ssh.login.failed`
 */
NETL_API int netl_ssh_login_password(struct netl_ssh *ssh, const char *user, const char *password);

/** Descriptors that a command's streams are connected to; -1 for none. They stay the caller's. */
struct netl_ssh_streams {
    int input;  /**< what it reads; -1: nothing, its input ends at once */
    int output; /**< what it writes on standard output */
    int errors; /**< what it writes on standard error */
};

/**
 * @brief Runs one command on the server, and waits for its end, as long as that takes. It may be
 * silent for hours; that the server is still there, TCP asks after a minute (RFC 9293 3.8.4).
 * @param ssh a connection that is logged in
 * @param command what the user's shell there gets, up to 8192 bytes
 * @param streams where its input comes from and its output goes
 * @param[out] how how it ended
 * @return 0 when it ended, whatever its status; NETL_ERROR_IN_HANDLER, and nothing was begun; or
 *         another negative enum netl_error
 * @see RFC 4254 sections 5 and 6
 * @par Events
 * `ssh.channel`, `ssh.window`, `ssh.exit`
 * @par Example
 * @snippet{trimleft} ssh_run.c run
 */
NETL_API int netl_ssh_run(struct netl_ssh *ssh, const char *command,
                          const struct netl_ssh_streams *streams, struct netl_ssh_exit *how);

/**
 * @brief Says goodbye (SSH_MSG_DISCONNECT) and closes. Never waits. Secrets are wiped.
 * @param ssh the connection, or NULL; gone afterwards. May be called in its own handlers
 * @see RFC 4253 section 11.1
 */
NETL_API void netl_ssh_close(struct netl_ssh *ssh);

/* ── a client, with handlers ────────────────────────────────────────────────────────────── */

/**
 * @brief Speaks SSH on a TCP connection that is open, or opening, and does not wait.
 * @param conn the connection; belongs to the SSH connection from now on, also on error
 * @param name the server's name, for the file of known hosts and for sentences
 * @param port its port
 * @param options how, or NULL
 * @param handlers what to call; copied
 * @param context given back to the handlers
 * @return the SSH connection, owned by the caller until netl_ssh_close(); NULL on error, of which no
 *         handler hears
 */
NETL_API struct netl_ssh *netl_ssh_open(struct netl_tcp *conn, const char *name, uint16_t port,
                                        const struct netl_ssh_options *options,
                                        const struct netl_ssh_handlers *handlers, void *context);

/**
 * @brief Begins to log in with a key; the `logged_in` handler hears how it went.
 * @param ssh the connection, ready, its server's key known or accepted
 * @param user the name there
 * @param key the key; needed until the answer came
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_ssh_begin_login_key(struct netl_ssh *ssh, const char *user,
                                      const struct netl_ssh_key *key);

/**
 * @brief Begins to log in with a password; the `logged_in` handler hears how it went.
 * @param ssh the connection, ready, its server's key known or accepted
 * @param user the name there
 * @param password copied, and wiped as soon as it is sent
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_ssh_begin_login_password(struct netl_ssh *ssh, const char *user,
                                           const char *password);

/**
 * @brief Begins to run a command; `output`, `writable` and `exited` tell of it.
 * @param ssh a connection that is logged in and runs nothing
 * @param command what the user's shell there gets, up to 8192 bytes
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_ssh_begin_command(struct netl_ssh *ssh, const char *command);

/**
 * @brief Gives the command's input what its window has room for.
 * @param ssh the connection
 * @param bytes what to send
 * @param length how many
 * @return how many were taken; NETL_ERROR_AGAIN for none right now: the `writable` handler tells
 *         when; or another negative enum netl_error
 * @see RFC 4254 section 5.2
 */
NETL_API long netl_ssh_write(struct netl_ssh *ssh, const void *bytes, size_t length);

/**
 * @brief Ends the command's input.
 * @param ssh the connection
 * @return 0, or a negative enum netl_error
 * @see RFC 4254 section 5.3
 */
NETL_API int netl_ssh_end_input(struct netl_ssh *ssh);

/* ── keys ───────────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Reads a private key from a file as ssh-keygen writes it: Ed25519 or RSA, without a
 * passphrase.
 * @param path the file
 * @return the key, for netl_ssh_key_free(); NULL on error, with a sentence
 */
NETL_API struct netl_ssh_key *netl_ssh_key_read(const char *path);

/**
 * @brief Makes a new Ed25519 key. In a lab it comes from the seed.
 * @param host the host
 * @param crypto netl_ssh_libcrypto()
 * @return the key, for netl_ssh_key_free(); NULL on error
 */
NETL_API struct netl_ssh_key *netl_ssh_key_make(struct netl_host *host,
                                                const struct netl_ssh_crypto *crypto);

/**
 * @brief A key's fingerprint, as `ssh-keygen -lf` shows it.
 * @param key the key
 * @param crypto netl_ssh_libcrypto()
 * @param[out] text filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_ssh_key_fingerprint(const struct netl_ssh_key *key,
                                      const struct netl_ssh_crypto *crypto,
                                      char text[NETL_SSH_FINGERPRINT]);

/**
 * @brief What kind of key it is.
 * @param key the key
 * @return "ssh-ed25519" or "ssh-rsa"
 */
NETL_API const char *netl_ssh_key_name(const struct netl_ssh_key *key);

/**
 * @brief Wipes and frees a key.
 * @param key the key, or NULL
 */
NETL_API void netl_ssh_key_free(struct netl_ssh_key *key);

/**
 * @brief Asks a person a question on the terminal, and waits for one line.
 * @param question what to show before it
 * @param hidden true: what is typed is not shown, as for passwords
 * @param[out] answer the line, without its end
 * @param size bytes of room, with the 0
 * @return the length; NETL_ERROR_UNSUPPORTED without a terminal; NETL_ERROR_CLOSED when the person
 *         would rather not (Ctrl-C, Ctrl-D); NETL_ERROR_TOO_LARGE when it does not fit
 */
NETL_API long netl_ssh_ask(const char *question, bool hidden, char *answer, size_t size);

/**
 * @brief Overwrites a secret with zeros, in a way that no compiler leaves out.
 * @param secret what to wipe
 * @param length bytes
 */
NETL_API void netl_ssh_wipe(void *secret, size_t length);

/* ── a server ───────────────────────────────────────────────────────────────────────────── */

/** What a server does. */
struct netl_ssh_server_options {
    const struct netl_ssh_crypto *crypto; /**< netl_ssh_libcrypto(); NULL: it only negotiates */
    const struct netl_ssh_key *key;       /**< the host's key; lives as long as the server */
    const char *goodbye; /**< what every client is told, in ciphertext; NULL: a sentence of ours */
    uint32_t timeout_ms; /**< how long a client may take; 0: the host's */
    unsigned clients;    /**< how many at once; 0: 64. More are sent away */
    /** A client's visit is over: what was agreed on with it, and how it ended. */
    void (*visited)(struct netl_ssh_server *server, const struct netl_ssh_info *info, int error,
                    void *context);
    void *context; /**< given back to `visited` */
};

/**
 * @brief Opens a server that agrees on keys with every client and says goodbye to it.
 *
 * It has no service to offer, so a client that asks for one is told so with
 * SSH_MSG_DISCONNECT (RFC 4253 section 10), in ciphertext.
 *
 * @param host the host
 * @param address the address to listen on, as text; NULL for all
 * @param port 0 to 65535; 0 lets the system choose
 * @param options what it does; copied
 * @return the server, owned by the caller until netl_ssh_server_close(); NULL on error
 * @par Events
 * `ssh.id.rx`, `ssh.pick`, `ssh.keys`
 * @par Example
 * @snippet{trimleft} ssh_server.c serve
 */
NETL_API struct netl_ssh_server *
netl_ssh_server_open(struct netl_host *host, const char *address, uint16_t port,
                     const struct netl_ssh_server_options *options);

/**
 * @brief Where a server listens, with the port that was chosen.
 * @param server the server
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_ssh_server_local(struct netl_ssh_server *server, struct netl_endpoint *endpoint);

/**
 * @brief Stops serving and breaks off what is under way.
 * @param server the server, or NULL; gone afterwards. Not in its own handlers
 */
NETL_API void netl_ssh_server_close(struct netl_ssh_server *server);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
