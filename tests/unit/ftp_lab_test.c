/* SPDX-License-Identifier: MIT */
/* The client and the server of this library in a lab: our TCP below both, on wires that lose. */
#include "support/unit.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES 200000

static struct netl_lab *lab;
static struct netl_ftp_server *server;
static struct netl_ftp_client *client;
static char directory[64];
static char content[FILE_BYTES];

static const char *in(const char *name)
{
    static char paths[2][128];
    static int which;
    which = !which;
    snprintf(paths[which], sizeof paths[which], "%s/%s", directory, name);
    return paths[which];
}

static void begin(const char *spec, const char *wire, bool active)
{
    char network[256];
    struct netl_ftp_client_options options = {.active = active};
    struct netl_ftp_server_options serving = {.anonymous = NETL_FTP_WRITE};
    snprintf(directory, sizeof directory, "/tmp/netl-ftplab-%ld", (long)getpid());
    CU_ASSERT_EQUAL_FATAL(mkdir(directory, 0700), 0);
    CU_ASSERT_EQUAL_FATAL(mkdir(in("pub"), 0700), 0);
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 2654435761u >> 13);
    FILE *file = fopen(in("pub/big"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(content, 1, sizeof content, file), sizeof content);
    fclose(file);
    snprintf(network, sizeof network,
             "host client address=10.0.0.1/24\nhost server address=10.0.0.2/24\n"
             "wire client server %s\n",
             wire);
    lab = netl_lab_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_EQUAL_FATAL(netl_lab_build(lab, network), 0);
    serving.root = in("pub");
    server = netl_ftp_server_open(netl_lab_find(lab, "server"), "10.0.0.2", 21, &serving);
    client = netl_ftp_client_open(netl_lab_find(lab, "client"), &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
}

static void end(void)
{
    char command[128];
    netl_ftp_client_close(client);
    netl_ftp_server_close(server);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    CU_ASSERT_EQUAL(system(command), 0);
}

static bool is_whole(const char *name)
{
    static char bytes[FILE_BYTES + 1];
    FILE *file = fopen(in(name), "r");
    size_t length = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    return length == sizeof content && memcmp(bytes, content, length) == 0;
}

static int64_t download(void)
{
    int64_t result = netl_ftp_download(client, "ftp://10.0.0.2/big", in("got"), NULL, NULL);
    return result;
}

static void files_come_and_go_whole_over_a_bad_wire(void)
{
    for (int active = 0; active < 2; active++) {
        begin("seed=4 timeout=60000", "delay=5ms loss=3% duplicate=1% reorder=2%", active);
        CU_ASSERT_EQUAL(download(), FILE_BYTES);
        CU_ASSERT(is_whole("got"));
        CU_ASSERT_EQUAL(netl_ftp_upload(client, in("got"), "ftp://10.0.0.2/put", false, NULL, NULL),
                        FILE_BYTES);
        CU_ASSERT(is_whole("pub/put"));
        CU_ASSERT_EQUAL(netl_ftp_download_tree(client, "ftp://10.0.0.2/", in("tree"), NULL, NULL),
                        2);
        CU_ASSERT(is_whole("tree/put"));
        end();
    }
}

static void a_wire_that_is_cut_and_mended_costs_only_what_was_on_it(void)
{
    begin("seed=1 timeout=2000", "delay=5ms rate=1mbit", false);
    CU_ASSERT_EQUAL_FATAL(
        netl_lab_script(lab, "cut client-server at 1 s; heal client-server at 8 s"), 0);
    CU_ASSERT_EQUAL(download(), NETL_ERROR_TIMEOUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "got.ftp-part' keeps "));
    CU_ASSERT_NOT_EQUAL(access(in("got"), F_OK), 0);
    netl_lab_run(lab, NULL, NULL, 10000);
    CU_ASSERT_EQUAL(download(), FILE_BYTES);
    CU_ASSERT(is_whole("got"));
    end();
}

/* Reads the whole trace of one visit. */
static char *trace_of_a_visit(void)
{
    char spec[160];
    static unsigned number;
    char *text = calloc(1, 4 * 1024 * 1024);
    snprintf(spec, sizeof spec, "seed=7 timeout=60000 trace=text:/tmp/netl-ftplab-%ld-%u",
             (long)getpid(), number);
    begin(spec, "delay=5ms loss=5%", false);
    CU_ASSERT_EQUAL(download(), FILE_BYTES);
    end();
    snprintf(spec, sizeof spec, "/tmp/netl-ftplab-%ld-%u", (long)getpid(), number++);
    FILE *file = fopen(spec, "r");
    CU_ASSERT_FATAL(file && text);
    CU_ASSERT(fread(text, 1, 4 * 1024 * 1024 - 1, file) > 1000);
    fclose(file);
    unlink(spec);
    return text;
}

static void the_same_seed_gives_the_same_visit_to_the_byte(void)
{
    char *first = trace_of_a_visit(), *second = trace_of_a_visit();
    CU_ASSERT_STRING_EQUAL(first, second);
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "ftp.data.end"));
    free(first);
    free(second);
}

UNIT_MAIN("ftp_lab", UNIT(files_come_and_go_whole_over_a_bad_wire),
          UNIT(a_wire_that_is_cut_and_mended_costs_only_what_was_on_it),
          UNIT(the_same_seed_gives_the_same_visit_to_the_byte))
