/* SPDX-License-Identifier: MIT */
/*
 * Frames that leave together, when nobody watches.
 *
 * While a burst of frames is read, each of them may make our stack send. Every system call pushes
 * our code out of the processor's nearest memory, and our code the kernel's; so large frames are
 * held back until some have come together, and then go to the driver in one row. Who traces sees
 * every frame leave at once, in the midst of the calls that made it.
 *
 * Always true:
 *   - frames leave in the order in which they came;
 *   - a small frame is not held: it is an ACK or a question, and somebody waits for it;
 *   - nothing is held for longer than READ_AHEAD frames are handled.
 */
#include "driver.h"

#include <stdlib.h>
#include <string.h>

#define HOLD_BYTES ((size_t)HOLD_FRAMES * 1536)
#define HOLD_LEAST 512u /* smaller ones are not bulk */

struct netl_link_hold {
    struct netl_frame frames[HOLD_FRAMES];
    size_t count;
    size_t used;
    uint8_t bytes[HOLD_BYTES];
};

void netl_link_release(struct netl_link *link)
{
    struct netl_link_hold *hold = link->hold;
    size_t count = hold ? hold->count : 0;
    size_t sent = 0;
    long taken = 1;

    while (sent < count && taken > 0) {
        taken = link->driver->send(link, hold->frames + sent, count - sent);
        if (taken > 0) {
            netl_link_report_sent(link, hold->frames + sent, (size_t)taken);
            sent += (size_t)taken;
        }
    }
    if (sent < count)
        netl_link_report_dropped(link, taken < 0 ? "send-failed" : "queue-full", count - sent);
    if (hold)
        hold->count = hold->used = 0;
}

bool netl_link_hold(struct netl_link *link, const uint8_t *frame, size_t length)
{
    bool in_its_burst = link->gone && link->host->in_burst;
    struct netl_link_hold *hold = link->hold;

    if (!in_its_burst || link->host->tracing || length < HOLD_LEAST || length > HOLD_BYTES) {
        netl_link_release(link);
        return false;
    }
    if (!hold)
        hold = link->hold = calloc(1, sizeof *hold);
    if (!hold)
        return false; /* no memory: it goes out at once */
    if (hold->count == HOLD_FRAMES || length > HOLD_BYTES - hold->used)
        netl_link_release(link);
    uint8_t *copy = hold->bytes + hold->used;
    memcpy(copy, frame, length);
    hold->frames[hold->count++] = (struct netl_frame){copy, length};
    hold->used += length;
    return true;
}
