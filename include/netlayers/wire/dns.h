/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/dns.h
 * @brief DNS messages: names, questions and records (RFC 1035).
 *
 * A message is a header of 12 bytes, then questions, then records in three sections: answers,
 * authority, additional. A name is a row of labels, each behind its length; its tail may be a
 * pointer to where the same tail stood before in the message. Nearly every hole that was ever
 * found in a DNS parser lies in these two sentences (RFC 9267).
 *
 * So a parser here walks with an offset, looks at no byte behind the message, follows a pointer
 * only backwards, and gives names and record data written out in full, without pointers:
 *
 *     size_t at = NETL_DNS_HEADER;
 *     while (questions-- > 0 && netl_dns_question_parse(&question, bytes, length, &at) == NETL_WIRE_OK)
 *         …
 *     while (answers-- > 0 && netl_dns_record_parse(&record, bytes, length, &at) == NETL_WIRE_OK)
 *         …
 */
#ifndef NETLAYERS_WIRE_DNS_H
#define NETLAYERS_WIRE_DNS_H

#include <netlayers/address.h>
#include <netlayers/wire/result.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_DNS_HEADER    12   /**< bytes of the header */
#define NETL_DNS_NAME      255  /**< bytes of the longest name, its end included (RFC 1035 2.3.4) */
#define NETL_DNS_LABEL     63   /**< bytes of the longest label (RFC 1035 2.3.4) */
#define NETL_DNS_NAME_TEXT 1024 /**< bytes for any name as text, and its end */
#define NETL_DNS_TYPE_TEXT 16   /**< bytes for any type as text, and its end */
#define NETL_DNS_IN        1    /**< class: the internet */
#define NETL_DNS_PORT      53   /**< where servers listen, UDP and TCP */

/** What a record tells, or what is asked for. Others are carried as bytes (RFC 3597). */
enum netl_dns_type {
    NETL_DNS_A = 1,     /**< IPv4 address (RFC 1035) */
    NETL_DNS_NS = 2,    /**< name server of a zone */
    NETL_DNS_CNAME = 5, /**< the true name behind an alias */
    NETL_DNS_SOA = 6,   /**< begin of a zone: who, which version, for how long */
    NETL_DNS_PTR = 12,  /**< name of an address */
    NETL_DNS_MX = 15,   /**< who takes mail, least preference number first */
    NETL_DNS_TXT = 16,  /**< text */
    NETL_DNS_AAAA = 28, /**< IPv6 address (RFC 3596) */
    NETL_DNS_SRV = 33,  /**< where a service is: host and port (RFC 2782) */
    NETL_DNS_OPT = 41,  /**< no record, but EDNS's extension of the header (RFC 6891) */
    NETL_DNS_ANY = 255  /**< only asked for: any type */
};

/** How it went (RFC 1035 section 4.1.1, RFC 6891 section 9). */
enum netl_dns_rcode {
    NETL_DNS_NOERROR = 0,  /**< answered, perhaps with no record */
    NETL_DNS_FORMERR = 1,  /**< the server could not read the question */
    NETL_DNS_SERVFAIL = 2, /**< the server failed */
    NETL_DNS_NXDOMAIN = 3, /**< no such name */
    NETL_DNS_NOTIMP = 4,   /**< the server does not do that */
    NETL_DNS_REFUSED = 5,  /**< the server does not want to */
    NETL_DNS_BADVERS = 16  /**< that version of EDNS is not known */
};

/** The header (RFC 1035 section 4.1.1). */
struct netl_dns_header {
    uint16_t id;               /**< ties an answer to its question */
    bool response;             /**< QR: an answer */
    uint8_t opcode;            /**< 0: a query */
    bool authoritative;        /**< AA: the server owns the zone */
    bool truncated;            /**< TC: more did not fit; ask again over TCP */
    bool recursion_desired;    /**< RD: please ask others for me */
    bool recursion_available;  /**< RA: the server would */
    uint8_t reserved;          /**< Z, AD and CD: 3 bits that are not looked at here */
    uint8_t rcode;             /**< `enum netl_dns_rcode`, its lower 4 bits */
    uint16_t question_count;   /**< QDCOUNT; what it promises need not be there */
    uint16_t answer_count;     /**< ANCOUNT, so too */
    uint16_t authority_count;  /**< NSCOUNT, so too */
    uint16_t additional_count; /**< ARCOUNT, so too */
};

/** A name as it goes over the wire: labels behind their lengths, a 0 at the end, no pointer. */
struct netl_dns_name {
    uint8_t length;               /**< bytes in use, the last 0 included; 1 is the root */
    uint8_t bytes[NETL_DNS_NAME]; /**< the labels */
};

/** What is asked (RFC 1035 section 4.1.2). */
struct netl_dns_question {
    struct netl_dns_name name; /**< whose */
    uint16_t type;             /**< `enum netl_dns_type`, or any other number */
    uint16_t class_;           /**< NETL_DNS_IN */
};

/** A record as it lies in a message (RFC 1035 section 4.1.3). */
struct netl_dns_wire_record {
    struct netl_dns_name name; /**< its owner */
    uint16_t type;             /**< `enum netl_dns_type`, or any other number */
    uint16_t class_;           /**< NETL_DNS_IN; for OPT the sender's room for UDP, bytes */
    uint32_t ttl;              /**< seconds, as stored; for OPT see RFC 6891 section 6.1.3 */
    size_t data_offset;        /**< where its data begins in the message */
    uint16_t data_length;      /**< RDLENGTH; the bytes are there */
};

/**
 * @brief Reads a header.
 * @param[out] header what it says; zeroed first
 * @param bytes the message
 * @param length how many bytes there are
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED below 12 bytes
 */
NETL_API enum netl_wire_result netl_dns_parse(struct netl_dns_header *header, const uint8_t *bytes,
                                              size_t length);

/**
 * @brief Writes a header.
 * @param header what to say
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return 12; 0 when they do not fit
 */
NETL_API size_t netl_dns_build(const struct netl_dns_header *header, uint8_t *bytes, size_t room);

/* ── names ──────────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Reads a name, following its pointers.
 * @param[out] name written out in full; the root on failure
 * @param bytes the whole message, since pointers count from its start
 * @param length bytes of the message
 * @param[in,out] offset where the name begins; afterwards what follows it. Unchanged on failure
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED when the message ends first (no 0 byte: RFC 9267
 *         section 4); NETL_WIRE_TOO_MANY above 255 bytes (section 3); NETL_WIRE_BAD_VALUE for
 *         a label type that RFC 1035 does not have; NETL_WIRE_BAD_ORDER for a pointer that does not
 *         lead backwards, or into the header (section 2)
 */
NETL_API enum netl_wire_result netl_dns_name_parse(struct netl_dns_name *name, const uint8_t *bytes,
                                                   size_t length, size_t *offset);

/**
 * @brief Reads a name from text; `\.` and `\DDD` stand for bytes that are not letters of a name
 * (RFC 1035 section 5.1). A dot at the end changes nothing.
 * @param[out] name what was read; untouched on failure
 * @param text such as "www.example.com"; "." is the root
 * @return true when the text is a name: no empty label, none above 63 bytes, 255 in all
 */
NETL_API bool netl_dns_name_from_text(struct netl_dns_name *name, const char *text);

/**
 * @brief Writes a name as text, without the last dot; "." for the root. What is no printable ASCII
 * is written `\DDD`.
 * @param name the name
 * @param[out] text room for NETL_DNS_NAME_TEXT bytes
 * @return text
 */
NETL_API char *netl_dns_name_format(const struct netl_dns_name *name, char *text);

/**
 * @brief Are two names the same? Large and small letters of ASCII are (RFC 4343).
 * @param a one name
 * @param b the other
 * @return true when they are
 */
NETL_API bool netl_dns_name_equal(const struct netl_dns_name *a, const struct netl_dns_name *b);

/**
 * @brief Is a name in a zone: the zone's own, or one below it?
 * @param name the name
 * @param zone the zone's name
 * @return true when it is
 */
NETL_API bool netl_dns_name_within(const struct netl_dns_name *name,
                                   const struct netl_dns_name *zone);

/**
 * @brief The name under which an address stands backwards: 1.0.0.10.in-addr.arpa, or ip6.arpa
 * (RFC 1035 section 3.5, RFC 3596 section 2.5).
 * @param[out] name filled in; untouched on failure
 * @param address the address
 * @return false when the address has no family
 */
NETL_API bool netl_dns_name_of_address(struct netl_dns_name *name,
                                       const struct netl_address *address);

/* ── questions and records ──────────────────────────────────────────────────────────────── */

/**
 * @brief Reads a question.
 * @param[out] question what it says
 * @param bytes the whole message
 * @param length bytes of the message
 * @param[in,out] offset where it begins; afterwards what follows it. Unchanged on failure
 * @return as netl_dns_name_parse()
 */
NETL_API enum netl_wire_result netl_dns_question_parse(struct netl_dns_question *question,
                                                       const uint8_t *bytes, size_t length,
                                                       size_t *offset);

/**
 * @brief Reads a record; its data is looked at by netl_dns_data_expand().
 * @param[out] record what it says
 * @param bytes the whole message
 * @param length bytes of the message
 * @param[in,out] offset where it begins; afterwards what follows it. Unchanged on failure
 * @return as netl_dns_name_parse(); NETL_WIRE_TRUNCATED also when the message ends before RDLENGTH
 *         bytes (RFC 9267 section 5)
 */
NETL_API enum netl_wire_result netl_dns_record_parse(struct netl_dns_wire_record *record,
                                                     const uint8_t *bytes, size_t length,
                                                     size_t *offset);

/**
 * @brief Copies a record's data with its names written out in full.
 * @param record from netl_dns_record_parse() on the same message
 * @param bytes the whole message
 * @param length bytes of the message
 * @param[out] data where to
 * @param room bytes that fit there; 65535 + 2 * 255 are always enough
 * @param[out] data_length bytes written
 * @return NETL_WIRE_OK; NETL_WIRE_BAD_LENGTH when RDLENGTH is not what the type needs; a reason of
 *         netl_dns_name_parse(); NETL_WIRE_TOO_MANY when there is no room
 */
NETL_API enum netl_wire_result netl_dns_data_expand(const struct netl_dns_wire_record *record,
                                                    const uint8_t *bytes, size_t length,
                                                    uint8_t *data, size_t room,
                                                    size_t *data_length);

/**
 * @brief Writes a record's data as a zone file would; unknown types as `\# 4 0a000001` (RFC 3597).
 * @param type the record's type
 * @param data its data, names written out in full
 * @param length bytes of it
 * @param[out] text where to, always ended by a zero byte when size is above 0
 * @param size bytes of room
 * @return characters that the whole text has; when that is not below size, it was cut
 */
NETL_API size_t netl_dns_data_format(uint16_t type, const uint8_t *data, size_t length, char *text,
                                     size_t size);

/**
 * @brief What the data of a type is made of: 'a' an IPv4 and '6' an IPv6 address, 'n' a name, '2' and
 * '4' a number of so many bytes, 's' one or more texts of up to 255 bytes.
 * @param type the type
 * @return such as "222n" for SRV; NULL for a type that is carried as bytes
 */
NETL_API const char *netl_dns_type_form(uint16_t type);

/**
 * @brief A type's name.
 * @param type the type
 * @param[out] text room for NETL_DNS_TYPE_TEXT bytes
 * @return text: "AAAA", or "TYPE65280" for one without a name (RFC 3597 section 5)
 */
NETL_API char *netl_dns_type_format(uint16_t type, char *text);

/**
 * @brief A type by its name, in large or small letters.
 * @param text such as "mx", or "TYPE65280"
 * @return the type; 0 when there is none
 */
NETL_API uint16_t netl_dns_type_parse(const char *text);

/**
 * @brief The name of a response code, such as "NXDOMAIN".
 * @param rcode the code
 * @return a constant string; "RCODE?" for any other number
 */
NETL_API const char *netl_dns_rcode_name(unsigned rcode);

/* ── writing ────────────────────────────────────────────────────────────────────────────── */

#define NETL_DNS_WRITER_LABELS 64 /**< places of names that a writer remembers */

/** A message under construction; names that stood before become pointers (RFC 1035 4.1.4). */
struct netl_dns_writer {
    uint8_t *bytes;                          /**< the message */
    size_t room;                             /**< bytes that fit */
    size_t length;                           /**< bytes so far */
    bool full;                               /**< something did not fit, and was left out whole */
    uint16_t labels;                         /**< how many places are known */
    uint16_t places[NETL_DNS_WRITER_LABELS]; /**< where names or their tails begin */
};

/**
 * @brief Begins a message with its header; write it again with netl_dns_build() when the counts are
 * known.
 * @param[out] writer the writer
 * @param header the header
 * @param[out] bytes where to
 * @param room how many bytes fit there, at least 12
 */
NETL_API void netl_dns_write_begin(struct netl_dns_writer *writer,
                                   const struct netl_dns_header *header, uint8_t *bytes,
                                   size_t room);

/**
 * @brief Adds a question.
 * @param[in,out] writer the writer
 * @param question the question
 * @return false when it does not fit: then nothing was added
 */
NETL_API bool netl_dns_write_question(struct netl_dns_writer *writer,
                                      const struct netl_dns_question *question);

/**
 * @brief Adds a record.
 * @param[in,out] writer the writer
 * @param name its owner
 * @param type its type
 * @param class_ its class; for OPT the room for UDP
 * @param ttl seconds
 * @param data its data, names written out in full
 * @param length bytes of it
 * @return false when it does not fit: then nothing was added
 */
NETL_API bool netl_dns_write_record(struct netl_dns_writer *writer,
                                    const struct netl_dns_name *name, uint16_t type,
                                    uint16_t class_, uint32_t ttl, const uint8_t *data,
                                    size_t length);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
