/* SPDX-License-Identifier: MIT */
/* Links without privilege: filters, the bus, captures, and the sentences of errors. */
#include "base/host.h"
#include "support/unit.h"

#include <netlayers/host.h>
#include <netlayers/link.h>
#include <netlayers/wire/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];

static struct netl_host *open_host(void)
{
    struct netl_host *host = netl_host_open("trace=off");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    return host;
}

static struct netl_link *join(struct netl_host *host, const char *mac, bool promiscuous)
{
    char where[80];
    struct netl_link_options options = {.promiscuous = promiscuous};
    if (mac)
        CU_ASSERT_TRUE(netl_mac_parse(&options.mac, mac));
    snprintf(where, sizeof where, "bus:%s", directory);
    return netl_link_open(host, where, &options);
}

static void make_directory(void)
{
    snprintf(directory, sizeof directory, "/tmp/netl-link-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
}

static bool error_has(const char *part)
{
    return strstr(netl_error_text(), part) != NULL;
}

static void a_filter_keeps_only_its_ethertype(void)
{
    const struct netl_filter only_arp[] = {
        {0x28, 0, 0, 12}, {0x15, 0, 1, 0x0806}, {0x06, 0, 0, 96}, {0x06, 0, 0, 0}};
    uint8_t frame[14] = {[12] = 0x08, [13] = 0x06};
    CU_ASSERT_TRUE_FATAL(netl_filter_valid(only_arp, 4));
    CU_ASSERT_EQUAL(netl_filter_run(only_arp, 4, frame, sizeof frame), 96);
    frame[13] = 0;
    CU_ASSERT_EQUAL(netl_filter_run(only_arp, 4, frame, sizeof frame), 0);
    for (size_t length = 0; length < 14; length++) {
        uint8_t *cut = unit_exact(frame, length);
        CU_ASSERT_EQUAL(netl_filter_run(only_arp, 4, cut, length), 0);
        free(cut);
    }
}

static void a_filter_that_could_leave_its_bounds_is_refused(void)
{
    const struct netl_filter no_end[] = {{0x00, 0, 0, 1}};
    const struct netl_filter jumps_out[] = {{0x15, 1, 0, 0}, {0x06, 0, 0, 0}};
    const struct netl_filter far_out[] = {{0x05, 0, 0, 0xffffffffu}, {0x06, 0, 0, 0}};
    const struct netl_filter by_zero[] = {{0x34, 0, 0, 0}, {0x16, 0, 0, 0}};
    const struct netl_filter memory[] = {{0x02, 0, 0, 16}, {0x16, 0, 0, 0}};
    CU_ASSERT_FALSE(netl_filter_valid(NULL, 0));
    CU_ASSERT_FALSE(netl_filter_valid(no_end, 1));
    CU_ASSERT_FALSE(netl_filter_valid(jumps_out, 2));
    CU_ASSERT_FALSE(netl_filter_valid(far_out, 2));
    CU_ASSERT_FALSE(netl_filter_valid(by_zero, 2));
    CU_ASSERT_FALSE(netl_filter_valid(memory, 2));
}

static void a_filter_computes_as_a_kernel_does(void)
{
    const struct netl_filter steps[] = {{0xb1, 0, 0, 0},  /* x = 4 * (byte 0 & 15) */
                                        {0x50, 0, 0, 2},  /* a = byte at x + 2 */
                                        {0x04, 0, 0, 5},  /* a += 5 */
                                        {0x02, 0, 0, 3},  /* memory 3 = a */
                                        {0x87, 0, 0, 0},  /* a = x */
                                        {0x61, 0, 0, 3},  /* x = memory 3 */
                                        {0x0c, 0, 0, 0},  /* a += x */
                                        {0x16, 0, 0, 0}}; /* keep a */
    const uint8_t bytes[] = {0x41, 0, 0, 0, 0, 0, 7};
    CU_ASSERT_TRUE_FATAL(netl_filter_valid(steps, 8));
    CU_ASSERT_EQUAL(netl_filter_run(steps, 8, bytes, sizeof bytes), 4 + 7 + 5);
    CU_ASSERT_EQUAL(netl_filter_run(steps, 8, bytes, 6), 0);
}

static void a_frame_on_a_bus_reaches_the_station_that_it_names_and_no_other(void)
{
    make_directory();
    struct netl_host *host = open_host();
    struct netl_link *a = join(host, "02:00:00:00:00:0a", false);
    struct netl_link *b = join(host, "02:00:00:00:00:0b", false);
    struct netl_link *c = join(host, "02:00:00:00:00:0c", false);
    struct netl_link *ear = join(host, "02:00:00:00:00:0e", true);
    struct netl_packet *packet = netl_packet_new(2000);
    CU_ASSERT_FATAL(a && b && c && ear && packet);
    const struct netl_mac to_b = {{2, 0, 0, 0, 0, 0x0b}};

    CU_ASSERT_EQUAL(netl_link_send_frame(a, &to_b, 0x88b5, "hello", 5), 0);
    CU_ASSERT_EQUAL(netl_link_receive(b, packet, 1000), 60);
    CU_ASSERT_EQUAL(memcmp(packet->data + 14, "hello", 6), 0);
    CU_ASSERT_EQUAL(packet->data[5], 0x0b);
    CU_ASSERT_EQUAL(packet->data[11], 0x0a);
    CU_ASSERT_EQUAL(netl_link_receive(c, packet, 0), NETL_ERROR_AGAIN);
    CU_ASSERT_EQUAL(netl_link_receive(a, packet, 0), NETL_ERROR_AGAIN);
    CU_ASSERT_EQUAL(netl_link_receive(ear, packet, 0), 60);

    const struct netl_mac everyone = {{255, 255, 255, 255, 255, 255}};
    CU_ASSERT_EQUAL(netl_link_send_frame(c, &everyone, 0x88b5, NULL, 0), 0);
    CU_ASSERT_EQUAL(netl_link_receive(a, packet, 0), 60);
    CU_ASSERT_EQUAL(netl_link_receive(b, packet, 0), 60);
    CU_ASSERT_EQUAL(netl_link_receive(c, packet, 0), NETL_ERROR_AGAIN);

    netl_packet_free(packet);
    netl_link_close(a);
    netl_link_close(b);
    netl_link_close(c);
    netl_link_close(ear);
    CU_ASSERT_EQUAL(rmdir(directory), 0); /* every socket is gone */
    netl_host_close(host);
}

static void two_stations_of_one_address_are_refused_but_a_dead_one_gives_way(void)
{
    char path[128];
    make_directory();
    struct netl_host *host = open_host();
    struct netl_link *a = join(host, "02:00:00:00:00:0a", false);
    CU_ASSERT_PTR_NOT_NULL(a);
    CU_ASSERT_PTR_NULL(join(host, "02:00:00:00:00:0a", false));
    CU_ASSERT_TRUE(error_has("02:00:00:00:00:0a"));
    CU_ASSERT_PTR_NULL(join(host, "02:00:00:00:00:0a", true));

    /* A process that dies leaves its socket behind: what is closed without unlink does, too. */
    snprintf(path, sizeof path, "%s/02000000000a.sock", directory);
    char kept[160];
    snprintf(kept, sizeof kept, "%s/02000000000b.sock", directory);
    CU_ASSERT_EQUAL(link(path, kept), 0);
    netl_link_close(a);
    struct netl_link *b = join(host, "02:00:00:00:00:0b", false);
    CU_ASSERT_PTR_NOT_NULL(b);
    netl_link_close(b);
    CU_ASSERT_EQUAL(rmdir(directory), 0);
    netl_host_close(host);
}

static void a_full_station_loses_frames_and_stops_nobody(void)
{
    struct netl_link_info info;
    make_directory();
    struct netl_host *host = open_host();
    struct netl_link *a = join(host, NULL, false);
    struct netl_link *b = join(host, NULL, false);
    CU_ASSERT_FATAL(a && b);
    const struct netl_mac everyone = {{255, 255, 255, 255, 255, 255}};
    for (int i = 0; i < 5000; i++)
        CU_ASSERT_EQUAL_FATAL(netl_link_send_frame(a, &everyone, 0x88b5, NULL, 0), 0);
    netl_link_info(a, &info);
    CU_ASSERT_EQUAL(info.frames_sent, 5000);
    CU_ASSERT_TRUE(info.frames_dropped > 0);
    netl_link_close(a);
    netl_link_close(b);
    CU_ASSERT_EQUAL(rmdir(directory), 0);
    netl_host_close(host);
}

struct seen {
    unsigned frames;
    bool close;
};

static void count_frame(struct netl_link *link, struct netl_packet *packet, void *context)
{
    struct seen *seen = context;
    seen->frames += packet != NULL;
    if (packet && !seen->close)
        CU_ASSERT_EQUAL(netl_link_receive(link, packet, 10), NETL_ERROR_IN_HANDLER);
    if (seen->close)
        netl_link_close(link);
}

static void a_handler_gets_every_frame_and_may_close_its_link(void)
{
    struct seen seen = {0, false};
    make_directory();
    struct netl_host *host = open_host();
    struct netl_link *a = join(host, NULL, false);
    struct netl_link *b = join(host, NULL, false);
    CU_ASSERT_FATAL(a && b);
    const struct netl_mac everyone = {{255, 255, 255, 255, 255, 255}};
    CU_ASSERT_EQUAL(netl_link_handle(b, count_frame, &seen), 0);
    netl_link_send_frame(a, &everyone, 0x88b5, "1", 1);
    CU_ASSERT_EQUAL(netl_host_step(host, 1000), 1);
    CU_ASSERT_EQUAL(seen.frames, 1);
    seen.close = true;
    netl_link_send_frame(a, &everyone, 0x88b5, "2", 1);
    netl_link_send_frame(a, &everyone, 0x88b5, "3", 1);
    netl_host_step(host, 1000);
    CU_ASSERT_EQUAL(seen.frames, 2);
    netl_link_close(a);
    CU_ASSERT_EQUAL(rmdir(directory), 0);
    netl_host_close(host);
}

static void note_burst(struct netl_link *link, struct netl_packet *packet, void *context)
{
    struct netl_host *host = context;

    (void)link;
    CU_ASSERT_PTR_NOT_NULL(packet);
    CU_ASSERT_TRUE(host->in_burst);
}

static void a_host_knows_of_a_burst_as_long_as_its_frames_are_handed_up_and_no_longer(void)
{
    const struct netl_mac everyone = {{255, 255, 255, 255, 255, 255}};
    make_directory();
    struct netl_host *host = open_host();
    struct netl_link *a = join(host, NULL, false);
    struct netl_link *b = join(host, NULL, false);
    CU_ASSERT_FATAL(a && b);
    CU_ASSERT_EQUAL(netl_link_handle(b, note_burst, host), 0);
    netl_link_send_frame(a, &everyone, 0x88b5, "1", 1);
    netl_link_send_frame(a, &everyone, 0x88b5, "2", 1);
    CU_ASSERT_FALSE(host->in_burst);
    CU_ASSERT_EQUAL(netl_host_step(host, 1000), 1);
    CU_ASSERT_FALSE(host->in_burst);
    netl_link_close(a);
    netl_link_close(b);
    CU_ASSERT_EQUAL(rmdir(directory), 0);
    netl_host_close(host);
}

static void frames_that_break_the_rules_of_a_link_are_not_sent(void)
{
    static const uint8_t bytes[4000];
    const struct netl_mac everyone = {{255, 255, 255, 255, 255, 255}};
    make_directory();
    struct netl_host *host = open_host();
    struct netl_link *a = join(host, NULL, false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_EQUAL(netl_link_send(a, bytes, 13), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_link_send(a, bytes, 1523), NETL_ERROR_TOO_LARGE);
    CU_ASSERT_EQUAL(netl_link_send_frame(a, &everyone, 0x88b5, bytes, 1501), NETL_ERROR_TOO_LARGE);
    CU_ASSERT_EQUAL(netl_link_send_frame(a, &everyone, 100, bytes, 10), NETL_ERROR_ARGUMENT);
    netl_link_close(a);
    rmdir(directory);
    netl_host_close(host);
}

static void a_link_that_cannot_be_opened_says_what_to_try(void)
{
    struct netl_host *host = open_host();
    CU_ASSERT_PTR_NULL(netl_link_open(host, "tokenring:x", NULL));
    CU_ASSERT_TRUE(error_has("bus:DIRECTORY"));
    CU_ASSERT_PTR_NULL(netl_link_open(host, "packet:no-such-one", NULL));
    CU_ASSERT_TRUE(error_has("lo"));
    CU_ASSERT_PTR_NULL(netl_link_open(host, "file:/no/such/file", NULL));
    CU_ASSERT_TRUE(error_has("/no/such/file"));
    CU_ASSERT_PTR_NULL(netl_link_open(
        host,
        "bus:/tmp/"
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
        NULL));
    CU_ASSERT_TRUE(error_has("108"));
    CU_ASSERT_PTR_NULL(netl_link_open(host, "bus:", NULL));
    netl_host_close(host);
}

static void the_loopback_interface_is_listed(void)
{
    struct netl_interface found;
    CU_ASSERT_TRUE(netl_interfaces(NULL, 0) >= 1);
    CU_ASSERT_EQUAL_FATAL(netl_interface_find(&found, "lo"), 0);
    CU_ASSERT_TRUE(found.loopback);
    CU_ASSERT_TRUE(found.mtu_bytes >= 1500);
    CU_ASSERT_EQUAL(netl_interface_find(&found, "nope"), NETL_ERROR_INTERFACE);
}

UNIT_MAIN("link", UNIT(a_filter_keeps_only_its_ethertype),
          UNIT(a_filter_that_could_leave_its_bounds_is_refused),
          UNIT(a_filter_computes_as_a_kernel_does),
          UNIT(a_frame_on_a_bus_reaches_the_station_that_it_names_and_no_other),
          UNIT(two_stations_of_one_address_are_refused_but_a_dead_one_gives_way),
          UNIT(a_full_station_loses_frames_and_stops_nobody),
          UNIT(a_handler_gets_every_frame_and_may_close_its_link),
          UNIT(a_host_knows_of_a_burst_as_long_as_its_frames_are_handed_up_and_no_longer),
          UNIT(frames_that_break_the_rules_of_a_link_are_not_sent),
          UNIT(a_link_that_cannot_be_opened_says_what_to_try),
          UNIT(the_loopback_interface_is_listed))
