/* SPDX-License-Identifier: MIT */
/*
 * The application layer's headers of fixed form, field by field.  (RFC 1035 section 4.1.1)
 */
#include "describe.h"

#define RFC_HEADER 1035, "4.1.1"

static const struct netl_field_description dns[] = {
    {"id", "ID", 0, 16, NETL_FORMAT_HEX, "ties an answer to its question", "답을 질문에 잇는 번호",
     RFC_HEADER},
    {"response", "QR", 16, 1, NETL_FORMAT_FLAG, "an answer, not a question", "질문이 아니라 답임",
     RFC_HEADER},
    {"opcode", "Opcode", 17, 4, NETL_FORMAT_DECIMAL, "0: a query", "0은 질의", RFC_HEADER},
    {"authoritative", "AA", 21, 1, NETL_FORMAT_FLAG, "the server owns the zone",
     "서버가 존의 주인임", RFC_HEADER},
    {"truncated", "TC", 22, 1, NETL_FORMAT_FLAG, "cut: ask again over TCP",
     "잘렸으니 TCP로 다시 물을 것", RFC_HEADER},
    {"recursion_desired", "RD", 23, 1, NETL_FORMAT_FLAG, "please ask others for me",
     "다른 서버에 대신 물어 달라", RFC_HEADER},
    {"recursion_available", "RA", 24, 1, NETL_FORMAT_FLAG, "the server asks others",
     "서버가 대신 물어 줌", RFC_HEADER},
    {"reserved", "Z", 25, 3, NETL_FORMAT_DECIMAL, "0, or flags of DNSSEC", "0 또는 DNSSEC의 표시",
     4035, "3.1.6"},
    {"rcode", "RCODE", 28, 4, NETL_FORMAT_DECIMAL, "how it went: 0 well, 3 no such name",
     "결과: 0은 정상, 3은 없는 이름", RFC_HEADER},
    {"question_count", "QDCOUNT", 32, 16, NETL_FORMAT_DECIMAL, "how many questions follow",
     "뒤따르는 질문 수", RFC_HEADER},
    {"answer_count", "ANCOUNT", 48, 16, NETL_FORMAT_DECIMAL, "records that answer",
     "답인 레코드 수", RFC_HEADER},
    {"authority_count", "NSCOUNT", 64, 16, NETL_FORMAT_DECIMAL, "records about who knows",
     "누가 아는지 알리는 레코드 수", RFC_HEADER},
    {"additional_count", "ARCOUNT", 80, 16, NETL_FORMAT_DECIMAL, "records that help besides",
     "덧붙인 레코드 수", RFC_HEADER},
};

static const struct netl_header_description headers[] = {
    WIRE_HEADER("dns", "DNS header", "DNS 헤더", NETL_HEADER_DNS, NETL_APPLICATION, dns),
};

const struct wire_description_group netl_wire_application_headers = {headers, WIRE_COUNT(headers)};
