/* SPDX-License-Identifier: MIT */
/* Any bytes as packets, plain or under each cipher: piece by piece they must be what they are whole. */
#include "application/ssh_packet.h"
#include "support/fake_crypto.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum ssh_packet_fault fault;
    unsigned packets;
    size_t used;
};

static struct outcome feed(unsigned kind, const uint8_t *data, size_t size, size_t step)
{
    static const struct ssh_keys keys = {.iv = {1}, .key = {2}, .mac = {3}};
    struct ssh_direction direction = {.crypto = &fake_crypto};
    struct outcome outcome = {SSH_PACKET_FINE, 0, 0};
    uint8_t *bytes = malloc(size ? size : 1);
    size_t filled = 0;

    if (!bytes || (kind && !netl_ssh_direction_start(&direction, &netl_ssh_ciphers[kind - 1],
                                                     &netl_ssh_macs[0], &keys)))
        abort();
    if (size)
        memcpy(bytes, data, size);
    while (filled < size && !outcome.fault) {
        struct ssh_packet packet;
        long used = 1;
        filled = size - filled < step ? size : filled + step;
        while (used > 0) {
            used = netl_ssh_packet_open(&direction, bytes + outcome.used, filled - outcome.used,
                                        &packet, &outcome.fault);
            if (used <= 0)
                break;
            if ((size_t)used > filled - outcome.used || packet.payload.length == 0 ||
                packet.payload.length > SSH_PACKET_MAX || packet.padding < 4)
                abort();
            outcome.used += (size_t)used;
            outcome.packets++;
        }
    }
    netl_ssh_direction_end(&direction);
    free(bytes);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned kind = data[0] % 4;
    struct outcome whole = feed(kind, data + 1, size - 1, size);
    struct outcome pieces = feed(kind, data + 1, size - 1, 3);
    if (whole.fault != pieces.fault || whole.packets != pieces.packets || whole.used != pieces.used)
        abort();
    return 0;
}
