/* SPDX-License-Identifier: MIT */
/* The binary packet protocol (RFC 4253 section 6); see ssh_packet.h. */
#include "ssh_packet.h"

#include "wire/bytes.h"
#include <string.h>

#define PADDING_MIN 4 /* RFC 4253 section 6 */
#define TAG_BYTES   16

const struct ssh_cipher netl_ssh_ciphers[] = {
    {"chacha20-poly1305@openssh.com", SSH_CIPHER_CHACHA, 64, 0},
    {"aes256-ctr", SSH_CIPHER_AES, 32, 16},
    {"aes128-ctr", SSH_CIPHER_AES, 16, 16},
    {NULL, SSH_CIPHER_NONE, 0, 0},
};

const struct ssh_mac netl_ssh_macs[] = {
    {"hmac-sha2-256", NETL_SSH_SHA256, 32},
    {"hmac-sha2-512", NETL_SSH_SHA512, 64},
    {NULL, NETL_SSH_SHA256, 0},
};

const struct ssh_cipher *netl_ssh_cipher_find(struct netl_ssh_bytes name)
{
    const struct ssh_cipher *cipher = netl_ssh_ciphers;

    while (cipher->name && !netl_ssh_is(name, cipher->name))
        cipher++;
    return cipher->name ? cipher : NULL;
}

const struct ssh_mac *netl_ssh_mac_find(struct netl_ssh_bytes name)
{
    const struct ssh_mac *mac = netl_ssh_macs;

    while (mac->name && !netl_ssh_is(name, mac->name))
        mac++;
    return mac->name ? mac : NULL;
}

const char *netl_ssh_packet_fault_text(enum ssh_packet_fault fault)
{
    static const char *const texts[] = {
        [SSH_PACKET_FINE] = "nothing is wrong",
        [SSH_PACKET_LONG] = "a packet of more than 35000 bytes",
        [SSH_PACKET_SHORT] = "a packet too short for what it must hold",
        [SSH_PACKET_UNEVEN] = "a packet that is no multiple of the cipher's block",
        [SSH_PACKET_PADDING] = "padding under 4 bytes, or longer than its packet",
        [SSH_PACKET_EMPTY] = "a packet without a message",
        [SSH_PACKET_MAC] = "a packet whose MAC is wrong: it was changed on the way",
        [SSH_PACKET_BROKEN] = "the cipher failed",
    };
    return texts[fault];
}

/* ── keys ───────────────────────────────────────────────────────────────────────────────── */

static enum ssh_cipher_kind kind_of(const struct ssh_direction *direction)
{
    return direction->cipher ? direction->cipher->kind : SSH_CIPHER_NONE;
}

bool netl_ssh_direction_start(struct ssh_direction *direction, const struct ssh_cipher *cipher,
                              const struct ssh_mac *mac, const struct ssh_keys *keys)
{
    const struct netl_ssh_crypto *crypto = direction->crypto;
    void *aes = NULL;

    if (cipher->kind == SSH_CIPHER_AES) {
        aes = crypto->aes_open((struct netl_ssh_bytes){keys->key, cipher->key_bytes}, keys->iv);
        if (!aes)
            return false;
    }
    netl_ssh_direction_end(direction);
    direction->aes = aes;
    direction->cipher = cipher;
    direction->mac = mac;
    memcpy(direction->key, keys->key, sizeof direction->key);
    memcpy(direction->mac_key, keys->mac, sizeof direction->mac_key);
    direction->packets = direction->bytes = 0;
    return true;
}

void netl_ssh_direction_end(struct ssh_direction *direction)
{
    if (direction->aes)
        direction->crypto->aes_close(direction->aes);
    direction->aes = NULL;
    direction->cipher = NULL;
    direction->mac = NULL;
    netl_ssh_wipe(direction->key, sizeof direction->key);
    netl_ssh_wipe(direction->mac_key, sizeof direction->mac_key);
}

/* ── what the ciphers do ────────────────────────────────────────────────────────────────── */

static void count_packet(struct ssh_direction *direction, size_t bytes)
{
    direction->sequence++; /* wraps after 2^32 packets; new keys come long before */
    direction->packets++;
    direction->bytes += bytes;
}

/* chacha20-poly1305: the nonce is the sequence number. The second half of the key hides the length,
 * the first the rest. */
static bool chacha(const struct ssh_direction *direction, bool for_length, uint32_t block,
                   uint8_t *bytes, size_t length)
{
    uint8_t nonce[8] = {0};

    wire_put32(nonce + 4, direction->sequence);
    return direction->crypto->chacha20(direction->key + (for_length ? 32 : 0), nonce, block, bytes,
                                       length);
}

/* Block 0 of the key stream is the key of Poly1305. */
static bool chacha_tag(const struct ssh_direction *direction, const uint8_t *bytes, size_t length,
                       uint8_t tag[TAG_BYTES])
{
    uint8_t key[32] = {0};
    bool success = chacha(direction, false, 0, key, sizeof key) &&
                   direction->crypto->poly1305(key, (struct netl_ssh_bytes){bytes, length}, tag);

    netl_ssh_wipe(key, sizeof key);
    return success;
}

/* MAC over the sequence number and the packet before it is encrypted. (RFC 4253 section 6.4) */
static bool mac_of(const struct ssh_direction *direction, const uint8_t *bytes, size_t length,
                   uint8_t *mac)
{
    uint8_t sequence[4];
    struct netl_ssh_bytes pieces[] = {{sequence, 4}, {bytes, length}};

    wire_put32(sequence, direction->sequence);
    return direction->crypto->hmac(
        direction->mac->hash, (struct netl_ssh_bytes){direction->mac_key, direction->mac->bytes},
        pieces, 2, mac);
}

static size_t mac_bytes(const struct ssh_direction *direction)
{
    if (kind_of(direction) == SSH_CIPHER_CHACHA)
        return TAG_BYTES;
    return direction->mac ? direction->mac->bytes : 0;
}

/* ── sending ────────────────────────────────────────────────────────────────────────────── */

/* The packet's length and, with most ciphers, its 4 bytes of length make up whole blocks. */
static size_t padding_for(const struct ssh_direction *direction, size_t payload)
{
    enum ssh_cipher_kind kind = kind_of(direction);
    size_t block = kind == SSH_CIPHER_AES ? 16 : 8;
    size_t counted = (kind == SSH_CIPHER_CHACHA ? 1 : 5) + payload;
    size_t padding = block - counted % block;

    return padding < PADDING_MIN ? padding + block : padding;
}

size_t netl_ssh_packet_size(const struct ssh_direction *direction, size_t payload)
{
    return 5 + payload + padding_for(direction, payload) + mac_bytes(direction);
}

bool netl_ssh_packet_seal(struct ssh_direction *direction, struct netl_ssh_bytes payload,
                          const uint8_t *padding, uint8_t *out)
{
    size_t pad = padding_for(direction, payload.length);
    size_t length = 5 + payload.length + pad; /* without the MAC */
    bool success = true;

    wire_put32(out, (uint32_t)length - 4);
    out[4] = (uint8_t)pad;
    memcpy(out + 5, payload.bytes, payload.length);
    memcpy(out + 5 + payload.length, padding, pad);
    switch (kind_of(direction)) {
    case SSH_CIPHER_AES:
        success = mac_of(direction, out, length, out + length) &&
                  direction->crypto->aes_run(direction->aes, out, length);
        break;
    case SSH_CIPHER_CHACHA:
        success = chacha(direction, true, 0, out, 4) &&
                  chacha(direction, false, 1, out + 4, length - 4) &&
                  chacha_tag(direction, out, length, out + length);
        break;
    default: break;
    }
    count_packet(direction, length + mac_bytes(direction));
    return success;
}

/* ── receiving ──────────────────────────────────────────────────────────────────────────── */

/* Learns packet_length as soon as enough bytes are there. False: not yet, or a fault. */
static bool learn_length(struct ssh_direction *direction, uint8_t *bytes, size_t length,
                         enum ssh_packet_fault *fault)
{
    enum ssh_cipher_kind kind = kind_of(direction);
    size_t first = kind == SSH_CIPHER_AES ? 16 : 4;
    uint8_t start[4];

    if (direction->opened)
        return true;
    if (length < first)
        return false;
    if (kind == SSH_CIPHER_AES && !direction->crypto->aes_run(direction->aes, bytes, first))
        *fault = SSH_PACKET_BROKEN;
    memcpy(start, bytes, 4);
    if (kind == SSH_CIPHER_CHACHA && !chacha(direction, true, 0, start, 4))
        *fault = SSH_PACKET_BROKEN; /* the bytes stay as they are: the tag is over them */
    direction->length = wire_get32(start);
    direction->opened = first;
    return *fault == SSH_PACKET_FINE;
}

/* Before anything is waited for. */
static enum ssh_packet_fault judge_length(const struct ssh_direction *direction)
{
    enum ssh_cipher_kind kind = kind_of(direction);
    size_t length = direction->length;
    size_t block = kind == SSH_CIPHER_AES ? 16 : 8;
    size_t counted = kind == SSH_CIPHER_CHACHA ? length : length + 4;

    if (length > SSH_PACKET_MAX - 4 - mac_bytes(direction))
        return SSH_PACKET_LONG;
    if (length < 1 + PADDING_MIN || (kind != SSH_CIPHER_CHACHA && counted < 16))
        return SSH_PACKET_SHORT;
    return counted % block == 0 ? SSH_PACKET_FINE : SSH_PACKET_UNEVEN;
}

/* The whole packet is there: checks its MAC, and makes it plain where it is not. */
static enum ssh_packet_fault unlock(struct ssh_direction *direction, uint8_t *bytes)
{
    size_t length = 4 + (size_t)direction->length;
    uint8_t mac[SSH_MAC_MAX];
    bool success = true;

    switch (kind_of(direction)) {
    case SSH_CIPHER_AES:
        success = direction->crypto->aes_run(direction->aes, bytes + direction->opened,
                                             length - direction->opened) &&
                  mac_of(direction, bytes, length, mac);
        break;
    case SSH_CIPHER_CHACHA: success = chacha_tag(direction, bytes, length, mac); break;
    default: return SSH_PACKET_FINE;
    }
    if (!success)
        return SSH_PACKET_BROKEN;
    if (!netl_ssh_equal(mac, bytes + length, mac_bytes(direction)))
        return SSH_PACKET_MAC;
    if (kind_of(direction) == SSH_CIPHER_CHACHA &&
        !chacha(direction, false, 1, bytes + 4, length - 4))
        return SSH_PACKET_BROKEN;
    return SSH_PACKET_FINE;
}

static enum ssh_packet_fault take_apart(const struct ssh_direction *direction, const uint8_t *bytes,
                                        struct ssh_packet *packet)
{
    size_t padding = bytes[4], length = direction->length;

    if (padding < PADDING_MIN || padding + 1 > length)
        return SSH_PACKET_PADDING;
    if (padding + 1 == length)
        return SSH_PACKET_EMPTY;
    packet->payload = (struct netl_ssh_bytes){bytes + 5, length - 1 - padding};
    packet->sequence = direction->sequence;
    packet->padding = (unsigned)padding;
    return SSH_PACKET_FINE;
}

long netl_ssh_packet_open(struct ssh_direction *direction, uint8_t *bytes, size_t length,
                          struct ssh_packet *packet, enum ssh_packet_fault *fault)
{
    *fault = SSH_PACKET_FINE;
    if (!learn_length(direction, bytes, length, fault))
        return *fault ? -1 : 0;
    *fault = judge_length(direction);
    size_t whole = 4 + (size_t)direction->length + mac_bytes(direction);
    if (*fault == SSH_PACKET_FINE && length < whole)
        return 0;
    if (*fault == SSH_PACKET_FINE)
        *fault = unlock(direction, bytes);
    if (*fault == SSH_PACKET_FINE)
        *fault = take_apart(direction, bytes, packet);
    if (*fault != SSH_PACKET_FINE)
        return -1;
    direction->opened = 0;
    count_packet(direction, whole);
    return (long)whole;
}
