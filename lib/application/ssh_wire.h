/* SPDX-License-Identifier: MIT */
/*
 * What SSH's bytes mean: its data types, its numbers and their names. (RFC 4251 section 5)
 *
 * A reader takes one value after the other and remembers the first thing that was wrong, so that a
 * message is read in a row and judged once:
 *
 *     struct ssh_reader reader = netl_ssh_reader(payload, length);
 *     uint32_t channel = netl_ssh_read_uint32(&reader);
 *     struct netl_ssh_bytes data = netl_ssh_read_string(&reader);
 *     if (!netl_ssh_read_all(&reader)) …
 *
 * Always true:
 *   - a reader never looks past its end; after the first mistake everything is 0 or empty;
 *   - a writer never writes past its end; after the first overflow it is `broken`.
 */
#ifndef LIB_APPLICATION_SSH_WIRE_H
#define LIB_APPLICATION_SSH_WIRE_H

#include <netlayers/ssh.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages. (RFC 4250 section 4.1.2; 7: RFC 8308 section 2.3; 30, 31: RFC 5656 section 7.1) */
enum ssh_message {
    SSH_DISCONNECT = 1,
    SSH_IGNORE = 2,
    SSH_UNIMPLEMENTED = 3,
    SSH_DEBUG = 4,
    SSH_SERVICE_REQUEST = 5,
    SSH_SERVICE_ACCEPT = 6,
    SSH_EXT_INFO = 7,
    SSH_KEXINIT = 20,
    SSH_NEWKEYS = 21,
    SSH_ECDH_INIT = 30,
    SSH_ECDH_REPLY = 31,
    SSH_USERAUTH_REQUEST = 50,
    SSH_USERAUTH_FAILURE = 51,
    SSH_USERAUTH_SUCCESS = 52,
    SSH_USERAUTH_BANNER = 53,
    SSH_USERAUTH_PASSWD_CHANGEREQ = 60,
    SSH_GLOBAL_REQUEST = 80,
    SSH_REQUEST_SUCCESS = 81,
    SSH_REQUEST_FAILURE = 82,
    SSH_CHANNEL_OPEN = 90,
    SSH_CHANNEL_OPEN_CONFIRMATION = 91,
    SSH_CHANNEL_OPEN_FAILURE = 92,
    SSH_CHANNEL_WINDOW_ADJUST = 93,
    SSH_CHANNEL_DATA = 94,
    SSH_CHANNEL_EXTENDED_DATA = 95,
    SSH_CHANNEL_EOF = 96,
    SSH_CHANNEL_CLOSE = 97,
    SSH_CHANNEL_REQUEST = 98,
    SSH_CHANNEL_SUCCESS = 99,
    SSH_CHANNEL_FAILURE = 100
};

/* Its name as in the RFCs, without SSH_MSG_; "?" for a number that we do not know. */
const char *netl_ssh_message_name(unsigned number);

/* Reasons of a disconnect. (RFC 4253 section 11.1) */
enum ssh_reason {
    SSH_REASON_PROTOCOL_ERROR = 2,
    SSH_REASON_KEY_EXCHANGE_FAILED = 3,
    SSH_REASON_MAC_ERROR = 5,
    SSH_REASON_SERVICE_NOT_AVAILABLE = 7,
    SSH_REASON_VERSION_NOT_SUPPORTED = 8,
    SSH_REASON_HOST_KEY_NOT_VERIFIABLE = 9,
    SSH_REASON_BY_APPLICATION = 11
};

struct ssh_reader {
    const uint8_t *at;
    size_t left;
    bool broken;
};

struct ssh_reader netl_ssh_reader(const uint8_t *bytes, size_t length);
uint8_t netl_ssh_read_byte(struct ssh_reader *reader);
bool netl_ssh_read_bool(struct ssh_reader *reader);
uint32_t netl_ssh_read_uint32(struct ssh_reader *reader);
struct netl_ssh_bytes netl_ssh_read_fixed(struct ssh_reader *reader, size_t length);
struct netl_ssh_bytes netl_ssh_read_string(struct ssh_reader *reader);
/* A number that is not negative and has no needless zeros; without the zero before its sign bit. */
struct netl_ssh_bytes netl_ssh_read_mpint(struct ssh_reader *reader);
/* Names of 1 to 64 printable characters with commas between; or none at all. */
struct netl_ssh_bytes netl_ssh_read_names(struct ssh_reader *reader);
/* True when nothing was wrong and nothing is left. */
bool netl_ssh_read_all(const struct ssh_reader *reader);

struct ssh_writer {
    uint8_t *bytes;
    size_t size, length;
    bool broken;
};

struct ssh_writer netl_ssh_writer(uint8_t *bytes, size_t size);
void netl_ssh_write_byte(struct ssh_writer *writer, unsigned byte);
void netl_ssh_write_uint32(struct ssh_writer *writer, uint32_t number);
void netl_ssh_write_fixed(struct ssh_writer *writer, const void *bytes, size_t length);
void netl_ssh_write_string(struct ssh_writer *writer, const void *bytes, size_t length);
void netl_ssh_write_text(struct ssh_writer *writer, const char *text);
/* A number from big-endian bytes, in its shortest form. */
void netl_ssh_write_mpint(struct ssh_writer *writer, struct netl_ssh_bytes number);

struct netl_ssh_bytes netl_ssh_text(const char *text);
bool netl_ssh_is(struct netl_ssh_bytes bytes, const char *text);
bool netl_ssh_same(struct netl_ssh_bytes a, struct netl_ssh_bytes b);

/* One name of a list after the other; false when there are no more. `at` starts with 0. */
bool netl_ssh_next_name(struct netl_ssh_bytes list, size_t *at, struct netl_ssh_bytes *name);
bool netl_ssh_has_name(struct netl_ssh_bytes list, struct netl_ssh_bytes name);

/* Base64 (RFC 4648 section 4): without padding, as in fingerprints; and the way back, with it or
 * without, which gives the bytes, or -1. */
void netl_ssh_base64(char *text, size_t size, struct netl_ssh_bytes bytes);
long netl_ssh_unbase64(uint8_t *bytes, size_t size, const char *text, size_t length);

/* ── secrets ── */

/* Takes the same time wherever the first difference is. */
bool netl_ssh_equal(const uint8_t *a, const uint8_t *b, size_t length);

#endif
