/* SPDX-License-Identifier: MIT */
/*
 * What comes before any cryptography, as pure functions: the identification line (RFC 4253
 * section 4.2), SSH_MSG_KEXINIT, and how two of them become one choice (section 7.1).
 */
#ifndef LIB_APPLICATION_SSH_KEXINIT_H
#define LIB_APPLICATION_SSH_KEXINIT_H

#include "ssh_packet.h"

/* ── identification ── */

#define SSH_ID_MAX    255  /* with its CR LF (RFC 4253 section 4.2) */
#define SSH_LINES_MAX 64   /* lines that a server may send before it */
#define SSH_LINE_MAX  1024 /* and how long each may be */

enum ssh_id_fault {
    SSH_ID_FINE,
    SSH_ID_LONG,      /* over 255 bytes */
    SSH_ID_ZERO,      /* a 0 byte */
    SSH_ID_VERSION,   /* not protocol 2.0 */
    SSH_ID_FORM,      /* no software version, or what is not printable */
    SSH_ID_LINE_LONG, /* a line before it without an end */
    SSH_ID_LINES      /* too many of them, or any from a client */
};
const char *netl_ssh_id_fault_text(enum ssh_id_fault fault);

/*
 * Looks at one line from the start of `bytes`. Gives its length with its end; 0 when it has not
 * ended yet; -1 with a fault. *id becomes the identification without CR LF, or empty for a line
 * that comes before it.
 */
long netl_ssh_id_line(const uint8_t *bytes, size_t length, struct netl_ssh_bytes *id,
                      enum ssh_id_fault *fault);

/* ── SSH_MSG_KEXINIT ── */

enum ssh_list {
    SSH_LIST_KEX,
    SSH_LIST_HOST_KEY,
    SSH_LIST_CIPHER_UP, /* client to server */
    SSH_LIST_CIPHER_DOWN,
    SSH_LIST_MAC_UP,
    SSH_LIST_MAC_DOWN,
    SSH_LIST_COMPRESSION_UP,
    SSH_LIST_COMPRESSION_DOWN,
    SSH_LIST_LANGUAGE_UP,
    SSH_LIST_LANGUAGE_DOWN,
    SSH_LISTS,
    SSH_PICKED = SSH_LIST_LANGUAGE_UP /* so many are agreed on */
};

/* What a list is about, in words for the trace. */
const char *netl_ssh_list_name(enum ssh_list list);

struct ssh_kexinit {
    struct netl_ssh_bytes lists[SSH_LISTS];
    bool guess_follows; /* first_kex_packet_follows */
};

/* False when it breaks a rule of its form. */
bool netl_ssh_kexinit_parse(struct ssh_kexinit *kexinit, struct netl_ssh_bytes payload);
/* `names[SSH_PICKED]`: our lists. */
void netl_ssh_kexinit_write(struct ssh_writer *writer, const uint8_t cookie[16],
                            const char *const *names);

struct ssh_agreement {
    struct netl_ssh_bytes picked[SSH_PICKED]; /* points into the client's lists */
    bool implicit[SSH_PICKED];                /* a MAC that the cipher brings along */
    bool complete;                            /* all of them */
    enum ssh_list missing;                    /* when not: the first without a common name */
    bool client_guessed_wrong, server_guessed_wrong;
    bool strict;          /* both know strict key exchange */
    bool client_ext_info; /* the client wants SSH_MSG_EXT_INFO */
};

void netl_ssh_negotiate(struct ssh_agreement *agreement, const struct ssh_kexinit *client,
                        const struct ssh_kexinit *server);

#endif
