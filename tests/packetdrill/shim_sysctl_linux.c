/* SPDX-License-Identifier: MIT */
/*
 * What Linux's sysctls say of the namespace that packetdrill runs in: scripts set them at their
 * beginning, and mean our TCP. Those that we have no counterpart of change nothing.
 */
#include "shim.h"

#include <stdio.h>

/* The number at place `which` of one sysctl; `usual` when it cannot be read. */
static long read_sysctl(const char *name, int which, long usual)
{
    char path[128];
    long value[3] = {usual, usual, usual};

    snprintf(path, sizeof path, "/proc/sys/net/ipv4/%s", name);
    FILE *file = fopen(path, "re");
    if (!file)
        return usual;
    int count = fscanf(file, "%ld %ld %ld", &value[0], &value[1], &value[2]);
    fclose(file);
    return which < count ? value[which] : usual;
}

void shim_sysctls(struct shim *shim)
{
    struct tcp_settings *settings = &shim->host.transport->own->settings;

    settings->timestamps = read_sysctl("tcp_timestamps", 0, 1) != 0;
    settings->sack = read_sysctl("tcp_sack", 0, 1) != 0;
    settings->window_scaling = read_sysctl("tcp_window_scaling", 0, 1) != 0;
    settings->burst_segments = (uint32_t)read_sysctl("tcp_min_tso_segs", 0, 2);
    settings->send_first_bytes = (uint32_t)read_sysctl("tcp_wmem", 1, 16384);
    shim->unsent_most = (uint32_t)read_sysctl("tcp_notsent_lowat", 0, UINT32_MAX);
    settings->tail_probe = read_sysctl("tcp_early_retrans", 0, 3) >= 3;
}
