/* SPDX-License-Identifier: MIT */
/*
 * arp_lookup INTERFACE ADDRESS: which hardware address has this IPv4 address? (RFC 826)
 *
 * IP knows where a datagram goes, a link only knows hardware addresses. So we ask
 * everyone on the link "who has it?", and its owner answers us alone. Needs CAP_NET_RAW.
 *
 * Watch: the question goes to ff:ff:ff:ff:ff:ff, the answer to one address only. The question
 * carries our own addresses, so the owner need not ask back.
 * Try next: an address that nobody has: no answer is the only sign. And an address
 * beyond the router: ARP ends at the link, so only the router's own can be found.
 */
#include <netlayers.h>
#include <stdio.h>

#define TRIES   3
#define WAIT_MS 1000

/* Waits for the answer to our question and leaves all else alone. 1, 0 for none, or an error. */
static long wait_for_answer(struct netl_host *host, struct netl_link *link,
                            struct netl_packet *packet, struct netl_arp_header *arp,
                            const struct netl_address *asked)
{
    int64_t until_ns = netl_host_now_ns(host) + WAIT_MS * INT64_C(1000000);
    for (;;) {
        int64_t left_ns = until_ns - netl_host_now_ns(host);
        if (left_ns <= 0)
            return 0;
        long got = netl_link_receive(link, packet, (int)(left_ns / 1000000) + 1);
        if (got == NETL_ERROR_TIMEOUT)
            return 0;
        if (got < 0)
            return got;
        if (netl_packet_pull(packet, "ethernet", NETL_ETHERNET_HEADER) &&
            netl_arp_parse(arp, packet->data, packet->length) == NETL_WIRE_OK &&
            arp->operation == NETL_ARP_REPLY && netl_address_equal(&arp->sender_address, asked))
            return 1;
    }
}

static long look_up(struct netl_host *host, const char *name, const struct netl_address *asked)
{
    struct netl_link_options only_arp = {.ethertype = NETL_ETHERTYPE_ARP};
    struct netl_mac everyone = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    struct netl_arp_header question = {.operation = NETL_ARP_REQUEST, .target_address = *asked};
    struct netl_arp_header answer;
    struct netl_interface interface;
    uint8_t bytes[NETL_ARP_LENGTH];
    char mac[NETL_MAC_TEXT], ip[NETL_ADDRESS_TEXT];
    long result = netl_interface_find(&interface, name);
    if (result < 0)
        return result;

    question.sender_mac = interface.mac;
    question.sender_address.family = NETL_IPV4; /* 0.0.0.0 if we have none: a probe (RFC 5227) */
    for (unsigned i = interface.address_count; i-- > 0;)
        if (interface.addresses[i].family == NETL_IPV4)
            question.sender_address = interface.addresses[i];
    netl_arp_build(&question, bytes, sizeof bytes);

    struct netl_link *link = netl_link_open(host, name, &only_arp);
    struct netl_packet *packet = netl_packet_new(2048);
    result = link && packet ? 0 : -1;
    for (int i = 0; i < TRIES && result == 0; i++) {
        result = netl_link_send_frame(link, &everyone, NETL_ETHERTYPE_ARP, bytes, sizeof bytes);
        if (result == 0)
            result = wait_for_answer(host, link, packet, &answer, asked);
    }
    if (result > 0)
        printf("%s is at %s\n", netl_address_format(asked, ip),
               netl_mac_format(&answer.sender_mac, mac));
    else if (result == 0)
        printf("%s: nobody on %s says that it is theirs\n", netl_address_format(asked, ip), name);
    netl_packet_free(packet);
    netl_link_close(link);
    return result;
}

int main(int argc, char **argv)
{
    struct netl_address asked;
    struct netl_host *host = netl_host_open_main("trace=text", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc != 3 || !netl_address_parse(&asked, argv[2]) || asked.family != NETL_IPV4) {
        fprintf(stderr, "usage: arp_lookup INTERFACE ADDRESS, such as: eth0 192.168.0.1\n");
        netl_host_close(host);
        return 2;
    }
    long result = look_up(host, argv[1], &asked);
    if (result < 0)
        netl_explain(stderr);
    return netl_host_close(host) < 0 || result <= 0;
}
