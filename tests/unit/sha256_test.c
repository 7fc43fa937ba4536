/* SPDX-License-Identifier: MIT */
/* SHA-256 against FIPS 180-4's examples and NIST's samples; LMS against RFC 8554's. */
#include "application/lms.h"
#include "support/unit.h"
#include <netlayers/sha256.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t unhex(const char *text, unsigned char *bytes)
{
    unsigned value;
    size_t length = 0;

    for (; sscanf(text, "%2x", &value) == 1; text += 2)
        bytes[length++] = (unsigned char)value;
    return length;
}

static void expect(const void *bytes, size_t length, const char *digest)
{
    unsigned char *exact = unit_exact(bytes, length), got[NETL_SHA256_BYTES];
    char text[NETL_SHA256_TEXT];

    netl_sha256(exact, length, got);
    CU_ASSERT_STRING_EQUAL(netl_sha256_text(got, sizeof got, text), digest);
    free(exact);
}

static void the_examples_of_the_standard_come_out(void)
{
    expect("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
           "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
           112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void a_million_times_a_comes_out_in_pieces_of_any_size(void)
{
    static char bytes[1000000];

    memset(bytes, 'a', sizeof bytes);
    expect(bytes, sizeof bytes, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    for (size_t piece = 1; piece < 200; piece += 33) {
        unsigned char digest[NETL_SHA256_BYTES], whole[NETL_SHA256_BYTES];
        struct netl_sha256 hash;
        netl_sha256_begin(&hash);
        for (size_t at = 0; at < 10000; at += piece)
            netl_sha256_add(&hash, bytes + at, at + piece < 10000 ? piece : 10000 - at);
        netl_sha256_end(&hash, digest);
        netl_sha256(bytes, 10000, whole);
        CU_ASSERT_EQUAL(memcmp(digest, whole, sizeof whole), 0);
    }
}

/* SHA256ShortMsg.rsp of NIST's validation system. */
static void short_samples_of_nist_come_out(void)
{
    static const char *const samples[][2] = {
        {"d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
        {"11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"},
        {"b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"},
        {"74ba2521", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"},
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        unsigned char bytes[8];
        size_t length = unhex(samples[i][0], bytes);
        expect(bytes, length, samples[i][1]);
    }
}

/* SHA256Monte.rsp: 100,000 hashes of 96 bytes, each of the three before it. */
static void the_monte_carlo_test_of_nist_comes_out(void)
{
    unsigned char last[3 * NETL_SHA256_BYTES], seed[NETL_SHA256_BYTES];
    char text[NETL_SHA256_TEXT];

    unhex("6d1e72ad03ddeb5de891e572e2396f8da015d899ef0e79503152d6010a3fe691", seed);
    for (unsigned count = 0; count < 100; count++) {
        for (unsigned i = 0; i < 3; i++)
            memcpy(last + i * sizeof seed, seed, sizeof seed);
        for (unsigned i = 0; i < 1000; i++) {
            netl_sha256(last, sizeof last, seed);
            memmove(last, last + sizeof seed, 2 * sizeof seed);
            memcpy(last + 2 * sizeof seed, seed, sizeof seed);
        }
        if (count == 0)
            CU_ASSERT_STRING_EQUAL(
                netl_sha256_text(seed, sizeof seed, text),
                "e93c330ae5447738c8aa85d71a6c80f2a58381d05872d26bdd39f1fcd4f2b788");
    }
    CU_ASSERT_STRING_EQUAL(netl_sha256_text(seed, sizeof seed, text),
                           "6a912ba4188391a78e6f13d88ed2d14e13afce9db6f7dcbf4a48c24f3db02778");
}

/* The expected value comes from another implementation, Python's hashlib. */
static void every_length_up_to_a_thousand_is_padded_right(void)
{
    unsigned char bytes[1000], digest[NETL_SHA256_BYTES];
    struct netl_sha256 all;
    char text[NETL_SHA256_TEXT];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    netl_sha256_begin(&all);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        netl_sha256(bytes, length, digest);
        netl_sha256_add(&all, digest, sizeof digest);
    }
    netl_sha256_end(&all, digest);
    CU_ASSERT_STRING_EQUAL(netl_sha256_text(digest, sizeof digest, text),
                           "1e67f63d8c60e0ece8c22863ef816243e24887524e12babda67a0a1294bea06e");
}

/* ── signatures of hashes ─────────────────────────────────────────────────────────────────── */

static void make_key(struct netl_lms_key *key, unsigned height)
{
    unsigned char seed[32], identifier[16];

    /* RFC 8554 appendix F, test case 2, the top level's private key. */
    unhex("558b8966c48ae9cb898b423c83443aae014a72f1b1ab5cc85cf1d892903b5439", seed);
    unhex("d08fabd4a2091ff0a8cb4ed834e74534", identifier);
    CU_ASSERT_EQUAL_FATAL(netl_lms_make(key, seed, identifier, height), 0);
}

static void a_key_is_that_of_the_rfcs_test_case(void)
{
    struct netl_lms_key key;
    char text[NETL_SHA256_TEXT];

    make_key(&key, 10);
    CU_ASSERT_STRING_EQUAL(netl_sha256_text(key.public_key, 8, text), "0000000600000003");
    CU_ASSERT_STRING_EQUAL(netl_sha256_text(key.public_key + 24, 32, text),
                           "32a58885cd9ba0431235466bff9651c6c92124404d45fa53cf161c28f1ad5a8e");
    netl_lms_free(&key);
}

static void each_of_the_signatures_of_a_key_is_good_for_its_leaf_alone(void)
{
    size_t length = netl_lms_signature_length(5);
    unsigned char *signature = malloc(length);
    struct netl_lms_key key;

    make_key(&key, 5);
    for (uint32_t leaf = 0; signature && leaf < 32; leaf++) {
        netl_lms_sign(&key, leaf, "pay", 3, signature);
        CU_ASSERT_TRUE(netl_lms_verify(key.public_key, leaf, "pay", 3, signature, length));
        CU_ASSERT_FALSE(netl_lms_verify(key.public_key, leaf ^ 1, "pay", 3, signature, length));
        CU_ASSERT_FALSE(netl_lms_verify(key.public_key, leaf, "pax", 3, signature, length));
    }
    free(signature);
    netl_lms_free(&key);
}

static void a_signature_with_any_byte_changed_or_missing_is_refused(void)
{
    size_t length = netl_lms_signature_length(5);
    unsigned char *signature = malloc(length);
    struct netl_lms_key key;

    make_key(&key, 5);
    netl_lms_sign(&key, 7, "pay", 3, signature);
    for (size_t at = 0; at < length; at++) {
        signature[at] ^= 1;
        CU_ASSERT_FALSE(netl_lms_verify(key.public_key, 7, "pay", 3, signature, length));
        signature[at] ^= 1;
    }
    for (size_t at = 0; at < length; at += 7) {
        unsigned char *exact = unit_exact(signature, at);
        CU_ASSERT_FALSE(netl_lms_verify(key.public_key, 7, "pay", 3, exact, at));
        free(exact);
    }
    for (size_t at = 0; at < NETL_LMS_PUBLIC; at++) {
        key.public_key[at] ^= 1;
        CU_ASSERT_FALSE(netl_lms_verify(key.public_key, 7, "pay", 3, signature, length));
        key.public_key[at] ^= 1;
    }
    free(signature);
    netl_lms_free(&key);
}

UNIT_MAIN("sha256", UNIT(the_examples_of_the_standard_come_out),
          UNIT(a_million_times_a_comes_out_in_pieces_of_any_size),
          UNIT(short_samples_of_nist_come_out), UNIT(the_monte_carlo_test_of_nist_comes_out),
          UNIT(every_length_up_to_a_thousand_is_padded_right),
          UNIT(a_key_is_that_of_the_rfcs_test_case),
          UNIT(each_of_the_signatures_of_a_key_is_good_for_its_leaf_alone),
          UNIT(a_signature_with_any_byte_changed_or_missing_is_refused))
