/* SPDX-License-Identifier: MIT */
/*
 * Asks a name server as fast as it answers, and says how fast that was.
 *
 *     dns_load PORT MILLISECONDS NAMES
 *
 * Names are h0.lab to h(NAMES-1).lab, type A, at 127.0.0.1. A window of questions is always under
 * way; what does not come back within a moment is lost and makes room. Several datagrams go through
 * one system call, so that the server and not this program is what is measured.
 *
 * Prints: answers a second, questions lost.
 */
#define _GNU_SOURCE /* sendmmsg, recvmmsg */
#include <netlayers/wire.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WINDOW 224
#define BATCH  32
#define BYTES  512

static uint8_t queries[BATCH][BYTES], answers[BATCH][BYTES];
static struct iovec parts[BATCH], places[BATCH];
static struct mmsghdr out[BATCH], in[BATCH];
static unsigned long asked, answered, good;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static size_t write_query(uint8_t *bytes, unsigned long number, unsigned names)
{
    struct netl_dns_header header = {.id = (uint16_t)number, .question_count = 1};
    struct netl_dns_question question = {.type = NETL_DNS_A, .class_ = NETL_DNS_IN};
    struct netl_dns_writer writer;
    char name[32];

    snprintf(name, sizeof name, "h%lu.lab", number * 7919 % names);
    netl_dns_name_from_text(&question.name, name);
    netl_dns_write_begin(&writer, &header, bytes, BYTES);
    netl_dns_write_question(&writer, &question);
    return writer.length;
}

static void ask(int fd, unsigned count, unsigned names)
{
    for (unsigned i = 0; i < count; i++) {
        parts[i].iov_base = queries[i];
        parts[i].iov_len = write_query(queries[i], asked + i, names);
        out[i].msg_hdr.msg_iov = &parts[i];
        out[i].msg_hdr.msg_iovlen = 1;
    }
    int n = sendmmsg(fd, out, count, 0);
    asked += n > 0 ? (unsigned long)n : 0;
}

static void hear(int fd)
{
    struct netl_dns_header header;

    for (unsigned i = 0; i < BATCH; i++) {
        places[i].iov_base = answers[i];
        places[i].iov_len = BYTES;
        in[i].msg_hdr.msg_iov = &places[i];
        in[i].msg_hdr.msg_iovlen = 1;
    }
    int n = recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        answered++;
        good += netl_dns_parse(&header, answers[i], in[i].msg_len) == NETL_WIRE_OK &&
                header.rcode == 0 && header.answer_count == 1;
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    struct pollfd wait = {.events = POLLIN};
    unsigned long lost = 0;

    if (argc != 4) {
        fprintf(stderr, "usage: dns_load PORT MILLISECONDS NAMES\n");
        return 2;
    }
    unsigned names = (unsigned)atoi(argv[3]);
    server.sin_port = htons((uint16_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wait.fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (wait.fd < 0 || connect(wait.fd, (struct sockaddr *)&server, sizeof server) < 0) {
        perror("dns_load");
        return 1;
    }
    double began = now(), end = began + atoi(argv[2]) / 1e3;
    while (now() < end) {
        unsigned long under_way = asked - answered - lost;
        if (under_way + BATCH <= WINDOW)
            ask(wait.fd, BATCH, names);
        else if (poll(&wait, 1, 50) == 0)
            lost += under_way;
        hear(wait.fd);
    }
    printf("%.0f %lu\n", (double)good / (now() - began), lost + (answered - good));
    close(wait.fd);
    return good == 0;
}
