/* SPDX-License-Identifier: MIT */
/* The client keeps to the rules with good servers, and is not fooled by bad ones. (RFC 959) */
#include "support/ftp_script.h"
#include <netlayers/ftp_client.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct netl_host *host;
static struct netl_ftp_client *client;
static struct ftp_script script;
static char got[70000];
static size_t got_length;

static void begin_with(const struct quirk *quirks, size_t count, const char *spec,
                       const struct netl_ftp_client_options *options)
{
    host = netl_host_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    client = netl_ftp_client_open(host, options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    ftp_script_open(&script, host, quirks, count);
    got_length = 0;
}

static void begin(const struct quirk *quirks, size_t count)
{
    begin_with(quirks, count, "timeout=5000", NULL);
}

static void end(void)
{
    netl_ftp_client_close(client);
    ftp_script_close(&script, host);
    netl_host_close(host);
}

/* The script's URL, with a user perhaps, and a path. */
static const char *at(const char *user, const char *path)
{
    static char url[512];
    snprintf(url, sizeof url, "ftp://%s127.0.0.1:%u%s", user, script.port, path);
    return url;
}

static int keep(const void *piece, size_t length, void *context)
{
    (void)context;
    if (length > sizeof got - 1 - got_length)
        return NETL_ERROR_LIMIT;
    memcpy(got + got_length, piece, length);
    got_length += length;
    got[got_length] = '\0';
    return 0;
}

static int64_t get(const char *user, const char *path)
{
    got_length = 0;
    got[0] = '\0';
    return netl_ftp_get(client, at(user, path), keep, NULL);
}

static void check_fails(int64_t result, int code, const char *words)
{
    CU_ASSERT_EQUAL(result, code);
    if (result != code || !strstr(netl_error_text(), words))
        printf("\n  %lld, not %d '%s': %s\n", (long long)result, code, words, netl_error_text());
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), words));
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One get against a server with one quirk fails like this. */
static void check_quirk(struct quirk quirk, int code, const char *words)
{
    begin_with(&quirk, 1, "timeout=100", NULL);
    check_fails(get("", "/a"), code, words);
    end();
}

static void a_file_is_got_when_the_server_confirmed_it(void)
{
    begin(NULL, 0);
    CU_ASSERT_EQUAL(get("", "/dir/a%20b"), 5);
    CU_ASSERT_STRING_EQUAL(got, "hello");
    CU_ASSERT_STRING_EQUAL(script.seen, "USER anonymous\nPASS anonymous@\nFEAT\nTYPE I\n"
                                        "SIZE dir/a b\nEPSV\nRETR dir/a b\n");
    end();
}

static void a_url_says_who_we_are_and_where_the_path_begins(void)
{
    static const struct quirk quirks[] = {{.verb = "USER", .reply = "230 in\r\n"}};
    begin(quirks, 1);
    CU_ASSERT_EQUAL(get("m%40e:s%3Acret@", "/%2Fetc/motd;type=a"), 5);
    CU_ASSERT_STRING_EQUAL(script.seen, "USER m@e\nFEAT\nTYPE A\nEPSV\nRETR /etc/motd\n");
    CU_ASSERT_EQUAL(get("m%40e:other@", "/%2F/x"), 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "PASS other\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "RETR /x\n"));
    CU_ASSERT_EQUAL(script.connections, 2);
    end();
}

static void one_control_connection_serves_many_files(void)
{
    static const struct quirk quirks[] = {{.verb = "RETR", .reply = "550 no\r\n"}};
    begin(quirks, 1);
    check_fails(get("", "/a"), NETL_ERROR_FILE, "the server answered 550 no; ");
    CU_ASSERT_EQUAL(get("", "/b"), 5);
    CU_ASSERT_EQUAL(get("", "/c"), 5);
    CU_ASSERT_EQUAL(script.connections, 1);
    end();
}

/* `last` is what the server says after the file, before it closes. */
static void check_opened_anew_after(const char *last)
{
    const struct quirk quirks[] = {
        {.verb = "RETR", .reply = "150 x\r\n", .data = "hello", .last = last, .after = FTP_CLOSE}};
    begin(quirks, 1);
    CU_ASSERT_EQUAL(get("", "/a"), 5);
    for (int turn = 0; turn < 10; turn++)
        netl_host_step(host, 0);
    CU_ASSERT_EQUAL(get("", "/b"), 5);
    CU_ASSERT_EQUAL(script.connections, 2);
    end();
}

static void a_session_that_the_server_ended_is_opened_anew(void)
{
    check_opened_anew_after("226 x\r\n421 too long idle\r\n");
}

static void a_session_that_was_closed_without_a_word_is_opened_anew(void)
{
    check_opened_anew_after("226 x\r\n");
}

static void greetings_may_be_long_or_late(void)
{
    static const struct quirk quirks[] = {
        {.verb = "", .reply = "120 in a moment\r\n220-Hello\r\n 220 no end\r\n220-\r\n\n220\n"}};
    begin(quirks, 1);
    CU_ASSERT_EQUAL(get("", "/a"), 5);
    end();
}

static void a_greeting_that_is_none_is_told(void)
{
    check_quirk((struct quirk){.verb = "", .reply = "421 full\r\n"}, NETL_ERROR_CLOSED, "421 full");
    check_quirk((struct quirk){.verb = "", .reply = "554 no\r\n"}, NETL_ERROR_CLOSED, "554 no");
    check_quirk((struct quirk){.verb = "", .reply = "331 hm\r\n"}, NETL_ERROR_PROTOCOL, "331 hm");
    check_quirk((struct quirk){.verb = "", .reply = "HTTP/1.1 400 Bad\r\n\r\n"},
                NETL_ERROR_PROTOCOL, "three digits");
    check_quirk(
        (struct quirk){.verb = "", .reply = "120 a\r\n120 a\r\n120 a\r\n120 a\r\n120 a\r\n"},
        NETL_ERROR_PROTOCOL, "120");
    check_quirk((struct quirk){.verb = "", .after = FTP_CLOSE}, NETL_ERROR_CLOSED, "closed");
    check_quirk((struct quirk){.verb = "", .after = FTP_ABORT}, NETL_ERROR_RESET, "reset");
    check_quirk((struct quirk){.verb = ""}, NETL_ERROR_TIMEOUT, "slow or silent");
}

static void a_login_that_is_refused_is_told_with_its_user(void)
{
    static const struct quirk quirks[] = {
        {.verb = "PASS", .reply = "530 wrong\r\n", .always = true},
        {.verb = "USER", .reply = "332 account?\r\n"},
        {.verb = "USER", .reply = "530 go\r\n"}};
    begin(quirks, 1);
    check_fails(get("me:secret@", "/a"), NETL_ERROR_PERMISSION,
                "530 wrong; check the name and the password of 'me'");
    CU_ASSERT_PTR_NULL(strstr(netl_error_text(), "secret"));
    check_fails(get("", "/a"), NETL_ERROR_PERMISSION, "without a name");
    check_fails(get("me@", "/a"), NETL_ERROR_PERMISSION, "wants a password");
    end();
    begin(quirks + 1, 2);
    check_fails(get("me:x@", "/a"), NETL_ERROR_UNSUPPORTED, "ACCT");
    check_fails(get("me:x@", "/a"), NETL_ERROR_PERMISSION, "530 go");
    CU_ASSERT_EQUAL(script.connections, 2);
    end();
}

static void a_server_without_features_is_asked_all_the_same(void)
{
    static const struct quirk quirks[] = {{.verb = "FEAT", .reply = "502 what\r\n"},
                                          {.verb = "SIZE", .reply = "500 what\r\n"},
                                          {.verb = "EPSV", .reply = "500 what\r\n"}};
    begin(quirks, COUNT(quirks));
    CU_ASSERT_EQUAL(get("", "/a"), 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "EPSV\nPASV\nRETR a\n"));
    CU_ASSERT_EQUAL(get("", "/b"), 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "SIZE b\nPASV\nRETR b\n"));
    end();
}

static void the_address_in_the_answer_to_pasv_is_not_used(void)
{
    static const struct quirk quirks[] = {
        {.verb = "EPSV", .reply = "522 no\r\n"},
        {.verb = "PASV", .reply = "227 Entering 192,0,2,1,%Q\r\n", .always = true}};
    begin(quirks, COUNT(quirks));
    CU_ASSERT_EQUAL(get("", "/a"), 5);
    CU_ASSERT_STRING_EQUAL(got, "hello");
    end();
}

static void an_answer_without_a_port_is_refused(void)
{
    static const char *const answers[] = {
        "229 x (|||0|)\r\n",   "229 x (|||65536|)\r\n", "229 x (|||-1|)\r\n", "229 x |||5000|\r\n",
        "229 x (||5000|)\r\n", "229 x (|||5000)\r\n",   "229 (\r\n",          "229\r\n"};
    static const char *const old[] = {"227 x (127,0,0,1,0,0)\r\n", "227 x (127,0,0,1,256,1)\r\n",
                                      "227 x (127,0,0,1,1)\r\n", "227 x\r\n", "227\r\n"};
    for (size_t i = 0; i < COUNT(answers); i++)
        check_quirk((struct quirk){.verb = "EPSV", .reply = answers[i]}, NETL_ERROR_PROTOCOL,
                    "names no port");
    for (size_t i = 0; i < COUNT(old); i++) {
        struct quirk quirks[] = {{.verb = "EPSV", .reply = "502 no\r\n"},
                                 {.verb = "PASV", .reply = old[i]}};
        begin(quirks, 2);
        check_fails(get("", "/a"), NETL_ERROR_PROTOCOL, "names no port");
        end();
    }
    check_quirk((struct quirk){.verb = "EPSV", .reply = "421 no\r\n"}, NETL_ERROR_CLOSED, "421");
    check_quirk((struct quirk){.verb = "EPSV", .reply = "425 no\r\n"}, NETL_ERROR_UNSUPPORTED,
                "active mode");
    check_quirk((struct quirk){.verb = "EPSV", .reply = "200 fine\r\n"}, NETL_ERROR_PROTOCOL,
                "200");
}

static void a_file_that_was_cut_is_never_a_success(void)
{
#define RETR(...) ((struct quirk){.verb = "RETR", .reply = "150 x\r\n", __VA_ARGS__})
    check_quirk(RETR(.data = "hel", .last = "226 done\r\n"), NETL_ERROR_CLOSED,
                "the data ended after 3 of 5 bytes");
    check_quirk(RETR(.data = "hello!", .last = "226 done\r\n"), NETL_ERROR_CLOSED,
                "after 6 of 5 bytes");
    check_quirk(RETR(.data = "", .last = "226 done\r\n"), NETL_ERROR_CLOSED, "after 0 of 5");
    check_quirk(RETR(.data = "hel", .last = "426 cut\r\n"), NETL_ERROR_CLOSED, "426 cut");
    check_quirk(RETR(.data = "hello", .last = "451 oops\r\n"), NETL_ERROR_CLOSED, "451 oops");
    check_quirk(RETR(.data = "hello"), NETL_ERROR_TIMEOUT, "slow or silent");
    check_quirk(RETR(.data = "hello", .after = FTP_CLOSE), NETL_ERROR_CLOSED, "closed");
    check_quirk(RETR(.data = "hello", .last = "350 x\r\n"), NETL_ERROR_PROTOCOL, "350 x");
    check_quirk(RETR(.data = "hel", .data_stalls = true), NETL_ERROR_TIMEOUT, "slow or silent");
    check_quirk(RETR(.data = "hello", .last = "452 disk full\r\n", .data_after = FTP_ABORT),
                NETL_ERROR_CLOSED, "452 disk full");
    check_quirk((struct quirk){.verb = "RETR", .reply = "226 done\r\n"}, NETL_ERROR_PROTOCOL,
                "226");
    check_quirk((struct quirk){.verb = "RETR"}, NETL_ERROR_TIMEOUT, "slow or silent");
}

static void a_server_that_falls_silent_anywhere_is_given_up(void)
{
    static const char *const verbs[] = {"USER", "PASS", "FEAT", "TYPE", "SIZE", "EPSV", "RETR"};
    for (size_t i = 0; i < COUNT(verbs); i++) {
        check_quirk((struct quirk){.verb = verbs[i]}, NETL_ERROR_TIMEOUT, "get ftp://127.0.0.1:");
        check_quirk((struct quirk){.verb = verbs[i], .after = FTP_CLOSE}, NETL_ERROR_CLOSED,
                    "closed the control connection");
    }
}

/* Every reply of a visit, cut after every byte of it, with the connection closed there. */
static void every_cut_of_every_reply_is_an_error(void)
{
    for (size_t i = 0; i <= 12; i++) {
        if (!strstr("|USER|PASS|FEAT|TYPE|SIZE|EPSV|", ftp_usual[i].verb) && i)
            continue;
        for (size_t length = 0; length + 1 < strlen(ftp_usual[i].reply); length++) {
            char text[128];
            struct quirk cut = {.verb = ftp_usual[i].verb, .reply = text, .after = FTP_CLOSE};
            snprintf(text, sizeof text, "%.*s", (int)length, ftp_usual[i].reply);
            begin(&cut, 1);
            CU_ASSERT(get("", "/a") < 0);
            CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "closed the control connection"));
            end();
        }
    }
}

static void replies_that_break_the_rules_are_refused(void)
{
    static const char *const broken[] = {"hello\r\n",
                                         "20 ok\r\n",
                                         "2000 ok\r\n",
                                         "600 ok\r\n",
                                         "099 ok\r\n",
                                         "20x ok\r\n",
                                         "\r\n",
                                         "-200 ok\r\n",
                                         " 200 ok\r\n",
                                         "200_ok\r\n",
                                         "\377\375\001200 ok\r\n"};
    for (size_t i = 0; i < COUNT(broken); i++)
        check_quirk((struct quirk){.verb = "TYPE", .reply = broken[i]}, NETL_ERROR_PROTOCOL,
                    "three digits");
    check_quirk((struct quirk){.verb = "TYPE", .reply = "150 x\r\n"}, NETL_ERROR_PROTOCOL, "150 x");
    check_quirk((struct quirk){.verb = "SIZE", .reply = "213 x\r\n"}, NETL_ERROR_PROTOCOL, "213 x");
    check_quirk((struct quirk){.verb = "SIZE", .reply = "213 99999999999999999999\r\n"},
                NETL_ERROR_PROTOCOL, "213 9999");
    check_quirk((struct quirk){.verb = "SIZE", .reply = "213 5\r\n200 more\r\n"},
                NETL_ERROR_PROTOCOL, "nobody asked for");
}

static void replies_without_end_are_refused_at_their_limit(void)
{
    static char line[5000], lines[20000];
    memset(line, 'a', sizeof line - 1);
    memcpy(line, "220 ", 4);
    check_quirk((struct quirk){.verb = "", .reply = line}, NETL_ERROR_TOO_LARGE, "2048 bytes");
    for (size_t at = 0; at + 6 < sizeof lines; at += 6)
        memcpy(lines + at, "220-\r\n", 7);
    check_quirk((struct quirk){.verb = "", .reply = lines}, NETL_ERROR_TOO_LARGE, "16384 bytes");
}

static void what_a_server_says_is_shown_escaped(void)
{
    check_quirk((struct quirk){.verb = "RETR", .reply = "550 \x1b[31mred\x07\r\n"}, NETL_ERROR_FILE,
                "550 \\x1b[31mred\\x07");
}

static void nothing_in_a_url_can_become_a_command(void)
{
    static const char *const paths[] = {"/a%0d%0aDELE%20b",
                                        "/a%0Ab",
                                        "/%00",
                                        "/a%ff",
                                        "/%7f",
                                        "/a%0",
                                        "/a?b",
                                        "/../a",
                                        "/a/%2e%2e/b",
                                        "//etc/passwd",
                                        "/a//b",
                                        "/a/./b",
                                        "/a;type=x",
                                        "/a%2F..%2Fb"};
    static const char *const users[] = {"a%0d%0aDELE%20b:x@", "a:x%0aQUIT@", ":x@", "a:%00@"};
    begin(NULL, 0);
    for (size_t i = 0; i < COUNT(paths); i++)
        check_fails(get("", paths[i]), NETL_ERROR_ARGUMENT, "read URL");
    for (size_t i = 0; i < COUNT(users); i++)
        check_fails(get(users[i], "/a"), NETL_ERROR_ARGUMENT, "read URL");
    CU_ASSERT_EQUAL(script.connections, 0);
    end();
}

static void no_trace_holds_the_password(void)
{
    char spec[128], text[65536];
    snprintf(spec, sizeof spec,
             "timeout=5000 observe=off trace=text:/tmp/netl-ftp-%ld trace.application=all",
             (long)getpid());
    begin_with(NULL, 0, spec, NULL);
    CU_ASSERT_EQUAL(get("me:topsecret@", "/a"), 5);
    end();
    snprintf(spec, sizeof spec, "/tmp/netl-ftp-%ld", (long)getpid());
    FILE *file = fopen(spec, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    unlink(spec);
    CU_ASSERT_PTR_NULL(strstr(text, "topsecret"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "cmd=PASS arg=***"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "cmd=USER arg=me"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "control=1 code=226"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "ftp.data.end"));
}

static void in_active_mode_the_server_connects_to_us(void)
{
    static const struct netl_ftp_client_options active = {.active = true};
    static const struct quirk quirks[] = {{.verb = "EPRT", .reply = "522 (2)\r\n"}};
    begin_with(NULL, 0, "timeout=5000", &active);
    CU_ASSERT_EQUAL(get("", "/a"), 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "EPRT |1|127.0.0.1|"));
    CU_ASSERT_PTR_NULL(strstr(script.seen, "EPSV"));
    end();
    begin_with(quirks, 1, "timeout=5000", &active);
    CU_ASSERT_EQUAL(get("", "/a"), 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "PORT 127,0,0,1,"));
    CU_ASSERT_EQUAL(get("", "/b"), 5);
    end();
}

/* From 127.0.0.2, before the server itself: bytes that are not the file's. */
static void connect_as_stranger(const char *argument)
{
    unsigned port = 0;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(0x7f000002)}};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(0x7f000001)}};
    CU_ASSERT_EQUAL_FATAL(sscanf(argument, "|1|127.0.0.1|%u|", &port), 1);
    to.sin_port = htons((uint16_t)port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    CU_ASSERT_EQUAL(send(fd, "EVIL!", 5, 0), 5);
    close(fd);
}

static void a_stranger_at_our_data_port_is_turned_away(void)
{
    static const struct netl_ftp_client_options active = {.active = true};
    static const struct quirk quirks[] = {
        {.verb = "EPRT", .reply = "200 ok\r\n", .also = connect_as_stranger}};
    begin_with(quirks, 1, "timeout=5000", &active);
    CU_ASSERT_EQUAL(get("", "/a"), 5);
    CU_ASSERT_STRING_EQUAL(got, "hello");
    end();
}

static void a_server_that_never_connects_is_given_up(void)
{
    static const struct netl_ftp_client_options active = {.active = true, .timeout_ms = 50};
    static const struct quirk quirks[] = {{.verb = "EPRT", .reply = "522 no\r\n"},
                                          {.verb = "PORT", .reply = "500 no\r\n"}};
    begin_with(quirks, 2, "timeout=5000", &active);
    check_fails(get("", "/a"), NETL_ERROR_UNSUPPORTED, "passive mode");
    end();
    static const struct quirk silent[] = {{.verb = "EPRT", .reply = "250 ok\r\n"}};
    begin_with(silent, 1, "timeout=5000", &active);
    check_fails(get("", "/a"), NETL_ERROR_TIMEOUT, "slow or silent");
    end();
}

static void text_has_its_own_line_ends_here(void)
{
    static const struct quirk quirks[] = {
        {"RETR", "150 x\r\n", "a\r\nb\r\rc\nd\r\n\r\n\r", "226 x\r\n", FTP_STAY, false, FTP_STAY,
         false, NULL},
        {"RETR", "150 x\r\n", "", "226 x\r\n", FTP_STAY, false, FTP_STAY, false, NULL}};
    begin(quirks, 2);
    CU_ASSERT(get("", "/a;type=A") >= 0);
    CU_ASSERT_STRING_EQUAL(got, "a\nb\r\rc\nd\n\n\r");
    CU_ASSERT_EQUAL(get("", "/a;type=a"), 0);
    CU_ASSERT_EQUAL(got_length, 0);
    CU_ASSERT_PTR_NULL(strstr(script.seen, "SIZE"));
    end();
}

static int refuse_piece(const void *piece, size_t length, void *context)
{
    (void)piece;
    (void)length;
    (void)context;
    return NETL_ERROR_LIMIT;
}

static void a_sink_can_end_the_transfer(void)
{
    begin(NULL, 0);
    CU_ASSERT_EQUAL(netl_ftp_get(client, at("", "/a"), refuse_piece, NULL), NETL_ERROR_LIMIT);
    CU_ASSERT_EQUAL(get("", "/a"), 5);
    end();
}

static int64_t in_handler;

static void ask_in_a_handler(struct netl_tcp_listener *listener, struct netl_tcp *conn,
                             void *context)
{
    (void)listener;
    (void)context;
    in_handler = get("", "/a");
    netl_tcp_close(conn);
}

static void a_call_inside_a_handler_fails_at_once(void)
{
    begin(NULL, 0);
    in_handler = 0;
    netl_tcp_listener_handle(script.data_listener, ask_in_a_handler, NULL);
    struct netl_tcp *conn = netl_tcp_connect(host, "127.0.0.1", (uint16_t)script.data_port);
    for (int turn = 0; turn < 100 && in_handler == 0; turn++)
        netl_host_step(host, 100);
    CU_ASSERT_EQUAL(in_handler, NETL_ERROR_IN_HANDLER);
    netl_tcp_close(conn);
    end();
}

UNIT_MAIN("ftp_client", UNIT(a_file_is_got_when_the_server_confirmed_it),
          UNIT(a_url_says_who_we_are_and_where_the_path_begins),
          UNIT(one_control_connection_serves_many_files),
          UNIT(a_session_that_the_server_ended_is_opened_anew),
          UNIT(a_session_that_was_closed_without_a_word_is_opened_anew),
          UNIT(greetings_may_be_long_or_late), UNIT(a_greeting_that_is_none_is_told),
          UNIT(a_login_that_is_refused_is_told_with_its_user),
          UNIT(a_server_without_features_is_asked_all_the_same),
          UNIT(the_address_in_the_answer_to_pasv_is_not_used),
          UNIT(an_answer_without_a_port_is_refused), UNIT(a_file_that_was_cut_is_never_a_success),
          UNIT(a_server_that_falls_silent_anywhere_is_given_up),
          UNIT(every_cut_of_every_reply_is_an_error),
          UNIT(replies_that_break_the_rules_are_refused),
          UNIT(replies_without_end_are_refused_at_their_limit),
          UNIT(what_a_server_says_is_shown_escaped), UNIT(nothing_in_a_url_can_become_a_command),
          UNIT(no_trace_holds_the_password), UNIT(in_active_mode_the_server_connects_to_us),
          UNIT(a_stranger_at_our_data_port_is_turned_away),
          UNIT(a_server_that_never_connects_is_given_up), UNIT(text_has_its_own_line_ends_here),
          UNIT(a_sink_can_end_the_transfer), UNIT(a_call_inside_a_handler_fails_at_once))
