/* SPDX-License-Identifier: MIT */
/*
 * The FTP server in a lab, in virtual time: clients that attack it, stall, or are just far away on
 * a bad wire.
 */
#include "support/ftp_client.h"

#include <sys/stat.h>
#include <unistd.h>

#define SIZE   300000
#define HUGE   INT64_C(20000000) /* more than all buffers on the way hold */
#define SECOND 1000

static char place[] = "/tmp/netl_ftp_hostile_XXXXXX";
static char path[200], bytes[SIZE + 1], body[SIZE];
static struct netl_lab *lab;
static struct netl_ftp_server *server;
static struct ftp_visit visit;
static long length;

/* ── setting up ─────────────────────────────────────────────────────────────────────────── */

static const char *path_of(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", place, name);
    return path;
}

static void write_file(const char *name, const char *text, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, size, file), size);
    fclose(file);
}

static bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static void begin(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)(i * 31 >> 3);
    CU_ASSERT_EQUAL(mkdir(path_of("pub"), 0700), 0);
    CU_ASSERT_EQUAL(mkdir(path_of("pub/sub"), 0700), 0);
    write_file("secret", "secret", 6);
    write_file("pub/file", body, sizeof body);
    write_file("pub/huge", "", 0);
    CU_ASSERT_EQUAL(truncate(path_of("pub/huge"), HUGE), 0);
    CU_ASSERT_EQUAL(symlink("/etc", path_of("pub/etc")), 0);
    CU_ASSERT_EQUAL(symlink("..", path_of("pub/up")), 0);
    CU_ASSERT_EQUAL(symlink("../secret", path_of("pub/out")), 0);
    CU_ASSERT_EQUAL(symlink("sub/../../secret", path_of("pub/round")), 0);
}

static void end(void)
{
    static const char *const names[] = {"pub/out",  "pub/round", "pub/up",  "pub/etc",
                                        "pub/huge", "pub/file",  "pub/new", "pub/cut",
                                        "pub/sub",  "pub",       "secret"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(path_of(names[i]));
    CU_ASSERT_EQUAL(rmdir(place), 0);
}

static enum netl_ftp_access anyone(const char *user, const char *password, void *context)
{
    (void)user, (void)context;
    return strcmp(password, "wrong") == 0 ? NETL_FTP_REFUSED : NETL_FTP_WRITE;
}

static const char hosts[] = "host client address=10.0.0.1/24\n"
                            "host server address=10.0.0.2/24\n"
                            "host thief address=10.0.0.3/24\n"
                            "switch hub\n"
                            "wire client hub delay=5ms\n"
                            "wire server hub\n"
                            "wire thief hub\n";

static void open_lab(const char *spec, const struct netl_ftp_server_options *wanted)
{
    struct netl_ftp_server_options options = wanted ? *wanted : (struct netl_ftp_server_options){0};
    static char root[100];
    lab = netl_lab_open(spec ? spec : "timeout=600000");
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_EQUAL_FATAL(netl_lab_build(lab, hosts), 0);
    snprintf(root, sizeof root, "%s/pub", place);
    options.root = root;
    options.anonymous = NETL_FTP_READ;
    options.login = options.login ? options.login : anyone;
    server = netl_ftp_server_open(netl_lab_find(lab, "server"), NULL, 21, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
}

static void close_lab(void)
{
    ftp_leave(&visit);
    netl_ftp_server_close(server);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void enter(void)
{
    ftp_connect(&visit, netl_lab_find(lab, "client"), "10.0.0.2", 21);
    CU_ASSERT_EQUAL(ftp(&visit, "USER kim"), 331);
    CU_ASSERT_EQUAL(ftp(&visit, "PASS x"), 230);
    CU_ASSERT_EQUAL(ftp(&visit, "TYPE I"), 200);
}

static void wait_ms(int64_t ms)
{
    netl_lab_run(lab, NULL, NULL, ms);
}

/* ── a bad wire ─────────────────────────────────────────────────────────────────────────── */

static void transfers_are_whole_over_a_wire_that_loses_delays_and_damages(void)
{
    for (unsigned seed = 1; seed <= 5; seed++) {
        char spec[200];
        snprintf(spec, sizeof spec,
                 "seed=%u timeout=600000 wire.loss=3%% wire.corrupt=1%% wire.reorder=3%% "
                 "wire.duplicate=2%% wire.jitter=4ms",
                 seed);
        open_lab(spec, NULL);
        enter();
        CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR file", bytes, sizeof bytes, &length), 226);
        CU_ASSERT_EQUAL(length, SIZE);
        CU_ASSERT_EQUAL(memcmp(bytes, body, SIZE), 0);
        CU_ASSERT_EQUAL(ftp_send(&visit, "STOR new", body, SIZE), 226);
        CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR new", bytes, sizeof bytes, &length), 226);
        CU_ASSERT_EQUAL(length, SIZE);
        CU_ASSERT_EQUAL(memcmp(bytes, body, SIZE), 0);
        CU_ASSERT_EQUAL(ftp(&visit, "DELE new"), 250);
        close_lab();
    }
}

static void a_wire_that_is_cut_in_an_upload_gives_no_226_and_keeps_what_came(void)
{
    open_lab(NULL, NULL);
    enter();
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "STOR cut"), 150);
    CU_ASSERT_EQUAL(netl_tcp_send(visit.data, "half", 4), 4);
    wait_ms(1 * SECOND);
    netl_lab_cut(netl_lab_find_wire(lab, "client-hub"));
    wait_ms(59 * SECOND);
    CU_ASSERT_EQUAL(netl_ftp_server_sessions(server), 1);
    wait_ms(2 * SECOND);
    netl_lab_heal(netl_lab_find_wire(lab, "client-hub"));
    CU_ASSERT_EQUAL(ftp_reply(&visit), 426);
    CU_ASSERT_EQUAL(ftp(&visit, "SIZE cut"), 213);
    CU_ASSERT_STRING_EQUAL(visit.reply, "213 4");
    CU_ASSERT_EQUAL(ftp(&visit, "DELE cut"), 250);
    close_lab();
}

static void a_client_that_vanishes_leaves_no_session(void)
{
    open_lab(NULL, NULL);
    enter();
    netl_host_close(netl_lab_find(lab, "thief"));
    netl_lab_cut(netl_lab_find_wire(lab, "client-hub"));
    wait_ms(400 * SECOND);
    CU_ASSERT_EQUAL(netl_ftp_server_sessions(server), 0);
    close_lab();
}

/* ── bounce, and port theft ─────────────────────────────────────────────────────────────── */

static void no_data_connection_is_opened_for_someone_else(void)
{
    static const char *const bounces[] = {
        "PORT 10,0,0,3,200,0", "PORT 127,0,0,1,200,0", "PORT 10,0,0,1,0,25",
        "PORT 10,0,0,1,3,255", "PORT 0,0,0,0,200,0",   "EPRT |1|10.0.0.3|50000|",
        "PORT 10,0,0,1,0,0",   "EPRT |1|10.0.0.1|22|", "PORT 255,255,255,255,200,0"};
    open_lab(NULL, NULL);
    enter();
    for (size_t i = 0; i < sizeof bounces / sizeof *bounces; i++) {
        CU_ASSERT_EQUAL(ftp(&visit, bounces[i]), 504);
        CU_ASSERT_EQUAL(ftp(&visit, "LIST"), 425);
    }
    CU_ASSERT_EQUAL(ftp(&visit, "PORT 10,0,0,1,4,0"), 200);
    CU_ASSERT_EQUAL(ftp(&visit, "PORT 10,0,0,3,200,0"), 504);
    close_lab();
}

static void a_stolen_passive_port_stays_open_for_its_owner(void)
{
    unsigned port = 0;
    open_lab(NULL, NULL);
    enter();
    CU_ASSERT_EQUAL(ftp(&visit, "EPSV"), 229);
    CU_ASSERT_EQUAL(sscanf(strstr(visit.reply, "|||"), "|||%u|", &port), 1);
    struct netl_tcp *theft =
        netl_tcp_connect(netl_lab_find(lab, "thief"), "10.0.0.2", (uint16_t)port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(theft); /* TCP says yes; FTP looks who it is */
    CU_ASSERT_EQUAL(ftp(&visit, "RETR file"), 150);
    CU_ASSERT_EQUAL(netl_tcp_receive(theft, bytes, 10), NETL_ERROR_RESET);
    netl_tcp_close(theft);
    visit.data = netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", (uint16_t)port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(visit.data);
    CU_ASSERT_EQUAL(ftp_read(&visit, bytes, sizeof bytes), SIZE);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    CU_ASSERT_PTR_NULL(netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", (uint16_t)port));
    close_lab();
}

/* ── ways out ───────────────────────────────────────────────────────────────────────────── */

static void no_name_leads_out_of_the_directory(void)
{
    static const char *const verbs[] = {"RETR", "STOR", "APPE", "CWD",  "MLST", "LIST", "NLST",
                                        "DELE", "RMD",  "MKD",  "RNFR", "SIZE", "MDTM", "STAT"};
    static const char *const ways[] = {"../secret",        "/../secret",   "sub/../../secret",
                                       "up/secret",        "etc/passwd",   "up/pub/../secret",
                                       "sub/../up/secret", "//..//secret", "./../secret",
                                       "up/new",           "etc/new"};
    char command[100];
    open_lab(NULL, NULL);
    enter();
    for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++)
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            ftp_passive(&visit);
            snprintf(command, sizeof command, "%s %s", verbs[v], ways[w]);
            int code = ftp(&visit, command);
            if (code != 550)
                printf("\n  %s: %s\n", command, visit.reply);
            CU_ASSERT_EQUAL(code, 550);
        }
    CU_ASSERT_EQUAL(ftp(&visit, "RETR out"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR round"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "STOR out"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "CWD up"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR %2e%2e/secret"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR ..%2fsecret"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RNFR file"), 350);
    CU_ASSERT_EQUAL(ftp(&visit, "RNTO ../stolen"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RNFR file"), 350);
    CU_ASSERT_EQUAL(ftp(&visit, "RNTO up/stolen"), 550);
    CU_ASSERT_FALSE(exists("stolen"));
    CU_ASSERT_TRUE(exists("secret"));
    CU_ASSERT_FALSE(exists("new"));
    close_lab();
}

static void a_link_that_is_moved_still_leads_nowhere(void)
{
    open_lab(NULL, NULL);
    enter();
    CU_ASSERT_EQUAL(ftp(&visit, "RNFR out"), 350);
    CU_ASSERT_EQUAL(ftp(&visit, "RNTO sub/inner"), 250); /* "../secret" of the root now */
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR sub/inner", bytes, sizeof bytes, &length), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RNFR sub/inner"), 350);
    CU_ASSERT_EQUAL(ftp(&visit, "RNTO out"), 250);
    close_lab();
}

/* ── lines ──────────────────────────────────────────────────────────────────────────────── */

static void ten_thousand_commands_at_once_get_ten_thousand_replies(void)
{
    static char flood[60001];
    open_lab(NULL, NULL);
    enter();
    for (size_t i = 0; i < 10000; i++)
        memcpy(flood + 6 * i, "NOOP\r\n", 7);
    ftp_say(&visit, flood, 60000);
    int replies = 0;
    while (replies < 10000 && ftp_reply(&visit) == 200)
        replies++;
    CU_ASSERT_EQUAL(replies, 10000);
    CU_ASSERT_EQUAL(ftp(&visit, "PWD"), 257);
    close_lab();
}

static void a_line_that_never_ends_ends_the_session(void)
{
    static char endless[80000];
    open_lab(NULL, NULL);
    enter();
    memset(endless, 'x', sizeof endless);
    ftp_say(&visit, endless, 5000);
    CU_ASSERT_EQUAL(ftp(&visit, ""), 500);
    CU_ASSERT_EQUAL(ftp(&visit, "NOOP"), 200);
    ftp_say(&visit, endless, sizeof endless);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 421);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 0);
    close_lab();
}

static void bytes_that_no_name_may_hold_are_refused(void)
{
    static const struct {
        const char *bytes;
        size_t length;
        int code;
    } cases[] = {
        {"MKD a\0b\r\n", 9, 501},       {"MKD a\rb\r\n", 9, 501},
        {"MKD a\r\0b\r\n", 10, 501},    {"MKD a\377\377b\r\n", 10, 501},
        {"MKD a\033[2Jb\r\n", 12, 553}, {"MKD \xc0\xae\r\n", 8, 553},
        {"MKD %n%s%n\r\n", 12, 257},    {"RMD %n%s%n\r\n", 12, 250},
    };
    open_lab(NULL, NULL);
    enter();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ftp_say(&visit, cases[i].bytes, cases[i].length);
        CU_ASSERT_EQUAL(ftp_reply(&visit), cases[i].code);
    }
    CU_ASSERT_EQUAL(ftp(&visit, "NOOP"), 200);
    close_lab();
}

/* ── those who wait ─────────────────────────────────────────────────────────────────────── */

static void who_does_not_log_in_is_sent_away_however_much_he_talks(void)
{
    open_lab(NULL, NULL);
    ftp_connect(&visit, netl_lab_find(lab, "client"), "10.0.0.2", 21);
    for (int i = 0; i < 5; i++) {
        wait_ms(11 * SECOND);
        CU_ASSERT_EQUAL(ftp(&visit, "NOOP"), 200);
    }
    wait_ms(6 * SECOND);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 421);
    wait_ms(3 * SECOND);
    CU_ASSERT_EQUAL(netl_ftp_server_sessions(server), 0);
    close_lab();
}

static void who_asks_nothing_for_five_minutes_is_sent_away(void)
{
    open_lab(NULL, NULL);
    enter();
    wait_ms(299 * SECOND);
    CU_ASSERT_EQUAL(ftp(&visit, "NOOP"), 200);
    ftp_say(&visit, "half a command", 14);
    wait_ms(299 * SECOND);
    CU_ASSERT_EQUAL(netl_ftp_server_sessions(server), 1);
    wait_ms(2 * SECOND);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 421);
    close_lab();
}

static void a_long_transfer_is_no_silence(void)
{
    open_lab(NULL, NULL);
    enter();
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "STOR new"), 150);
    for (int i = 0; i < 12; i++) { /* six minutes: longer than anyone may say nothing */
        CU_ASSERT_EQUAL(netl_tcp_send(visit.data, "more", 4), 4);
        wait_ms(30 * SECOND);
    }
    netl_tcp_close(visit.data);
    visit.data = NULL;
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    wait_ms(299 * SECOND);
    CU_ASSERT_EQUAL(ftp(&visit, "DELE new"), 250);
    close_lab();
}

static enum netl_ftp_access stop_instead(const char *user, const char *password, void *context)
{
    (void)user, (void)password, (void)context;
    netl_ftp_server_stop(server, NULL, NULL);
    return NETL_FTP_WRITE;
}

static void a_server_may_be_stopped_where_a_login_is_judged(void)
{
    for (int leaves = 0; leaves < 2; leaves++) {
        struct netl_ftp_server_options options = {.login = stop_instead};
        open_lab(NULL, &options);
        ftp_connect(&visit, netl_lab_find(lab, "client"), "10.0.0.2", 21);
        ftp_say(&visit, "USER kim\r\nPASS x\r\n", 18);
        if (leaves)
            CU_ASSERT_EQUAL(netl_tcp_shutdown(visit.control), 0);
        CU_ASSERT_EQUAL(ftp_reply(&visit), 331);
        CU_ASSERT_EQUAL(ftp_reply(&visit), 421);
        CU_ASSERT_EQUAL(ftp_reply(&visit), 0);
        wait_ms(5 * SECOND);
        CU_ASSERT_EQUAL(netl_ftp_server_sessions(server), 0);
        close_lab();
    }
}

static void data_connections_that_nobody_uses_are_closed(void)
{
    open_lab(NULL, NULL);
    enter();
    CU_ASSERT_EQUAL(ftp(&visit, "PASV"), 227); /* and no connection */
    wait_ms(21 * SECOND);
    CU_ASSERT_EQUAL(ftp(&visit, "LIST"), 425);
    ftp_passive(&visit); /* and no command */
    wait_ms(21 * SECOND);
    CU_ASSERT_EQUAL(ftp(&visit, "LIST"), 425);
    CU_ASSERT_EQUAL(netl_tcp_receive(visit.data, bytes, 1), NETL_ERROR_RESET);
    CU_ASSERT_EQUAL(ftp(&visit, "PASV"), 227); /* and a command, but no connection */
    int64_t before_ns = netl_lab_now_ns(lab);
    CU_ASSERT_EQUAL(ftp(&visit, "LIST"), 150);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 425);
    CU_ASSERT_TRUE(netl_lab_now_ns(lab) - before_ns >= 20 * INT64_C(1000000000));
    CU_ASSERT_EQUAL(ftp(&visit, "NOOP"), 200);
    close_lab();
}

static void who_does_not_read_his_file_loses_it_after_a_minute(void)
{
    open_lab(NULL, NULL);
    enter();
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR huge"), 150);
    int64_t before_ns = netl_lab_now_ns(lab);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 426);
    int64_t took_ns = netl_lab_now_ns(lab) - before_ns;
    CU_ASSERT_TRUE(took_ns >= 60 * INT64_C(1000000000) && took_ns < 75 * INT64_C(1000000000));
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "STOR cut"), 150); /* and who sends nothing likewise */
    CU_ASSERT_EQUAL(ftp_reply(&visit), 426);
    CU_ASSERT_EQUAL(ftp(&visit, "DELE cut"), 250);
    close_lab();
}

static void who_leaves_in_the_middle_takes_his_transfer_along(void)
{
    open_lab(NULL, NULL);
    enter();
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR huge"), 150);
    netl_tcp_close(visit.control);
    visit.control = NULL;
    wait_ms(1 * SECOND);
    CU_ASSERT_EQUAL(netl_ftp_server_sessions(server), 0);
    char piece[10000];
    long n;
    while ((n = netl_tcp_receive(visit.data, piece, sizeof piece)) > 0)
        ;
    CU_ASSERT_EQUAL(n, NETL_ERROR_RESET);
    close_lab();
}

static void what_is_taken_back_is_never_another_file(void)
{
    struct netl_ftp_server_options options = {.discard_cut = true};
    char moved[200];
    open_lab(NULL, &options);
    enter();
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "STOR cut"), 150);
    snprintf(moved, sizeof moved, "%s", path_of("pub/moved"));
    CU_ASSERT_EQUAL(rename(path_of("pub/cut"), moved), 0);
    write_file("pub/cut", "another", 7);
    netl_tcp_abort(visit.data);
    visit.data = NULL;
    CU_ASSERT_EQUAL(ftp_reply(&visit), 426);
    CU_ASSERT_TRUE(exists("pub/cut"));
    CU_ASSERT_EQUAL(unlink(path_of("pub/cut")), 0);
    CU_ASSERT_EQUAL(unlink(moved), 0);
    close_lab();
}

static void guessing_passwords_takes_long_and_others_go_on(void)
{
    struct ftp_visit guesser;
    open_lab(NULL, NULL);
    enter();
    ftp_connect(&guesser, netl_lab_find(lab, "thief"), "10.0.0.2", 21);
    int64_t before_ns = netl_lab_now_ns(lab);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(ftp(&guesser, "USER kim"), 331);
        ftp_say(&guesser, "PASS wrong\r\n", 12);
        CU_ASSERT_EQUAL(ftp(&visit, "NOOP"), 200);
        CU_ASSERT_EQUAL(ftp_reply(&guesser), i < 2 ? 530 : 421);
    }
    CU_ASSERT_TRUE(netl_lab_now_ns(lab) - before_ns >= 3 * INT64_C(1000000000));
    CU_ASSERT_EQUAL(ftp_reply(&guesser), 0);
    ftp_leave(&guesser);
    close_lab();
}

static void too_many_sessions_get_421(void)
{
    struct netl_ftp_server_options options = {.sessions = 3, .sessions_each = 2};
    struct netl_host *client, *thief;
    struct ftp_visit second, more;
    open_lab(NULL, &options);
    client = netl_lab_find(lab, "client");
    thief = netl_lab_find(lab, "thief");
    ftp_connect(&visit, client, "10.0.0.2", 21);
    ftp_connect(&second, client, "10.0.0.2", 21);
    memset(&more, 0, sizeof more);
    more.control = netl_tcp_connect(client, "10.0.0.2", 21);
    CU_ASSERT_EQUAL(ftp_reply(&more), 421);
    ftp_leave(&more);
    ftp_connect(&more, thief, "10.0.0.2", 21);
    ftp_leave(&second);
    wait_ms(100);
    CU_ASSERT_EQUAL(netl_ftp_server_sessions(server), 2);
    ftp_leave(&more);
    close_lab();
}

UNIT_MAIN("ftp_hostile", UNIT(begin),
          UNIT(transfers_are_whole_over_a_wire_that_loses_delays_and_damages),
          UNIT(a_wire_that_is_cut_in_an_upload_gives_no_226_and_keeps_what_came),
          UNIT(a_client_that_vanishes_leaves_no_session),
          UNIT(no_data_connection_is_opened_for_someone_else),
          UNIT(a_stolen_passive_port_stays_open_for_its_owner),
          UNIT(no_name_leads_out_of_the_directory), UNIT(a_link_that_is_moved_still_leads_nowhere),
          UNIT(ten_thousand_commands_at_once_get_ten_thousand_replies),
          UNIT(a_line_that_never_ends_ends_the_session),
          UNIT(bytes_that_no_name_may_hold_are_refused),
          UNIT(who_does_not_log_in_is_sent_away_however_much_he_talks),
          UNIT(who_asks_nothing_for_five_minutes_is_sent_away), UNIT(a_long_transfer_is_no_silence),
          UNIT(a_server_may_be_stopped_where_a_login_is_judged),
          UNIT(data_connections_that_nobody_uses_are_closed),
          UNIT(who_does_not_read_his_file_loses_it_after_a_minute),
          UNIT(who_leaves_in_the_middle_takes_his_transfer_along),
          UNIT(what_is_taken_back_is_never_another_file),
          UNIT(guessing_passwords_takes_long_and_others_go_on), UNIT(too_many_sessions_get_421),
          UNIT(end))
