/* SPDX-License-Identifier: MIT */
/*
 * The binary packet: a length, padding, a payload, and what proves that nobody changed it.
 * (RFC 4253 section 6; AES: RFC 4344; HMAC: RFC 6668; chacha20-poly1305@openssh.com: OpenSSH's
 * PROTOCOL.chacha20poly1305)
 *
 *     uint32 packet_length | byte padding_length | payload | padding | MAC
 *
 * Each direction has keys and a sequence number of its own. Before the first NEWKEYS there is
 * neither cipher nor MAC.
 *
 * Always true:
 *   - no packet of more than SSH_PACKET_MAX bytes is waited for or made;
 *   - a payload is handed out only after its MAC was found right, compared in constant time.
 */
#ifndef LIB_APPLICATION_SSH_PACKET_H
#define LIB_APPLICATION_SSH_PACKET_H

#include "ssh_wire.h"

#define SSH_PACKET_MAX  35000 /* all of it, with its MAC (RFC 4253 section 6.1) */
#define SSH_PAYLOAD_MAX 32768
#define SSH_MAC_MAX     64

enum ssh_cipher_kind { SSH_CIPHER_NONE, SSH_CIPHER_AES, SSH_CIPHER_CHACHA };

struct ssh_cipher {
    const char *name;
    enum ssh_cipher_kind kind;
    size_t key_bytes, iv_bytes;
};

struct ssh_mac {
    const char *name;
    enum netl_ssh_hash hash;
    size_t bytes; /* of the key, and of the MAC */
};

extern const struct ssh_cipher netl_ssh_ciphers[]; /* the best first; ends with a NULL name */
extern const struct ssh_mac netl_ssh_macs[];

const struct ssh_cipher *netl_ssh_cipher_find(struct netl_ssh_bytes name);
const struct ssh_mac *netl_ssh_mac_find(struct netl_ssh_bytes name);

/* One direction of a connection. */
struct ssh_direction {
    const struct netl_ssh_crypto *crypto;
    uint32_t sequence;               /* of the next packet */
    uint64_t packets, bytes;         /* under the keys at hand */
    const struct ssh_cipher *cipher; /* NULL: plain */
    const struct ssh_mac *mac;       /* NULL: none, or the cipher's own */
    void *aes;
    uint8_t key[64], mac_key[SSH_MAC_MAX];
    size_t opened;   /* receiving: bytes of the packet at hand that are decrypted already */
    uint32_t length; /* receiving: what its packet_length says, once `opened` */
};

/* What one direction is given at NEWKEYS. (RFC 4253 section 7.2) */
struct ssh_keys {
    uint8_t iv[64], key[64], mac[64];
};

/* Why a packet is refused. */
enum ssh_packet_fault {
    SSH_PACKET_FINE,
    SSH_PACKET_LONG,    /* more than SSH_PACKET_MAX bytes */
    SSH_PACKET_SHORT,   /* less than 16, or too little for its padding */
    SSH_PACKET_UNEVEN,  /* no multiple of the cipher's block */
    SSH_PACKET_PADDING, /* less than 4, or more than there is */
    SSH_PACKET_EMPTY,   /* no message in it */
    SSH_PACKET_MAC,     /* the MAC does not fit */
    SSH_PACKET_BROKEN   /* the crypto functions failed */
};
const char *netl_ssh_packet_fault_text(enum ssh_packet_fault fault);

struct ssh_packet {
    struct netl_ssh_bytes payload; /* points into the bytes that were given */
    uint32_t sequence;
    unsigned padding;
};

/* The keys count from the next packet on. False when the cipher does not start. */
bool netl_ssh_direction_start(struct ssh_direction *direction, const struct ssh_cipher *cipher,
                              const struct ssh_mac *mac, const struct ssh_keys *keys);
/* Wipes and frees. */
void netl_ssh_direction_end(struct ssh_direction *direction);

/* Bytes that a payload of this length takes as a packet. */
size_t netl_ssh_packet_size(const struct ssh_direction *direction, size_t payload);

/*
 * Makes a packet of netl_ssh_packet_size() bytes at `out`. `padding` holds random bytes, 32 of
 * them. False when the crypto functions fail.
 */
bool netl_ssh_packet_seal(struct ssh_direction *direction, struct netl_ssh_bytes payload,
                          const uint8_t *padding, uint8_t *out);

/*
 * Opens the packet that `bytes` begin with, in place. Gives how many bytes it took; 0 when more
 * must come first, and then the same bytes are to be given again with more behind them; -1 with a
 * fault.
 */
long netl_ssh_packet_open(struct ssh_direction *direction, uint8_t *bytes, size_t length,
                          struct ssh_packet *packet, enum ssh_packet_fault *fault);

#endif
