/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a datagram at an ICMP socket: the header is taken off, and the message held
 * against our requests. The first byte picks the version and whether the sum is checked.
 */
#include "internet/echo.h"
#include "internet/raw.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netl_datagram_info info;
    struct echo_answer answer;
    struct echo_identity identity = {.identifier = 0x1234, .stamp = {1, 2, 3, 4, 5, 6, 7, 8}};
    if (size == 0)
        return 0;
    bool is_four = data[0] & 1;
    bool check = data[0] & 2;
    const uint8_t *bytes = data + 1;
    size_t length = size - 1;
    memset(&info, 0, sizeof info);
    identity.target.family = is_four ? NETL_IPV4 : NETL_IPV6;
    identity.target.bytes[0] = 10;
    info.destination.family = NETL_IPV6;
    info.source.family = NETL_IPV6;
    if (is_four) {
        size_t header = netl_raw_strip_ipv4(bytes, length, length, &info);
        if (header > length || info.original_length > length)
            abort();
        bytes += header;
        length -= header;
    }
    enum echo_kind kind = netl_echo_match(&identity, bytes, length, &info, check, &answer);
    if (kind == ECHO_REPLY && length < ECHO_HEADER)
        abort();
    if (kind == ECHO_ERROR &&
        *netl_echo_error_text(identity.target.family, answer.type, answer.code) == 0)
        abort();
    return 0;
}
