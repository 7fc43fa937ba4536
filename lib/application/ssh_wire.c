/* SPDX-License-Identifier: MIT */
/* SSH's data types (RFC 4251 section 5); see ssh_wire.h. */
#include "ssh_wire.h"

#include "base/wipe.h"
#include "wire/bytes.h"
#include <string.h>

#define NAME_BYTES 64 /* the longest name (RFC 4251 section 6) */

/* ── names of numbers ───────────────────────────────────────────────────────────────────── */

static const struct {
    uint8_t number;
    const char *name;
} messages[] = {
    {SSH_DISCONNECT, "DISCONNECT"},
    {SSH_IGNORE, "IGNORE"},
    {SSH_UNIMPLEMENTED, "UNIMPLEMENTED"},
    {SSH_DEBUG, "DEBUG"},
    {SSH_SERVICE_REQUEST, "SERVICE_REQUEST"},
    {SSH_SERVICE_ACCEPT, "SERVICE_ACCEPT"},
    {SSH_EXT_INFO, "EXT_INFO"},
    {SSH_KEXINIT, "KEXINIT"},
    {SSH_NEWKEYS, "NEWKEYS"},
    {SSH_ECDH_INIT, "KEX_ECDH_INIT"},
    {SSH_ECDH_REPLY, "KEX_ECDH_REPLY"},
    {SSH_USERAUTH_REQUEST, "USERAUTH_REQUEST"},
    {SSH_USERAUTH_FAILURE, "USERAUTH_FAILURE"},
    {SSH_USERAUTH_SUCCESS, "USERAUTH_SUCCESS"},
    {SSH_USERAUTH_BANNER, "USERAUTH_BANNER"},
    {SSH_USERAUTH_PASSWD_CHANGEREQ, "USERAUTH_PASSWD_CHANGEREQ"},
    {SSH_GLOBAL_REQUEST, "GLOBAL_REQUEST"},
    {SSH_REQUEST_SUCCESS, "REQUEST_SUCCESS"},
    {SSH_REQUEST_FAILURE, "REQUEST_FAILURE"},
    {SSH_CHANNEL_OPEN, "CHANNEL_OPEN"},
    {SSH_CHANNEL_OPEN_CONFIRMATION, "CHANNEL_OPEN_CONFIRMATION"},
    {SSH_CHANNEL_OPEN_FAILURE, "CHANNEL_OPEN_FAILURE"},
    {SSH_CHANNEL_WINDOW_ADJUST, "CHANNEL_WINDOW_ADJUST"},
    {SSH_CHANNEL_DATA, "CHANNEL_DATA"},
    {SSH_CHANNEL_EXTENDED_DATA, "CHANNEL_EXTENDED_DATA"},
    {SSH_CHANNEL_EOF, "CHANNEL_EOF"},
    {SSH_CHANNEL_CLOSE, "CHANNEL_CLOSE"},
    {SSH_CHANNEL_REQUEST, "CHANNEL_REQUEST"},
    {SSH_CHANNEL_SUCCESS, "CHANNEL_SUCCESS"},
    {SSH_CHANNEL_FAILURE, "CHANNEL_FAILURE"},
};

const char *netl_ssh_message_name(unsigned number)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (messages[i].number == number)
            return messages[i].name;
    return "?";
}

/* ── reading ────────────────────────────────────────────────────────────────────────────── */

struct ssh_reader netl_ssh_reader(const uint8_t *bytes, size_t length)
{
    return (struct ssh_reader){bytes, length, false};
}

struct netl_ssh_bytes netl_ssh_read_fixed(struct ssh_reader *reader, size_t length)
{
    struct netl_ssh_bytes taken = {reader->at, length};

    if (reader->broken || length > reader->left) {
        reader->broken = true;
        reader->left = 0;
        return (struct netl_ssh_bytes){NULL, 0};
    }
    if (length > 0)
        reader->at += length;
    reader->left -= length;
    return taken;
}

uint8_t netl_ssh_read_byte(struct ssh_reader *reader)
{
    struct netl_ssh_bytes taken = netl_ssh_read_fixed(reader, 1);

    return taken.length ? taken.bytes[0] : 0;
}

bool netl_ssh_read_bool(struct ssh_reader *reader)
{
    return netl_ssh_read_byte(reader) != 0;
}

uint32_t netl_ssh_read_uint32(struct ssh_reader *reader)
{
    struct netl_ssh_bytes taken = netl_ssh_read_fixed(reader, 4);

    return taken.length ? wire_get32(taken.bytes) : 0;
}

struct netl_ssh_bytes netl_ssh_read_string(struct ssh_reader *reader)
{
    return netl_ssh_read_fixed(reader, netl_ssh_read_uint32(reader));
}

struct netl_ssh_bytes netl_ssh_read_mpint(struct ssh_reader *reader)
{
    struct netl_ssh_bytes number = netl_ssh_read_string(reader);

    if (number.length == 0)
        return number;
    bool zero_first = number.bytes[0] == 0;
    bool needed = number.length > 1 && number.bytes[1] & 0x80;
    if (number.bytes[0] & 0x80 || (zero_first && !needed)) {
        reader->broken = true;
        return (struct netl_ssh_bytes){NULL, 0};
    }
    if (zero_first) {
        number.bytes++;
        number.length--;
    }
    return number;
}

struct netl_ssh_bytes netl_ssh_read_names(struct ssh_reader *reader)
{
    struct netl_ssh_bytes list = netl_ssh_read_string(reader);
    size_t name = 0; /* bytes of the name at hand */

    for (size_t i = 0; i < list.length; i++) {
        uint8_t c = list.bytes[i];
        bool ends = c == ',';
        if (ends ? name == 0 : (c <= ' ' || c >= 0x7f || name == NAME_BYTES))
            reader->broken = true;
        name = ends ? 0 : name + 1;
    }
    if (list.length > 0 && name == 0)
        reader->broken = true; /* a comma at the end */
    return reader->broken ? (struct netl_ssh_bytes){NULL, 0} : list;
}

bool netl_ssh_read_all(const struct ssh_reader *reader)
{
    return !reader->broken && reader->left == 0;
}

/* ── writing ────────────────────────────────────────────────────────────────────────────── */

struct ssh_writer netl_ssh_writer(uint8_t *bytes, size_t size)
{
    return (struct ssh_writer){bytes, size, 0, false};
}

void netl_ssh_write_fixed(struct ssh_writer *writer, const void *bytes, size_t length)
{
    if (writer->broken || length > writer->size - writer->length) {
        writer->broken = true;
        return;
    }
    if (length > 0)
        memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

void netl_ssh_write_byte(struct ssh_writer *writer, unsigned byte)
{
    uint8_t one = (uint8_t)byte;

    netl_ssh_write_fixed(writer, &one, 1);
}

void netl_ssh_write_uint32(struct ssh_writer *writer, uint32_t number)
{
    uint8_t four[4];

    wire_put32(four, number);
    netl_ssh_write_fixed(writer, four, 4);
}

void netl_ssh_write_string(struct ssh_writer *writer, const void *bytes, size_t length)
{
    if (length > UINT32_MAX)
        writer->broken = true;
    netl_ssh_write_uint32(writer, (uint32_t)length);
    netl_ssh_write_fixed(writer, bytes, length);
}

void netl_ssh_write_text(struct ssh_writer *writer, const char *text)
{
    netl_ssh_write_string(writer, text, strlen(text));
}

void netl_ssh_write_mpint(struct ssh_writer *writer, struct netl_ssh_bytes number)
{
    while (number.length > 0 && number.bytes[0] == 0) {
        number.bytes++;
        number.length--;
    }
    bool sign = number.length > 0 && number.bytes[0] & 0x80;
    netl_ssh_write_uint32(writer, (uint32_t)number.length + sign);
    if (sign)
        netl_ssh_write_byte(writer, 0);
    netl_ssh_write_fixed(writer, number.bytes, number.length);
}

/* ── names ──────────────────────────────────────────────────────────────────────────────── */

struct netl_ssh_bytes netl_ssh_text(const char *text)
{
    return (struct netl_ssh_bytes){(const uint8_t *)text, strlen(text)};
}

bool netl_ssh_same(struct netl_ssh_bytes a, struct netl_ssh_bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

bool netl_ssh_is(struct netl_ssh_bytes bytes, const char *text)
{
    return netl_ssh_same(bytes, netl_ssh_text(text));
}

bool netl_ssh_next_name(struct netl_ssh_bytes list, size_t *at, struct netl_ssh_bytes *name)
{
    if (*at >= list.length)
        return false;
    const uint8_t *start = list.bytes + *at;
    const uint8_t *comma = memchr(start, ',', list.length - *at);
    *name = (struct netl_ssh_bytes){start, comma ? (size_t)(comma - start) : list.length - *at};
    *at += name->length + 1;
    return true;
}

bool netl_ssh_has_name(struct netl_ssh_bytes list, struct netl_ssh_bytes name)
{
    struct netl_ssh_bytes other;

    for (size_t at = 0; netl_ssh_next_name(list, &at, &other);)
        if (netl_ssh_same(name, other))
            return true;
    return false;
}

/* ── base64 ─────────────────────────────────────────────────────────────────────────────── */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void netl_ssh_base64(char *text, size_t size, struct netl_ssh_bytes bytes)
{
    size_t length = 0;
    uint32_t bits = 0;
    unsigned held = 0; /* bits that are not written yet */

    for (size_t i = 0; i < bytes.length || held > 0;) {
        if (held < 6 && i < bytes.length) {
            bits = bits << 8 | bytes.bytes[i++];
            held += 8;
        } else if (held < 6) {
            bits <<= 6 - held;
            held = 6;
        }
        for (; held >= 6 && length + 1 < size; held -= 6)
            text[length++] = alphabet[bits >> (held - 6) & 63];
        if (length + 1 >= size)
            break;
    }
    if (size > 0)
        text[length] = '\0';
}

long netl_ssh_unbase64(uint8_t *bytes, size_t size, const char *text, size_t length)
{
    size_t count = 0;
    uint32_t bits = 0;
    unsigned held = 0;

    while (length > 0 && text[length - 1] == '=')
        length--;
    for (size_t i = 0; i < length; i++) {
        const char *found = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!found)
            return -1;
        bits = (bits << 6 | (uint32_t)(found - alphabet)) & 0xffff;
        held += 6;
        if (held < 8)
            continue;
        if (count == size)
            return -1;
        held -= 8;
        bytes[count++] = (uint8_t)(bits >> held);
    }
    return held >= 6 ? -1 : (long)count;
}

/* ── secrets ────────────────────────────────────────────────────────────────────────────── */

void netl_ssh_wipe(void *secret, size_t length)
{
    netl_wipe(secret, length);
}

bool netl_ssh_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    unsigned different = 0;

    for (size_t i = 0; i < length; i++)
        different |= (unsigned)(a[i] ^ b[i]);
    return different == 0;
}
