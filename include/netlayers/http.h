/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/http.h
 * @brief HTTP/1.1: how a browser asks for a page and a server answers (RFC 9110, RFC 9112).
 *
 * HTTP is a conversation in text over one TCP connection. The client sends a request (a line with
 * method, target and version, header fields, an empty line, perhaps a body); the server sends a
 * response of the same form with a status instead. The head tells where the body ends, so
 * that the connection can stay open for the next request.
 *
 *     GET /hello.txt HTTP/1.1          HTTP/1.1 200 OK
 *     Host: example.org                Content-Type: text/plain; charset=utf-8
 *                                      Content-Length: 6
 *
 *                                      Hello!
 *
 * netlayers/http_server.h serves a directory and your own pages; netlayers/http_client.h fetches.
 * Here are the small things that both sides need.
 */
#ifndef NETLAYERS_HTTP_H
#define NETLAYERS_HTTP_H

#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>

#include <netlayers/http_client.h>
#include <netlayers/http_server.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup application @bilingual{Application layer,응용 계층}
 *  @brief Messages with a meaning: what people and programs see.
 *  @see @ref guide_application */

/** @defgroup http HTTP
 *  @ingroup application
 *  @brief Requests and responses: pages, files, forms.
 *  @copydetails netlayers/http.h
 *  @see @ref guide_application
 *  @{ */

/**
 * @brief The words that go with a status, such as "Not Found".
 * @param status 100 to 599
 * @return a constant string; "" for a status without agreed words
 * @see RFC 9110 section 15
 */
NETL_API const char *netl_http_status_text(int status);

/**
 * @brief Undoes percent-encoding, once: "%41" becomes "A".
 * @param[out] out room for `size` bytes; gets the bytes and a 0
 * @param size bytes of room, at least 1
 * @param text what to decode
 * @param length its length in bytes
 * @return the length without the 0; NETL_ERROR_PROTOCOL for a broken escape or a decoded 0 byte,
 *         NETL_ERROR_TOO_LARGE when it does not fit
 * @see RFC 3986 section 2.1
 */
NETL_API long netl_http_percent_decode(char *out, size_t size, const char *text, size_t length);

/**
 * @brief Percent-encodes all bytes that may not stand in a path; '/' stays.
 * @param[out] out gets the text and a 0; cut when it does not fit
 * @param size bytes of room, at least 1
 * @param text what to encode
 * @param length its length in bytes
 * @return the length that the whole text has without the 0
 * @see RFC 3986 section 2.1
 */
NETL_API size_t netl_http_percent_encode(char *out, size_t size, const char *text, size_t length);

/**
 * @brief Makes text safe inside an HTML page: < > & and quotes become entities.
 *
 * Everything that came from a client must pass here before it stands in a page.
 *
 * @param[out] out gets the text and a 0; cut, never in the middle of an entity, when it does not
 *             fit
 * @param size bytes of room, at least 1
 * @param text what to escape
 * @param length its length in bytes
 * @return the length that the whole text has without the 0
 */
NETL_API size_t netl_http_escape_html(char *out, size_t size, const char *text, size_t length);

/**
 * @brief Finds a value in a form or a query: "name=Ada+Lovelace&year=1843".
 * @param form the form as sent (application/x-www-form-urlencoded), or a query
 * @param length its length in bytes
 * @param name the decoded name that is wanted
 * @param[out] out gets the decoded value of its first occurrence and a 0
 * @param size bytes of room, at least 1
 * @return the value's length without the 0; NETL_ERROR_ARGUMENT when the form has no such name,
 *         NETL_ERROR_PROTOCOL for a broken escape in the value or a decoded 0 byte,
 *         NETL_ERROR_TOO_LARGE when the value does not fit
 */
NETL_API long netl_http_form_value(const char *form, size_t length, const char *name, char *out,
                                   size_t size);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
