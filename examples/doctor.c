/* SPDX-License-Identifier: MIT */
/*
 * doctor: what can this user do with the network of this machine?
 *
 * Every layer has a socket of its own, and the system gives not all of them to
 * everybody: who opens a raw or a packet socket can read what is for others and
 * send in their name. So each is tried here for real, and what is closed comes with
 * the command that opens it.
 *
 * Watch: the lower the layer, the more a program needs. A bus needs nothing, and in a
 * sandbox (a network namespace of one's own) everybody may do everything.
 * Try next: the same with sudo, and as `unshare -Urn ./doctor`.
 */
#include <netlayers.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int closed_count;

static void report(const char *layer, const char *what, bool works)
{
    printf("%-5s %-10s %s\n", works ? "yes" : "no", layer, what);
    if (!works)
        printf("                 %s\n", netl_error_text());
    closed_count += !works;
}

/* A host with that spec, opened in a child, since a sandbox cannot be left again. */
static void try_host(const char *layer, const char *what, const char *spec)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct netl_host *host = netl_host_open(spec);
        report(layer, what, host != NULL);
        netl_host_close(host);
        fflush(stdout);
        _exit(host ? 0 : 1);
    }
    int status = 1; /* also when there is no child */
    if (child < 0 || waitpid(child, &status, 0) < 0)
        perror("doctor: fork");
    closed_count += status != 0;
}

static void try_link(struct netl_host *host, const char *what, const char *where)
{
    struct netl_link *link = netl_link_open(host, where, NULL);
    report("link", what, link != NULL);
    netl_link_close(link);
}

static void try_transport(struct netl_host *host)
{
    struct netl_tcp_listener *listener = netl_tcp_listen(host, "127.0.0.1", 0, 1);
    report("transport", "TCP over IPv4 (SOCK_STREAM)", listener != NULL);
    netl_tcp_listener_close(listener);
    struct netl_udp *udp = netl_udp_open(host, "127.0.0.1", 0);
    report("transport", "UDP over IPv4 (SOCK_DGRAM)", udp != NULL);
    netl_udp_close(udp);
    udp = netl_udp_open(host, "::1", 0);
    report("transport", "UDP over IPv6 (SOCK_DGRAM)", udp != NULL);
    netl_udp_close(udp);
}

int main(int argc, char **argv)
{
    char directory[] = "/tmp/netl-doctor-XXXXXX", where[64], spec[128];
    struct netl_ping_options once = {.count = 1, .timeout_ms = 500};
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (argc > 1 && fprintf(stderr, "usage: doctor [key=value…]\n"))
        return netl_host_close(host) < 0 ? 1 : 2;
    if (!host)
        return netl_explain(stderr);
    try_transport(host);
    struct netl_raw *raw = netl_raw_open(host, NETL_IPV4, NETL_PROTOCOL_EXPERIMENT_1);
    report("internet", "raw datagrams (SOCK_RAW)", raw != NULL);
    netl_raw_close(raw);
    report("internet", "ping (SOCK_RAW or SOCK_DGRAM)",
           netl_ping(host, "127.0.0.1", &once, NULL, NULL, NULL) >= 0);
    try_link(host, "packet (AF_PACKET)", "packet:lo");
    try_link(host, "tap (/dev/net/tun)", "tap:netldoctor");
    snprintf(where, sizeof where, "bus:%s", mkdtemp(directory) ? directory : "/tmp/netl-doctor");
    try_link(host, "bus (AF_UNIX)", where);
    try_host("host", "the observer (observe=on)", "observe=on");
    try_host("host", "a sandbox (sandbox=on)", "sandbox=on");
    try_host("seam", "transport: our HTTP, the kernel's TCP", "seam=transport");
    try_host("seam", "internet: our TCP, the kernel's IP", "seam=internet");
    try_host("seam", "link: our IP, the kernel's Ethernet",
             "seam=link link=tap:netldoctor address=192.0.2.2/24");
    snprintf(spec, sizeof spec, "seam=wire link=%s address=192.0.2.2/24", where);
    try_host("seam", "wire: all ours", spec);
    rmdir(directory);
    printf("%d closed%s\n", closed_count, closed_count ? "; PROGRAM is yours, such as ./ping" : "");
    netl_host_close(host);
    return 0;
}
