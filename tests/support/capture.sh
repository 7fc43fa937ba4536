# SPDX-License-Identifier: MIT
#
# What tests beside system.sh source when they let tshark read what passed on an interface:
#
#     . "$(dirname "$0")/../support/capture.sh"
#     watch NAME INTERFACE               # starts to write $work/NAME.pcap
#     check "…" 'no_warnings NAME'       # stops it; prints what tshark warns of

# tshark looks for its settings there, and finds none.
export HOME="$work"

watch()
{
    background "$1" tcpdump -i "$2" -s 0 -B 65536 -U -w "$work/$1.pcap" ip or arp
    until_true grep -q 'listening on' "$work/$1.log" || skip "tcpdump does not start"
}

# no_warnings NAME [FILTER]: tshark, which verifies every checksum, has nothing to warn of in what
# passes the filter.
no_warnings()
{
    # The kernel hands frames to tcpdump in its own time: what we saw the end of, it sees soon.
    sleep 0.1
    stop "$1" INT
    tshark -r "$work/$1.pcap" -q -z "expert,warn${2:+,$2}" -o tcp.check_checksum:TRUE \
        -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE >"$work/$1.expert" 2>/dev/null ||
        return 1
    # Up to the transport: random bytes look like one application or another now and then.
    awk '/^(Errors|Warns)/ { on = 1 } /^(Notes|Chats)/ { on = 0 }
        on && /^ +[0-9]/ && $3 ~ /^(Frame|Ethernet|ARP|IP|ICMP|TCP|UDP)/' \
        "$work/$1.expert" >"$work/$1.warnings"
    head -n 20 "$work/$1.warnings" >&2
    [ ! -s "$work/$1.warnings" ]
}
