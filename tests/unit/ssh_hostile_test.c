/* SPDX-License-Identifier: MIT */
/* Peers that break a rule: each is refused with a reason, and told so where it can hear it. */
#include "ssh_fixture.h"
#include "wire/bytes.h"

static struct netl_host *host;
static struct netl_ssh_key *key;

/* One end without TCP: what it says stays in `out`. */
static struct netl_ssh *open_end(bool is_server)
{
    struct netl_ssh_options options = {.crypto = &fake_crypto};
    struct netl_ssh *ssh = netl_ssh_make(host, NULL, is_server, &options);

    CU_ASSERT_PTR_NOT_NULL_FATAL(ssh);
    snprintf(ssh->doing, sizeof ssh->doing, "test");
    ssh->key = key;
    ssh->goodbye = "goodbye";
    CU_ASSERT_EQUAL_FATAL(netl_ssh_start(ssh), 0);
    return ssh;
}

static void begin(void)
{
    host = netl_host_open("observe=off timeout=5000 seed=1");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    key = netl_ssh_key_from_seed(&fake_crypto, (const uint8_t *)"01234567890123456789012345678901");
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
}

static void end(struct netl_ssh *ssh)
{
    netl_ssh_close(ssh);
    netl_ssh_key_free(key);
    CU_ASSERT_EQUAL(netl_host_close(host), 0);
}

static void give(struct netl_ssh *ssh, const void *bytes, size_t length)
{
    netl_ssh_enter(ssh);
    netl_ssh_take(ssh, bytes, length);
    netl_ssh_leave(ssh);
}

/* A plain packet. */
static void give_message(struct netl_ssh *ssh, const void *payload, size_t length)
{
    static uint8_t room[40000];
    static const uint8_t padding[32];
    struct ssh_direction plain = {0};
    struct netl_ssh_bytes bytes = {payload, length};

    CU_ASSERT_TRUE_FATAL(netl_ssh_packet_seal(&plain, bytes, padding, room));
    give(ssh, room, netl_ssh_packet_size(&plain, length));
}

static void give_byte(struct netl_ssh *ssh, unsigned message)
{
    uint8_t payload[8] = {(uint8_t)message};

    give_message(ssh, payload, message == SSH_NEWKEYS ? 1 : sizeof payload);
}

static void give_kexinit(struct netl_ssh *ssh, const char *methods, const char *host_keys,
                         bool guess)
{
    uint8_t room[1024];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    const char *names[SSH_PICKED] = {methods,         host_keys,       "aes128-ctr", "aes128-ctr",
                                     "hmac-sha2-256", "hmac-sha2-256", "none",       "none"};

    netl_ssh_kexinit_write(&writer, (const uint8_t *)"0123456789abcdef", names);
    room[writer.length - 5] = guess;
    give_message(ssh, room, writer.length);
}

/* Refused with these words, and a DISCONNECT is the last thing said. */
static bool refused(struct netl_ssh *ssh, const char *words)
{
    bool told = ssh->out.end - ssh->out.start > strlen(ssh->reason) + 10;

    if (ssh->error != NETL_ERROR_PROTOCOL || !strstr(ssh->reason, words))
        fprintf(stderr, "\n    error %d: %s", ssh->error, ssh->reason);
    return ssh->error == NETL_ERROR_PROTOCOL && strstr(ssh->reason, words) && told;
}

#define STRICT "curve25519-sha256,kex-strict-s-v00@openssh.com"
#define LOOSE  "curve25519-sha256"

/* ── before keys ────────────────────────────────────────────────────────────────────────── */

static void an_identification_that_is_too_long_or_of_another_protocol_is_refused(void)
{
    static const char *const wrong[] = {"SSH-1.5-old\r\n", "SSH-2.0-\r\n", "SSH-2.0-\x01\r\n"};
    char id[300] = "SSH-2.0-";

    memset(id + 8, 'x', sizeof id - 8);
    for (size_t i = 0; i < 4; i++) {
        begin();
        struct netl_ssh *ssh = open_end(i % 2);
        give(ssh, i < 3 ? wrong[i] : id, i < 3 ? strlen(wrong[i]) : sizeof id);
        CU_ASSERT_EQUAL(ssh->error, NETL_ERROR_PROTOCOL);
        CU_ASSERT_PTR_NOT_NULL(strstr(ssh->reason, "identification"));
        end(ssh);
    }
}

static void lines_before_the_identification_are_few_and_only_a_server_s(void)
{
    begin();
    struct netl_ssh *ssh = open_end(false);
    for (unsigned i = 0; i < SSH_LINES_MAX; i++)
        give(ssh, "hello\r\n", 7);
    CU_ASSERT_EQUAL(ssh->error, 0);
    give(ssh, "hello\r\n", 7);
    CU_ASSERT_PTR_NOT_NULL(strstr(ssh->reason, "too many lines"));
    end(ssh);
    begin();
    ssh = open_end(true);
    give(ssh, "GET / HTTP/1.0\r\n", 16);
    CU_ASSERT_EQUAL(ssh->error, NETL_ERROR_PROTOCOL);
    end(ssh);
}

/* The first packet after a right identification. */
static bool first_packet_refused(const void *bytes, size_t length, const char *words)
{
    begin();
    struct netl_ssh *ssh = open_end(false);
    give(ssh, "SSH-2.0-x\r\n", 11);
    give(ssh, bytes, length);
    bool result = refused(ssh, words);
    end(ssh);
    return result;
}

static void packets_that_cannot_be_are_refused(void)
{
    CU_ASSERT_TRUE(first_packet_refused("\0\0\0\0", 4, "too short"));
    CU_ASSERT_TRUE(first_packet_refused("\0\0\0\x0d", 4, "multiple"));
    CU_ASSERT_TRUE(first_packet_refused("\0\0\x88\xbc", 4, "35000"));
    CU_ASSERT_TRUE(first_packet_refused("\xff\xff\xff\xff", 4, "35000"));
    CU_ASSERT_TRUE(first_packet_refused("\0\0\0\x0c\x03\x14 0123456789", 16, "padding"));
    CU_ASSERT_TRUE(first_packet_refused("\0\0\0\x0c\x0b 12345678901", 16, "without a message"));
    CU_ASSERT_TRUE(first_packet_refused("\0\0\0\x0c\xff 12345678901", 16, "padding"));
}

static void empty_lists_have_nothing_in_common(void)
{
    begin();
    struct netl_ssh *ssh = open_end(false);
    give(ssh, "SSH-2.0-x\r\n", 11);
    give_kexinit(ssh, "", "ssh-ed25519", false);
    CU_ASSERT_EQUAL(ssh->error, NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(ssh->reason, "offers none at all"));
    end(ssh);
}

static void a_kexinit_with_an_empty_name_is_refused(void)
{
    begin();
    struct netl_ssh *ssh = open_end(false);
    give(ssh, "SSH-2.0-x\r\n", 11);
    give_kexinit(ssh, "curve25519-sha256,,x", "ssh-ed25519", false);
    CU_ASSERT_TRUE(refused(ssh, "not well formed"));
    end(ssh);
}

/* ── order ──────────────────────────────────────────────────────────────────────────────── */

static void nothing_comes_before_kexinit_but_what_the_transport_allows(void)
{
    for (unsigned message = 1; message < 256; message++) {
        begin();
        struct netl_ssh *ssh = open_end(message % 2);
        give(ssh, "SSH-2.0-x\r\n", 11);
        give_byte(ssh, message);
        bool allowed = message >= SSH_IGNORE && message <= SSH_DEBUG;
        int expected = allowed ? 0 : NETL_ERROR_PROTOCOL;
        CU_ASSERT_EQUAL(ssh->error, message == SSH_DISCONNECT ? NETL_ERROR_CLOSED : expected);
        end(ssh);
    }
}

static void after_kexinit_only_the_exchange_s_own_message_is_due(void)
{
    for (unsigned message = 5; message < 256; message++) {
        begin();
        struct netl_ssh *ssh = open_end(false);
        give(ssh, "SSH-2.0-x\r\n", 11);
        give_kexinit(ssh, LOOSE, "ssh-ed25519", false);
        CU_ASSERT_EQUAL(ssh->error, 0);
        give_byte(ssh, message); /* KEX_ECDH_REPLY too: this one is empty */
        CU_ASSERT_EQUAL(ssh->error, NETL_ERROR_PROTOCOL);
        end(ssh);
    }
}

/* The attack that strict key exchange is against: a message that nobody will miss. */
static void under_strict_key_exchange_nothing_is_slipped_in(void)
{
    for (unsigned message = SSH_IGNORE; message <= SSH_DEBUG; message++) {
        begin();
        struct netl_ssh *ssh = open_end(false);
        give(ssh, "SSH-2.0-x\r\n", 11);
        give_byte(ssh, message);
        CU_ASSERT_EQUAL(ssh->error, 0); /* nobody knows yet */
        give_kexinit(ssh, STRICT, "ssh-ed25519", false);
        CU_ASSERT_TRUE(refused(ssh, "before KEXINIT"));
        end(ssh);
        begin();
        ssh = open_end(false);
        give(ssh, "SSH-2.0-x\r\n", 11);
        give_kexinit(ssh, STRICT, "ssh-ed25519", false);
        give_byte(ssh, message);
        CU_ASSERT_TRUE(refused(ssh, "strict"));
        end(ssh);
        begin();
        ssh = open_end(false);
        give(ssh, "SSH-2.0-x\r\n", 11);
        give_kexinit(ssh, LOOSE, "ssh-ed25519", false);
        give_byte(ssh, message);
        CU_ASSERT_EQUAL(ssh->error, 0);
        end(ssh);
    }
}

static void a_wrong_guess_is_skipped_and_only_that_one(void)
{
    uint8_t init[37] = {SSH_ECDH_INIT, 0, 0, 0, 32, 1, 2, 3};

    begin();
    struct netl_ssh *ssh = open_end(true);
    give(ssh, "SSH-2.0-x\r\n", 11);
    give_kexinit(ssh, "ecdh-sha2-nistp256,curve25519-sha256", "ssh-ed25519", true);
    give_byte(ssh, SSH_ECDH_INIT); /* the guess: not even well formed for our method */
    CU_ASSERT_EQUAL(ssh->error, 0);
    CU_ASSERT_EQUAL(ssh->step, STEP_ECDH);
    give_message(ssh, init, sizeof init);
    CU_ASSERT_EQUAL(ssh->error, 0);
    CU_ASSERT_EQUAL(ssh->step, STEP_NEWKEYS);
    end(ssh);
    begin();
    ssh = open_end(true);
    give(ssh, "SSH-2.0-x\r\n", 11);
    give_kexinit(ssh, LOOSE, "ssh-ed25519", true); /* a right guess counts */
    give_message(ssh, init, sizeof init);
    CU_ASSERT_EQUAL(ssh->step, STEP_NEWKEYS);
    end(ssh);
}

/* ── the reply ──────────────────────────────────────────────────────────────────────────── */

/* Moves what one end said to the other. */
static void carry(struct netl_ssh *from, struct netl_ssh *to)
{
    size_t length = from->out.end - from->out.start;
    unsigned char *bytes = unit_exact(from->out.bytes + from->out.start, length);

    from->out.start = from->out.end = 0;
    give(to, bytes, length);
    free(bytes);
}

/* Both ends up to where the server's reply is sealed; its payload goes into `reply`. */
static size_t up_to_reply(struct netl_ssh **client, struct netl_ssh **server, uint8_t *reply)
{
    *client = open_end(false);
    *server = open_end(true);
    carry(*client, *server);
    carry(*server, *client);
    carry(*client, *server); /* KEX_ECDH_INIT */
    struct ssh_queue *out = &(*server)->out;
    size_t length = wire_get32(out->bytes + out->start), pad = out->bytes[out->start + 4];
    memcpy(reply, out->bytes + out->start + 5, length - pad - 1);
    CU_ASSERT_EQUAL_FATAL(reply[0], SSH_ECDH_REPLY);
    return length - pad - 1;
}

static void a_reply_that_is_cut_or_changed_anywhere_is_refused(void)
{
    static uint8_t reply[1024];
    size_t whole = 1;

    for (size_t at = 0; at < 2 * whole; at++) {
        struct netl_ssh *client, *server;
        begin();
        whole = up_to_reply(&client, &server, reply);
        bool cut = at < whole;
        if (cut && at == 0)
            CU_ASSERT_EQUAL(client->error, 0);
        if (!cut && at - whole > 0)
            reply[at - whole] ^= 1;
        if (cut ? at > 0 : at > whole) {
            give_message(client, reply, cut ? at : whole);
            CU_ASSERT_EQUAL(client->error, NETL_ERROR_PROTOCOL);
            CU_ASSERT_NOT_EQUAL(client->info.stage, NETL_SSH_READY);
        }
        netl_ssh_close(server);
        end(client);
    }
}

static void both_come_to_keys_and_what_follows_is_hidden(void)
{
    struct netl_ssh *client, *server;
    uint8_t reply[1024];

    begin();
    up_to_reply(&client, &server, reply);
    carry(server, client);
    CU_ASSERT_EQUAL(client->info.stage, NETL_SSH_READY);
    carry(client, server);
    CU_ASSERT_EQUAL(server->info.stage, NETL_SSH_READY);
    CU_ASSERT_EQUAL(client->send.sequence, 0); /* strict: counted from new keys on */
    client->host_accepted = true;
    CU_ASSERT_EQUAL(netl_ssh_begin_login_password(client, "me", "secret word"), 0);
    carry(client, server); /* SERVICE_REQUEST: the library's server has none */
    CU_ASSERT_EQUAL(server->error, NETL_ERROR_CLOSED);
    carry(server, client);
    CU_ASSERT_EQUAL(client->error, NETL_ERROR_CLOSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(client->reason, "\"goodbye\" (reason 7)"));
    netl_ssh_close(server);
    end(client);
}

static void a_changed_byte_after_newkeys_ends_it_with_the_mac(void)
{
    struct netl_ssh *client, *server;
    uint8_t reply[1024];

    begin();
    up_to_reply(&client, &server, reply);
    carry(server, client);
    carry(client, server);
    client->host_accepted = true;
    netl_ssh_begin_login_password(client, "me", "secret");
    client->out.bytes[client->out.end - 1] ^= 1;
    carry(client, server);
    CU_ASSERT_PTR_NOT_NULL(strstr(server->reason, "MAC is wrong"));
    netl_ssh_close(server);
    end(client);
}

/* ── time ───────────────────────────────────────────────────────────────────────────────── */

static int visits, last_error;

static void visited(struct netl_ssh_server *server, const struct netl_ssh_info *info, int error,
                    void *context)
{
    (void)server, (void)info, (void)context;
    visits++;
    last_error = error;
}

static int was_visited(void *context)
{
    return visits >= *(int *)context;
}

static void a_client_that_says_nothing_is_sent_away_and_too_many_are_not_let_in(void)
{
    struct netl_lab *lab = netl_lab_open("seed=1 timeout=3000");
    int two = 2;

    visits = 0;
    CU_ASSERT_EQUAL_FATAL(netl_lab_build(lab, "host client address=10.0.0.1/24\n"
                                              "host server address=10.0.0.2/24\n"
                                              "wire client server\n"),
                          0);
    struct netl_host *client = netl_lab_find(lab, "client");
    key = netl_ssh_key_make(client, &fake_crypto);
    struct netl_ssh_server_options options = {
        .crypto = &fake_crypto, .key = key, .clients = 2, .visited = visited};
    struct netl_ssh_server *server =
        netl_ssh_server_open(netl_lab_find(lab, "server"), NULL, 22, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    struct netl_tcp *conns[3];
    char id[64];
    for (size_t i = 0; i < 3; i++) {
        conns[i] = netl_tcp_connect(client, "10.0.0.2", 22);
        CU_ASSERT_PTR_NOT_NULL(conns[i]);
    }
    CU_ASSERT_TRUE(netl_tcp_receive(conns[0], id, sizeof id) > 0);
    CU_ASSERT_EQUAL(netl_tcp_receive(conns[2], id, sizeof id), NETL_ERROR_RESET);
    CU_ASSERT_EQUAL(netl_lab_run(lab, was_visited, &two, 10000), 1);
    CU_ASSERT_EQUAL(last_error, NETL_ERROR_TIMEOUT);
    for (size_t i = 0; i < 3; i++)
        netl_tcp_close(conns[i]);
    netl_ssh_server_close(server);
    netl_ssh_key_free(key);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

UNIT_MAIN("ssh hostile peers",
          UNIT(an_identification_that_is_too_long_or_of_another_protocol_is_refused),
          UNIT(lines_before_the_identification_are_few_and_only_a_server_s),
          UNIT(packets_that_cannot_be_are_refused), UNIT(empty_lists_have_nothing_in_common),
          UNIT(a_kexinit_with_an_empty_name_is_refused),
          UNIT(nothing_comes_before_kexinit_but_what_the_transport_allows),
          UNIT(after_kexinit_only_the_exchange_s_own_message_is_due),
          UNIT(under_strict_key_exchange_nothing_is_slipped_in),
          UNIT(a_wrong_guess_is_skipped_and_only_that_one),
          UNIT(a_reply_that_is_cut_or_changed_anywhere_is_refused),
          UNIT(both_come_to_keys_and_what_follows_is_hidden),
          UNIT(a_changed_byte_after_newkeys_ends_it_with_the_mac),
          UNIT(a_client_that_says_nothing_is_sent_away_and_too_many_are_not_let_in))
