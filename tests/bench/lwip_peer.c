/* SPDX-License-Identifier: MIT */
/*
 * A peer for tap_bench: lwIP on the TAP that the variable PRECONFIGURED_TAPIF names, as bulk sender
 * or receiver towards the kernel. It speaks lwIP's own "raw" interface, which is its fastest.
 *
 *     lwip_peer in|out ADDRESS GATEWAY PORT
 *
 * No build of ours makes it. Compile it with an lwIP of your choice and its port to Unix, windows
 * as large as you want to compare with (tap_bench gives ours 256 KiB), and name it to tap_bench in
 * LWIP_PEER. Debian's liblwip0 2.1.3+dfsg1-2 will not do: its pool of receive buffers is made for
 * 592 bytes each, and a whole frame that its own tapif puts there destroys the heap.
 */
#define _DEFAULT_SOURCE
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <lwip/timeouts.h>
#include <netif/etharp.h>
#include <netif/tapif.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char content[65536]; /* sent from where it lies: lwIP need not copy it */
static int is_sender;
static struct netif netif;
static ip4_addr_t ours, mask, theirs;
static ip_addr_t remote;
static u16_t remote_port;

static err_t received(void *context, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error)
{
    (void)context;
    (void)error;
    if (!bytes)
        exit(0);
    tcp_recved(pcb, bytes->tot_len);
    pbuf_free(bytes);
    return ERR_OK;
}

static void fill(struct tcp_pcb *pcb)
{
    for (;;) {
        u16_t room = tcp_sndbuf(pcb) < sizeof content ? (u16_t)tcp_sndbuf(pcb) : 32768;
        if (room == 0 || tcp_write(pcb, content, room, 0) != ERR_OK)
            break;
    }
    tcp_output(pcb);
}

static err_t sent(void *context, struct tcp_pcb *pcb, u16_t length)
{
    (void)context;
    (void)length;
    fill(pcb);
    return ERR_OK;
}

static err_t connected(void *context, struct tcp_pcb *pcb, err_t error)
{
    (void)context;
    (void)error;
    if (is_sender) {
        tcp_sent(pcb, sent);
        fill(pcb);
    }
    return ERR_OK;
}

static void failed(void *context, err_t error)
{
    (void)context;
    _exit(error == ERR_RST || error == ERR_CLSD ? 0 : 1);
}

static void open_all(void *context)
{
    (void)context;
#if NO_SYS
    netif_add(&netif, &ours, &mask, &theirs, NULL, tapif_init, ethernet_input);
#else
    netif_add(&netif, &ours, &mask, &theirs, NULL, tapif_init, tcpip_input);
#endif
    netif_set_default(&netif);
    netif_set_up(&netif);
    struct tcp_pcb *pcb = tcp_new();
    tcp_recv(pcb, received);
    tcp_err(pcb, failed);
    if (!pcb || tcp_connect(pcb, &remote, remote_port, connected) != ERR_OK)
        exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 5 || !ip4addr_aton(argv[2], &ours) || !ip4addr_aton(argv[3], &theirs)) {
        fprintf(stderr, "usage: lwip_peer in|out ADDRESS GATEWAY PORT\n");
        return 1;
    }
    is_sender = strcmp(argv[1], "out") == 0;
    IP4_ADDR(&mask, 255, 255, 255, 0);
    ip_addr_copy_from_ip4(remote, theirs);
    remote_port = (u16_t)atoi(argv[4]);
#if NO_SYS
    lwip_init();
    open_all(NULL);
    for (;;) {
        tapif_select(&netif);
        sys_check_timeouts();
    }
#else
    tcpip_init(open_all, NULL);
    for (;;)
        pause();
#endif
}
