/* SPDX-License-Identifier: MIT */
/*
 * One SSH connection, from the inside, for its own files:
 *
 *   ssh_connection.c  between TCP and packets: buffers, in and out, the end, deadlines
 *   ssh_transport.c   which message may come when, and what is not for anyone above
 *   ssh_kex.c         KEXINIT and what is agreed on; new keys, again and again
 *   ssh_ecdh.c        the key exchange itself: secrets, signature, keys
 *   ssh_host_key.c    whose key is it: the file of known hosts
 *   ssh_login.c       RFC 4252, as a client
 *   ssh_channel.c     RFC 4254: one session channel with one command, as a client
 *   ssh_client.c, ssh_run.c, ssh_server.c   the public calls
 *
 * Every way in (bytes, room, end, time, a call) is the same: enter, do, leave. Leaving sends what
 * is to be sent, tells the owner of an end, and frees the connection when the owner closed it
 * meanwhile.
 *
 * Always true:
 *   - after a failure nothing the peer sends is looked at, and the first reason stays;
 *   - while we are in a key exchange, what does not belong to it waits in `held`;
 *   - the bytes that wait to go out are at most SSH_OUT_MAX.
 */
#ifndef LIB_APPLICATION_SSH_INTERNAL_H
#define LIB_APPLICATION_SSH_INTERNAL_H

#include "base/host.h"
#include "ssh_kexinit.h"
#include "ssh_key.h"
#include "trace/event.h"

#define SSH_IN_BYTES      (SSH_PACKET_MAX + 1024)
#define SSH_OUT_MAX       ((size_t)1024 * 1024)
#define SSH_HELD_MAX      ((size_t)256 * 1024)
#define SSH_WINDOW        ((uint32_t)1024 * 1024) /* of our channel */
#define SSH_DATA_MAX      32768                   /* of one CHANNEL_DATA (RFC 4253 section 6.1) */
#define SSH_REKEY_BYTES   (UINT64_C(1) << 30)     /* RFC 4253 section 9 */
#define SSH_REKEY_S       3600
#define SSH_REKEY_PACKETS (UINT64_C(1) << 31) /* RFC 4344 section 3.1 */
#define SSH_SILENCE_S     60                  /* before TCP asks whether the peer is still there */
#define SSH_NAME_MAX      512

/* Where we are with the peer, as to keys. */
enum ssh_step {
    STEP_ID,      /* its identification line comes first */
    STEP_KEXINIT, /* its first KEXINIT */
    STEP_ECDH,    /* KEX_ECDH_INIT as a server, _REPLY as a client */
    STEP_NEWKEYS,
    STEP_OPEN, /* no key exchange of the peer's is under way */
    STEP_STOP  /* negotiated, and no crypto: nothing else is understood */
};

/* Bytes that grow, with a part at the front that is used up. */
struct ssh_queue {
    uint8_t *bytes;
    size_t start, end, size;
};
/* Room for `length` more; NULL when there is no memory, or it would be over `limit`. */
uint8_t *netl_ssh_queue_room(struct ssh_queue *queue, size_t length, size_t limit);
void netl_ssh_queue_free(struct ssh_queue *queue); /* wiped */

struct ssh_exchange {
    struct netl_ssh_bytes own, peer; /* both KEXINITs, for the hash */
    uint8_t *own_copy, *peer_copy;   /* where they lie */
    struct ssh_agreement agreement;
    uint8_t secret[32], public[32]; /* of this exchange alone */
    uint8_t hash[32];
    struct ssh_keys keys[2]; /* client to server, server to client */
    bool skip_guess;         /* the next packet is a guess that was wrong */
};

enum ssh_login_step {
    LOGIN_NONE,
    LOGIN_SERVICE, /* the service is asked for */
    LOGIN_ASKED,   /* an answer is due */
    LOGIN_DONE
};

struct ssh_login {
    enum ssh_login_step step;
    bool service; /* ssh-userauth is granted */
    const struct netl_ssh_key *key;
    char user[256];
    char password[1025];
};

enum ssh_channel_step {
    CHANNEL_NONE,
    CHANNEL_OPENING,
    CHANNEL_ASKED, /* the command is requested */
    CHANNEL_RUNS,
    CHANNEL_CLOSED
};

struct ssh_channel {
    enum ssh_channel_step step;
    uint32_t own, peer;  /* its number here and there */
    uint32_t window_in;  /* bytes that the peer may still send */
    uint64_t window_out; /* bytes that we may still send */
    uint32_t packet_out; /* the longest data in one packet to the peer */
    bool wants_room;     /* netl_ssh_write() said NETL_ERROR_AGAIN, or nothing was written yet */
    bool input_ended, close_sent, eof_in;
    char *command;
    struct netl_ssh_exit how;
};

struct netl_ssh {
    struct netl_host *host;
    struct netl_tcp *tcp;
    bool is_server;
    struct netl_ssh_options options;
    struct netl_ssh_handlers handlers;
    void *context;
    const struct netl_ssh_key *key; /* a server's */
    const char *goodbye;            /* a server's */
    struct netl_ssh_server *server;
    struct netl_ssh *next, *previous; /* in the server's list */

    /* What a server does with messages from 50 on; NULL: nothing, it says goodbye. */
    bool (*service)(struct netl_ssh *ssh, struct netl_ssh_bytes payload);
    void *service_context;

    /* The name by which the peer is called, in sentences and in the file of known hosts. */
    char peer_name[SSH_NAME_MAX], file_name[SSH_NAME_MAX];
    char doing[SSH_NAME_MAX + 32];

    /* In and out. */
    uint8_t in[SSH_IN_BYTES];
    size_t in_length;
    unsigned lines; /* before the identification */
    struct ssh_queue out, held;
    bool blocked;

    /* Keys. */
    enum ssh_step step;
    bool own_kexinit; /* ours is sent, our NEWKEYS not yet */
    bool new_keys_in, new_keys_out;
    char own_id[SSH_ID_MAX + 1], peer_id[SSH_ID_MAX + 1];
    struct ssh_direction send, receive;
    struct ssh_exchange exchange;
    bool strict, have_session;
    uint8_t session_id[32];
    uint8_t host_blob[SSH_BLOB_MAX];
    size_t host_blob_length;
    int64_t keys_ns; /* when the keys came into use */
    bool ext_info_allowed, knows_rsa_512;

    struct ssh_login login;
    struct ssh_channel channel;
    struct netl_timer timer;

    /* The end. */
    unsigned inside;
    bool closed_by_owner, told, host_accepted;
    int error; /* 0 while all is well */
    char reason[320];
    const char *advice;

    /* What is told outside, and its texts. */
    struct netl_ssh_info info;
    char shown_id[4 * SSH_ID_MAX], fingerprint[NETL_SSH_FINGERPRINT], banner[1024];
    char picked[SSH_PICKED][65];
};

/* ── ssh_connection.c ── */

/* `tcp` may be NULL: then bytes come by netl_ssh_take() and stay in `out`. */
struct netl_ssh *netl_ssh_make(struct netl_host *host, struct netl_tcp *tcp, bool is_server,
                               const struct netl_ssh_options *options);
/* Hears of TCP, and begins to talk. What fails in it is told by its result alone. */
int netl_ssh_start(struct netl_ssh *ssh);
void netl_ssh_enter(struct netl_ssh *ssh);
void netl_ssh_leave(struct netl_ssh *ssh);
/* Without TCP: as if these bytes had come. They may be broken in place. */
void netl_ssh_take(struct netl_ssh *ssh, const uint8_t *bytes, size_t length);
void netl_ssh_free(struct netl_ssh *ssh);

/* Ends it: says DISCONNECT with `number` (0: says nothing), and remembers why. The first counts. */
void netl_ssh_fail(struct netl_ssh *ssh, int error, unsigned number, const char *advice,
                   const char *reason);
/* The same for what the peer sent and must not have sent. */
void netl_ssh_refuse(struct netl_ssh *ssh, const char *reason);
/* Says this thread's sentence about why it ended, and gives the code. */
int netl_ssh_say(struct netl_ssh *ssh);
/* Sends SSH_MSG_DISCONNECT, once. */
void netl_ssh_goodbye(struct netl_ssh *ssh, unsigned number, const char *text);

/* Sends a message, now or when the key exchange is over. */
void netl_ssh_send(struct netl_ssh *ssh, struct netl_ssh_bytes payload);
void netl_ssh_send_written(struct netl_ssh *ssh, const struct ssh_writer *writer);
void netl_ssh_send_held(struct netl_ssh *ssh);
/* Bytes that nobody can guess; in virtual time those of the seed. */
bool netl_ssh_random(struct netl_ssh *ssh, uint8_t *bytes, size_t length);

/* ── ssh_transport.c ── */

void netl_ssh_message(struct netl_ssh *ssh, const struct ssh_packet *packet);

/* ── ssh_kex.c ── */

void netl_ssh_kex_begin(struct netl_ssh *ssh); /* sends our KEXINIT */
void netl_ssh_kexinit_came(struct netl_ssh *ssh, const struct ssh_packet *packet);
void netl_ssh_new_keys_send(struct netl_ssh *ssh);
void netl_ssh_new_keys_came(struct netl_ssh *ssh);
bool netl_ssh_wants_new_keys(struct netl_ssh *ssh);
void netl_ssh_exchange_clear(struct ssh_exchange *exchange);

/* ── ssh_ecdh.c ── */

void netl_ssh_ecdh_begin(struct netl_ssh *ssh); /* a client's KEX_ECDH_INIT */
void netl_ssh_ecdh_came(struct netl_ssh *ssh, struct netl_ssh_bytes payload);
/* The key of `letter` A to F. (RFC 4253 section 7.2) */
bool netl_ssh_derive(const struct netl_ssh_crypto *crypto, struct netl_ssh_bytes shared,
                     const uint8_t hash[32], const uint8_t session_id[32], char letter,
                     uint8_t key[64]);

/* ── ssh_host_key.c ── */

/* False, and failed, when it is not the server's. */
bool netl_ssh_host_key_judge(struct netl_ssh *ssh);
/* Our list of host keys' names, those first of which the file knows a key. */
void netl_ssh_host_key_list(struct netl_ssh *ssh, char *list, size_t size);

/* ── ssh_login.c, ssh_channel.c ── */

void netl_ssh_login_message(struct netl_ssh *ssh, struct netl_ssh_bytes payload);
void netl_ssh_login_next(struct netl_ssh *ssh);
void netl_ssh_channel_message(struct netl_ssh *ssh, struct netl_ssh_bytes payload);
bool netl_ssh_channel_has_room(const struct netl_ssh *ssh); /* for a byte of input, right now */
void netl_ssh_channel_room(struct netl_ssh *ssh);
void netl_ssh_channel_free(struct ssh_channel *channel);

/* ── ssh_client.c ── */

/* 0; inside a handler NETL_ERROR_IN_HANDLER with a sentence, before anything has begun. */
int netl_ssh_may_wait(const struct netl_ssh *ssh, const char *instead);

/* ── ssh_server.c ── */

void netl_ssh_server_over(struct netl_ssh *ssh);

#endif
