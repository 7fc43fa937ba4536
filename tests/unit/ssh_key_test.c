/* SPDX-License-Identifier: MIT */
/* Keys in files, fingerprints, signatures, derived keys; and the file of known hosts. */
#include "application/ssh_internal.h"
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Made by ssh-keygen for these tests; they open nothing anywhere. */
static const char plain_key[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "QyNTUxOQAAACAticTwiH2vIBZX8I8R5mSzV+o5jPqqmk3IZv9h72UStQAAAJDY29G62NvR\n"
    "ugAAAAtzc2gtZWQyNTUxOQAAACAticTwiH2vIBZX8I8R5mSzV+o5jPqqmk3IZv9h72UStQ\n"
    "AAAECIdtu9pU3uQ07ii2kYkWBbDI9XHcdE3+Pd07EY32Zy1i2JxPCIfa8gFlfwjxHmZLNX\n"
    "6jmM+qqaTchm/2HvZRK1AAAABnZlY3RvcgECAwQFBgc=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char locked_key[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABBBaHsirc\n"
    "GH6dzRtImALMSCAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAILApc4SlrPNcPsV2\n"
    "NWViNJqrSB8kB8TUNZfu3pMm5EkbAAAAkAAtb8WDDhXO9gI1uyetNZ8+GVplQB1muN7mZX\n"
    "WH9tQvwNU/qlSM2KEsZXGeZxXGvuSDO/dPMZ696CG464ANd7U+BZjLCL+yr+jlUnGRuzn+\n"
    "WuI5zp+LiM5PQWn/l11a4C/PVTj/+tjZJ3W7b7te3nc5wsdMITl55lR7AcjLV2TUQiR2Xg\n"
    "pu967JKp4ZpXtAAg==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char ecdsa_key[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n"
    "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQS3CQxgGaNPm/nnueq8OTxnN6SLv6PE\n"
    "Kq0vd5DWfFt8/ecPLJyz7J1nwMLpHb0dQHjUXWGlSHAMJS9tezsf87kMAAAAoGmfR8Zpn0\n"
    "fGAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLcJDGAZo0+b+ee5\n"
    "6rw5PGc3pIu/o8QqrS93kNZ8W3z95w8snLPsnWfAwukdvR1AeNRdYaVIcAwlL217Ox/zuQ\n"
    "wAAAAhAMXl7Fie8PfVdFUWGuVlayVzwNWOleKMBuYiVy15Le98AAAABnZlY3RvcgE=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";

static const char public_key[] =
    "AAAAC3NzaC1lZDI1NTE5AAAAIC2JxPCIfa8gFlfwjxHmZLNX6jmM+qqaTchm/2HvZRK1";
static const char ecdsa_public[] =
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLcJDGAZo0+b+ee56r"
    "w5PGc3pIu/o8QqrS93kNZ8W3z95w8snLPsnWfAwukdvR1AeNRdYaVIcAwlL217Ox/zuQw=";
static const char fingerprint[] = "SHA256:eVgfFrdqcELtIfkSsM5s6Bm0SyPd9EztNFh29YfTxOQ";

static struct netl_ssh_bytes blob_of(const char *base64, uint8_t room[256])
{
    long length = netl_ssh_unbase64(room, 256, base64, strlen(base64));

    CU_ASSERT_TRUE_FATAL(length > 0);
    return (struct netl_ssh_bytes){room, (size_t)length};
}

static struct netl_ssh_key *parse(const char *text, size_t length, const char **reason)
{
    unsigned char *exact = unit_exact(text, length);
    struct netl_ssh_key *key = netl_ssh_key_parse((const char *)exact, length, reason);

    free(exact);
    return key;
}

static bool has_libcrypto(void)
{
    if (!netl_ssh_libcrypto())
        unit_skip("no libcrypto in this build");
    return netl_ssh_libcrypto() != NULL;
}

/* ── keys ───────────────────────────────────────────────────────────────────────────────── */

static void a_key_of_ssh_keygen_is_read_with_its_fingerprint(void)
{
    const char *reason;
    char text[NETL_SSH_FINGERPRINT];
    uint8_t room[256];
    struct netl_ssh_key *key = parse(plain_key, sizeof plain_key - 1, &reason);

    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_STRING_EQUAL(netl_ssh_key_name(key), "ssh-ed25519");
    CU_ASSERT_TRUE(netl_ssh_same((struct netl_ssh_bytes){key->blob, key->blob_length},
                                 blob_of(public_key, room)));
    if (has_libcrypto()) {
        CU_ASSERT_EQUAL(netl_ssh_key_fingerprint(key, netl_ssh_libcrypto(), text), 0);
        CU_ASSERT_STRING_EQUAL(text, fingerprint);
    }
    CU_ASSERT_EQUAL(netl_ssh_key_fingerprint(key, NULL, text), NETL_ERROR_UNSUPPORTED);
    netl_ssh_key_free(key);
}

static void a_key_that_needs_a_passphrase_or_is_of_another_kind_is_refused_in_words(void)
{
    const char *reason;

    CU_ASSERT_PTR_NULL(parse(locked_key, sizeof locked_key - 1, &reason));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "passphrase"));
    CU_ASSERT_PTR_NULL(parse(ecdsa_key, sizeof ecdsa_key - 1, &reason));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "kind"));
    CU_ASSERT_PTR_NULL(parse("hello", 5, &reason));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "OpenSSH"));
}

static void a_key_file_that_is_cut_anywhere_is_refused(void)
{
    const char *reason;

    for (size_t length = 0; length < sizeof plain_key - 3; length++) {
        struct netl_ssh_key *key = parse(plain_key, length, &reason);
        CU_ASSERT_PTR_NULL(key);
        netl_ssh_key_free(key);
    }
}

static void a_key_file_with_a_changed_letter_never_gives_another_public_key(void)
{
    char text[sizeof plain_key];
    const char *reason;

    for (size_t at = 40; at + 40 < sizeof plain_key; at++) {
        memcpy(text, plain_key, sizeof text);
        text[at] = text[at] == 'A' ? 'B' : 'A';
        struct netl_ssh_key *key = parse(text, sizeof text - 1, &reason);
        if (key)
            CU_ASSERT_TRUE(key->blob_length == 51 && key->secret_length == 32);
        netl_ssh_key_free(key);
    }
}

static void a_file_that_is_not_there_or_too_long_is_one_sentence(void)
{
    CU_ASSERT_PTR_NULL(netl_ssh_key_read("/nonexistent/key"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "No such file"));
    CU_ASSERT_PTR_NULL(netl_ssh_key_read("/"));
    CU_ASSERT_PTR_NULL(netl_ssh_key_read("/dev/zero"));
}

static void a_signature_fits_only_its_key_its_name_and_its_message(void)
{
    const char *reason;
    uint8_t room[256];
    struct netl_ssh_bytes name = netl_ssh_text("ssh-ed25519"), message = netl_ssh_text("hello");

    if (!has_libcrypto())
        return;
    struct netl_ssh_key *key = parse(plain_key, sizeof plain_key - 1, &reason);
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    struct netl_ssh_bytes blob = {key->blob, key->blob_length};
    CU_ASSERT_TRUE(netl_ssh_sign(netl_ssh_libcrypto(), key, "ssh-ed25519", message, &writer));
    struct netl_ssh_bytes signature = {room + 4, writer.length - 4};
    CU_ASSERT_TRUE(netl_ssh_verify(netl_ssh_libcrypto(), blob, name, signature, message));
    CU_ASSERT_FALSE(
        netl_ssh_verify(netl_ssh_libcrypto(), blob, name, signature, netl_ssh_text("hellp")));
    CU_ASSERT_FALSE(netl_ssh_verify(netl_ssh_libcrypto(), blob, netl_ssh_text("rsa-sha2-256"),
                                    signature, message));
    for (size_t length = 0; length < signature.length; length++)
        CU_ASSERT_FALSE(netl_ssh_verify(netl_ssh_libcrypto(), blob, name,
                                        (struct netl_ssh_bytes){room + 4, length}, message));
    room[20] ^= 1;
    CU_ASSERT_FALSE(netl_ssh_verify(netl_ssh_libcrypto(), blob, name, signature, message));
    netl_ssh_key_free(key);
}

static void public_keys_that_are_not_well_formed_fit_nothing(void)
{
    uint8_t room[256];
    struct netl_ssh_bytes blob = blob_of(ecdsa_public, room);
    struct netl_ssh_bytes name = netl_ssh_text("ecdsa-sha2-nistp256");

    CU_ASSERT_TRUE(netl_ssh_public_fits(blob, name));
    CU_ASSERT_FALSE(netl_ssh_public_fits(blob, netl_ssh_text("ssh-ed25519")));
    CU_ASSERT_FALSE(netl_ssh_public_fits(blob, netl_ssh_text("ssh-dss")));
    for (size_t length = 0; length < blob.length; length++) {
        unsigned char *part = unit_exact(room, length);
        CU_ASSERT_FALSE(netl_ssh_public_fits((struct netl_ssh_bytes){part, length}, name));
        free(part);
    }
    room[blob.length - 65] = 2; /* a compressed point */
    CU_ASSERT_FALSE(netl_ssh_public_fits(blob, name));
}

static bool is_hex(const uint8_t *bytes, size_t length, const char *hex)
{
    char text[200];

    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return strcmp(text, hex) == 0;
}

/* The expected bytes are Python's hashlib's, by RFC 4253 section 7.2. */
static void keys_are_derived_as_rfc_4253_says(void)
{
    uint8_t shared[37] = {0, 0, 0, 33, 0}, hash[32], session[32], key[64];

    if (!has_libcrypto())
        return;
    for (unsigned i = 0; i < 32; i++) {
        shared[5 + i] = (uint8_t)(0x80 + i);
        hash[i] = (uint8_t)i;
        session[i] = (uint8_t)(32 + i);
    }
    struct netl_ssh_bytes k = {shared, sizeof shared};
    CU_ASSERT_TRUE(netl_ssh_derive(netl_ssh_libcrypto(), k, hash, session, 'A', key));
    CU_ASSERT_TRUE(is_hex(key, 64,
                          "b98476b078bd018779fa3412f2f632110475593c0214b1ca256a536388aff67a"
                          "88a6a9f1d2bc8572a8a97ad1f7b7dd3b4e4e56f86e55e68b1faad5f188eb4271"));
    CU_ASSERT_TRUE(netl_ssh_derive(netl_ssh_libcrypto(), k, hash, session, 'F', key));
    CU_ASSERT_TRUE(is_hex(key, 64,
                          "c6a97a504a5256673763b40334910d93d65b7193a9ccb59d9cef7f125da84f99"
                          "0b75f9b7a3314f04d7753796976f3bf9893a0f26bab6266cbe48652f12a02522"));
}

/* ── known hosts ────────────────────────────────────────────────────────────────────────── */

static char known[2048];
static uint8_t public_room[256];

/* What a file with this line, %s standing for the key, says of `host`. */
static enum ssh_known ask(const char *format, const char *host)
{
    unsigned line;

    snprintf(known, sizeof known, format, public_key, public_key);
    unsigned char *exact = unit_exact(known, strlen(known));
    enum ssh_known says =
        netl_ssh_known_find((const char *)exact, strlen(known), netl_ssh_libcrypto(), host,
                            blob_of(public_key, public_room), &line);
    free(exact);
    return says;
}

static void a_host_is_known_by_name_by_port_and_by_pattern(void)
{
    CU_ASSERT_EQUAL(ask("there ssh-ed25519 %s\n", "there"), SSH_KNOWN);
    CU_ASSERT_EQUAL(ask("there ssh-ed25519 %s", "elsewhere"), SSH_KNOWN_NOT);
    CU_ASSERT_EQUAL(ask("a,[there]:2222 ssh-ed25519 %s me\r\n", "[there]:2222"), SSH_KNOWN);
    CU_ASSERT_EQUAL(ask("*.example.org ssh-ed25519 %s\n", "a.example.org"), SSH_KNOWN);
    CU_ASSERT_EQUAL(ask("10.0.?.1 ssh-ed25519 %s\n", "10.0.7.1"), SSH_KNOWN);
    CU_ASSERT_EQUAL(ask("10.0.?.1 ssh-ed25519 %s\n", "10.0.17.1"), SSH_KNOWN_NOT);
    CU_ASSERT_EQUAL(ask("!bad.org,*.org ssh-ed25519 %s\n", "bad.org"), SSH_KNOWN_NOT);
    CU_ASSERT_EQUAL(ask("*.org,!bad.org ssh-ed25519 %s\n", "good.org"), SSH_KNOWN);
}

static void a_hidden_name_is_found(void)
{
    static const char line[] =
        "|1|0u1Xih6JyWuHiR3+GkM7mD4UJ6c=|FTvCLSwz1RwgMbU15maDsY+NMks= ssh-ed25519 %s\n";

    if (!has_libcrypto())
        return;
    CU_ASSERT_EQUAL(ask(line, "hidden.example"), SSH_KNOWN);
    CU_ASSERT_EQUAL(ask(line, "hidden.examplf"), SSH_KNOWN_NOT);
}

static void another_key_of_the_host_is_told_from_none(void)
{
    CU_ASSERT_EQUAL(ask("there ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA\n", "there"),
                    SSH_KNOWN_OTHER);
    CU_ASSERT_EQUAL(ask("there ssh-rsa AAAAB3Nz\n", "there"), SSH_KNOWN_TYPES);
    CU_ASSERT_EQUAL(ask("there ssh-ed25519 AAAA\nthere ssh-ed25519 %s\n", "there"), SSH_KNOWN);
    CU_ASSERT_EQUAL(ask("@revoked * ssh-ed25519 %s\nthere ssh-ed25519 %s\n", "there"),
                    SSH_KNOWN_REVOKED);
}

static void lines_that_make_no_sense_say_nothing(void)
{
    CU_ASSERT_EQUAL(ask("", "there"), SSH_KNOWN_NOT);
    CU_ASSERT_EQUAL(ask("\n\n# there ssh-ed25519 %s\n", "there"), SSH_KNOWN_NOT);
    CU_ASSERT_EQUAL(ask("there\nthere ssh-ed25519\n", "there"), SSH_KNOWN_NOT);
    CU_ASSERT_EQUAL(ask("@cert-authority there ssh-ed25519 %s\n", "there"), SSH_KNOWN_NOT);
    CU_ASSERT_EQUAL(ask("|1||| ssh-ed25519 %s\n|1|x ssh-ed25519 %s\n", "there"), SSH_KNOWN_NOT);
    CU_ASSERT_EQUAL(ask("garbage \x01\nthere ssh-ed25519 %s", "there"), SSH_KNOWN);
}

static void a_host_has_its_port_beside_its_name_unless_it_is_22(void)
{
    char text[64];

    netl_ssh_host_name(text, sizeof text, "There", 22);
    CU_ASSERT_STRING_EQUAL(text, "there");
    netl_ssh_host_name(text, sizeof text, "::1", 2222);
    CU_ASSERT_STRING_EQUAL(text, "[::1]:2222");
}

UNIT_MAIN("ssh keys", UNIT(a_key_of_ssh_keygen_is_read_with_its_fingerprint),
          UNIT(a_key_that_needs_a_passphrase_or_is_of_another_kind_is_refused_in_words),
          UNIT(a_key_file_that_is_cut_anywhere_is_refused),
          UNIT(a_key_file_with_a_changed_letter_never_gives_another_public_key),
          UNIT(a_file_that_is_not_there_or_too_long_is_one_sentence),
          UNIT(a_signature_fits_only_its_key_its_name_and_its_message),
          UNIT(public_keys_that_are_not_well_formed_fit_nothing),
          UNIT(keys_are_derived_as_rfc_4253_says),
          UNIT(a_host_is_known_by_name_by_port_and_by_pattern), UNIT(a_hidden_name_is_found),
          UNIT(another_key_of_the_host_is_told_from_none),
          UNIT(lines_that_make_no_sense_say_nothing),
          UNIT(a_host_has_its_port_beside_its_name_unless_it_is_22))
