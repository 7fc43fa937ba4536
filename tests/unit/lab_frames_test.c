/* SPDX-License-Identifier: MIT */
/* A lab's wires and switches with bare frames, before any IP: hosts without addresses. */
#include "support/unit.h"
#include <netlayers.h>

#include <stdlib.h>
#include <string.h>

#define LENGTH 100

/* Three hosts: a and b on one wire of their own when `impairments` is given. */
struct net {
    struct netl_lab *lab;
    struct netl_wire *wire;
    struct netl_link *a, *b;
    uint8_t last[2000];     /* the newest frame that b received */
    uint32_t numbers[5000]; /* what stood in the frames, in the order of arrival */
    unsigned count;
    int64_t times_ns[5000];
    size_t length;
};

static void received(struct netl_link *link, struct netl_packet *packet, void *context)
{
    struct net *net = context;

    (void)link;
    net->length = packet->length;
    if (packet->length <= sizeof net->last)
        memcpy(net->last, packet->data, packet->length);
    if (net->count < 5000 && packet->length >= 18) {
        net->times_ns[net->count] = netl_lab_now_ns(net->lab);
        memcpy(&net->numbers[net->count], packet->data + 14, 4);
        net->count++;
    }
}

static void open_net(struct net *net, const char *spec, const char *impairments)
{
    memset(net, 0, sizeof *net);
    net->lab = netl_lab_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(net->lab);
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_lab_host(net->lab, "a", NULL));
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_lab_host(net->lab, "b", NULL));
    net->wire = netl_lab_wire(net->lab, "a", "b", impairments);
    CU_ASSERT_PTR_NOT_NULL_FATAL(net->wire);
    net->a = netl_lab_link(net->lab, "a", 0);
    net->b = netl_lab_link(net->lab, "b", 0);
    CU_ASSERT_EQUAL_FATAL(netl_link_handle(net->b, received, net), 0);
}

static void close_net(struct net *net)
{
    CU_ASSERT_EQUAL(netl_lab_close(net->lab), 0);
}

static int send_number(struct netl_link *from, struct netl_link *to, uint16_t type, uint32_t number,
                       size_t length)
{
    struct netl_link_info info;
    uint8_t payload[1600] = {0};

    memset(payload, 0x45, length);
    memcpy(payload, &number, 4);
    netl_link_info(to, &info);
    return netl_link_send_frame(from, &info.mac, type, payload, length);
}

static void send_many(struct net *net, uint32_t count, size_t length)
{
    for (uint32_t i = 0; i < count; i++)
        CU_ASSERT_EQUAL(send_number(net->a, net->b, 0x0800, i, length), 0);
}

static struct netl_wire_info info_of(const struct net *net)
{
    struct netl_wire_info info = {0};

    CU_ASSERT_EQUAL(netl_lab_wire_info(net->wire, "a", &info), 0);
    return info;
}

static void a_frame_arrives_on_a_later_turn_and_after_the_delay(void)
{
    struct net net;

    open_net(&net, NULL, "delay=10ms");
    send_many(&net, 1, LENGTH);
    CU_ASSERT_EQUAL(net.count, 0);
    CU_ASSERT_EQUAL(netl_lab_run(net.lab, NULL, NULL, 9), 0);
    CU_ASSERT_EQUAL(net.count, 0);
    CU_ASSERT_EQUAL(netl_lab_run(net.lab, NULL, NULL, -1), 0);
    CU_ASSERT_EQUAL(net.count, 1);
    CU_ASSERT_EQUAL(net.times_ns[0], 10000000);
    CU_ASSERT_EQUAL(net.length, 14 + LENGTH);
    close_net(&net);
}

static void a_good_wire_keeps_all_and_their_order(void)
{
    struct net net;

    open_net(&net, NULL, "delay=1ms jitter=5ms");
    send_many(&net, 2000, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 2000);
    for (uint32_t i = 0; i < net.count; i++)
        CU_ASSERT_EQUAL(net.numbers[i], i);
    close_net(&net);
}

static void as_many_frames_are_lost_as_the_wire_was_told(void)
{
    struct net net;

    open_net(&net, NULL, "loss=10%");
    send_many(&net, 4000, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT(info_of(&net).dropped > 330 && info_of(&net).dropped < 470);
    CU_ASSERT_EQUAL(info_of(&net).dropped + net.count, 4000);
    close_net(&net);
}

static void bursts_lose_as_much_but_in_a_row(void)
{
    struct net net;
    unsigned runs = 0, lost = 0;

    open_net(&net, NULL, "loss=10% burst=5");
    send_many(&net, 4000, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    for (uint32_t i = 1; i < net.count; i++) {
        runs += net.numbers[i] != net.numbers[i - 1] + 1;
        lost += net.numbers[i] - net.numbers[i - 1] - 1;
    }
    CU_ASSERT(lost > 250 && lost < 600);
    CU_ASSERT(runs > 0 && lost / runs >= 4 && lost / runs <= 6);
    close_net(&net);
}

static void reordering_loses_nothing_and_lets_others_overtake(void)
{
    struct net net;
    unsigned backwards = 0;

    open_net(&net, NULL, "rate=10mbit queue=5000 reorder=5% reorder.by=2ms");
    send_many(&net, 1000, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 1000);
    for (uint32_t i = 1; i < net.count; i++)
        backwards += net.numbers[i] < net.numbers[i - 1];
    CU_ASSERT(backwards > 20 && backwards < 100);
    close_net(&net);
}

static void a_duplicate_arrives_besides(void)
{
    struct net net;

    open_net(&net, NULL, "duplicate=100%");
    send_many(&net, 10, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 20);
    CU_ASSERT(net.numbers[0] == 0 && net.numbers[1] == 0 && net.numbers[2] == 1);
    close_net(&net);
}

static void corruption_turns_one_bit_of_the_datagram_over(void)
{
    struct net net;
    unsigned different = 0;

    open_net(&net, NULL, "corrupt=100%");
    send_many(&net, 1, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    for (size_t i = 14; i < net.length; i++) {
        uint8_t sent = i < 18 ? 0 : 0x45;
        for (unsigned bit = 0; bit < 8; bit++)
            different += (net.last[i] ^ sent) >> bit & 1;
    }
    CU_ASSERT_EQUAL(different, 1);
    close_net(&net);
}

static void a_truncated_frame_keeps_its_ethernet_header(void)
{
    struct net net;

    for (unsigned seed = 1; seed < 50; seed++) {
        char spec[32] = "seed=1";
        spec[5] = (char)('0' + seed % 10);
        open_net(&net, spec, "truncate=100%");
        send_many(&net, 3, LENGTH);
        netl_lab_run(net.lab, NULL, NULL, -1);
        CU_ASSERT(net.length >= 14 && net.length < 14 + LENGTH);
        close_net(&net);
    }
}

static void the_rate_spaces_frames_and_the_queue_is_full_in_the_end(void)
{
    struct net net;

    open_net(&net, NULL, "rate=8mbit queue=2 delay=1ms"); /* a byte takes a microsecond */
    send_many(&net, 10, 986);
    netl_lab_run(net.lab, NULL, NULL, -1);
    /* One is being sent; for the others there is room for two times 1514 bytes. */
    CU_ASSERT_EQUAL(net.count, 3);
    for (unsigned i = 0; i < net.count; i++)
        CU_ASSERT_EQUAL(net.times_ns[i], 1000000 + 1000000 * (int64_t)(i + 1));
    CU_ASSERT_EQUAL(info_of(&net).dropped, 7);
    close_net(&net);
}

static void a_cut_wire_carries_nothing_until_it_is_mended(void)
{
    struct net net;

    open_net(&net, NULL, NULL);
    netl_lab_cut(net.wire);
    send_many(&net, 3, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 0);
    netl_lab_heal(net.wire);
    send_many(&net, 3, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 3);
    close_net(&net);
}

static void what_is_said_of_one_end_leaves_the_other_alone(void)
{
    struct net net;

    open_net(&net, NULL, "from=b loss=100%");
    send_many(&net, 5, LENGTH);
    for (uint32_t i = 0; i < 5; i++)
        send_number(net.b, net.a, 0x0800, i, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 5);
    struct netl_wire_info back;
    CU_ASSERT_EQUAL(netl_lab_wire_info(net.wire, "b", &back), 0);
    CU_ASSERT_EQUAL(back.dropped, 5);
    CU_ASSERT_EQUAL(netl_lab_wire_info(net.wire, "c", &back), NETL_ERROR_ARGUMENT);
    close_net(&net);
}

static void a_wire_is_told_from_the_labs_spec_too(void)
{
    struct net net;

    open_net(&net, "wire.loss=100%", NULL);
    send_many(&net, 5, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 0);
    CU_ASSERT_EQUAL(netl_lab_impair(net.wire, "loss=0%"), 0);
    send_many(&net, 5, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 5);
    CU_ASSERT_EQUAL(netl_lab_impair(net.wire, "loss=5"), NETL_ERROR_SPEC);
    close_net(&net);
}

static void the_variable_wins_over_the_program(void)
{
    struct net net;

    setenv("NETLAYERS", "wire.loss=100% seed=5", 1);
    open_net(&net, "seed=4", "loss=0%");
    unsetenv("NETLAYERS");
    send_many(&net, 5, LENGTH);
    netl_lab_run(net.lab, NULL, NULL, -1);
    CU_ASSERT_EQUAL(net.count, 0);
    CU_ASSERT_EQUAL(netl_lab_seed(net.lab), 5);
    close_net(&net);
}

static void more_loss_than_its_bursts_have_is_refused(void)
{
    struct net net;

    open_net(&net, "", NULL);
    CU_ASSERT_EQUAL(netl_lab_impair(net.wire, "burst=4 loss=50% burst.loss=40%"), NETL_ERROR_SPEC);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "within a burst"));
    CU_ASSERT_EQUAL(netl_lab_impair(net.wire, "burst=4 loss=40% burst.loss=40%"), 0);
    CU_ASSERT_EQUAL(netl_lab_impair(net.wire, "loss=50%"), NETL_ERROR_SPEC);
    CU_ASSERT_EQUAL(netl_lab_impair(net.wire, "burst=0 loss=50%"), 0);
    close_net(&net);
}

static void what_only_a_host_has_is_refused_from_outside(void)
{
    static const char *const bad[] = {"seam=link", "link=tap:x", "address=10.0.0.1/24"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_PTR_NULL(netl_lab_open(bad[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "for a lab"));
    }
}

static void a_blocking_receive_moves_the_time_of_the_lab(void)
{
    struct net net;
    struct netl_packet *packet = netl_packet_new(2000);

    open_net(&net, NULL, "delay=250ms");
    CU_ASSERT_EQUAL(netl_link_handle(net.b, NULL, NULL), 0);
    send_many(&net, 1, LENGTH);
    CU_ASSERT_EQUAL(netl_link_receive(net.b, packet, 1000), 14 + LENGTH);
    CU_ASSERT_EQUAL(netl_lab_now_ns(net.lab), 250000000);
    CU_ASSERT_EQUAL(netl_link_receive(net.b, packet, 1000), NETL_ERROR_TIMEOUT);
    CU_ASSERT_EQUAL(netl_lab_now_ns(net.lab), 1250000000);
    CU_ASSERT(netl_link_receive(net.b, packet, -1) < 0); /* nothing would ever come */
    netl_packet_free(packet);
    close_net(&net);
}

static void whoever_does_not_listen_loses_frames_in_the_end(void)
{
    struct net net;

    open_net(&net, NULL, NULL);
    for (uint32_t i = 0; i < 5000; i++)
        send_number(net.b, net.a, 0x0800, i, LENGTH);
    struct netl_wire_info info;
    CU_ASSERT_EQUAL(netl_lab_wire_info(net.wire, "b", &info), 0);
    CU_ASSERT_EQUAL(info.under_way, 4096);
    CU_ASSERT_EQUAL(info.dropped, 904);
    close_net(&net);
}

UNIT_MAIN("lab_frames", UNIT(a_frame_arrives_on_a_later_turn_and_after_the_delay),
          UNIT(a_good_wire_keeps_all_and_their_order),
          UNIT(as_many_frames_are_lost_as_the_wire_was_told),
          UNIT(bursts_lose_as_much_but_in_a_row),
          UNIT(reordering_loses_nothing_and_lets_others_overtake),
          UNIT(a_duplicate_arrives_besides), UNIT(corruption_turns_one_bit_of_the_datagram_over),
          UNIT(a_truncated_frame_keeps_its_ethernet_header),
          UNIT(the_rate_spaces_frames_and_the_queue_is_full_in_the_end),
          UNIT(a_cut_wire_carries_nothing_until_it_is_mended),
          UNIT(what_is_said_of_one_end_leaves_the_other_alone),
          UNIT(a_wire_is_told_from_the_labs_spec_too), UNIT(the_variable_wins_over_the_program),
          UNIT(more_loss_than_its_bursts_have_is_refused),
          UNIT(what_only_a_host_has_is_refused_from_outside),
          UNIT(a_blocking_receive_moves_the_time_of_the_lab),
          UNIT(whoever_does_not_listen_loses_frames_in_the_end))
