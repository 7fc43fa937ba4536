/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/packet.h
 * @brief One buffer that every layer shares, with room in front for headers.
 *
 * A message starts in the middle of the buffer. On the way down each layer
 * pushes its header in front of what it was given; on the way up it pulls its
 * header off. Nothing is copied in between, and the packet remembers where each
 * header lies:
 *
 *     head                    data                                    end
 *      |  room for headers     | http 37 bytes |  room behind          |
 *      |        | tcp 20       | http 37       |        netl_packet_push(20)
 *      |  | ip 20 | tcp 20     | http 37       |        netl_packet_push(20)
 *      | eth 14 | ip 20 | tcp 20 | http 37     |        netl_packet_push(14)
 */
#ifndef NETLAYERS_PACKET_H
#define NETLAYERS_PACKET_H

#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup packets @bilingual{Packets,패킷}
 *  @brief The buffer that goes through the layers.
 *  @copydetails netlayers/packet.h
 *  @see @ref guide_host_packet_protocol
 *  @{ */

#define NETL_PACKET_ROOM  128 /**< bytes that netl_packet_new() keeps free in front for headers */
#define NETL_PACKET_MARKS 12  /**< headers that one packet can remember */

/** Where one header lies in a packet. */
struct netl_packet_mark {
    const char *name; /**< header's id, as in the description tables: "ethernet", "ipv4", "tcp" */
    uint32_t offset;  /**< bytes from `head` */
    uint32_t length;  /**< bytes */
};

/** One packet: called frame, datagram, segment or message, by the layer that looks at it. */
struct netl_packet {
    /* The bytes: who pushes or pulls a header moves `data`. */
    uint8_t *head; /**< first byte of the buffer */
    uint8_t *data; /**< first byte of what this layer sees */
    size_t length; /**< bytes from `data` on that are in use */
    size_t size;   /**< bytes of the whole buffer, from `head` */

    /* Which headers it has: who pushes or parses one notes it. */
    struct netl_packet_mark marks[NETL_PACKET_MARKS]; /**< outermost last on the way down */
    unsigned mark_count;                              /**< how many of them are set */

    /* What the trace knows about it: set where the frame meets its link. */
    uint32_t frame;      /**< number of the frame, as in the pcapng; 0 until it has one */
    uint32_t connection; /**< number of the connection it belongs to; 0 for none */
    int64_t time_ns;     /**< host time at which it was seen; 0 for now */
    bool by_kernel;      /**< the kernel sent or received it, and we watched */

    /* What the link said about it. */
    bool outgoing;           /**< this host sent it */
    bool checksum_not_ready; /**< its transport checksum was left to hardware that never ran */
    size_t original_length;  /**< bytes that it had on the link, if it was cut short; else 0 */
};

/**
 * @brief Makes an empty packet with room for headers in front.
 * @param size bytes of content that must fit behind the room
 * @return the packet, owned by the caller until netl_packet_free(); NULL when memory is short
 */
NETL_API struct netl_packet *netl_packet_new(size_t size);

/**
 * @brief Frees a packet.
 * @param packet from netl_packet_new(), or NULL
 */
NETL_API void netl_packet_free(struct netl_packet *packet);

/**
 * @brief Empties a packet so that it can be used again, with the full room in front.
 * @param packet the packet
 */
NETL_API void netl_packet_reset(struct netl_packet *packet);

/**
 * @brief Puts room for a header in front of the data and notes where it lies.
 * @param packet the packet
 * @param name the header's id, a string that outlives the packet; NULL notes nothing
 * @param length bytes of the header
 * @return the header's first byte, to be written; NULL when the room in front is too small
 */
NETL_API uint8_t *netl_packet_push(struct netl_packet *packet, const char *name, size_t length);

/**
 * @brief Takes a header off the front and notes where it lay.
 * @param packet the packet
 * @param name the header's id, a string that outlives the packet; NULL notes nothing
 * @param length bytes of the header
 * @return the header's first byte; NULL when fewer bytes than that are left
 */
NETL_API uint8_t *netl_packet_pull(struct netl_packet *packet, const char *name, size_t length);

/**
 * @brief Adds bytes at the end.
 * @param packet the packet
 * @param bytes what to copy; NULL leaves the new bytes as they are, for the caller to write
 * @param length how many
 * @return the first new byte; NULL when they do not fit
 */
NETL_API uint8_t *netl_packet_append(struct netl_packet *packet, const void *bytes, size_t length);

/**
 * @brief Cuts bytes off the end, such as an Ethernet frame's padding.
 * @param packet the packet
 * @param length bytes to keep; more than there are changes nothing
 */
NETL_API void netl_packet_trim(struct netl_packet *packet, size_t length);

/**
 * @brief Notes where a header lies, for one who reads a packet without pulling it apart.
 * @param packet the packet
 * @param name the header's id, a string that outlives the packet
 * @param offset bytes from `data` to the header's first byte
 * @param length bytes of the header
 */
NETL_API void netl_packet_note(struct netl_packet *packet, const char *name, size_t offset,
                               size_t length);

/**
 * @brief Finds a header that was pushed, pulled or noted.
 * @param packet the packet
 * @param name the header's id
 * @return where it lies; NULL when the packet has no such header
 */
NETL_API const struct netl_packet_mark *netl_packet_find(const struct netl_packet *packet,
                                                         const char *name);

/**
 * @brief One line that shows the packet as its headers, such as `[ethernet 14][ipv4 20] 91 bytes`.
 * @param packet the packet
 * @param[out] text where the line goes, always ended with a 0
 * @param size bytes of `text`; a longer line is cut
 * @return text
 */
NETL_API char *netl_packet_text(const struct netl_packet *packet, char *text, size_t size);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
