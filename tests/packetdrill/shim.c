/* SPDX-License-Identifier: MIT */
/* Opens a host with our TCP for packetdrill, and closes it; see shim.h. */
#include "shim.h"

#include "trace/trace.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEED     1
#define FIRST_NS INT64_C(1000000000) /* host time 0 means "never" in some places */

struct shim *shim_current;

static void release(void *userdata)
{
    struct shim *shim = shim_enter(userdata);

    shim_current = NULL;
    for (int fd = 0; fd < SHIM_FDS; fd++)
        if (shim->sockets[fd])
            shim_socket_free(shim, shim->sockets[fd]);
    netl_transport_close(shim->host.transport);
    netl_loop_close(shim->host.loop);
    if (shim->host.trace)
        netl_trace_close(&shim->host);
    shim_internet_close(shim);
    pthread_mutex_unlock(&shim->lock);
    pthread_cond_destroy(&shim->changed);
    pthread_cond_destroy(&shim->settled);
    pthread_mutex_destroy(&shim->lock);
    free(shim);
}

static bool open_host(struct shim *shim)
{
    struct netl_host *host = &shim->host;

    netl_clock_open(&host->clock, true);
    netl_clock_advance(&host->clock, FIRST_NS);
    netl_random_seed(&host->random, SEED);
    snprintf(host->name, sizeof host->name, "packetdrill");
    shim_internet_open(shim);
    host->loop = netl_loop_open(&host->clock);
    return shim->arriving && host->loop && netl_transport_open_own(host) == 0;
}

static int no_pipe(void *userdata, int fds[2])
{
    (void)userdata;
    return pipe(fds);
}

static ssize_t no_splice(void *userdata, int in, int64_t *in_offset, int out, int64_t *out_offset,
                         size_t length, unsigned flags)
{
    (void)userdata;
    (void)in;
    (void)in_offset;
    (void)out;
    (void)out_offset;
    (void)length;
    (void)flags;
    errno = ENOSYS;
    return -1;
}

void packetdrill_interface_init(const char *flags, struct packetdrill_interface *table)
{
    struct shim *shim = calloc(1, sizeof *shim);

    if (shim)
        shim->flags = flags;
    if (!shim || !open_host(shim) || !shim_flags(shim)) {
        fprintf(stderr, "libnetlayers-packetdrill: cannot start\n");
        exit(EXIT_FAILURE); /* the interface has no way to say no */
    }
    pthread_mutex_init(&shim->lock, NULL);
    pthread_cond_init(&shim->changed, NULL);
    pthread_cond_init(&shim->settled, NULL);
    shim_current = shim;
    memset(table, 0, sizeof *table);
    table->userdata = shim;
    table->free = release;
    table->usleep = shim_usleep;
    table->gettimeofday = shim_gettimeofday;
    table->netdev_send = shim_netdev_send;
    table->netdev_receive = shim_netdev_receive;
    table->pipe = no_pipe;
    table->splice = no_splice;
    shim_socket_calls(table);
    shim_transfer_calls(table);
    shim_option_calls(table);
    shim_poll_calls(table);
}
