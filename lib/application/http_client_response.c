/* SPDX-License-Identifier: MIT */
/*
 * A response as the caller of the client gets it: on its own, free of any connection.
 *
 * Always true:
 *   - all texts lie in one block of memory and end with a 0 byte;
 *   - a 0 byte follows the body.
 */
#include "http_client_internal.h"

#include <stdlib.h>
#include <string.h>

struct text_field {
    const char *name;
    const char *value;
};

struct netl_http_response {
    int status;
    int64_t total; /* as the server says; -1 when it does not */
    const char *reason;
    const char *url;
    size_t fields;
    struct text_field *field;
    char *texts; /* where all the texts lie */
    unsigned char *body;
    size_t length, size; /* of the body, and of its memory */
};

/* Copies a slice to *at, ends it, and moves *at behind it. */
static const char *put(char **at, struct netl_http_slice slice)
{
    char *text = *at;
    if (slice.length)
        memcpy(text, slice.bytes, slice.length);
    text[slice.length] = '\0';
    *at += slice.length + 1;
    return text;
}

static bool put_texts(struct netl_http_response *response, const struct netl_http_head *head,
                      const struct netl_url *url)
{
    static const char scheme[] = "http://";
    size_t url_size = sizeof scheme + strlen(url->authority) + strlen(url->target);
    size_t size = url_size + head->reason.length + 1;
    for (size_t i = 0; i < head->fields; i++)
        size += head->field[i].name.length + head->field[i].value.length + 2;
    response->texts = malloc(size);
    response->field = calloc(head->fields + 1, sizeof *response->field);
    if (!response->texts || !response->field)
        return false;
    char *at = response->texts;
    response->url = netl_url_format(url, at, url_size);
    at += url_size;
    response->reason = put(&at, head->reason);
    for (size_t i = 0; i < head->fields; i++) {
        response->field[i].name = put(&at, head->field[i].name);
        response->field[i].value = put(&at, head->field[i].value);
    }
    response->fields = head->fields;
    return true;
}

struct netl_http_response *netl_http_response_make(const struct netl_http_head *head,
                                                   const struct netl_url *url)
{
    struct netl_http_response *response = calloc(1, sizeof *response);
    if (!response)
        return NULL;
    response->status = head->status;
    response->total = head->framing == NETL_HTTP_BY_LENGTH ? (int64_t)head->content_length : -1;
    if (head->framing == NETL_HTTP_NO_BODY)
        response->total = head->has_length ? (int64_t)head->content_length : 0;
    response->size = 64;
    response->body = calloc(1, response->size);
    if (!response->body || !put_texts(response, head, url)) {
        netl_http_response_free(response);
        return NULL;
    }
    return response;
}

int netl_http_response_add(struct netl_http_response *response, const void *piece, size_t length,
                           size_t limit)
{
    if (length > limit || response->length > limit - length)
        return NETL_ERROR_TOO_LARGE;
    size_t wanted = response->length + length;
    if (wanted >= response->size) {
        if (wanted > SIZE_MAX / 2 - 1)
            return NETL_ERROR_MEMORY;
        unsigned char *body = realloc(response->body, wanted * 2);
        if (!body)
            return NETL_ERROR_MEMORY;
        response->body = body;
        response->size = wanted * 2;
    }
    memcpy(response->body + response->length, piece, length);
    response->length = wanted;
    response->body[wanted] = '\0';
    return 0;
}

int netl_http_response_status(const struct netl_http_response *response)
{
    return response->status;
}

const char *netl_http_response_reason(const struct netl_http_response *response)
{
    return response->reason;
}

const char *netl_http_response_url(const struct netl_http_response *response)
{
    return response->url;
}

const char *netl_http_response_header(const struct netl_http_response *response, const char *name)
{
    for (size_t i = 0; i < response->fields; i++) {
        struct netl_http_slice slice = {response->field[i].name, strlen(response->field[i].name)};
        if (netl_http_is_anycase(&slice, name))
            return response->field[i].value;
    }
    return NULL;
}

const void *netl_http_response_body(const struct netl_http_response *response)
{
    return response->body;
}

size_t netl_http_response_length(const struct netl_http_response *response)
{
    return response->length;
}

int64_t netl_http_response_total(const struct netl_http_response *response)
{
    return response->total;
}

void netl_http_response_free(struct netl_http_response *response)
{
    if (!response)
        return;
    free(response->texts);
    free(response->field);
    free(response->body);
    free(response);
}
