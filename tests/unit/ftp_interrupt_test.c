/* SPDX-License-Identifier: MIT */
/* The FTP server while a transfer runs: which commands wait, which do not, and Telnet's interrupt. */
#include "support/ftp_client.h"

#include <unistd.h>

#define BIG  3000000
#define HUGE INT64_C(50000000) /* more than loopback holds */

static char place[] = "/tmp/netl_ftp_interrupt_XXXXXX";
static struct netl_host *host;
static struct netl_ftp_server *server;
static uint16_t port;
static struct ftp_visit visit;
static char bytes[BIG + 1];
static long length;

static void make_file(const char *name, long size)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", place, name);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fclose(file);
    CU_ASSERT_EQUAL(truncate(path, size), 0);
}

static void begin(void)
{
    struct netl_ftp_server_options options = {.root = place, .anonymous = NETL_FTP_READ};
    struct netl_endpoint local;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    make_file("big.bin", BIG);
    make_file("huge", HUGE);
    host = netl_host_open("observe=off timeout=5000");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    server = netl_ftp_server_open(host, "127.0.0.1", 0, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_EQUAL(netl_ftp_server_local(server, &local), 0);
    port = local.port;
}

static void end(void)
{
    static const char *const names[] = {"big.bin", "huge"};
    char path[300];

    netl_ftp_server_close(server);
    CU_ASSERT_EQUAL(netl_host_close(host), 0);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        CU_ASSERT_EQUAL(unlink(path), 0);
    }
    CU_ASSERT_EQUAL(rmdir(place), 0);
}

static void visit_it(void)
{
    ftp_connect(&visit, host, "127.0.0.1", port);
    CU_ASSERT_EQUAL(ftp(&visit, "USER ftp"), 331);
    CU_ASSERT_EQUAL(ftp(&visit, "PASS x"), 230);
    CU_ASSERT_EQUAL(ftp(&visit, "TYPE I"), 200);
}

static void abor_ends_a_transfer_and_says_both_things(void)
{
    visit_it();
    CU_ASSERT_EQUAL(ftp(&visit, "ABOR"), 226);
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR huge"), 150);
    CU_ASSERT_EQUAL(ftp(&visit, "STAT"), 211);
    CU_ASSERT_PTR_NOT_NULL(strstr(visit.reply, "under way"));
    ftp_say(&visit, "\377\364\377\362ABOR\r\n", 10);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 426);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    netl_tcp_close(visit.data);
    visit.data = NULL;
    CU_ASSERT_EQUAL(ftp_fetch(&visit, "RETR big.bin", bytes, sizeof bytes, &length), 226);
    CU_ASSERT_EQUAL(length, BIG);
    ftp_leave(&visit);
}

/* A transfer that nobody reads, with commands behind it. */
static void begin_huge(const char *behind)
{
    visit_it();
    ftp_passive(&visit);
    CU_ASSERT_EQUAL(ftp(&visit, "RETR huge"), 150);
    ftp_say(&visit, behind, strlen(behind));
    for (int i = 0; i < 10; i++)
        netl_host_step(host, 1);
}

static void an_interrupt_throws_away_what_waits_before_it(void)
{
    static const char *const waiting[] = {"NOOP\r\n", "NOOP\r\nPWD\r\n", "NOOP\r\nPWD\r\nSY"};
    static const char *const interrupts[] = {"\377\364\377\362ABOR\r\n", "\377\364\377ABOR\r\n",
                                             "\377\364ABOR\r\n"};

    for (size_t i = 0; i < 9; i++) {
        begin_huge(waiting[i / 3]);
        ftp_say(&visit, interrupts[i % 3], strlen(interrupts[i % 3]));
        CU_ASSERT_EQUAL(ftp_reply(&visit), 426);
        CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
        netl_tcp_close(visit.data);
        visit.data = NULL;
        CU_ASSERT_EQUAL(ftp(&visit, "SYST"), 215); /* and nothing of before comes */
        ftp_leave(&visit);
    }
}

static void without_an_interrupt_abor_waits_its_turn(void)
{
    visit_it();
    ftp_passive(&visit);
    ftp_say(&visit, "RETR big.bin\r\nNOOP\r\nABOR\r\n", 26);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 150);
    CU_ASSERT_EQUAL(ftp_read(&visit, bytes, sizeof bytes), BIG);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 200);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    ftp_leave(&visit);
}

static void an_interrupt_without_a_transfer_throws_nothing_away(void)
{
    visit_it();
    ftp_say(&visit, "NOOP\r\nPWD\r\n\377\364\377\362ABOR\r\n", 21);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 200);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 257);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    ftp_leave(&visit);
}

static void commands_wait_for_the_transfer_before_them(void)
{
    visit_it();
    ftp_passive(&visit);
    ftp_say(&visit, "RETR big.bin\r\nPWD\r\nQUIT\r\n", 25);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 150);
    CU_ASSERT_EQUAL(ftp_read(&visit, bytes, sizeof bytes), BIG);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 226);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 257);
    CU_ASSERT_EQUAL(ftp_reply(&visit), 221);
    ftp_leave(&visit);
}

UNIT_MAIN("ftp_interrupt", UNIT(begin), UNIT(abor_ends_a_transfer_and_says_both_things),
          UNIT(an_interrupt_throws_away_what_waits_before_it),
          UNIT(without_an_interrupt_abor_waits_its_turn),
          UNIT(an_interrupt_without_a_transfer_throws_nothing_away),
          UNIT(commands_wait_for_the_transfer_before_them), UNIT(end))
