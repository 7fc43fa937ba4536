/* SPDX-License-Identifier: MIT */
/*
 * The internet layer's headers, field by field.  (RFC 791, RFC 8200, RFC 4302)
 */
#include "describe.h"

static const struct netl_field_description ipv4[] = {
    {"version", "Version", 0, 4, NETL_FORMAT_DECIMAL, "always 4", "항상 4", 791, "3.1"},
    {"ihl", "IHL", 4, 4, NETL_FORMAT_DECIMAL, "header length in units of 4 bytes",
     "헤더 길이, 4바이트 단위", 791, "3.1"},
    {"dscp", "DSCP", 8, 6, NETL_FORMAT_DECIMAL, "which service is asked for",
     "원하는 서비스의 종류", 2474, "3"},
    {"ecn", "ECN", 14, 2, NETL_FORMAT_DECIMAL, "congestion marks", "혼잡 표시", 3168, "5"},
    {"total_length", "Total Length", 16, 16, NETL_FORMAT_DECIMAL,
     "bytes of the datagram with header", "헤더를 포함한 데이터그램의 바이트 수", 791, "3.1"},
    {"identification", "Identification", 32, 16, NETL_FORMAT_HEX,
     "same in all pieces of a datagram", "한 데이터그램의 조각은 모두 같은 값", 791, "3.1"},
    {"reserved", "0", 48, 1, NETL_FORMAT_FLAG, "must be 0", "0이어야 함", 791, "3.1"},
    {"dont_fragment", "DF", 49, 1, NETL_FORMAT_FLAG, "routers shall not cut it",
     "라우터가 나누면 안 됨", 791, "3.1"},
    {"more_fragments", "MF", 50, 1, NETL_FORMAT_FLAG, "this is not the last piece",
     "마지막 조각이 아님", 791, "3.1"},
    {"fragment_offset", "Fragment Offset", 51, 13, NETL_FORMAT_DECIMAL,
     "place of the piece, in 8 bytes", "조각의 위치, 8바이트 단위", 791, "3.1"},
    {"time_to_live", "Time to Live", 64, 8, NETL_FORMAT_DECIMAL, "routers that it may still pass",
     "더 지나갈 수 있는 라우터 수", 791, "3.1"},
    {"protocol", "Protocol", 72, 8, NETL_FORMAT_PROTOCOL, "what is inside", "들어 있는 프로토콜",
     791, "3.1"},
    {"header_checksum", "Header Checksum", 80, 16, NETL_FORMAT_HEX, "guards the header only",
     "헤더만 검사하는 값", 791, "3.1"},
    {"source", "Source Address", 96, 32, NETL_FORMAT_ADDRESS4, "which host sent it", "보낸 호스트",
     791, "3.1"},
    {"destination", "Destination Address", 128, 32, NETL_FORMAT_ADDRESS4, "which host shall get it",
     "받을 호스트", 791, "3.1"},
    {"options", "Options", 160, 0, NETL_FORMAT_BYTES, "rarely used extras", "드물게 쓰는 추가 정보",
     791, "3.1"},
};

static const struct netl_field_description ipv6[] = {
    {"version", "Version", 0, 4, NETL_FORMAT_DECIMAL, "always 6", "항상 6", 8200, "3"},
    {"traffic_class", "Traffic Class", 4, 8, NETL_FORMAT_HEX, "service asked for, congestion marks",
     "원하는 서비스와 혼잡 표시", 8200, "3"},
    {"flow_label", "Flow Label", 12, 20, NETL_FORMAT_HEX, "same in one conversation",
     "한 대화의 패킷은 같은 값", 8200, "3"},
    {"payload_length", "Payload Length", 32, 16, NETL_FORMAT_DECIMAL, "bytes behind this header",
     "이 헤더 뒤의 바이트 수", 8200, "3"},
    {"next_header", "Next Header", 48, 8, NETL_FORMAT_PROTOCOL, "what follows", "뒤에 오는 것",
     8200, "3"},
    {"hop_limit", "Hop Limit", 56, 8, NETL_FORMAT_DECIMAL, "routers that it may still pass",
     "더 지나갈 수 있는 라우터 수", 8200, "3"},
    {"source", "Source Address", 64, 128, NETL_FORMAT_ADDRESS6, "which host sent it", "보낸 호스트",
     8200, "3"},
    {"destination", "Destination Address", 192, 128, NETL_FORMAT_ADDRESS6,
     "which host shall get it", "받을 호스트", 8200, "3"},
};

static const struct netl_field_description hop_by_hop[] = {
    {"next_header", "Next Header", 0, 8, NETL_FORMAT_PROTOCOL, "what follows", "뒤에 오는 것", 8200,
     "4.3"},
    {"length", "Hdr Ext Len", 8, 8, NETL_FORMAT_DECIMAL, "length beyond 8 bytes, in 8 bytes",
     "처음 8바이트를 뺀 길이, 8바이트 단위", 8200, "4.3"},
    {"options", "Options", 16, 0, NETL_FORMAT_BYTES, "a list of options", "옵션 목록", 8200, "4.3"},
};

static const struct netl_field_description destination_options[] = {
    {"next_header", "Next Header", 0, 8, NETL_FORMAT_PROTOCOL, "what follows", "뒤에 오는 것", 8200,
     "4.6"},
    {"length", "Hdr Ext Len", 8, 8, NETL_FORMAT_DECIMAL, "length beyond 8 bytes, in 8 bytes",
     "처음 8바이트를 뺀 길이, 8바이트 단위", 8200, "4.6"},
    {"options", "Options", 16, 0, NETL_FORMAT_BYTES, "a list of options", "옵션 목록", 8200, "4.6"},
};

static const struct netl_field_description routing[] = {
    {"next_header", "Next Header", 0, 8, NETL_FORMAT_PROTOCOL, "what follows", "뒤에 오는 것", 8200,
     "4.4"},
    {"length", "Hdr Ext Len", 8, 8, NETL_FORMAT_DECIMAL, "length beyond 8 bytes, in 8 bytes",
     "처음 8바이트를 뺀 길이, 8바이트 단위", 8200, "4.4"},
    {"routing_type", "Routing Type", 16, 8, NETL_FORMAT_DECIMAL, "which kind of route",
     "경로의 종류", 8200, "4.4"},
    {"segments_left", "Segments Left", 24, 8, NETL_FORMAT_DECIMAL, "stops still to visit",
     "아직 들를 곳의 수", 8200, "4.4"},
    {"data", "Type-specific Data", 32, 0, NETL_FORMAT_BYTES, "depends on the routing type",
     "경로의 종류에 따라 다름", 8200, "4.4"},
};

static const struct netl_field_description fragment[] = {
    {"next_header", "Next Header", 0, 8, NETL_FORMAT_PROTOCOL, "what the whole datagram carries",
     "데이터그램 전체가 나르는 것", 8200, "4.5"},
    {"reserved", "Reserved", 8, 8, NETL_FORMAT_HEX, "0", "0", 8200, "4.5"},
    {"fragment_offset", "Fragment Offset", 16, 13, NETL_FORMAT_DECIMAL,
     "place of the piece, in 8 bytes", "조각의 위치, 8바이트 단위", 8200, "4.5"},
    {"reserved_bits", "Res", 29, 2, NETL_FORMAT_DECIMAL, "0", "0", 8200, "4.5"},
    {"more_fragments", "M", 31, 1, NETL_FORMAT_FLAG, "this is not the last piece",
     "마지막 조각이 아님", 8200, "4.5"},
    {"identification", "Identification", 32, 32, NETL_FORMAT_HEX,
     "same in all pieces of a datagram", "한 데이터그램의 조각은 모두 같은 값", 8200, "4.5"},
};

static const struct netl_field_description authentication[] = {
    {"next_header", "Next Header", 0, 8, NETL_FORMAT_PROTOCOL, "what follows", "뒤에 오는 것", 4302,
     "2.1"},
    {"length", "Payload Len", 8, 8, NETL_FORMAT_DECIMAL, "length in 4 bytes, minus 2",
     "길이에서 2를 뺀 값, 4바이트 단위", 4302, "2.2"},
    {"reserved", "Reserved", 16, 16, NETL_FORMAT_HEX, "0", "0", 4302, "2.3"},
    {"security_parameters_index", "Security Parameters Index", 32, 32, NETL_FORMAT_HEX,
     "which agreement applies", "적용할 보안 약속", 4302, "2.4"},
    {"sequence_number", "Sequence Number", 64, 32, NETL_FORMAT_DECIMAL, "counts up, against replay",
     "재전송 공격을 막는 순번", 4302, "2.5"},
    {"integrity_check_value", "Integrity Check Value", 96, 0, NETL_FORMAT_BYTES,
     "proves that nothing was changed", "바뀌지 않았음을 증명", 4302, "2.6"},
};

static const struct netl_header_description headers[] = {
    WIRE_HEADER("ipv4", "IPv4 header", "IPv4 헤더", NETL_HEADER_IPV4, NETL_INTERNET, ipv4),
    WIRE_HEADER("ipv6", "IPv6 header", "IPv6 헤더", NETL_HEADER_IPV6, NETL_INTERNET, ipv6),
    WIRE_HEADER("ipv6_hop_by_hop", "IPv6 hop-by-hop options", "IPv6 홉별 옵션",
                NETL_HEADER_IPV6_HOP_BY_HOP, NETL_INTERNET, hop_by_hop),
    WIRE_HEADER("ipv6_routing", "IPv6 routing header", "IPv6 라우팅 헤더", NETL_HEADER_IPV6_ROUTING,
                NETL_INTERNET, routing),
    WIRE_HEADER("ipv6_fragment", "IPv6 fragment header", "IPv6 단편 헤더",
                NETL_HEADER_IPV6_FRAGMENT, NETL_INTERNET, fragment),
    WIRE_HEADER("ipv6_destination", "IPv6 destination options", "IPv6 목적지 옵션",
                NETL_HEADER_IPV6_DESTINATION, NETL_INTERNET, destination_options),
    WIRE_HEADER("ipv6_authentication", "IPv6 authentication header", "IPv6 인증 헤더",
                NETL_HEADER_IPV6_AUTHENTICATION, NETL_INTERNET, authentication),
};

const struct wire_description_group netl_wire_internet_headers = {headers, WIRE_COUNT(headers)};
