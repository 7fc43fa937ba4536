/* SPDX-License-Identifier: MIT */
/*
 * The link layer's headers, field by field.  (IEEE 802.3, IEEE 802.1Q, RFC 826)
 */
#include "describe.h"

static const struct netl_field_description ethernet[] = {
    {"destination", "Destination Address", 0, 48, NETL_FORMAT_MAC,
     "which interface shall take the frame", "이 프레임을 받을 인터페이스", 0, ""},
    {"source", "Source Address", 48, 48, NETL_FORMAT_MAC, "which interface sent the frame",
     "이 프레임을 보낸 인터페이스", 0, ""},
    {"ethertype", "EtherType", 96, 16, NETL_FORMAT_ETHERTYPE, "what is inside; up to 1500 a length",
     "들어 있는 것의 종류, 1500 이하면 길이", 894, ""},
};

static const struct netl_field_description vlan[] = {
    {"priority", "PCP", 0, 3, NETL_FORMAT_DECIMAL, "priority code point, 0 to 7",
     "우선순위, 0부터 7까지", 0, ""},
    {"drop_eligible", "DEI", 3, 1, NETL_FORMAT_FLAG, "may be dropped first under load",
     "혼잡하면 먼저 버려도 됨", 0, ""},
    {"vlan_identifier", "VLAN Identifier", 4, 12, NETL_FORMAT_DECIMAL, "which virtual network",
     "어느 가상 네트워크인지", 0, ""},
    {"ethertype", "EtherType", 16, 16, NETL_FORMAT_ETHERTYPE, "what is inside",
     "들어 있는 것의 종류", 0, ""},
};

static const struct netl_field_description arp[] = {
    {"hardware_type", "Hardware Type", 0, 16, NETL_FORMAT_DECIMAL,
     "kind of link address; 1: Ethernet", "링크 주소의 종류, 1은 이더넷", 826, ""},
    {"protocol_type", "Protocol Type", 16, 16, NETL_FORMAT_ETHERTYPE, "kind of internet address",
     "인터넷 주소의 종류", 826, ""},
    {"hardware_length", "Hardware Length", 32, 8, NETL_FORMAT_DECIMAL, "bytes of a link address",
     "링크 주소의 바이트 수", 826, ""},
    {"protocol_length", "Protocol Length", 40, 8, NETL_FORMAT_DECIMAL,
     "bytes of an internet address", "인터넷 주소의 바이트 수", 826, ""},
    {"operation", "Operation", 48, 16, NETL_FORMAT_ARP_OPERATION, "question or answer",
     "질문인지 대답인지", 826, ""},
    {"sender_mac", "Sender Hardware Address", 64, 48, NETL_FORMAT_MAC, "link address of who speaks",
     "말하는 쪽의 링크 주소", 826, ""},
    {"sender_address", "Sender Protocol Address", 112, 32, NETL_FORMAT_ADDRESS4,
     "IP address of who speaks", "말하는 쪽의 IP 주소", 826, ""},
    {"target_mac", "Target Hardware Address", 144, 48, NETL_FORMAT_MAC,
     "link address asked for; 0 in a question", "찾는 링크 주소, 질문에서는 0", 826, ""},
    {"target_address", "Target Protocol Address", 192, 32, NETL_FORMAT_ADDRESS4,
     "IP address asked about", "찾는 대상의 IP 주소", 826, ""},
};

static const struct netl_header_description headers[] = {
    WIRE_HEADER("ethernet", "Ethernet header", "이더넷 헤더", NETL_HEADER_ETHERNET, NETL_LINK,
                ethernet),
    WIRE_HEADER("vlan", "VLAN tag", "VLAN 태그", NETL_HEADER_VLAN, NETL_LINK, vlan),
    WIRE_HEADER("arp", "ARP packet", "ARP 패킷", NETL_HEADER_ARP, NETL_LINK, arp),
};

const struct wire_description_group netl_wire_link_headers = {headers, WIRE_COUNT(headers)};
