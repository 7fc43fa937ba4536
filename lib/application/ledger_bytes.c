/* SPDX-License-Identifier: MIT */
/* Payments and blocks to bytes and back; see ledger_bytes.h. */
#include "ledger_bytes.h"

#include "wire/bytes.h"
#include <string.h>

/* ── addresses ──────────────────────────────────────────────────────────────────────────── */

void netl_ledger_address_of(const uint8_t *public_key, uint8_t *address)
{
    uint8_t digest[NETL_SHA256_BYTES];

    netl_sha256(public_key, NETL_LMS_PUBLIC, digest);
    memcpy(address, digest, NETL_LEDGER_ADDRESS);
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

bool netl_ledger_address_parse(uint8_t *address, const char *text)
{
    if (strlen(text) != NETL_LEDGER_ADDRESS_TEXT - 1)
        return false;
    for (unsigned i = 0; i < NETL_LEDGER_ADDRESS; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        address[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* ── payments ───────────────────────────────────────────────────────────────────────────── */

bool netl_ledger_payment_parse(struct ledger_payment *payment, const uint8_t *bytes, size_t length)
{
    if (length < LEDGER_PAYMENT_HEAD)
        return false;
    unsigned height = netl_lms_height(bytes);
    uint8_t memo = bytes[LEDGER_PAYMENT_HEAD - 1];
    if (height == 0 || memo > NETL_LEDGER_MEMO ||
        length != LEDGER_PAYMENT_HEAD + memo + netl_lms_signature_length(height))
        return false;
    netl_sha256(bytes, length, payment->id);
    netl_ledger_address_of(bytes, payment->from);
    memcpy(payment->to, bytes + 56, NETL_LEDGER_ADDRESS);
    payment->amount = wire_get64(bytes + 76);
    payment->sequence = wire_get32(bytes + 84);
    payment->memo_length = memo;
    payment->bytes = bytes;
    payment->length = length;
    return true;
}

/* The leaf that signs is the sequence number: so a key signs each number once. */
bool netl_ledger_payment_signed(const struct ledger_payment *payment)
{
    size_t head = LEDGER_PAYMENT_HEAD + (size_t)payment->memo_length;

    return netl_lms_verify(payment->bytes, payment->sequence, payment->bytes, head,
                           payment->bytes + head, payment->length - head);
}

size_t netl_ledger_payment_build(uint8_t *bytes, const struct netl_lms_key *key, uint32_t sequence,
                                 const uint8_t *to, uint64_t amount, const char *memo)
{
    size_t memo_length = memo ? strlen(memo) : 0;
    size_t head = LEDGER_PAYMENT_HEAD + memo_length;

    memcpy(bytes, key->public_key, NETL_LMS_PUBLIC);
    memcpy(bytes + 56, to, NETL_LEDGER_ADDRESS);
    wire_put64(bytes + 76, amount);
    wire_put32(bytes + 84, sequence);
    bytes[LEDGER_PAYMENT_HEAD - 1] = (uint8_t)memo_length;
    if (memo_length)
        memcpy(bytes + LEDGER_PAYMENT_HEAD, memo,
               memo_length + 1); /* the signature goes over its 0 */
    netl_lms_sign(key, sequence, bytes, head, bytes + head);
    return head + netl_lms_signature_length(key->height);
}

/* ── blocks ─────────────────────────────────────────────────────────────────────────────── */

void netl_ledger_header_build(uint8_t bytes[LEDGER_HEADER], const struct ledger_header *header)
{
    wire_put32(bytes, header->height);
    memcpy(bytes + 4, header->previous, LEDGER_ID);
    memcpy(bytes + 36, header->root, LEDGER_ID);
    memcpy(bytes + 68, header->miner, NETL_LEDGER_ADDRESS);
    wire_put64(bytes + 88, header->time_ms);
    wire_put32(bytes + 96, header->difficulty);
    wire_put64(bytes + LEDGER_NONCE_AT, header->nonce);
}

static void parse_header(struct ledger_header *header, const uint8_t *bytes)
{
    header->height = wire_get32(bytes);
    memcpy(header->previous, bytes + 4, LEDGER_ID);
    memcpy(header->root, bytes + 36, LEDGER_ID);
    memcpy(header->miner, bytes + 68, NETL_LEDGER_ADDRESS);
    header->time_ms = wire_get64(bytes + 88);
    header->difficulty = wire_get32(bytes + 96);
    header->nonce = wire_get64(bytes + LEDGER_NONCE_AT);
}

int netl_ledger_block_parse(struct ledger_header *header,
                            struct ledger_payment payments[LEDGER_PAYMENTS], const uint8_t *bytes,
                            size_t length)
{
    size_t at = LEDGER_HEADER + 2;

    if (length < at || length > LEDGER_BLOCK_BYTES)
        return -1;
    parse_header(header, bytes);
    unsigned count = wire_get16(bytes + LEDGER_HEADER);
    if (count > LEDGER_PAYMENTS)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        if (length - at < 2)
            return -1;
        size_t size = wire_get16(bytes + at);
        at += 2;
        if (length - at < size || !netl_ledger_payment_parse(&payments[i], bytes + at, size))
            return -1;
        at += size;
    }
    return at == length ? (int)count : -1;
}

/* Leaves and inner nodes are hashed with another first byte: none can stand for the other. */
static void merkle_node(const uint8_t *left, const uint8_t *right, uint8_t *node)
{
    uint8_t bytes[1 + 2 * LEDGER_ID];

    bytes[0] = right != NULL;
    memcpy(bytes + 1, left, LEDGER_ID);
    if (right)
        memcpy(bytes + 1 + LEDGER_ID, right, LEDGER_ID);
    netl_sha256(bytes, right ? sizeof bytes : 1 + LEDGER_ID, node);
}

/* Pairs are hashed to one until one is left, which stands for all; an odd one goes up as it is. */
void netl_ledger_merkle(const struct ledger_payment *payments, unsigned count, uint8_t *root)
{
    uint8_t row[LEDGER_PAYMENTS][LEDGER_ID];

    memset(root, 0, LEDGER_ID);
    if (count == 0)
        return;
    for (unsigned i = 0; i < count; i++)
        merkle_node(payments[i].id, NULL, row[i]);
    for (; count > 1; count = (count + 1) / 2) {
        for (unsigned i = 0; i < count / 2; i++)
            merkle_node(row[2 * i], row[2 * i + 1], row[i]);
        if (count % 2)
            memcpy(row[count / 2], row[count - 1], LEDGER_ID);
    }
    memcpy(root, row[0], LEDGER_ID);
}

bool netl_ledger_has_work(const uint8_t *id, uint32_t difficulty)
{
    return difficulty > 0 && wire_get64(id) <= UINT64_MAX / difficulty;
}
