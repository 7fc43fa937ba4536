/* SPDX-License-Identifier: MIT */
/* The identification line, KEXINIT, and how two of them become one choice. */
#include "application/ssh_kexinit.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

/* ── identification ─────────────────────────────────────────────────────────────────────── */

static long line(const char *text, size_t length, struct netl_ssh_bytes *id,
                 enum ssh_id_fault *fault)
{
    static unsigned char *kept;
    free(kept);
    kept = unit_exact(text, length);
    return netl_ssh_id_line(kept, length, id, fault);
}

static enum ssh_id_fault fault_of(const char *text, size_t length)
{
    struct netl_ssh_bytes id;
    enum ssh_id_fault fault;

    CU_ASSERT_EQUAL(line(text, length, &id, &fault), -1);
    return fault;
}

static void an_identification_ends_with_cr_lf_or_lf(void)
{
    struct netl_ssh_bytes id;
    enum ssh_id_fault fault;

    CU_ASSERT_EQUAL(line("SSH-2.0-x y z\r\nmore", 19, &id, &fault), 15);
    CU_ASSERT_TRUE(netl_ssh_is(id, "SSH-2.0-x y z"));
    CU_ASSERT_EQUAL(line("SSH-1.99-x\n", 11, &id, &fault), 11);
    CU_ASSERT_TRUE(netl_ssh_is(id, "SSH-1.99-x"));
}

static void lines_before_it_are_no_identification(void)
{
    struct netl_ssh_bytes id;
    enum ssh_id_fault fault;

    CU_ASSERT_EQUAL(line("hello\r\nSSH-2.0-x\r\n", 18, &id, &fault), 7);
    CU_ASSERT_PTR_NULL(id.bytes);
}

static void an_identification_of_255_bytes_is_taken_and_one_of_256_is_not(void)
{
    char text[300] = "SSH-2.0-";
    struct netl_ssh_bytes id;
    enum ssh_id_fault fault;

    memset(text + 8, 'x', sizeof text - 8);
    memcpy(text + 253, "\r\n", 2);
    CU_ASSERT_EQUAL(line(text, 255, &id, &fault), 255);
    text[253] = 'x';
    memcpy(text + 254, "\r\n", 2);
    CU_ASSERT_EQUAL(fault_of(text, 256), SSH_ID_LONG);
    CU_ASSERT_EQUAL(fault_of(text, 300), SSH_ID_LONG); /* whatever may come yet */
    text[254] = 'x';
    CU_ASSERT_EQUAL(line(text, 255, &id, &fault), 0);
}

static void other_protocols_and_unprintable_bytes_are_refused(void)
{
    CU_ASSERT_EQUAL(fault_of("SSH-1.5-x\r\n", 11), SSH_ID_VERSION);
    CU_ASSERT_EQUAL(fault_of("SSH-3.0-x\r\n", 11), SSH_ID_VERSION);
    CU_ASSERT_EQUAL(fault_of("SSH-2.0-\r\n", 10), SSH_ID_FORM);
    CU_ASSERT_EQUAL(fault_of("SSH-2.0- x\r\n", 12), SSH_ID_FORM);
    CU_ASSERT_EQUAL(fault_of("SSH-2.0-\x1b[31m\r\n", 15), SSH_ID_FORM);
    CU_ASSERT_EQUAL(fault_of("SSH-2.0-a\0b\r\n", 13), SSH_ID_ZERO);
}

static void a_line_that_never_ends_is_refused(void)
{
    char text[1100];

    memset(text, 'a', sizeof text);
    CU_ASSERT_EQUAL(fault_of(text, sizeof text), SSH_ID_LINE_LONG);
}

/* ── KEXINIT ────────────────────────────────────────────────────────────────────────────── */

static const char *const usual[SSH_PICKED] = {"curve25519-sha256",
                                              "ssh-ed25519",
                                              "aes256-ctr,aes128-ctr",
                                              "aes256-ctr,aes128-ctr",
                                              "hmac-sha2-256",
                                              "hmac-sha2-256",
                                              "none",
                                              "none"};
static uint8_t rooms[2][1024];

/* One side's KEXINIT: the usual lists, with `list` replaced. */
static struct netl_ssh_bytes make(unsigned side, enum ssh_list list, const char *names)
{
    const char *lists[SSH_PICKED];
    struct ssh_writer writer = netl_ssh_writer(rooms[side], sizeof rooms[side]);

    memcpy(lists, usual, sizeof lists);
    lists[list] = names;
    netl_ssh_kexinit_write(&writer, (const uint8_t *)"0123456789abcdef", lists);
    CU_ASSERT_FALSE_FATAL(writer.broken);
    return (struct netl_ssh_bytes){rooms[side], writer.length};
}

/* What both agree on, when each has its own list of one kind. */
static struct ssh_agreement agree(enum ssh_list list, const char *client, const char *server,
                                  bool client_guesses)
{
    struct ssh_kexinit a, b;
    struct ssh_agreement agreement;

    CU_ASSERT_TRUE_FATAL(netl_ssh_kexinit_parse(&a, make(0, list, client)));
    CU_ASSERT_TRUE_FATAL(netl_ssh_kexinit_parse(&b, make(1, list, server)));
    a.guess_follows = client_guesses;
    netl_ssh_negotiate(&agreement, &a, &b);
    return agreement;
}

static void the_first_of_the_client_that_the_server_knows_is_picked(void)
{
    struct ssh_agreement got = agree(SSH_LIST_CIPHER_UP, "a,b,c", "c,b", false);

    CU_ASSERT_TRUE(got.complete);
    CU_ASSERT_TRUE(netl_ssh_is(got.picked[SSH_LIST_CIPHER_UP], "b"));
    CU_ASSERT_TRUE(netl_ssh_is(got.picked[SSH_LIST_CIPHER_DOWN], "aes256-ctr"));
}

static void nothing_in_common_names_the_list(void)
{
    struct ssh_agreement got = agree(SSH_LIST_MAC_DOWN, "a", "b", false);

    CU_ASSERT_FALSE(got.complete);
    CU_ASSERT_EQUAL(got.missing, SSH_LIST_MAC_DOWN);
    got = agree(SSH_LIST_HOST_KEY, "", "ssh-ed25519", false);
    CU_ASSERT_EQUAL(got.missing, SSH_LIST_HOST_KEY);
    got = agree(SSH_LIST_KEX, "curve25519-sha256", "", false);
    CU_ASSERT_EQUAL(got.missing, SSH_LIST_KEX);
}

static void compression_is_none_or_nothing(void)
{
    CU_ASSERT_FALSE(agree(SSH_LIST_COMPRESSION_UP, "none", "zlib", false).complete);
}

static void a_cipher_that_proves_by_itself_needs_no_mac_in_common(void)
{
    const char *lists[SSH_PICKED];
    struct ssh_kexinit a, b;
    struct ssh_agreement got;

    memcpy(lists, usual, sizeof lists);
    lists[SSH_LIST_CIPHER_UP] = "chacha20-poly1305@openssh.com";
    lists[SSH_LIST_MAC_UP] = "";
    struct ssh_writer writer = netl_ssh_writer(rooms[0], sizeof rooms[0]);
    netl_ssh_kexinit_write(&writer, (const uint8_t *)"0123456789abcdef", lists);
    CU_ASSERT_TRUE(netl_ssh_kexinit_parse(&a, (struct netl_ssh_bytes){rooms[0], writer.length}));
    b = a;
    netl_ssh_negotiate(&got, &a, &b);
    CU_ASSERT_TRUE(got.complete);
    CU_ASSERT_TRUE(got.implicit[SSH_LIST_MAC_UP]);
    CU_ASSERT_FALSE(got.implicit[SSH_LIST_MAC_DOWN]);
}

static void signals_among_the_methods_are_never_picked(void)
{
    static const char signals[] =
        "ext-info-c,kex-strict-c-v00@openssh.com,ext-info-s,kex-strict-s-v00@openssh.com";

    CU_ASSERT_FALSE(agree(SSH_LIST_KEX, signals, signals, false).complete);
}

static void strict_key_exchange_needs_both_and_each_its_own_name(void)
{
    struct ssh_agreement got = agree(SSH_LIST_KEX, "a,kex-strict-c-v00@openssh.com,ext-info-c",
                                     "a,kex-strict-s-v00@openssh.com", false);
    CU_ASSERT_TRUE(got.strict);
    CU_ASSERT_TRUE(got.client_ext_info);
    got = agree(SSH_LIST_KEX, "a,kex-strict-c-v00@openssh.com", "a", false);
    CU_ASSERT_FALSE(got.strict);
    got = agree(SSH_LIST_KEX, "a,kex-strict-c-v00@openssh.com", "a,kex-strict-c-v00@openssh.com",
                false);
    CU_ASSERT_FALSE(got.strict);
}

static void a_guess_is_right_only_when_both_put_the_same_first(void)
{
    CU_ASSERT_FALSE(agree(SSH_LIST_KEX, "a,b", "a", true).client_guessed_wrong);
    CU_ASSERT_TRUE(agree(SSH_LIST_KEX, "b,a", "a,b", true).client_guessed_wrong);
    CU_ASSERT_TRUE(agree(SSH_LIST_HOST_KEY, "x,y", "y,x", true).client_guessed_wrong);
    CU_ASSERT_FALSE(agree(SSH_LIST_KEX, "b,a", "a,b", false).client_guessed_wrong);
    CU_ASSERT_FALSE(agree(SSH_LIST_CIPHER_UP, "x,y", "y,x", true).client_guessed_wrong);
}

static void a_kexinit_that_is_cut_anywhere_is_refused(void)
{
    struct netl_ssh_bytes whole = make(0, SSH_LIST_KEX, usual[0]);
    struct ssh_kexinit kexinit;

    for (size_t length = 0; length <= whole.length; length++) {
        unsigned char *bytes = unit_exact(whole.bytes, length);
        bool fine = netl_ssh_kexinit_parse(&kexinit, (struct netl_ssh_bytes){bytes, length});
        CU_ASSERT_EQUAL(fine, length == whole.length);
        free(bytes);
    }
}

static void a_kexinit_with_more_behind_it_or_another_number_is_refused(void)
{
    struct netl_ssh_bytes whole = make(0, SSH_LIST_KEX, usual[0]);
    struct ssh_kexinit kexinit;

    rooms[0][whole.length] = 0;
    CU_ASSERT_FALSE(
        netl_ssh_kexinit_parse(&kexinit, (struct netl_ssh_bytes){whole.bytes, whole.length + 1}));
    rooms[0][0] = SSH_NEWKEYS;
    CU_ASSERT_FALSE(netl_ssh_kexinit_parse(&kexinit, whole));
}

UNIT_MAIN("ssh negotiation", UNIT(an_identification_ends_with_cr_lf_or_lf),
          UNIT(lines_before_it_are_no_identification),
          UNIT(an_identification_of_255_bytes_is_taken_and_one_of_256_is_not),
          UNIT(other_protocols_and_unprintable_bytes_are_refused),
          UNIT(a_line_that_never_ends_is_refused),
          UNIT(the_first_of_the_client_that_the_server_knows_is_picked),
          UNIT(nothing_in_common_names_the_list), UNIT(compression_is_none_or_nothing),
          UNIT(a_cipher_that_proves_by_itself_needs_no_mac_in_common),
          UNIT(signals_among_the_methods_are_never_picked),
          UNIT(strict_key_exchange_needs_both_and_each_its_own_name),
          UNIT(a_guess_is_right_only_when_both_put_the_same_first),
          UNIT(a_kexinit_that_is_cut_anywhere_is_refused),
          UNIT(a_kexinit_with_more_behind_it_or_another_number_is_refused))
