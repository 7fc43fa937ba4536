/* SPDX-License-Identifier: MIT */
/*
 * ICMP messages, field by field.  (RFC 792, RFC 1191, RFC 4884)
 *
 * The first description serves every type that has none of its own.
 */
#include "describe.h"

static const struct netl_field_description generic[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMP_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 792, ""},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 792, ""},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards the whole message",
     "메시지 전체를 검사하는 값", 792, ""},
    {"rest_of_header", "Rest of Header", 32, 32, NETL_FORMAT_HEX, "depends on the type",
     "종류에 따라 다름", 792, ""},
};

static const struct netl_field_description echo[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMP_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 792, ""},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 792, ""},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards the whole message",
     "메시지 전체를 검사하는 값", 792, ""},
    {"identifier", "Identifier", 32, 16, NETL_FORMAT_DECIMAL, "which program asks",
     "어느 프로그램이 묻는지", 792, ""},
    {"sequence_number", "Sequence Number", 48, 16, NETL_FORMAT_DECIMAL, "which question it is",
     "몇 번째 질문인지", 792, ""},
};

static const struct netl_field_description unreachable[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMP_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 792, ""},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 792, ""},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards the whole message",
     "메시지 전체를 검사하는 값", 792, ""},
    {"unused", "Unused", 32, 8, NETL_FORMAT_HEX, "0", "0", 792, ""},
    {"length", "Length", 40, 8, NETL_FORMAT_DECIMAL, "bytes of the quote, in 4 bytes",
     "인용한 길이, 4바이트 단위", 4884, "4.1"},
    {"next_hop_mtu", "Next-Hop MTU", 48, 16, NETL_FORMAT_DECIMAL,
     "what fits, when it was too large", "너무 컸을 때 지나갈 수 있는 크기", 1191, "4"},
};

static const struct netl_field_description redirect[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMP_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 792, ""},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 792, ""},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards the whole message",
     "메시지 전체를 검사하는 값", 792, ""},
    {"gateway", "Gateway Internet Address", 32, 32, NETL_FORMAT_ADDRESS4, "the nearer router",
     "더 가까운 라우터", 792, ""},
};

static const struct netl_field_description time_exceeded[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMP_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 792, ""},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 792, ""},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards the whole message",
     "메시지 전체를 검사하는 값", 792, ""},
    {"unused", "Unused", 32, 8, NETL_FORMAT_HEX, "0", "0", 792, ""},
    {"length", "Length", 40, 8, NETL_FORMAT_DECIMAL, "bytes of the quote, in 4 bytes",
     "인용한 길이, 4바이트 단위", 4884, "4.2"},
    {"unused_too", "Unused", 48, 16, NETL_FORMAT_HEX, "0", "0", 792, ""},
};

static const struct netl_field_description parameter_problem[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMP_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 792, ""},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 792, ""},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards the whole message",
     "메시지 전체를 검사하는 값", 792, ""},
    {"pointer", "Pointer", 32, 8, NETL_FORMAT_DECIMAL, "which byte of the quote is wrong",
     "인용문의 잘못된 바이트 위치", 792, ""},
    {"length", "Length", 40, 8, NETL_FORMAT_DECIMAL, "bytes of the quote, in 4 bytes",
     "인용한 길이, 4바이트 단위", 4884, "4.3"},
    {"unused", "Unused", 48, 16, NETL_FORMAT_HEX, "0", "0", 792, ""},
};

static const struct netl_header_description headers[] = {
    WIRE_HEADER("icmp", "ICMP message", "ICMP 메시지", NETL_HEADER_ICMP, NETL_INTERNET, generic),
    WIRE_HEADER("icmp_echo", "ICMP echo", "ICMP 에코", NETL_HEADER_ICMP, NETL_INTERNET, echo),
    WIRE_HEADER("icmp_unreachable", "ICMP unreachable", "ICMP 도달 불가", NETL_HEADER_ICMP,
                NETL_INTERNET, unreachable),
    WIRE_HEADER("icmp_redirect", "ICMP redirect", "ICMP 경로 변경", NETL_HEADER_ICMP, NETL_INTERNET,
                redirect),
    WIRE_HEADER("icmp_time_exceeded", "ICMP time exceeded", "ICMP 시간 초과", NETL_HEADER_ICMP,
                NETL_INTERNET, time_exceeded),
    WIRE_HEADER("icmp_parameter_problem", "ICMP parameter problem", "ICMP 매개변수 문제",
                NETL_HEADER_ICMP, NETL_INTERNET, parameter_problem),
};

const struct wire_description_group netl_wire_icmp_headers = {headers, WIRE_COUNT(headers)};
