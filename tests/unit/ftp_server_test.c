/* SPDX-License-Identifier: MIT */
/* The FTP server, with well-meaning clients in the same process and thread. */
#include "support/ftp_client.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG  3000000
#define HUGE INT64_C(50000000) /* more than loopback holds */

static char place[] = "/tmp/netl_ftp_server_XXXXXX";
static struct netl_host *host;
static struct netl_ftp_server *server;
static uint16_t port;
static struct ftp_visit visit;
static char big[BIG], bytes[HUGE + 1];
static long length;

/* ── setting up ─────────────────────────────────────────────────────────────────────────── */

static const char *path_of(const char *name)
{
    static char path[300];
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

/* Does the file hold exactly that? */
static bool holds(const char *name, const char *text, size_t size)
{
    static char found[BIG + 1];
    FILE *file = fopen(path_of(name), "rb");
    if (!file)
        return false;
    size_t n = fread(found, 1, sizeof found, file);
    fclose(file);
    return n == size && memcmp(found, text, size) == 0;
}

static enum netl_ftp_access login(const char *user, const char *password, void *context)
{
    CU_ASSERT_PTR_EQUAL(context, place);
    return strcmp(user, "kim") == 0 && strcmp(password, "secret word") == 0 ? NETL_FTP_WRITE
                                                                            : NETL_FTP_REFUSED;
}

static void open_server(const struct netl_ftp_server_options *wanted, const char *address)
{
    struct netl_ftp_server_options options = wanted ? *wanted : (struct netl_ftp_server_options){0};
    struct netl_endpoint local;
    options.root = place;
    options.anonymous = NETL_FTP_READ;
    options.login = login;
    options.login_context = place;
    options.login_delay_ms = options.login_delay_ms ? options.login_delay_ms : 20;
    server = netl_ftp_server_open(host, address, 0, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_EQUAL(netl_ftp_server_local(server, &local), 0);
    port = local.port;
}

static void begin(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 31 >> 3);
    write_file("ten.txt", "0123456789", 10);
    write_file("empty", "", 0);
    write_file("lines.txt", "one\ntwo\n", 8);
    write_file("big.bin", big, sizeof big);
    write_file("huge", "", 0);
    CU_ASSERT_EQUAL(truncate(path_of("huge"), HUGE), 0);
    CU_ASSERT_EQUAL(mkdir(path_of("sub"), 0700), 0);
    CU_ASSERT_EQUAL(symlink("ten.txt", path_of("in")), 0);
    CU_ASSERT_EQUAL(symlink("/etc/passwd", path_of("out")), 0);
    host = netl_host_open("observe=off timeout=5000");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    open_server(NULL, "127.0.0.1");
}

static void clear(const char *directory)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    while (stream && (entry = readdir(stream)) != NULL) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlink(path) != 0) {
            clear(path);
            rmdir(path);
        }
    }
    if (stream)
        closedir(stream);
}

static void end(void)
{
    netl_ftp_server_close(server);
    CU_ASSERT_EQUAL(netl_host_close(host), 0);
    clear(place);
    CU_ASSERT_EQUAL(rmdir(place), 0);
}

static void visit_as(const char *user, const char *pass)
{
    ftp_connect(&visit, host, "127.0.0.1", port);
    CU_ASSERT_EQUAL(ftp(&visit, user), 331);
    CU_ASSERT_EQUAL(ftp(&visit, pass), 230);
    CU_ASSERT_EQUAL(ftp(&visit, "TYPE I"), 200);
}

static void visit_as_kim(void)
{
    visit_as("USER kim", "PASS secret word");
}

static bool says(const char *text)
{
    bool found = strstr(visit.reply, text) != NULL;
    if (!found)
        printf("\n  no '%s' in: %s\n", text, visit.reply);
    return found;
}

/* ── who ────────────────────────────────────────────────────────────────────────────────── */

static void nothing_is_served_before_a_login(void)
{
    static const char *const refused[] = {
        "PWD",  "CWD /",        "LIST",         "RETR ten.txt", "PASV",   "EPSV",
        "MLSD", "DELE ten.txt", "SIZE ten.txt", "REST 1",       "STAT /", "PORT 127,0,0,1,200,0"};
    ftp_connect(&visit, host, "127.0.0.1", port);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        CU_ASSERT_EQUAL(ftp(&visit, refused[i]), 530);
    CU_ASSERT_EQUAL(ftp(&visit, "FEAT"), 211);
    CU_ASSERT_EQUAL(ftp(&visit, "SYST"), 215);
    CU_ASSERT_EQUAL(ftp(&visit, "HELP"), 214);
    CU_ASSERT_EQUAL(ftp(&visit, "NOOP"), 200);
    CU_ASSERT_EQUAL(ftp(&visit, "QUIT"), 221);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 0);
    ftp_leave(&visit);
}

static void every_name_is_asked_for_a_password(void)
{
    ftp_connect(&visit, host, "127.0.0.1", port);
    CU_ASSERT_EQUAL(ftp(&visit, "PASS x"), 503);
    CU_ASSERT_EQUAL(ftp(&visit, "USER nobody-of-that-name"), 331);
    CU_ASSERT_EQUAL(ftp(&visit, "PASS x"), 530);
    CU_ASSERT_EQUAL(ftp(&visit, "PASS x"), 503);
    CU_ASSERT_EQUAL(ftp(&visit, "USER kim"), 331);
    CU_ASSERT_EQUAL(ftp(&visit, "PASS wrong"), 530);
    CU_ASSERT_EQUAL(ftp(&visit, "PWD"), 530);
    CU_ASSERT_EQUAL(ftp(&visit, "USER kim"), 331);
    CU_ASSERT_EQUAL(ftp(&visit, "PASS secret word"), 230);
    CU_ASSERT_EQUAL(ftp(&visit, "PWD"), 257);
    CU_ASSERT_EQUAL(ftp(&visit, "REIN"), 220);
    CU_ASSERT_EQUAL(ftp(&visit, "PWD"), 530);
    ftp_leave(&visit);
}

static void three_wrong_passwords_end_the_session_late(void)
{
    int64_t before_ns = netl_host_now_ns(host);
    ftp_connect(&visit, host, "127.0.0.1", port);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(ftp(&visit, "USER kim"), 331);
        CU_ASSERT_EQUAL(ftp(&visit, "PASS guess"), i < 2 ? 530 : 421);
    }
    CU_ASSERT_EQUAL(ftp_reply(&visit), 0);
    CU_ASSERT_TRUE(netl_host_now_ns(host) - before_ns >= 60 * 1000000);
    ftp_leave(&visit);
}

static void who_may_read_may_not_write(void)
{
    static const char *const refused[] = {"STOR x",  "APPE x",       "STOU",        "MKD x",
                                          "RMD sub", "DELE ten.txt", "RNFR ten.txt"};
    visit_as("USER anonymous", "PASS");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        CU_ASSERT_EQUAL(ftp(&visit, refused[i]), 550);
    CU_ASSERT_TRUE(holds("ten.txt", "0123456789", 10));
    ftp_leave(&visit);
}

/* ── fetching ───────────────────────────────────────────────────────────────────────────── */

static void files_arrive_whole_whatever_their_size(void)
{
    visit_as("USER ftp", "PASS me@here");
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR ten.txt", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, 10);
    CU_ASSERT_EQUAL(memcmp(bytes, "0123456789", 10), 0);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR empty", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR big.bin", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, BIG);
    CU_ASSERT_EQUAL(memcmp(bytes, big, BIG), 0);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR in", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, 10);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR out", bytes, sizeof bytes, &length), 550);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR none", bytes, sizeof bytes, &length), 550);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR sub", bytes, sizeof bytes, &length), 550);
    ftp_leave(&visit);
}

static void a_transfer_may_begin_in_the_middle(void)
{
    visit_as("USER ftp", "PASS me@here");
    CU_ASSERT_EQUAL(ftp(&visit, "REST 2999990"), 350);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR big.bin", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, 10);
    CU_ASSERT_EQUAL(memcmp(bytes, big + 2999990, 10), 0);
    CU_ASSERT_EQUAL(ftp(&visit, "REST 10"), 350);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR ten.txt", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_EQUAL(ftp(&visit, "REST 11"), 350);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR ten.txt", bytes, sizeof bytes, &length), 554);
    CU_ASSERT_EQUAL(ftp(&visit, "REST 5"), 350);
    CU_ASSERT_EQUAL(ftp(&visit, "SIZE ten.txt"), 213); /* not the transfer: REST is forgotten */
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR ten.txt", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, 10);
    CU_ASSERT_EQUAL(ftp(&visit, "REST -1"), 501);
    CU_ASSERT_EQUAL(ftp(&visit, "REST 99999999999999999999"), 501);
    ftp_leave(&visit);
}

static void text_has_crlf_on_the_way_and_lf_here(void)
{
    visit_as_kim();
    CU_ASSERT_EQUAL(ftp(&visit, "TYPE A N"), 200);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR lines.txt", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, 10);
    CU_ASSERT_EQUAL(memcmp(bytes, "one\r\ntwo\r\n", 10), 0);
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR text", "a\r\nb\r\r\n\r", 8), 226);
    CU_ASSERT_TRUE(holds("text", "a\nb\r\n\r", 6));
    CU_ASSERT_EQUAL(ftp(&visit, "SIZE lines.txt"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "REST 1"), 350);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR lines.txt", bytes, sizeof bytes, &length), 504);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR big.bin", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_TRUE(length > BIG);
    ftp_leave(&visit);
}

/* ── storing ────────────────────────────────────────────────────────────────────────────── */

static void what_is_stored_is_there_byte_for_byte(void)
{
    visit_as_kim();
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR copy", big, BIG), 226);
    CU_ASSERT_TRUE(holds("copy", big, BIG));
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR copy", "short", 5), 226);
    CU_ASSERT_TRUE(holds("copy", "short", 5));
    CU_ASSERT_EQUAL(ftp_send(&visit, "APPE copy", "er", 2), 226);
    CU_ASSERT_TRUE(holds("copy", "shorter", 7));
    CU_ASSERT_EQUAL(ftp(&visit, "REST 3"), 350);
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR copy", "p", 1), 226);
    CU_ASSERT_TRUE(holds("copy", "shop", 4));
    CU_ASSERT_EQUAL(ftp(&visit, "REST 5"), 350);
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR copy", "p", 1), 554);
    CU_ASSERT_EQUAL(ftp(&visit, "REST 5"), 350);
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR fresh", "p", 1), 554);
    CU_ASSERT_FALSE(holds("fresh", "", 0)); /* nothing is left of that */
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR 한글 이름", "", 0), 226);
    CU_ASSERT_TRUE(holds("한글 이름", "", 0));
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR sub", "x", 1), 550);
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR in", "x", 1), 550); /* not through a link */
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR out", "x", 1), 550);
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR none/x", "x", 1), 550);
    CU_ASSERT_EQUAL(ftp_send(&visit, "STOR \xc7\xd1", "x", 1), 553);
    CU_ASSERT_TRUE(holds("ten.txt", "0123456789", 10));
    ftp_leave(&visit);
}

static void a_unique_name_is_told(void)
{
    char name[64] = "";
    visit_as_kim();
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "STOU"), 150);
    CU_ASSERT_EQUAL(sscanf(visit.reply, "150 FILE: %60s", name), 1);
    CU_ASSERT_EQUAL(netl_tcp_send(visit.data, "u", 1), 1);
    netl_tcp_close(visit.data);
    visit.data = NULL;
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    CU_ASSERT_TRUE(holds(name, "u", 1));
    ftp_leave(&visit);
}

/* Half of an upload, and then a RST. */
static void cut_upload(const char *command)
{
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, command), 150);
    CU_ASSERT_EQUAL(netl_tcp_send(visit.data, "half", 4), 4);
    for (int i = 0; i < 100 && !holds("half", "half", 4) && !holds("half", "olhalf", 6); i++)
        netl_host_step(host, 10);
    netl_tcp_abort(visit.data);
    visit.data = NULL;
    CU_ASSERT_EQUAL(ftp_reply(&visit), 426);
}

static void a_cut_upload_is_never_said_to_be_whole_and_can_go_on(void)
{
    visit_as_kim();
    cut_upload("STOR half");
    CU_ASSERT_TRUE(holds("half", "half", 4));
    CU_ASSERT_EQUAL(ftp(&visit, "SIZE half"), 213);
    CU_ASSERT_TRUE(says("213 4"));
    CU_ASSERT_EQUAL(ftp_send(&visit, "APPE half", "+half", 5), 226);
    CU_ASSERT_TRUE(holds("half", "half+half", 9));
    ftp_leave(&visit);
}

static void a_cut_upload_is_taken_back_when_told_so(void)
{
    struct netl_ftp_server_options options = {.discard_cut = true};
    netl_ftp_server_close(server);
    open_server(&options, "127.0.0.1");
    visit_as_kim();
    cut_upload("STOR half");
    CU_ASSERT_FALSE(holds("half", "half", 4));
    CU_ASSERT_EQUAL(ftp(&visit, "SIZE half"), 550);
    write_file("half", "old", 3);
    CU_ASSERT_EQUAL(ftp(&visit, "REST 2"), 350);
    cut_upload("STOR half");
    CU_ASSERT_TRUE(holds("half", "ol", 2));
    ftp_leave(&visit);
    netl_ftp_server_close(server);
    open_server(NULL, "127.0.0.1");
}

/* ── names ──────────────────────────────────────────────────────────────────────────────── */

static void directories_are_made_entered_renamed_and_removed(void)
{
    visit_as_kim();
    CU_ASSERT_EQUAL(ftp(&visit, "MKD say \"hi\""), 257);
    CU_ASSERT_TRUE(says("257 \"/say \"\"hi\"\"\""));
    CU_ASSERT_EQUAL(ftp(&visit, "MKD say \"hi\""), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "CWD say \"hi\""), 250);
    CU_ASSERT_EQUAL(ftp(&visit, "PWD"), 257);
    CU_ASSERT_TRUE(says("257 \"/say \"\"hi\"\"\""));
    CU_ASSERT_EQUAL(ftp(&visit, "XMKD 안쪽/"), 257);
    CU_ASSERT_EQUAL(ftp(&visit, "CWD /say \"hi\"/안쪽"), 250);
    CU_ASSERT_EQUAL(ftp(&visit, "CDUP"), 250);
    CU_ASSERT_EQUAL(ftp(&visit, "XCUP"), 250);
    CU_ASSERT_EQUAL(ftp(&visit, "CDUP"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RMD say \"hi\""), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RMD /say \"hi\"/안쪽"), 250);
    CU_ASSERT_EQUAL(ftp(&visit, "RNFR say \"hi\""), 350);
    CU_ASSERT_EQUAL(ftp(&visit, "RNTO sub/said"), 250);
    CU_ASSERT_EQUAL(ftp(&visit, "RNTO sub/again"), 503);
    CU_ASSERT_EQUAL(ftp(&visit, "DELE sub/said"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RMD sub/said"), 250);
    CU_ASSERT_EQUAL(ftp(&visit, "RMD /"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "CWD ten.txt"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RNFR none"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "RNTO x"), 503);
    ftp_leave(&visit);
}

static void files_tell_their_size_and_time(void)
{
    visit_as("USER ftp", "PASS x");
    CU_ASSERT_EQUAL(ftp(&visit, "SIZE big.bin"), 213);
    CU_ASSERT_TRUE(says("213 3000000"));
    CU_ASSERT_EQUAL(ftp(&visit, "MDTM ten.txt"), 213);
    CU_ASSERT_EQUAL(strlen(visit.reply), 18);
    CU_ASSERT_EQUAL(ftp(&visit, "SIZE sub"), 550);
    CU_ASSERT_EQUAL(ftp(&visit, "MLST ten.txt"), 250);
    CU_ASSERT_TRUE(says("\n type=file;size=10;modify="));
    CU_ASSERT_TRUE(says("perm=r;"));
    CU_ASSERT_TRUE(says("; /ten.txt\n"));
    CU_ASSERT_EQUAL(ftp(&visit, "OPTS MLST size;"), 200);
    CU_ASSERT_EQUAL(ftp(&visit, "MLST ten.txt"), 250);
    CU_ASSERT_TRUE(says("\n size=10; /ten.txt\n"));
    CU_ASSERT_EQUAL(ftp(&visit, "STAT ten.txt"), 213);
    CU_ASSERT_TRUE(says("-rw"));
    CU_ASSERT_EQUAL(ftp(&visit, "STAT"), 211);
    CU_ASSERT_TRUE(says("User: ftp"));
    ftp_leave(&visit);
}

static void lists_show_what_is_there_and_no_way_out(void)
{
    visit_as("USER ftp", "PASS x");
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "LIST -la", bytes, sizeof bytes - 1, &length), 226);
    bytes[length > 0 ? length : 0] = 0;
    CU_ASSERT_PTR_NOT_NULL(strstr(bytes, " ten.txt\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(bytes, " in\r\n"));
    CU_ASSERT_PTR_NULL(strstr(bytes, " out\r\n"));
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "NLST ten.txt", bytes, sizeof bytes - 1, &length), 226);
    CU_ASSERT_EQUAL(length, 9);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "MLSD sub", bytes, sizeof bytes - 1, &length), 226);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "MLSD ten.txt", bytes, sizeof bytes - 1, &length), 501);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "MLSD", bytes, sizeof bytes - 1, &length), 226);
    bytes[length > 0 ? length : 0] = 0;
    CU_ASSERT_PTR_NOT_NULL(strstr(bytes, "type=dir;"));
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "LIST none", bytes, sizeof bytes - 1, &length), 550);
    ftp_leave(&visit);
}

/* ── the data connection ────────────────────────────────────────────────────────────────── */

static void active_data_connections_go_to_the_port_that_was_said(void)
{
    struct netl_tcp_listener *listener = netl_tcp_listen(host, "127.0.0.1", 0, 1);
    struct netl_endpoint local;
    char command[80];
    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    CU_ASSERT_EQUAL(netl_tcp_listener_local(listener, &local), 0);
    visit_as("USER ftp", "PASS x");
    for (int extended = 0; extended < 2; extended++) {
        snprintf(command, sizeof command,
                 extended ? "EPRT |1|127.0.0.1|%u|" : "PORT 127,0,0,1,%u,%u",
                 extended ? local.port : local.port >> 8, local.port & 255u);
        CU_ASSERT_EQUAL(ftp(&visit, command), 200);
        CU_ASSERT_EQUAL(ftp(&visit, "RETR ten.txt"), 150);
        visit.data = netl_tcp_accept(listener, 5000);
        CU_ASSERT_PTR_NOT_NULL_FATAL(visit.data);
        CU_ASSERT_EQUAL(ftp_read(&visit, bytes, sizeof bytes), 10);
        CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    }
    netl_tcp_listener_close(listener);
    CU_ASSERT_EQUAL(ftp(&visit, command), 200);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR ten.txt"), 150);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 425);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR ten.txt"), 425);
    ftp_leave(&visit);
}

static void ipv6_has_epsv_and_eprt_alone(void)
{
    netl_ftp_server_close(server);
    open_server(NULL, "::1");
    ftp_connect(&visit, host, "::1", port);
    CU_ASSERT_EQUAL(ftp(&visit, "USER ftp"), 331);
    CU_ASSERT_EQUAL(ftp(&visit, "PASS x"), 230);
    CU_ASSERT_EQUAL(ftp(&visit, "PASV"), 522);
    CU_ASSERT_EQUAL(ftp(&visit, "EPSV 1"), 522);
    CU_ASSERT_EQUAL(ftp(&visit, "EPRT |1|127.0.0.1|5000|"), 522);
    CU_ASSERT_EQUAL(ftp(&visit, "EPRT |3|x|5000|"), 522);
    CU_ASSERT_EQUAL(ftp(&visit, "EPSV 2"), 229);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR ten.txt", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, 10);
    CU_ASSERT_EQUAL(ftp(&visit, "EPSV ALL"), 200);
    CU_ASSERT_EQUAL(ftp(&visit, "EPRT |2|::1|5000|"), 503);
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR ten.txt", bytes, sizeof bytes, &length), 226);
    ftp_leave(&visit);
    netl_ftp_server_close(server);
    open_server(NULL, "127.0.0.1");
}

static void passive_ports_can_be_kept_in_a_range(void)
{
    struct netl_ftp_server_options options = {.first_port = 41990, .last_port = 41999};
    struct netl_ftp_server *ranged = server;
    open_server(&options, "127.0.0.1");
    visit_as("USER ftp", "PASS x");
    for (int i = 0; i < 5; i++) {
        unsigned high = 0, low = 0;
        CU_ASSERT_EQUAL(ftp(&visit, "PASV"), 227);
        CU_ASSERT_EQUAL(
            sscanf(visit.reply, "227 Entering Passive Mode (127,0,0,1,%u,%u)", &high, &low), 2);
        unsigned got = high * 256 + low;
        CU_ASSERT_TRUE(got >= 41990 && got <= 41999);
    }
    ftp_leave(&visit);
    netl_ftp_server_close(server);
    server = ranged;
    options.last_port = 1;
    options.root = place;
    CU_ASSERT_PTR_NULL(netl_ftp_server_open(host, "127.0.0.1", 0, &options));
    struct netl_endpoint local;
    CU_ASSERT_EQUAL(netl_ftp_server_local(server, &local), 0);
    port = local.port;
}

/* ── the rest ───────────────────────────────────────────────────────────────────────────── */

static void what_is_not_there_is_said_with_the_right_code(void)
{
    static const struct {
        const char *command;
        int code;
    } cases[] = {
        {"XYZZ", 500},      {"", 500},          {"TOOLONG", 500}, {"SITE CHMOD 777 x", 502},
        {"SMNT /", 502},    {"AUTH TLS", 502},  {"ACCT x", 202},  {"ALLO 10", 202},
        {"TYPE E", 504},    {"TYPE L 8", 200},  {"MODE B", 504},  {"MODE S", 200},
        {"STRU R", 504},    {"STRU F", 200},    {"TYPE", 501},    {"RETR", 501},
        {"PORT x", 501},    {"EPRT x", 501},    {"OPTS x", 501},  {"OPTS UTF8 ON", 200},
        {"HELP RETR", 214}, {"HELP XYZZ", 504}, {"NLST", 425},
    };
    visit_as("USER ftp", "PASS x");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_EQUAL(ftp(&visit, cases[i].command), cases[i].code);
    CU_ASSERT_EQUAL(ftp(&visit, "FEAT"), 211);
    CU_ASSERT_TRUE(says("\n EPSV\n"));
    CU_ASSERT_TRUE(says("\n MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;\n"));
    CU_ASSERT_TRUE(says("\n REST STREAM\n"));
    CU_ASSERT_TRUE(says("\n UTF8\n"));
    ftp_leave(&visit);
}

static void a_graceful_stop_finishes_what_is_being_sent(void)
{
    struct ftp_visit idle;
    visit_as("USER ftp", "PASS x");
    idle = visit;
    visit_as("USER ftp", "PASS x");
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR huge"), 150);
    netl_ftp_server_stop(server, NULL, NULL);
    CU_ASSERT_EQUAL(ftp_reply(&idle), 421);
    ftp_leave(&idle);
    CU_ASSERT_EQUAL(ftp_read(&visit, bytes, sizeof bytes), HUGE);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 0);
    ftp_leave(&visit);
    CU_ASSERT_EQUAL(netl_ftp_server_finish(server), 0);
    CU_ASSERT_EQUAL(netl_ftp_server_sessions(server), 0);
    netl_ftp_server_close(server);
    open_server(NULL, "127.0.0.1");
}

static void a_server_needs_a_directory(void)
{
    struct netl_ftp_server_options options = {0};
    CU_ASSERT_PTR_NULL(netl_ftp_server_open(host, "127.0.0.1", 0, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "options.root"));
    options.root = "/nonexistent";
    CU_ASSERT_PTR_NULL(netl_ftp_server_open(host, "127.0.0.1", 0, &options));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "serve directory /nonexistent"));
}

UNIT_MAIN("ftp_server", UNIT(begin), UNIT(nothing_is_served_before_a_login),
          UNIT(every_name_is_asked_for_a_password),
          UNIT(three_wrong_passwords_end_the_session_late), UNIT(who_may_read_may_not_write),
          UNIT(files_arrive_whole_whatever_their_size), UNIT(a_transfer_may_begin_in_the_middle),
          UNIT(text_has_crlf_on_the_way_and_lf_here), UNIT(what_is_stored_is_there_byte_for_byte),
          UNIT(a_unique_name_is_told), UNIT(a_cut_upload_is_never_said_to_be_whole_and_can_go_on),
          UNIT(a_cut_upload_is_taken_back_when_told_so),
          UNIT(directories_are_made_entered_renamed_and_removed),
          UNIT(files_tell_their_size_and_time), UNIT(lists_show_what_is_there_and_no_way_out),
          UNIT(active_data_connections_go_to_the_port_that_was_said),
          UNIT(ipv6_has_epsv_and_eprt_alone), UNIT(passive_ports_can_be_kept_in_a_range),

          UNIT(what_is_not_there_is_said_with_the_right_code),
          UNIT(a_graceful_stop_finishes_what_is_being_sent), UNIT(a_server_needs_a_directory),
          UNIT(end))
