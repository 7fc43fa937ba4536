/* SPDX-License-Identifier: MIT */
/*
 * ICMPv6 messages, field by field.  (RFC 4443, RFC 4861, RFC 4884)
 *
 * The first description serves every type that has none of its own.
 */
#include "describe.h"

static const struct netl_field_description generic[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4443, "2.1"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4443, "2.1"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4443, "2.1"},
    {"rest_of_header", "Message Body", 32, 32, NETL_FORMAT_HEX, "depends on the type",
     "종류에 따라 다름", 4443, "2.1"},
};

static const struct netl_field_description echo[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4443, "4.1"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4443, "4.1"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4443, "4.1"},
    {"identifier", "Identifier", 32, 16, NETL_FORMAT_DECIMAL, "which program asks",
     "어느 프로그램이 묻는지", 4443, "4.1"},
    {"sequence_number", "Sequence Number", 48, 16, NETL_FORMAT_DECIMAL, "which question it is",
     "몇 번째 질문인지", 4443, "4.1"},
};

static const struct netl_field_description unreachable[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4443, "3.1"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4443, "3.1"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4443, "3.1"},
    {"length", "Length", 32, 8, NETL_FORMAT_DECIMAL, "bytes of the quote, in 8 bytes",
     "인용한 길이, 8바이트 단위", 4884, "4.4"},
    {"unused", "Unused", 40, 24, NETL_FORMAT_HEX, "0", "0", 4443, "3.1"},
};

static const struct netl_field_description time_exceeded[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4443, "3.3"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4443, "3.3"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4443, "3.3"},
    {"length", "Length", 32, 8, NETL_FORMAT_DECIMAL, "bytes of the quote, in 8 bytes",
     "인용한 길이, 8바이트 단위", 4884, "4.5"},
    {"unused", "Unused", 40, 24, NETL_FORMAT_HEX, "0", "0", 4443, "3.3"},
};

static const struct netl_field_description packet_too_big[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4443, "3.2"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4443, "3.2"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4443, "3.2"},
    {"mtu", "MTU", 32, 32, NETL_FORMAT_DECIMAL, "what fits on the next link",
     "다음 링크를 지나갈 수 있는 크기", 4443, "3.2"},
};

static const struct netl_field_description parameter_problem[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4443, "3.4"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4443, "3.4"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4443, "3.4"},
    {"pointer", "Pointer", 32, 32, NETL_FORMAT_DECIMAL, "which byte of the quote is wrong",
     "인용문의 잘못된 바이트 위치", 4443, "3.4"},
};

static const struct netl_field_description router_solicitation[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4861, "4.1"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4861, "4.1"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4861, "4.1"},
    {"reserved", "Reserved", 32, 32, NETL_FORMAT_HEX, "0", "0", 4861, "4.1"},
    {"options", "Options", 64, 0, NETL_FORMAT_BYTES, "a list of options", "옵션 목록", 4861, "4.1"},
};

static const struct netl_field_description router_advertisement[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4861, "4.2"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4861, "4.2"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4861, "4.2"},
    {"current_hop_limit", "Cur Hop Limit", 32, 8, NETL_FORMAT_DECIMAL,
     "hop limit to use; 0: no opinion", "쓸 홉 제한, 0은 의견 없음", 4861, "4.2"},
    {"managed", "M", 40, 1, NETL_FORMAT_FLAG, "addresses come from DHCPv6", "주소는 DHCPv6로 받음",
     4861, "4.2"},
    {"other_configuration", "O", 41, 1, NETL_FORMAT_FLAG, "other things come from DHCPv6",
     "나머지 설정은 DHCPv6로 받음", 4861, "4.2"},
    {"reserved", "Reserved", 42, 6, NETL_FORMAT_HEX, "0", "0", 4861, "4.2"},
    {"router_lifetime_s", "Router Lifetime", 48, 16, NETL_FORMAT_DECIMAL,
     "seconds as default router", "기본 라우터로 쓸 시간(초)", 4861, "4.2"},
    {"reachable_time_ms", "Reachable Time", 64, 32, NETL_FORMAT_DECIMAL,
     "a neighbour is trusted so long, ms", "이웃을 믿는 시간(밀리초)", 4861, "4.2"},
    {"retransmit_timer_ms", "Retrans Timer", 96, 32, NETL_FORMAT_DECIMAL,
     "time between questions, ms", "질문 사이의 시간(밀리초)", 4861, "4.2"},
    {"options", "Options", 128, 0, NETL_FORMAT_BYTES, "a list of options", "옵션 목록", 4861,
     "4.2"},
};

static const struct netl_field_description neighbour_solicitation[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4861, "4.3"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4861, "4.3"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4861, "4.3"},
    {"reserved", "Reserved", 32, 32, NETL_FORMAT_HEX, "0", "0", 4861, "4.3"},
    {"target", "Target Address", 64, 128, NETL_FORMAT_ADDRESS6, "whose link address is wanted",
     "링크 주소를 알고 싶은 대상", 4861, "4.3"},
    {"options", "Options", 192, 0, NETL_FORMAT_BYTES, "a list of options", "옵션 목록", 4861,
     "4.3"},
};

static const struct netl_field_description neighbour_advertisement[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4861, "4.4"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4861, "4.4"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4861, "4.4"},
    {"router", "R", 32, 1, NETL_FORMAT_FLAG, "the sender is a router", "보낸 쪽이 라우터", 4861,
     "4.4"},
    {"solicited", "S", 33, 1, NETL_FORMAT_FLAG, "an answer to a question", "질문에 대한 대답", 4861,
     "4.4"},
    {"override_flag", "O", 34, 1, NETL_FORMAT_FLAG, "replace what you know", "알던 것을 바꾸라",
     4861, "4.4"},
    {"reserved", "Reserved", 35, 29, NETL_FORMAT_HEX, "0", "0", 4861, "4.4"},
    {"target", "Target Address", 64, 128, NETL_FORMAT_ADDRESS6, "who has that link address",
     "그 링크 주소를 가진 대상", 4861, "4.4"},
    {"options", "Options", 192, 0, NETL_FORMAT_BYTES, "a list of options", "옵션 목록", 4861,
     "4.4"},
};

static const struct netl_field_description redirect[] = {
    {"type", "Type", 0, 8, NETL_FORMAT_ICMPV6_TYPE, "what the message is about",
     "무엇에 관한 메시지인지", 4861, "4.5"},
    {"code", "Code", 8, 8, NETL_FORMAT_DECIMAL, "more about it", "더 자세한 내용", 4861, "4.5"},
    {"checksum", "Checksum", 16, 16, NETL_FORMAT_HEX, "guards message and addresses",
     "메시지와 주소를 검사하는 값", 4861, "4.5"},
    {"reserved", "Reserved", 32, 32, NETL_FORMAT_HEX, "0", "0", 4861, "4.5"},
    {"target", "Target Address", 64, 128, NETL_FORMAT_ADDRESS6, "the nearer next hop",
     "더 가까운 다음 홉", 4861, "4.5"},
    {"destination", "Destination Address", 192, 128, NETL_FORMAT_ADDRESS6,
     "who is reached through it", "그것을 거쳐 닿는 호스트", 4861, "4.5"},
    {"options", "Options", 320, 0, NETL_FORMAT_BYTES, "a list of options", "옵션 목록", 4861,
     "4.5"},
};

static const struct netl_header_description headers[] = {
    WIRE_HEADER("icmpv6", "ICMPv6 message", "ICMPv6 메시지", NETL_HEADER_ICMPV6, NETL_INTERNET,
                generic),
    WIRE_HEADER("icmpv6_echo", "ICMPv6 echo", "ICMPv6 에코", NETL_HEADER_ICMPV6, NETL_INTERNET,
                echo),
    WIRE_HEADER("icmpv6_unreachable", "ICMPv6 unreachable", "ICMPv6 도달 불가", NETL_HEADER_ICMPV6,
                NETL_INTERNET, unreachable),
    WIRE_HEADER("icmpv6_time_exceeded", "ICMPv6 time exceeded", "ICMPv6 시간 초과",
                NETL_HEADER_ICMPV6, NETL_INTERNET, time_exceeded),
    WIRE_HEADER("icmpv6_packet_too_big", "ICMPv6 packet too big", "ICMPv6 패킷이 너무 큼",
                NETL_HEADER_ICMPV6, NETL_INTERNET, packet_too_big),
    WIRE_HEADER("icmpv6_parameter_problem", "ICMPv6 parameter problem", "ICMPv6 매개변수 문제",
                NETL_HEADER_ICMPV6, NETL_INTERNET, parameter_problem),
    WIRE_HEADER("icmpv6_router_solicitation", "ICMPv6 router solicitation", "ICMPv6 라우터 요청",
                NETL_HEADER_ICMPV6, NETL_INTERNET, router_solicitation),
    WIRE_HEADER("icmpv6_router_advertisement", "ICMPv6 router advertisement", "ICMPv6 라우터 광고",
                NETL_HEADER_ICMPV6, NETL_INTERNET, router_advertisement),
    WIRE_HEADER("icmpv6_neighbour_solicitation", "ICMPv6 neighbour solicitation",
                "ICMPv6 이웃 요청", NETL_HEADER_ICMPV6, NETL_INTERNET, neighbour_solicitation),
    WIRE_HEADER("icmpv6_neighbour_advertisement", "ICMPv6 neighbour advertisement",
                "ICMPv6 이웃 광고", NETL_HEADER_ICMPV6, NETL_INTERNET, neighbour_advertisement),
    WIRE_HEADER("icmpv6_redirect", "ICMPv6 redirect", "ICMPv6 경로 변경", NETL_HEADER_ICMPV6,
                NETL_INTERNET, redirect),
};

const struct wire_description_group netl_wire_icmpv6_headers = {headers, WIRE_COUNT(headers)};
