/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/link.h
 * @brief The link layer: interfaces, and raw frames on them.
 *
 * A link is a way to put frames on a medium. It knows hardware addresses and
 * nothing else: no IP address, no port, no promise that a frame arrives. What a
 * frame carries is told by one number, its ethertype.
 *
 * | driver         | the medium                                              | needs |
 * |----------------|---------------------------------------------------------|-------|
 * | `packet:eth0`  | a network interface of this machine (AF_PACKET)          | CAP_NET_RAW |
 * | `tap:tap0`     | a cable between this program and the kernel             | CAP_NET_ADMIN, or a TAP made for this user |
 * | `bus:DIRECTORY`| an Ethernet made of AF_UNIX sockets in one directory    | nothing |
 * | `file:run.pcapng` | a capture: its frames are received again             | nothing |
 *
 * A link is opened on a host, sends and receives through the host's loop, and
 * shows every frame in the host's trace:
 *
 *     struct netl_link *link = netl_link_open(host, "packet:eth0", NULL);
 *     struct netl_packet *packet = netl_packet_new(65536);
 *     while (netl_link_receive(link, packet, -1) > 0)
 *         …
 */
#ifndef NETLAYERS_LINK_H
#define NETLAYERS_LINK_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup link @bilingual{Link layer,링크 계층}
 *  @brief Frames on one medium: interfaces, links and their drivers.
 *  @copydetails netlayers/link.h
 *  @see @ref guide_link
 *  @{ */

struct netl_host;
struct netl_link;

#define NETL_INTERFACE_NAME      32    /**< bytes for an interface's name and its end */
#define NETL_INTERFACE_ADDRESSES 16    /**< addresses of one interface that are listed */
#define NETL_LINK_FRAME_MAX      65600 /**< bytes of a packet that holds any usual frame whole */

/** One network interface of this machine. */
struct netl_interface {
    char name[NETL_INTERFACE_NAME]; /**< such as "eth0" */
    uint32_t index;                 /**< the system's number for it */
    struct netl_mac mac;            /**< hardware address; zeros when it has none */
    uint32_t mtu_bytes;             /**< bytes of the longest datagram that fits in a frame */
    bool up;                        /**< switched on */
    bool running;                   /**< and somebody is at the other end of the cable */
    bool loopback;                  /**< leads back to this machine */
    bool promiscuous;               /**< hands over every frame that it hears */
    unsigned address_count;         /**< how many of addresses[] are set */
    unsigned addresses_left_out;    /**< how many more it has */
    struct netl_address addresses[NETL_INTERFACE_ADDRESSES]; /**< its IP addresses */
    uint8_t prefix_lengths[NETL_INTERFACE_ADDRESSES]; /**< bits of each that name the network */
};

/** One instruction of a filter, in the form that kernels run (classic BPF). */
struct netl_filter {
    uint16_t code; /**< what to do */
    uint8_t jt;    /**< instructions to skip when a comparison holds */
    uint8_t jf;    /**< instructions to skip when it does not */
    uint32_t k;    /**< the number that it works with */
};

/** How a link is opened. All zeros are the defaults. */
struct netl_link_options {
    uint16_t ethertype;   /**< only frames of this type; 0: all */
    bool promiscuous;     /**< also frames that are for other stations */
    bool outgoing;        /**< `packet`: also what others on this machine send there */
    bool quiet;           /**< leave its frames out of the trace */
    bool keep_time;       /**< `file`: wait between frames as long as it took then */
    struct netl_mac mac;  /**< `bus`, `tap`: our address; zeros: a random one */
    uint32_t ring_frames; /**< `packet`: frames that the kernel may keep for us; 0: 2048 */
    const struct netl_filter *filter; /**< only frames that this program lets through; NULL: all */
    size_t filter_count;              /**< its instructions */
    const char *filter_text;          /**< what it does, in words, for the trace; or NULL */
};

/** What a link is and what it did so far. */
struct netl_link_info {
    char name[NETL_INTERFACE_NAME]; /**< the interface's name; the driver's if there is none */
    const char *driver;             /**< "packet", "tap", "bus" or "file" */
    struct netl_mac mac;            /**< our address on the medium */
    uint32_t mtu_bytes;             /**< bytes of the longest datagram in a frame */
    uint64_t frames_sent;           /**< frames that were handed to the medium */
    uint64_t bytes_sent;            /**< and their bytes, headers included */
    uint64_t frames_received;       /**< frames that the program got */
    uint64_t bytes_received;        /**< and their bytes, headers included */
    uint64_t
        frames_dropped;   /**< frames that were no frames, or that a full queue had no room for */
    uint64_t frames_lost; /**< frames that the kernel could not keep because we read too slowly */
};

/** A frame to be sent, as it stands on the medium, without the check sequence. */
struct netl_frame {
    const uint8_t *bytes; /**< from the destination address on */
    size_t length;        /**< how many */
};

/**
 * @brief Lists the interfaces of this machine.
 * @param[out] list room for `capacity` interfaces, filled in the order of their numbers
 * @param capacity how many fit; 0 only counts
 * @return how many there are, which may be more than `capacity`; or a negative enum netl_error
 */
NETL_API long netl_interfaces(struct netl_interface *list, size_t capacity);

/**
 * @brief Looks one interface up.
 * @param[out] found what is known about it
 * @param name such as "eth0"
 * @return 0; NETL_ERROR_INTERFACE when there is none, with a sentence that lists those there are
 */
NETL_API int netl_interface_find(struct netl_interface *found, const char *name);

/**
 * @brief Opens a link.
 *
 * A word without a driver in front, such as "eth0", means `packet:eth0`. `packet:any` listens on
 * all interfaces at once and cannot send.
 * @param host whose link it is; must outlive it
 * @param where driver and place, as in the table above
 * @param options how, or NULL for the defaults; need only live during the call
 * @return the link, owned by the caller until netl_link_close(); NULL on error: among others
 *         NETL_ERROR_SPEC, NETL_ERROR_PERMISSION, NETL_ERROR_INTERFACE, NETL_ERROR_FILE
 * @par Events
 * `link.open`, `link.fcs`, `link.promisc`, `link.filter`
 */
NETL_API struct netl_link *netl_link_open(struct netl_host *host, const char *where,
                                          const struct netl_link_options *options);

/**
 * @brief Closes a link. May be called by the link's own handler.
 * @param link the link, or NULL
 * @par Events
 * `link.close`
 */
NETL_API void netl_link_close(struct netl_link *link);

/**
 * @brief Sends one frame as it is.
 *
 * When the interface's queue is full, it waits up to the host's timeout, except inside a handler.
 * That it was sent does not mean that anyone received it.
 * @param link the link
 * @param frame its bytes, from the destination address on, without the check sequence
 * @param length how many, at least 14
 * @return 0; NETL_ERROR_TOO_LARGE when it exceeds the link's MTU, NETL_ERROR_AGAIN inside a
 *         handler when the queue is full, or another negative enum netl_error
 * @par Events
 * `eth.tx`, `arp.req.tx`, `arp.rep.tx`, `link.drop`
 */
NETL_API int netl_link_send(struct netl_link *link, const uint8_t *frame, size_t length);

/**
 * @brief Puts an Ethernet header in front of a payload, pads it to 60 bytes, and sends it.
 * @param link the link; its own address becomes the source
 * @param destination who shall take it
 * @param ethertype what the payload is, from 0x0600 on
 * @param payload its bytes; NULL if there are none
 * @param length how many, at most the link's MTU
 * @return as netl_link_send(); NETL_ERROR_ARGUMENT for an ethertype below 0x0600
 * @par Example
 * @snippet{trimleft} frame_send.c send a frame
 */
NETL_API int netl_link_send_frame(struct netl_link *link, const struct netl_mac *destination,
                                  uint16_t ethertype, const void *payload, size_t length);

/**
 * @brief Sends many frames with as few system calls as the driver can.
 * @param link the link
 * @param frames what to send, in this order
 * @param count how many
 * @return how many went out: fewer only when something failed after the first, or inside a handler
 *         when the queue is full; or a negative enum netl_error when none did
 */
NETL_API long netl_link_send_batch(struct netl_link *link, const struct netl_frame *frames,
                                   size_t count);

/**
 * @brief Waits for one frame. Other handlers of the host run meanwhile.
 * @param link the link
 * @param packet the caller's: it is emptied and then holds the whole frame. One that is too small
 *        gets the first part, and `original_length` says how long the frame was
 * @param timeout_ms how long to wait at most; 0 not at all, -1 for ever
 * @return bytes in the packet; NETL_ERROR_TIMEOUT; NETL_ERROR_AGAIN when timeout_ms is 0 and none
 *         is there (no sentence is made for it); NETL_ERROR_CLOSED at the end of a capture;
 *         NETL_ERROR_IN_HANDLER when it would wait inside a handler
 * @par Events
 * `eth.rx`, `arp.req.rx`, `arp.rep.rx`, `link.drop`
 */
NETL_API long netl_link_receive(struct netl_link *link, struct netl_packet *packet, int timeout_ms);

/**
 * Called once a frame. The packet lives only during the call. NULL: no more frames will come, and
 * netl_error_text() says why; so ends a capture.
 */
typedef void netl_link_handler(struct netl_link *link, struct netl_packet *packet, void *context);

/**
 * @brief Has the host's loop call a function for every frame; many frames a turn.
 * @param link the link
 * @param received the function; NULL stops it. It may close the link
 * @param context given back to it
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_link_handle(struct netl_link *link, netl_link_handler *received, void *context);

/**
 * @brief Changes which frames come through. Frames that had already come are thrown away.
 * @param link the link
 * @param program the instructions; NULL lets all through
 * @param count how many, up to 4096
 * @param text what it does, in words, for the trace; or NULL
 * @return 0; NETL_ERROR_ARGUMENT when the program could run out of its bounds or has no end
 * @par Events
 * `link.filter`
 */
NETL_API int netl_link_filter(struct netl_link *link, const struct netl_filter *program,
                              size_t count, const char *text);

/**
 * @brief What a link is and what it did so far, frames that the kernel lost included.
 * @param link the link
 * @param[out] info its state now
 */
NETL_API void netl_link_info(struct netl_link *link, struct netl_link_info *info);

/**
 * @brief Is this filter safe to run: every jump inside it, every path ends?
 * @param program the instructions
 * @param count how many
 * @return true when it is
 */
NETL_API bool netl_filter_valid(const struct netl_filter *program, size_t count);

/**
 * @brief Runs a filter over a frame, as a kernel would.
 * @param program instructions for which netl_filter_valid() says true
 * @param count how many
 * @param bytes the frame
 * @param length how many bytes there are
 * @return how many bytes the program wants to keep; 0: drop the frame
 */
NETL_API uint32_t netl_filter_run(const struct netl_filter *program, size_t count,
                                  const uint8_t *bytes, size_t length);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
