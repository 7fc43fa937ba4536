/* SPDX-License-Identifier: MIT */
/*
 * The transport layer's headers, field by field.  (RFC 768, RFC 9293)
 */
#include "describe.h"

static const struct netl_field_description udp[] = {
    {"source_port", "Source Port", 0, 16, NETL_FORMAT_DECIMAL, "which program sent it",
     "보낸 프로그램", 768, ""},
    {"destination_port", "Destination Port", 16, 16, NETL_FORMAT_DECIMAL,
     "which program shall get it", "받을 프로그램", 768, ""},
    {"length", "Length", 32, 16, NETL_FORMAT_DECIMAL, "bytes of header and data",
     "헤더와 데이터의 바이트 수", 768, ""},
    {"checksum", "Checksum", 48, 16, NETL_FORMAT_HEX, "guards data and addresses; 0: none",
     "데이터와 주소를 검사, 0은 없음", 768, ""},
};

static const struct netl_field_description tcp[] = {
    {"source_port", "Source Port", 0, 16, NETL_FORMAT_DECIMAL, "which program sent it",
     "보낸 프로그램", 9293, "3.1"},
    {"destination_port", "Destination Port", 16, 16, NETL_FORMAT_DECIMAL,
     "which program shall get it", "받을 프로그램", 9293, "3.1"},
    {"sequence_number", "Sequence Number", 32, 32, NETL_FORMAT_DECIMAL,
     "number of the first byte of data", "데이터 첫 바이트의 번호", 9293, "3.1"},
    {"acknowledgment_number", "Acknowledgment Number", 64, 32, NETL_FORMAT_DECIMAL,
     "the next number expected", "다음에 받을 번호", 9293, "3.1"},
    {"data_offset", "DOffset", 96, 4, NETL_FORMAT_DECIMAL, "header length in units of 4 bytes",
     "헤더 길이, 4바이트 단위", 9293, "3.1"},
    {"reserved", "Rsrvd", 100, 4, NETL_FORMAT_DECIMAL, "0", "0", 9293, "3.1"},
    {"cwr", "CWR", 104, 1, NETL_FORMAT_FLAG, "the sender slowed down", "보낸 쪽이 속도를 줄였음",
     3168, "6.1"},
    {"ece", "ECE", 105, 1, NETL_FORMAT_FLAG, "congestion was seen", "혼잡을 보았음", 3168, "6.1"},
    {"urg", "URG", 106, 1, NETL_FORMAT_FLAG, "the urgent pointer counts", "긴급 포인터가 유효함",
     9293, "3.1"},
    {"ack", "ACK", 107, 1, NETL_FORMAT_FLAG, "the acknowledgment number counts",
     "확인 번호가 유효함", 9293, "3.1"},
    {"psh", "PSH", 108, 1, NETL_FORMAT_FLAG, "hand the data over at once",
     "데이터를 바로 넘겨 달라", 9293, "3.1"},
    {"rst", "RST", 109, 1, NETL_FORMAT_FLAG, "the connection is broken off", "연결을 끊음", 9293,
     "3.1"},
    {"syn", "SYN", 110, 1, NETL_FORMAT_FLAG, "the first sequence number", "첫 순서 번호", 9293,
     "3.1"},
    {"fin", "FIN", 111, 1, NETL_FORMAT_FLAG, "the sender has no more data", "보낼 데이터가 더 없음",
     9293, "3.1"},
    {"window", "Window", 112, 16, NETL_FORMAT_DECIMAL, "bytes that the sender can take",
     "보낸 쪽이 더 받을 수 있는 바이트 수", 9293, "3.1"},
    {"checksum", "Checksum", 128, 16, NETL_FORMAT_HEX, "guards data and addresses",
     "데이터와 주소를 검사하는 값", 9293, "3.1"},
    {"urgent_pointer", "Urgent Pointer", 144, 16, NETL_FORMAT_DECIMAL, "how far urgent data goes",
     "긴급 데이터의 끝", 9293, "3.1"},
    {"options", "Options", 160, 0, NETL_FORMAT_BYTES, "MSS, window scale, SACK, timestamps",
     "MSS, 윈도 배율, SACK, 타임스탬프", 9293, "3.1"},
};

static const struct netl_header_description headers[] = {
    WIRE_HEADER("udp", "UDP header", "UDP 헤더", NETL_HEADER_UDP, NETL_TRANSPORT, udp),
    WIRE_HEADER("tcp", "TCP header", "TCP 헤더", NETL_HEADER_TCP, NETL_TRANSPORT, tcp),
};

const struct wire_description_group netl_wire_transport_headers = {headers, WIRE_COUNT(headers)};
