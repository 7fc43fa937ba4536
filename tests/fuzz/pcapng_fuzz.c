/* SPDX-License-Identifier: MIT */
/* Any bytes as a capture: the reader ends, and every frame that it gives can be read. */
#include "link/pcapng.h"

#include <string.h>

struct input {
    const uint8_t *bytes;
    size_t left;
};

static size_t read_input(void *context, uint8_t *to, size_t length)
{
    struct input *input = context;
    size_t count = length < input->left ? length : input->left;
    if (count)
        memcpy(to, input->bytes, count);
    input->bytes += count;
    input->left -= count;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct input input = {bytes, length};
    struct pcapng reader;
    struct pcapng_frame frame;
    volatile uint8_t sum = 0;

    netl_pcapng_open(&reader, read_input, &input);
    while (netl_pcapng_next(&reader, &frame) == PCAPNG_FRAME)
        for (size_t i = 0; i < frame.length; i++)
            sum = (uint8_t)(sum + frame.bytes[i]);
    netl_pcapng_close(&reader);
    return 0;
}
