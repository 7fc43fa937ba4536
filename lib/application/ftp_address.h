/* SPDX-License-Identifier: MIT */
/*
 * How FTP says on the control connection where a data connection goes: two forms of text.
 *
 *     PORT 127,0,0,1,195,80        227 ... (127,0,0,1,195,80)      RFC 959 §5.3.2: IPv4 alone
 *     EPRT |2|2001:db8::1|50000|   229 ... (|||50000|)             RFC 2428: both families
 *
 * For the server and the client. Pure functions: whether a data connection may go there is
 * decided by who reads it.
 *
 * Always true:
 *   - no function looks past `length`; the text need not end with a 0 byte;
 *   - on failure the result is untouched.
 */
#ifndef LIB_APPLICATION_FTP_ADDRESS_H
#define LIB_APPLICATION_FTP_ADDRESS_H

#include <netlayers/address.h>
#include <stddef.h>

#define NETL_FTP_HOST_PORT 24                       /* "255,255,255,255,255,255" and a 0 */
#define NETL_FTP_EXTENDED  (NETL_ADDRESS_TEXT + 12) /* "|2|address|65535|" and a 0 */

/*
 * Reads "h1,h2,h3,h4,p1,p2", each 0 to 255 in decimal. Gives how many bytes of the text it took,
 * 0 when the text does not begin with it. Port 0 is read too: it names no data connection.
 */
size_t netl_ftp_host_port_parse(struct netl_endpoint *endpoint, const char *text, size_t length);

/* Writes that form. `endpoint` is IPv4, `text` has room for NETL_FTP_HOST_PORT. Gives `text`. */
char *netl_ftp_host_port_format(const struct netl_endpoint *endpoint, char *text);

enum netl_ftp_extended {
    NETL_FTP_EXTENDED_OK,
    NETL_FTP_EXTENDED_BROKEN, /* not of that form: 501 */
    NETL_FTP_EXTENDED_FAMILY  /* neither 1 nor 2: 522 (RFC 2428 §2) */
};

/*
 * Reads the whole text as "<d>family<d>address<d>port<d>", <d> any one character of 33 to 126
 * (RFC 2428 §2). The address is of the family that is named and has no scope.
 */
enum netl_ftp_extended netl_ftp_extended_parse(struct netl_endpoint *endpoint, const char *text,
                                               size_t length);

/* Writes "|1|10.0.0.1|50000|"; `text` has room for NETL_FTP_EXTENDED. Gives `text`. */
char *netl_ftp_extended_format(const struct netl_endpoint *endpoint, char *text);

/*
 * Reads "<d><d><d>port<d>", as EPSV's answer holds it between its parentheses (RFC 2428 §3). Gives
 * how many bytes of the text it took; 0 when the text does not begin with it, or the port is 0.
 */
size_t netl_ftp_extended_port_parse(uint16_t *port, const char *text, size_t length);

#endif
