/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/ftp_server.h
 * @brief An FTP server: one directory, to many clients at once (RFC 959, RFC 1123, RFC 3659).
 */
#ifndef NETLAYERS_FTP_SERVER_H
#define NETLAYERS_FTP_SERVER_H

#include <netlayers/export.h>

#endif
