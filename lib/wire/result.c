/* SPDX-License-Identifier: MIT */
/*
 * The words for a parser's reasons, as traces and counters show them.
 */
#include <netlayers/wire/result.h>

const char *netl_wire_result_text(enum netl_wire_result result)
{
    switch (result) {
    case NETL_WIRE_OK: return "ok";
    case NETL_WIRE_TRUNCATED: return "truncated";
    case NETL_WIRE_BAD_VERSION: return "bad-version";
    case NETL_WIRE_BAD_LENGTH: return "bad-length";
    case NETL_WIRE_BAD_CHECKSUM: return "bad-checksum";
    case NETL_WIRE_BAD_OPTION: return "bad-option";
    case NETL_WIRE_BAD_VALUE: return "bad-value";
    case NETL_WIRE_BAD_ORDER: return "bad-order";
    case NETL_WIRE_TOO_MANY: return "too-many";
    case NETL_WIRE_UNKNOWN: break;
    }
    return "unknown";
}
