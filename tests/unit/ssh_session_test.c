/* SPDX-License-Identifier: MIT */
/* A client of ours and a server in one lab: keys, logins, commands, and keys again. */
#include "ssh_fixture.h"

#include <fcntl.h>
#include <unistd.h>

static struct stage stage;

static const struct netl_ssh_streams nothing = {-1, -1, -1};

/* A file that is gone as soon as it is closed. */
static int scratch(const char *text)
{
    char path[] = "/tmp/netl_ssh_XXXXXX";
    int fd = mkstemp(path);

    CU_ASSERT_TRUE_FATAL(fd >= 0);
    unlink(path);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void both_agree_and_the_client_knows_what_on(void)
{
    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_connect(&stage, NULL);
    const struct netl_ssh_info *info = netl_ssh_info(ssh);
    char fingerprint[NETL_SSH_FINGERPRINT];

    CU_ASSERT_EQUAL(info->stage, NETL_SSH_READY);
    CU_ASSERT_STRING_EQUAL(info->identification, "SSH-2.0-netlayers");
    CU_ASSERT_STRING_EQUAL(info->key_exchange, "curve25519-sha256");
    CU_ASSERT_STRING_EQUAL(info->cipher_to_server, "chacha20-poly1305@openssh.com");
    CU_ASSERT_STRING_EQUAL(info->mac_to_client, "implicit");
    CU_ASSERT_TRUE(info->strict);
    CU_ASSERT_EQUAL(info->key_exchanges, 1);
    netl_ssh_key_fingerprint(stage.key, stage.crypto, fingerprint);
    CU_ASSERT_STRING_EQUAL(info->fingerprint, fingerprint);
    netl_ssh_close(ssh);
    stage_settle(&stage);
    CU_ASSERT_PTR_NOT_NULL(strstr(stage.server_said, "done, goodbye"));
    stage_close(&stage);
}

static void every_cipher_and_mac_carries_a_command(void)
{
    static const char *const ciphers[] = {"chacha20-poly1305@openssh.com", "aes256-ctr",
                                          "aes128-ctr"};
    static const char *const macs[] = {"hmac-sha2-256", "hmac-sha2-512"};

    for (unsigned i = 0; i < 6; i++) {
        struct netl_ssh_exit how;
        const struct netl_ssh_crypto *crypto = netl_ssh_libcrypto();
        stage_open_with(&stage, "seed=1 timeout=60000", crypto ? crypto : &fake_crypto);
        struct netl_ssh_options options = {
            .crypto = stage.crypto, .ciphers = ciphers[i / 2], .macs = macs[i % 2]};
        struct netl_ssh *ssh = stage_logged_in(&stage, &options);
        CU_ASSERT_EQUAL(netl_ssh_run(ssh, "bytes 100000", &nothing, &how), 0);
        CU_ASSERT_TRUE(how.has_status && how.status == 0);
        netl_ssh_close(ssh);
        stage_close(&stage);
    }
}

static void what_a_command_reads_comes_back_byte_for_byte_over_a_bad_wire(void)
{
    for (unsigned seed = 1; seed <= 5; seed++) {
        static char text[50001], back[50001];
        char spec[128];
        struct netl_ssh_exit how;
        snprintf(spec, sizeof spec, "seed=%u timeout=600000 wire.loss=4%% wire.jitter=3ms", seed);
        for (size_t i = 0; i + 1 < sizeof text; i++)
            text[i] = (char)('a' + i * 7 % 26);
        int in = scratch(text), out = scratch("");
        stage_open(&stage, spec);
        struct netl_ssh *ssh = stage_logged_in(&stage, NULL);
        CU_ASSERT_EQUAL(netl_ssh_run(ssh, "echo", &(struct netl_ssh_streams){in, out, -1}, &how),
                        0);
        CU_ASSERT_TRUE(how.has_status && how.status == 7);
        lseek(out, 0, SEEK_SET);
        CU_ASSERT_EQUAL(read(out, back, sizeof back), (ssize_t)sizeof text - 1);
        CU_ASSERT_EQUAL(memcmp(text, back, sizeof text - 1), 0);
        netl_ssh_close(ssh);
        stage_close(&stage);
        close(in);
        close(out);
    }
}

static void one_command_after_the_other_and_each_ends_in_its_way(void)
{
    struct netl_ssh_exit how;

    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_logged_in(&stage, NULL);
    CU_ASSERT_EQUAL(netl_ssh_run(ssh, "bytes 10", &nothing, &how), 0);
    CU_ASSERT_EQUAL(netl_ssh_run(ssh, "signal", &nothing, &how), 0);
    CU_ASSERT_FALSE(how.has_status);
    CU_ASSERT_STRING_EQUAL(how.signal, "KILL");
    CU_ASSERT_EQUAL(netl_ssh_run(ssh, "no", &nothing, &how), NETL_ERROR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "does not run"));
    netl_ssh_close(ssh);
    stage_close(&stage);
}

static void more_than_a_window_is_asked_for_bit_by_bit(void)
{
    struct netl_ssh_exit how;

    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_logged_in(&stage, NULL);
    CU_ASSERT_EQUAL(netl_ssh_run(ssh, "bytes 5000000", &nothing, &how), 0);
    CU_ASSERT_TRUE(how.has_status);
    netl_ssh_close(ssh);
    stage_close(&stage);
}

static int has_failed(void *context)
{
    return ((struct netl_ssh *)context)->error;
}

static void data_over_the_window_or_after_its_end_is_refused(void)
{
    for (unsigned late = 0; late < 2; late++) {
        stage_open(&stage, "seed=1 timeout=60000");
        struct netl_ssh *ssh = stage_logged_in(&stage, NULL);
        CU_ASSERT_EQUAL(netl_ssh_begin_command(ssh, late ? "late" : "bytes 1000"), 0);
        if (!late)
            ssh->channel.window_in = 999;
        CU_ASSERT_EQUAL(netl_lab_run(stage.lab, has_failed, ssh, 1000), NETL_ERROR_PROTOCOL);
        CU_ASSERT_EQUAL(netl_ssh_end_input(ssh), NETL_ERROR_PROTOCOL);
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "over its window, or after its end"));
        netl_ssh_close(ssh);
        stage_close(&stage);
    }
}

static void keys_are_changed_by_either_side_and_nothing_is_lost(void)
{
    for (unsigned side = 0; side < 3; side++) {
        struct netl_ssh_exit how;
        struct netl_ssh_options options = {.crypto = &fake_crypto,
                                           .rekey_bytes = side != 1 ? 50000 : 0};
        stage_open(&stage, "seed=3 timeout=60000 wire.loss=1%");
        stage.server_rekey_bytes = side != 0 ? 60000 : 0;
        struct netl_ssh *ssh = stage_logged_in(&stage, &options);
        CU_ASSERT_EQUAL(netl_ssh_run(ssh, "bytes 1000000", &nothing, &how), 0);
        CU_ASSERT_TRUE(netl_ssh_info(ssh)->key_exchanges > 5);
        char text[2000];
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        int in = scratch(text), out = scratch("");
        CU_ASSERT_EQUAL(netl_ssh_run(ssh, "echo", &(struct netl_ssh_streams){in, out, -1}, &how),
                        0);
        CU_ASSERT_EQUAL(lseek(out, 0, SEEK_END), 1999);
        close(in);
        close(out);
        netl_ssh_close(ssh);
        stage_close(&stage);
    }
}

static void a_refused_login_is_one_sentence_and_another_may_follow(void)
{
    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_connect(&stage, NULL);
    struct netl_ssh_key *stranger = netl_ssh_key_make(stage.client, stage.crypto);

    CU_ASSERT_EQUAL(netl_ssh_login_password(ssh, "me", "right"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "neither known nor accepted"));
    netl_ssh_accept_host(ssh, false);
    CU_ASSERT_EQUAL(netl_ssh_login_password(ssh, "me", "wrong"), NETL_ERROR_PERMISSION);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "refused the password"));
    CU_ASSERT_EQUAL(netl_ssh_login_key(ssh, "me", stranger), NETL_ERROR_PERMISSION);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "refused the key"));
    CU_ASSERT_EQUAL(stage.logins, 0);
    CU_ASSERT_EQUAL(netl_ssh_login_key(ssh, "me", stage.key), 0);
    CU_ASSERT_EQUAL(stage.logins, 1);
    CU_ASSERT_EQUAL(netl_ssh_login_password(ssh, "me", "right"), NETL_ERROR_ARGUMENT);
    netl_ssh_key_free(stranger);
    netl_ssh_close(ssh);
    stage_close(&stage);
}

static bool fall_silent(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    (void)ssh, (void)payload;
    return true;
}

static void a_server_that_falls_silent_is_not_waited_for_for_ever(void)
{
    struct netl_ssh_exit how;

    for (unsigned when = 0; when < 3; when++) {
        struct netl_ssh_options options = {.crypto = &fake_crypto, .timeout_ms = 4000};
        stage_open(&stage, "seed=1 timeout=60000");
        struct netl_ssh *ssh =
            when == 0 ? stage_connect(&stage, &options) : stage_logged_in(&stage, &options);
        int64_t before_ns = netl_lab_now_ns(stage.lab);
        stage.peer->service = fall_silent;
        if (when == 2) /* it does not even answer our KEXINIT */
            netl_tcp_want_received(stage.peer->tcp, false);
        ssh->options.rekey_bytes = when == 2 ? 1 : 0;
        netl_ssh_accept_host(ssh, false);
        int result = when == 0 ? netl_ssh_login_password(ssh, "me", "right")
                               : netl_ssh_run(ssh, "echo", &nothing, &how);
        CU_ASSERT_EQUAL(result, NETL_ERROR_TIMEOUT);
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "took too long"));
        CU_ASSERT_TRUE(netl_lab_now_ns(stage.lab) - before_ns < INT64_C(4100000000));
        netl_ssh_close(ssh);
        stage_close(&stage);
    }
}

static void a_peer_that_vanishes_while_a_command_runs_is_missed(void)
{
    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_logged_in(&stage, NULL);
    CU_ASSERT_EQUAL(netl_ssh_begin_command(ssh, "echo"), 0);
    stage_settle(&stage);
    CU_ASSERT_EQUAL(ssh->channel.step, CHANNEL_RUNS);
    netl_lab_run(stage.lab, has_failed, ssh, 1000 * 1000);
    CU_ASSERT_EQUAL(ssh->error, 0); /* silent, but there */
    netl_lab_cut(netl_lab_find_wire(stage.lab, "client-server"));
    netl_lab_run(stage.lab, has_failed, ssh, 1000 * 1000);
    CU_ASSERT_EQUAL(ssh->error, NETL_ERROR_TIMEOUT);
    netl_ssh_close(ssh);
    stage_close(&stage);
}

/* A server that greets before it judges. */
static bool with_banner(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    uint8_t room[64];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    if (payload.bytes[0] == SSH_USERAUTH_REQUEST) {
        netl_ssh_write_byte(&writer, SSH_USERAUTH_BANNER);
        netl_ssh_write_text(&writer, "For members.\r\n\033[2JBe kind.\n");
        netl_ssh_write_text(&writer, "");
        stage_send(ssh, &writer);
    }
    return stage_service(ssh, payload);
}

static void a_banner_keeps_its_lines_and_nothing_else_that_moves_a_terminal(void)
{
    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_connect(&stage, NULL);
    stage.peer->service = with_banner;
    CU_ASSERT_EQUAL(netl_ssh_accept_host(ssh, false), 0);
    CU_ASSERT_EQUAL(netl_ssh_login_password(ssh, "me", "right"), 0);
    CU_ASSERT_STRING_EQUAL(netl_ssh_info(ssh)->banner, "For members.\n\\x1b[2JBe kind.\n");
    netl_ssh_close(ssh);
    stage_close(&stage);
}

static void the_first_reason_stays_even_when_saying_goodbye_fails(void)
{
    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_connect(&stage, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_ssh_queue_room(&ssh->out, SSH_OUT_MAX, SSH_OUT_MAX));
    memset(ssh->out.bytes, 0, SSH_OUT_MAX);
    ssh->out.end = SSH_OUT_MAX; /* no room for a DISCONNECT */
    netl_ssh_refuse(ssh, "a lie");
    CU_ASSERT_EQUAL(netl_ssh_say(ssh), NETL_ERROR_PROTOCOL);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "a lie"));
    netl_ssh_close(ssh);
    stage_close(&stage);
}

/* What the handlers of one client saw, in order. */
static char story[256];
static bool story_over;

static void ready(struct netl_ssh *ssh, void *context)
{
    struct netl_ssh_exit how;

    (void)context;
    strcat(story, "ready ");
    CU_ASSERT_EQUAL(netl_ssh_accept_host(ssh, false), 0);
    CU_ASSERT_EQUAL(netl_ssh_run(ssh, "echo", &nothing, &how), NETL_ERROR_IN_HANDLER);
    CU_ASSERT_EQUAL(netl_ssh_login_key(ssh, "me", stage.key), NETL_ERROR_IN_HANDLER);
    CU_ASSERT_EQUAL(netl_ssh_login_password(ssh, "me", "right"), NETL_ERROR_IN_HANDLER);
    CU_ASSERT_EQUAL(netl_ssh_begin_login_password(ssh, "me", "wrong"), 0);
}

static void logged_in(struct netl_ssh *ssh, int error, void *context)
{
    struct netl_ssh_exit how;

    (void)context;
    strcat(story, error ? "refused " : "in ");
    if (error) {
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "refused the password"));
        CU_ASSERT_EQUAL(netl_ssh_begin_login_password(ssh, "me", "right"), 0);
    } else {
        CU_ASSERT_EQUAL(netl_ssh_begin_command(ssh, "echo"), 0);
        CU_ASSERT_EQUAL(netl_ssh_run(ssh, "echo", &nothing, &how), NETL_ERROR_IN_HANDLER);
    }
}

static void writable(struct netl_ssh *ssh, void *context)
{
    (void)context;
    strcat(story, "room ");
    CU_ASSERT_EQUAL(netl_ssh_write(ssh, "hello", 5), 5);
    CU_ASSERT_EQUAL(netl_ssh_end_input(ssh), 0);
    CU_ASSERT_EQUAL(netl_ssh_write(ssh, "hello", 5), NETL_ERROR_CLOSED);
}

static void output(struct netl_ssh *ssh, int stream, const void *bytes, size_t length,
                   void *context)
{
    (void)ssh, (void)context;
    CU_ASSERT_TRUE(stream == 1 && length == 5 && memcmp(bytes, "hello", 5) == 0);
    strcat(story, "output ");
}

static void exited(struct netl_ssh *ssh, const struct netl_ssh_exit *how, void *context)
{
    (void)context;
    CU_ASSERT_EQUAL(how->status, 7);
    strcat(story, "exited");
    netl_ssh_close(ssh); /* in its own handler */
    story_over = true;
}

static int is_over(void *context)
{
    (void)context;
    return story_over;
}

static void a_client_of_handlers_never_waits_and_may_close_in_one(void)
{
    static const struct netl_ssh_handlers handlers = {.ready = ready,
                                                      .logged_in = logged_in,
                                                      .output = output,
                                                      .writable = writable,
                                                      .exited = exited};
    struct netl_ssh_options options = {.crypto = &fake_crypto};
    struct netl_endpoint remote;

    story[0] = '\0';
    story_over = false;
    stage_open(&stage, "seed=1 timeout=60000");
    CU_ASSERT_EQUAL(netl_resolve(stage.client, "10.0.0.2", STAGE_PORT, &remote, 1), 1);
    struct netl_tcp *conn = netl_tcp_open(stage.client, &remote, NULL, NULL); /* not open yet */
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_PTR_NOT_NULL_FATAL(
        netl_ssh_open(conn, "10.0.0.2", STAGE_PORT, &options, &handlers, NULL));
    CU_ASSERT_EQUAL(netl_lab_run(stage.lab, is_over, NULL, 10000), 1);
    CU_ASSERT_STRING_EQUAL(story, "ready refused in room output exited");
    stage_close(&stage);
}

static void close_at_once(struct netl_ssh *ssh, int error, void *context)
{
    (void)error, (void)context;
    strcat(story, "closed");
    netl_ssh_close(ssh);
}

static void what_fails_while_it_opens_is_told_by_the_call_alone(void)
{
    static const struct netl_ssh_handlers handlers = {.closed = close_at_once};
    struct netl_ssh_options options = {.crypto = &fake_crypto, .known_hosts = "/"};

    story[0] = '\0';
    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_tcp *conn = netl_tcp_connect(stage.client, "10.0.0.2", STAGE_PORT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_PTR_NULL(netl_ssh_open(conn, "10.0.0.2", STAGE_PORT, &options, &handlers, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "known hosts"));
    CU_ASSERT_STRING_EQUAL(story, "");
    stage_close(&stage);
}

static void a_command_needs_a_login(void)
{
    struct netl_ssh_exit how;

    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_connect(&stage, NULL);
    CU_ASSERT_EQUAL(netl_ssh_run(ssh, "echo", &nothing, &how), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_ssh_write(ssh, "x", 1), NETL_ERROR_CLOSED);
    netl_ssh_close(ssh);
    stage_close(&stage);
}

static void an_unknown_host_is_remembered_and_a_changed_one_refused_loudly(void)
{
    char path[] = "/tmp/netl_known_XXXXXX";
    int fd = mkstemp(path);
    struct netl_ssh_options options = {.crypto = &fake_crypto, .known_hosts = path};

    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, "# torn", 6), 6);
    close(fd);
    for (unsigned i = 0; i < 2; i++) {
        stage_open(&stage, "seed=1 timeout=60000");
        struct netl_ssh *ssh = stage_connect(&stage, &options);
        CU_ASSERT_EQUAL(netl_ssh_info(ssh)->host_key_state,
                        i ? NETL_SSH_HOST_KNOWN : NETL_SSH_HOST_UNKNOWN);
        CU_ASSERT_EQUAL(netl_ssh_accept_host(ssh, true), 0);
        netl_ssh_close(ssh);
        stage_close(&stage);
    }
    stage_open(&stage, "seed=2 timeout=60000"); /* another seed, another key */
    CU_ASSERT_PTR_NULL(netl_ssh_connect(stage.client, "10.0.0.2", STAGE_PORT, &options));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "NOT THE KNOWN ONE"));
    stage_close(&stage);
    unlink(path);
}

static void the_same_seed_says_the_same_bytes(void)
{
    uint8_t ids[2][32];

    for (unsigned i = 0; i < 2; i++) {
        stage_open(&stage, "seed=9 timeout=60000");
        struct netl_ssh *ssh = stage_connect(&stage, NULL);
        memcpy(ids[i], ssh->session_id, 32);
        netl_ssh_close(ssh);
        stage_close(&stage);
    }
    CU_ASSERT_EQUAL(memcmp(ids[0], ids[1], 32), 0);
}

static void without_crypto_both_negotiate_and_say_what_is_missing(void)
{
    struct netl_ssh_options options = {0};

    stage_open(&stage, "seed=1 timeout=60000");
    struct netl_ssh *ssh = stage_connect(&stage, &options);
    CU_ASSERT_EQUAL(netl_ssh_info(ssh)->stage, NETL_SSH_NEGOTIATED);
    CU_ASSERT_STRING_EQUAL(netl_ssh_info(ssh)->key_exchange, "curve25519-sha256");
    CU_ASSERT_EQUAL(netl_ssh_is_ready(ssh), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "libcrypto"));
    netl_ssh_close(ssh);
    stage_close(&stage);
}

static void algorithms_that_nobody_knows_are_refused_at_once(void)
{
    struct netl_ssh_options options = {.crypto = &fake_crypto, .ciphers = "rot13"};

    stage_open(&stage, "seed=1 timeout=60000");
    CU_ASSERT_PTR_NULL(netl_ssh_connect(stage.client, "10.0.0.2", STAGE_PORT, &options));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "not supported"));
    stage_close(&stage);
}

UNIT_MAIN("ssh sessions", UNIT(both_agree_and_the_client_knows_what_on),
          UNIT(every_cipher_and_mac_carries_a_command),
          UNIT(what_a_command_reads_comes_back_byte_for_byte_over_a_bad_wire),
          UNIT(one_command_after_the_other_and_each_ends_in_its_way),
          UNIT(more_than_a_window_is_asked_for_bit_by_bit),
          UNIT(data_over_the_window_or_after_its_end_is_refused),
          UNIT(keys_are_changed_by_either_side_and_nothing_is_lost),
          UNIT(a_refused_login_is_one_sentence_and_another_may_follow),
          UNIT(a_server_that_falls_silent_is_not_waited_for_for_ever),
          UNIT(a_peer_that_vanishes_while_a_command_runs_is_missed),
          UNIT(a_banner_keeps_its_lines_and_nothing_else_that_moves_a_terminal),
          UNIT(the_first_reason_stays_even_when_saying_goodbye_fails),
          UNIT(what_fails_while_it_opens_is_told_by_the_call_alone),
          UNIT(a_client_of_handlers_never_waits_and_may_close_in_one),
          UNIT(a_command_needs_a_login),
          UNIT(an_unknown_host_is_remembered_and_a_changed_one_refused_loudly),
          UNIT(the_same_seed_says_the_same_bytes),
          UNIT(without_crypto_both_negotiate_and_say_what_is_missing),
          UNIT(algorithms_that_nobody_knows_are_refused_at_once))
