/* SPDX-License-Identifier: MIT */
/*
 * What a handler may ask of an exchange and do with it: <netlayers/http_server.h>.
 *
 * A handler may keep the exchange and answer later, from any other handler of the host. If the
 * client has gone by then, the answer goes nowhere and the exchange is freed all the same.
 */
#include "base/fail.h"
#include "http_server_internal.h"
#include <netlayers/http.h>

#include <stdlib.h>
#include <string.h>

/* ── the request ────────────────────────────────────────────────────────────────────────── */

/*
 * Makes a string of a slice of the head, in place: the byte after it is a space or a CR that
 * nobody needs any more.
 */
static const char *string_of(struct netl_http_exchange *exchange,
                             const struct netl_http_slice *slice)
{
    char *input = exchange->connection ? exchange->connection->input : exchange->input;
    if (!slice || !slice->bytes)
        return NULL;
    size_t at = (size_t)(slice->bytes - input);
    input[at + slice->length] = 0;
    return input + at;
}

const char *netl_http_method(struct netl_http_exchange *exchange)
{
    return string_of(exchange, &exchange->head.method);
}

const char *netl_http_path(struct netl_http_exchange *exchange)
{
    return exchange->path;
}

const char *netl_http_query(struct netl_http_exchange *exchange)
{
    const char *query = string_of(exchange, &exchange->head.query);
    return query ? query : "";
}

const char *netl_http_header(struct netl_http_exchange *exchange, const char *name)
{
    return string_of(exchange, netl_http_find(&exchange->head, name));
}

const char *netl_http_body(struct netl_http_exchange *exchange, size_t *length)
{
    if (length)
        *length = exchange->content_length;
    return exchange->content ? exchange->content : "";
}

long netl_http_form(struct netl_http_exchange *exchange, const char *name, char *out, size_t size)
{
    const struct netl_http_head *head = &exchange->head;
    if (head->framing != NETL_HTTP_NO_BODY)
        return netl_http_form_value(exchange->content ? exchange->content : "",
                                    exchange->content_length, name, out, size);
    return netl_http_form_value(head->query.bytes ? head->query.bytes : "", head->query.length,
                                name, out, size);
}

static int gone(void)
{
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_CLOSED, "the client is gone",
                             "nothing is left to do for this request", "answer a request");
}

int netl_http_remote(struct netl_http_exchange *exchange, struct netl_endpoint *endpoint)
{
    if (!exchange->connection)
        return gone();
    return netl_tcp_remote(exchange->connection->tcp, endpoint);
}

/* ── the response ───────────────────────────────────────────────────────────────────────── */

static bool value_is_fine(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < 0x20 && *value != '\t') || *value == 0x7f)
            return false;
    return true;
}

static bool name_is_fine(const char *name)
{
    static const char *const ours[] = {"date", "content-length", "transfer-encoding", "connection"};
    struct netl_http_slice slice = {name, strlen(name)};
    for (size_t i = 0; i < slice.length; i++)
        if (!netl_http_token_char((unsigned char)name[i]))
            return false;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (netl_http_is_anycase(&slice, ours[i]))
            return false;
    return slice.length > 0;
}

int netl_http_add_header(struct netl_http_exchange *exchange, const char *name, const char *value)
{
    if (!name || !value || !name_is_fine(name) || !value_is_fine(value))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "use a token that is not the server's own, and no line breaks",
                         "add a header field");
    if (exchange->stage != STAGE_WAIT)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "add fields before the answer is begun", "add a header field");
    if (exchange->fields_length + strlen(name) + strlen(value) + 4 > FIELDS_SIZE)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_TOO_LARGE, "send fewer or shorter fields",
                         "add a header field");
    netl_response_field(exchange, name, value);
    return 0;
}

/* An orphan has been answered: nobody needs it any more. */
static int bury(struct netl_http_exchange *exchange)
{
    struct netl_http_exchange **link = &exchange->server->orphans;
    while (*link && *link != exchange)
        link = &(*link)->next;
    if (*link)
        *link = exchange->next;
    netl_exchange_free(exchange);
    return gone();
}

/* Runs the connection on, unless it is running anyway: then it sees the answer itself. */
static void go_on(struct connection *conn)
{
    if (conn->inside)
        return;
    netl_connection_enter(conn);
    netl_connection_leave(conn);
}

static bool answer_is_fine(const struct netl_http_exchange *exchange, int status, const char *type)
{
    return status >= 200 && status <= 599 &&
           (!type ||
            (value_is_fine(type) && exchange->fields_length + strlen(type) + 20 <= FIELDS_SIZE));
}

int netl_http_respond(struct netl_http_exchange *exchange, int status, const char *content_type,
                      const void *body, size_t length)
{
    struct connection *conn = exchange->connection;
    int result = 0;
    if (!conn)
        return bury(exchange);
    if (exchange->stage != STAGE_WAIT)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "answer a request only once",
                         "answer a request");
    bool entered = !conn->inside;
    if (entered)
        netl_connection_enter(conn);
    if (!answer_is_fine(exchange, status, content_type) || (!body && length > 0)) {
        result = netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                           "give a status from 200 to 599 and a type without line breaks",
                           "answer a request");
        exchange->fields_length = 0;
        netl_response_error(exchange, 500, "the page made an answer that cannot be sent");
    } else {
        netl_response_memory(exchange, status, content_type, body, length);
    }
    if (conn->dead)
        result = gone();
    if (entered)
        netl_connection_leave(conn);
    return result;
}

int netl_http_respond_begin(struct netl_http_exchange *exchange, int status,
                            const char *content_type)
{
    if (!exchange->connection)
        return gone(); /* still to be ended */
    if (exchange->stage != STAGE_WAIT || !answer_is_fine(exchange, status, content_type))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "begin once, with a status from 200 to 599 and a type without line breaks",
                         "begin an answer");
    netl_response_prepare(exchange, status, content_type);
    exchange->stage = STAGE_STREAM;
    exchange->has_length = false;
    bool bodiless = status == 204 || status == 304;
    exchange->chunked = exchange->head.minor_version >= 1 && !bodiless;
    if (exchange->head.minor_version == 0) /* no chunks in HTTP/1.0: the end is the body's end */
        exchange->keep_alive = false;
    return 0;
}

long netl_http_respond_write(struct netl_http_exchange *exchange, const void *data, size_t length)
{
    struct connection *conn = exchange->connection;
    if (!conn)
        return gone();
    if (exchange->stage != STAGE_STREAM || exchange->ended || (!data && length > 0))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "begin an answer first",
                         "send more of an answer");
    if (length == 0)
        return 0;
    bool entered = !conn->inside;
    if (entered)
        netl_connection_enter(conn);
    long taken = netl_response_stream(exchange, data, length);
    if (taken == NETL_ERROR_CLOSED)
        taken = gone();
    if (entered)
        netl_connection_leave(conn);
    return taken;
}

void netl_http_respond_room(struct netl_http_exchange *exchange, netl_http_handler *room,
                            void *context)
{
    exchange->room = room;
    exchange->room_context = context;
    if (exchange->connection && !exchange->connection->inside)
        go_on(exchange->connection);
}

int netl_http_respond_end(struct netl_http_exchange *exchange)
{
    struct connection *conn = exchange->connection;
    if (!conn)
        return bury(exchange);
    if (exchange->stage != STAGE_STREAM || exchange->ended)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "begin an answer first",
                         "end an answer");
    exchange->ended = true;
    go_on(conn);
    return 0;
}
