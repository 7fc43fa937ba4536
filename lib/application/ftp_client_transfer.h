/* SPDX-License-Identifier: MIT */
/*
 * What getting and putting a file share; see ftp_client_transfer.c and ftp_client_put.c.
 */
#ifndef LIB_APPLICATION_FTP_CLIENT_TRANSFER_H
#define LIB_APPLICATION_FTP_CLIENT_TRANSFER_H

#include "ftp_client_internal.h"

/* Tells a person now and then how far it is. */
struct netl_ftp_meter {
    struct netl_ftp_client *client;
    const struct netl_ftp_report *report; /* NULL: nobody asks */
    struct netl_progress progress;
    int64_t started_ns, reported_ns;
};

void netl_ftp_meter_start(struct netl_ftp_meter *meter, struct netl_ftp_client *client,
                          const struct netl_ftp_report *report, const char *path);
void netl_ftp_meter_moved(struct netl_ftp_meter *meter, uint64_t bytes, bool done);

/* Asks how long a file is; -1 when the server does not tell. 0 or a negative enum netl_error. */
int netl_ftp_ask_size(struct netl_ftp_client *client, const char *remote, int64_t *size);

/* The last failure again, with other advice: what is left of the file, and how to go on. */
int netl_ftp_advise(struct netl_ftp_client *client, int error, const char *advice);

/* REST: 350, the server's refusal (400 and up), or a negative enum netl_error. */
int netl_ftp_restart_at(struct netl_ftp_client *client, uint64_t offset);

/* A file on its way here. */
struct netl_ftp_retrieval {
    const char *remote; /* its path on the server */
    uint64_t offset;    /* what is here already; 0 again when the server starts at the beginning */
    int64_t total;      /* what SIZE told; -1 for nothing */
    bool held_cr;       /* text: the last byte was a CR, whose meaning the next one tells */
    int (*sink)(const void *piece, size_t length, void *context);
    int (*restart)(void *context); /* forget what is here; not called when offset was 0 */
    void *context;
};

/* Gets it. 0, whole, or a negative enum netl_error. */
int netl_ftp_retrieve(struct netl_ftp_client *client, struct netl_ftp_retrieval *in);

#endif
