/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/ftp.h
 * @brief FTP: files, over two connections (RFC 959).
 *
 * HTTP sends commands and files down one connection. FTP, older, uses two. The **control
 * connection** stays open for the whole visit and carries lines of text: commands one way,
 * three-digit replies the other. For each file or list a **data connection** is opened, carries
 * only its bytes, and is closed: in stream mode its end *is* the end of the file.
 *
 *     client                      server
 *       |---- control: port 21 ------>|      USER anonymous
 *       |<----------------------------|      331 ...
 *       |                             |      EPSV
 *       |                             |      229 Entering Extended Passive Mode (|||50000|)
 *       |---- data: port 50000 ------>|      RETR hello.txt
 *       |<======= the file ===========|      150 ... / 226 ...
 *
 * Who opens the data connection? *Passive* (PASV, EPSV): the client, to a port that the server
 * names. *Active* (PORT, EPRT): the server, to a port that the client names. Because the text of
 * one connection says where another one goes, FTP was the first protocol to be abused for attacks
 * on third parties (the bounce attack, RFC 2577), and the first to suffer from routers that
 * rewrite addresses.
 *
 * netlayers/ftp_server.h serves a directory; netlayers/ftp_client.h gets and puts.
 */
#ifndef NETLAYERS_FTP_H
#define NETLAYERS_FTP_H

#include <netlayers/export.h>

#include <netlayers/ftp_client.h>
#include <netlayers/ftp_server.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup ftp FTP
 *  @ingroup application
 *  @brief Files over two connections: control and data.
 *  @copydetails netlayers/ftp.h
 *  @see @ref guide_ftp
 *  @{ */

/** How the bytes of a file travel. */
enum netl_ftp_type {
    NETL_FTP_ASCII, /**< TYPE A: as text, every line ends with CR LF on the way (RFC 959 3.1.1.1) */
    NETL_FTP_IMAGE  /**< TYPE I: as they are (RFC 959 3.1.1.3) */
};

/** What the first digit of a reply says (RFC 959 section 4.2). */
enum netl_ftp_answer {
    NETL_FTP_PRELIMINARY = 1,  /**< begun; another reply follows when it is done */
    NETL_FTP_COMPLETION = 2,   /**< done */
    NETL_FTP_INTERMEDIATE = 3, /**< fine so far; send the next command that belongs to it */
    NETL_FTP_TRANSIENT = 4,    /**< not now; the same command may work later */
    NETL_FTP_PERMANENT = 5     /**< no; the same command will fail again */
};

/**
 * @brief The words that the RFC gives a reply, such as "Transfer complete".
 * @param code 100 to 659
 * @return a constant string; "" for a code without agreed words
 * @see RFC 959 section 4.2.2, RFC 2228, RFC 2428
 */
NETL_API const char *netl_ftp_reply_text(int code);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
