/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/trace.h
 * @brief What happened, why, and which RFC asks for it.
 *
 * Every layer reports what it does as *events*. An event has a stable dotted
 * id (`tcp.state`), a few typed fields, a reason in English and Korean, and the
 * RFC clause that asks for it. Where events go is up to the spec of the host:
 *
 *     trace=text               lines on standard error, one an event
 *     trace=text:FILE          the same lines to a file
 *     trace=jsonl:FILE         one JSON object a line, for programs
 *     trace=pcapng:FILE        every frame, with the reasons as comments, for Wireshark
 *     trace=off                nothing (the default)
 *     trace.LAYER=LEVEL        how much of a layer: off, drops, state, packets, all
 *     why=off  bytes=on        without reasons; with a hexdump of every frame
 *     lang=ko  model=osi       reasons in Korean; lines labelled with OSI's seven layers
 *
 * A program can also listen itself, with netl_trace_listen().
 */
#ifndef NETLAYERS_TRACE_H
#define NETLAYERS_TRACE_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup trace @bilingual{Trace,기록}
 *  @brief Events, their catalogue, and who listens to them.
 *  @copydetails netlayers/trace.h
 *  @see @ref guide_trace
 *  @{ */

struct netl_host;

/** How interesting an event is; a layer shows what is at or below its level. */
enum netl_trace_level {
    NETL_TRACE_OFF = 0, /**< nothing */
    NETL_TRACE_DROPS,   /**< what was lost, refused or broken */
    NETL_TRACE_STATE,   /**< and what was decided or changed */
    NETL_TRACE_PACKETS, /**< and every packet (the default) */
    NETL_TRACE_ALL      /**< and inner workings, such as timers */
};

/** Which way a packet goes, seen from this host. */
enum netl_direction {
    NETL_LOCAL = 0, /**< no packet moved: a decision or a change, `--` in the text */
    NETL_SENT,      /**< on its way out, `->` */
    NETL_RECEIVED   /**< on its way in, `<-` */
};

/** What kind of value a field of an event holds. */
enum netl_field_kind {
    NETL_FIELD_END = 0,   /**< the end of a list of fields */
    NETL_FIELD_NUMBER,    /**< `number`, in decimal */
    NETL_FIELD_HEX,       /**< `number`, in hex with 0x */
    NETL_FIELD_TEXT,      /**< `text`, ended with 0 or `length` bytes long; escaped when shown */
    NETL_FIELD_ADDRESS,   /**< `address` points to a struct netl_address */
    NETL_FIELD_ENDPOINT,  /**< `endpoint` points to a struct netl_endpoint */
    NETL_FIELD_MAC,       /**< `mac` points to a struct netl_mac */
    NETL_FIELD_TCP_FLAGS, /**< `number` holds the flags of a TCP header, shown as SYN,ACK */
    NETL_FIELD_ETHERTYPE, /**< `number` is an ethertype, shown by name when it has one */
    NETL_FIELD_PROTOCOL,  /**< `number` is an IP protocol, shown by name when it has one */
    NETL_FIELD_MICROS,    /**< `number` is a span of time in microseconds */
    NETL_FIELD_CONNECTION /**< `number` is the connection that the event is about; not in text */
};

/** One `key=value` of an event. What it points to need only live during the call. */
struct netl_field {
    const char *name;          /**< the key */
    enum netl_field_kind kind; /**< which of the values below holds */
    uint32_t length;           /**< bytes of `text`; 0 when it ends with a 0 byte */
    union {
        int64_t number;                       /**< numbers of all kinds */
        const char *text;                     /**< bytes, perhaps from the network */
        const struct netl_address *address;   /**< an IP address */
        const struct netl_endpoint *endpoint; /**< an IP address and a port */
        const struct netl_mac *mac;           /**< a hardware address */
    } value;                                  /**< the value, by `kind` */
};

/** What the catalogue says about one event. */
struct netl_event_info {
    const char *symbol;          /**< its name in C, such as "TCP_SYN_TX" */
    const char *id;              /**< its dotted id, such as "tcp.syn.tx"; several may share one */
    enum netl_layer layer;       /**< which layer reports it */
    unsigned osi_layer;          /**< which of OSI's seven layers that is, 1 to 7 */
    enum netl_trace_level level; /**< how interesting it is */
    enum netl_direction direction; /**< by its id: `.tx` is sent, `.rx` is received */
    uint16_t rfc;                  /**< the RFC that asks for it; 0 for none */
    const char *section;           /**< the clause in that RFC; NULL for the whole of it */
    const char *why_en; /**< the reason in English, with {field} for values; "" for none */
    const char *why_ko; /**< the same in Korean */
};

/** One event, as a listener gets it. Everything in it lives only during the call. */
struct netl_record {
    uint64_t number;                    /**< counts the events of this host, from 1 */
    int64_t time_ns;                    /**< host time since the host was opened */
    const char *host;                   /**< the host's name */
    const struct netl_event_info *info; /**< what the catalogue says */
    enum netl_direction direction;      /**< which way, for this event */
    bool by_kernel;                     /**< the kernel did it, and it was seen */
    uint32_t frame;                     /**< the frame's number, as in the pcapng; 0 for none */
    uint32_t connection;                /**< the connection's number; 0 for none */
    const struct netl_field *fields;    /**< up to a field of kind NETL_FIELD_END */
    const char *why;                    /**< the reason with its values, in the host's language */
    const struct netl_packet *packet;   /**< the packet that it is about; NULL for none */
};

/** Called for every event that the levels let through. */
typedef void netl_trace_listener(const struct netl_record *record, void *context);

/**
 * @brief Has every event of a host sent to a function as well.
 * @param host the host
 * @param listener called during the event; must not call the library. NULL stops it
 * @param context given back to the listener
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_trace_listen(struct netl_host *host, netl_trace_listener *listener,
                               void *context);

/**
 * @brief Writes out what the sinks of a host still hold back.
 * @param host the host
 * @return 0, or NETL_ERROR_FILE when a sink could not write; the sentence names the file
 */
NETL_API int netl_trace_flush(struct netl_host *host);

/**
 * @brief The catalogue of events, in the order in which the docs list them.
 * @param index from 0 on
 * @return the event; NULL when there are no more
 */
NETL_API const struct netl_event_info *netl_event_catalogue(unsigned index);

/**
 * @brief Finds a field of a record.
 * @param record the record
 * @param name the field's name
 * @return the field; NULL when the event has none of that name
 */
NETL_API const struct netl_field *netl_record_field(const struct netl_record *record,
                                                    const char *name);

/**
 * @brief Writes a field's value as the text trace shows it, escaped.
 * @param field the field
 * @param[out] text where it goes, always ended with a 0
 * @param size bytes of `text`; a longer value is cut
 * @return bytes that the whole value needs, without the 0
 */
NETL_API size_t netl_field_text(const struct netl_field *field, char *text, size_t size);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
