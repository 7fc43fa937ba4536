/* SPDX-License-Identifier: MIT */
/* Identification, KEXINIT and negotiation; see ssh_kexinit.h. */
#include "ssh_kexinit.h"

#include <string.h>

/* ── identification ─────────────────────────────────────────────────────────────────────── */

const char *netl_ssh_id_fault_text(enum ssh_id_fault fault)
{
    static const char *const texts[] = {
        [SSH_ID_FINE] = "nothing is wrong",
        [SSH_ID_LONG] = "an identification of more than 255 bytes",
        [SSH_ID_ZERO] = "a 0 byte in the identification",
        [SSH_ID_VERSION] = "an identification of another protocol than SSH 2.0",
        [SSH_ID_FORM] = "an identification without a printable software version",
        [SSH_ID_LINE_LONG] = "a line that does not end where the identification should stand",
        [SSH_ID_LINES] = "too many lines before the identification",
    };
    return texts[fault];
}

/* SSH-2.0-software, perhaps a blank and comments. 1.99 says: 2.0, and older ones too (5.1). */
static enum ssh_id_fault judge_id(struct netl_ssh_bytes id)
{
    if (memchr(id.bytes, 0, id.length))
        return SSH_ID_ZERO;
    bool new = id.length >= 8 && memcmp(id.bytes, "SSH-2.0-", 8) == 0;
    bool both = id.length >= 9 && memcmp(id.bytes, "SSH-1.99-", 9) == 0;
    if (!new && !both)
        return SSH_ID_VERSION;
    size_t start = new ? 8 : 9;
    if (start == id.length || id.bytes[start] == ' ')
        return SSH_ID_FORM;
    for (size_t i = start; i < id.length; i++)
        if (id.bytes[i] < ' ' || id.bytes[i] >= 0x7f)
            return SSH_ID_FORM;
    return SSH_ID_FINE;
}

static bool begins_like_id(const uint8_t *bytes, size_t length)
{
    return length >= 4 && memcmp(bytes, "SSH-", 4) == 0;
}

long netl_ssh_id_line(const uint8_t *bytes, size_t length, struct netl_ssh_bytes *id,
                      enum ssh_id_fault *fault)
{
    const uint8_t *end = length ? memchr(bytes, '\n', length) : NULL;
    size_t line = end ? (size_t)(end - bytes) + 1 : length;
    bool is_id = begins_like_id(bytes, length);

    *id = (struct netl_ssh_bytes){NULL, 0};
    *fault = SSH_ID_FINE;
    if (line > (is_id ? SSH_ID_MAX : SSH_LINE_MAX)) {
        *fault = is_id ? SSH_ID_LONG : SSH_ID_LINE_LONG;
        return -1;
    }
    if (!end)
        return 0;
    if (!is_id)
        return (long)line;
    size_t text = line - 1;
    if (text > 0 && bytes[text - 1] == '\r')
        text--;
    *id = (struct netl_ssh_bytes){bytes, text};
    *fault = judge_id(*id);
    return *fault ? -1 : (long)line;
}

/* ── KEXINIT ────────────────────────────────────────────────────────────────────────────── */

const char *netl_ssh_list_name(enum ssh_list list)
{
    static const char *const names[] = {
        [SSH_LIST_KEX] = "key-exchange",
        [SSH_LIST_HOST_KEY] = "host-key",
        [SSH_LIST_CIPHER_UP] = "cipher-to-server",
        [SSH_LIST_CIPHER_DOWN] = "cipher-to-client",
        [SSH_LIST_MAC_UP] = "mac-to-server",
        [SSH_LIST_MAC_DOWN] = "mac-to-client",
        [SSH_LIST_COMPRESSION_UP] = "compression-to-server",
        [SSH_LIST_COMPRESSION_DOWN] = "compression-to-client",
        [SSH_LIST_LANGUAGE_UP] = "language-to-server",
        [SSH_LIST_LANGUAGE_DOWN] = "language-to-client",
    };
    return names[list];
}

bool netl_ssh_kexinit_parse(struct ssh_kexinit *kexinit, struct netl_ssh_bytes payload)
{
    struct ssh_reader reader = netl_ssh_reader(payload.bytes, payload.length);

    if (netl_ssh_read_byte(&reader) != SSH_KEXINIT)
        return false;
    (void)netl_ssh_read_fixed(&reader, 16); /* the cookie */
    for (size_t i = 0; i < SSH_LISTS; i++)
        kexinit->lists[i] = netl_ssh_read_names(&reader);
    kexinit->guess_follows = netl_ssh_read_bool(&reader);
    (void)netl_ssh_read_uint32(&reader); /* reserved for later: whatever is in it */
    return netl_ssh_read_all(&reader);
}

void netl_ssh_kexinit_write(struct ssh_writer *writer, const uint8_t cookie[16],
                            const char *const *names)
{
    netl_ssh_write_byte(writer, SSH_KEXINIT);
    netl_ssh_write_fixed(writer, cookie, 16);
    for (size_t i = 0; i < SSH_LISTS; i++)
        netl_ssh_write_text(writer, i < SSH_PICKED ? names[i] : "");
    netl_ssh_write_byte(writer, 0); /* no guess follows */
    netl_ssh_write_uint32(writer, 0);
}

/* ── negotiation ────────────────────────────────────────────────────────────────────────── */

/* Names that stand among the key exchange methods and are none: they say what a side knows. */
static bool is_signal(struct netl_ssh_bytes name)
{
    return netl_ssh_is(name, "ext-info-c") || netl_ssh_is(name, "ext-info-s") ||
           netl_ssh_is(name, "kex-strict-c-v00@openssh.com") ||
           netl_ssh_is(name, "kex-strict-s-v00@openssh.com");
}

/* The first of the client's names that the server knows too. */
static struct netl_ssh_bytes pick(struct netl_ssh_bytes client, struct netl_ssh_bytes server)
{
    struct netl_ssh_bytes name;

    for (size_t at = 0; netl_ssh_next_name(client, &at, &name);)
        if (!is_signal(name) && netl_ssh_has_name(server, name))
            return name;
    return (struct netl_ssh_bytes){NULL, 0};
}

static struct netl_ssh_bytes first(struct netl_ssh_bytes list)
{
    struct netl_ssh_bytes name = {NULL, 0};
    size_t at = 0;

    return netl_ssh_next_name(list, &at, &name) ? name : (struct netl_ssh_bytes){NULL, 0};
}

/* A guess is right only when both put the same method and the same kind of host key first. */
static bool guesses_differ(const struct ssh_kexinit *client, const struct ssh_kexinit *server)
{
    for (size_t i = SSH_LIST_KEX; i <= SSH_LIST_HOST_KEY; i++)
        if (!netl_ssh_same(first(client->lists[i]), first(server->lists[i])))
            return true;
    return false;
}

void netl_ssh_negotiate(struct ssh_agreement *agreement, const struct ssh_kexinit *client,
                        const struct ssh_kexinit *server)
{
    struct netl_ssh_bytes client_kex = client->lists[SSH_LIST_KEX];
    struct netl_ssh_bytes server_kex = server->lists[SSH_LIST_KEX];
    bool differ = guesses_differ(client, server);

    memset(agreement, 0, sizeof *agreement);
    agreement->complete = true;
    for (size_t i = 0; i < SSH_PICKED; i++) {
        bool is_mac = i == SSH_LIST_MAC_UP || i == SSH_LIST_MAC_DOWN;
        if (is_mac && netl_ssh_is(agreement->picked[i - 2], netl_ssh_ciphers[0].name)) {
            agreement->implicit[i] = true;
            continue;
        }
        agreement->picked[i] = pick(client->lists[i], server->lists[i]);
        if (agreement->picked[i].length == 0 && agreement->complete) {
            agreement->complete = false;
            agreement->missing = (enum ssh_list)i;
        }
    }
    agreement->client_guessed_wrong = client->guess_follows && differ;
    agreement->server_guessed_wrong = server->guess_follows && differ;
    agreement->strict =
        netl_ssh_has_name(client_kex, netl_ssh_text("kex-strict-c-v00@openssh.com")) &&
        netl_ssh_has_name(server_kex, netl_ssh_text("kex-strict-s-v00@openssh.com"));
    agreement->client_ext_info = netl_ssh_has_name(client_kex, netl_ssh_text("ext-info-c"));
}
