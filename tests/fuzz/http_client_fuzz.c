/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a response, in pieces of any size: the reader ends, holds its limits, and what it
 * accepts does not depend on where the pieces were cut.
 *
 * The first byte of the input is the length of a piece, the second says whether it answers HEAD.
 */
#include "application/http_client_reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
    const uint8_t *bytes;
    size_t left;
    size_t piece;
};

static long receive(void *context, void *data, size_t size)
{
    struct source *source = context;
    size_t length = source->left < source->piece ? source->left : source->piece;
    if (length > size)
        length = size;
    if (size == 0)
        abort(); /* a reader that has no room must not ask */
    if (length)
        memcpy(data, source->bytes, length);
    source->bytes += length;
    source->left -= length;
    return (long)length;
}

/* Gives the length of the body, or an error; `sum` gets a checksum of it. */
static long run(const uint8_t *data, size_t size, size_t piece, int to_head, uint32_t *sum)
{
    struct source source = {data, size, piece};
    struct netl_http_reader reader = {
        .receive = receive, .context = &source, .doing = "fuzz", .to_head = to_head != 0};
    if (netl_http_reader_open(&reader) < 0)
        return -1;
    long result = netl_http_reader_head(&reader), n = 0, total = 0;
    const char *bytes = NULL;
    *sum = 0;
    while (result == 0 && (n = netl_http_reader_body(&reader, &bytes)) > 0) {
        for (long i = 0; i < n; i++)
            *sum = *sum * 31 + (uint8_t)bytes[i];
        total += n;
    }
    if ((size_t)total > size)
        abort();
    netl_http_reader_close(&reader);
    return result < 0 ? result : n < 0 ? n : total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t sum_whole, sum_pieces;
    if (size < 2)
        return 0;
    size_t piece = data[0] ? data[0] : 1;
    long whole = run(data + 2, size - 2, size, data[1] & 1, &sum_whole);
    long pieces = run(data + 2, size - 2, piece, data[1] & 1, &sum_pieces);
    if ((whole < 0) != (pieces < 0))
        abort();
    if (whole >= 0 && (whole != pieces || sum_whole != sum_pieces))
        abort();
    return 0;
}
