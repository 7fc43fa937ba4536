/* SPDX-License-Identifier: MIT */
/*
 * The frame check sequence of Ethernet.  (IEEE 802.3)
 *
 * The frame is one long polynomial over the field of two elements, and the CRC is what remains
 * when it is divided by the generator. Ethernet sends each byte with its low bit first, so the
 * division runs to the right, with the generator mirrored: 0xEDB88320.
 *
 * The table holds the remainders of the 16 values of half a byte: 64 bytes that fit on a page,
 * where the usual 256 entries would not. Software computes it for study and for files of
 * frames; on a real link the network card does.
 */
#include <netlayers/wire/crc32.h>

static const uint32_t remainder_of_nibble[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t netl_crc32_update(uint32_t crc, const uint8_t *bytes, size_t length)
{
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ remainder_of_nibble[crc & 0x0f];
        crc = crc >> 4 ^ remainder_of_nibble[crc & 0x0f];
    }
    return ~crc;
}

uint32_t netl_crc32(const uint8_t *bytes, size_t length)
{
    return netl_crc32_update(0, bytes, length);
}

void netl_crc32_store(uint32_t crc, uint8_t *bytes)
{
    bytes[0] = (uint8_t)crc;
    bytes[1] = (uint8_t)(crc >> 8);
    bytes[2] = (uint8_t)(crc >> 16);
    bytes[3] = (uint8_t)(crc >> 24);
}

bool netl_crc32_ok(const uint8_t *bytes, size_t length)
{
    if (length < NETL_CRC32_LENGTH)
        return false;
    const uint8_t *stored = bytes + length - NETL_CRC32_LENGTH;
    uint8_t expected[NETL_CRC32_LENGTH];
    netl_crc32_store(netl_crc32(bytes, length - NETL_CRC32_LENGTH), expected);
    uint8_t difference = 0;
    for (size_t i = 0; i < NETL_CRC32_LENGTH; i++)
        difference |= (uint8_t)(stored[i] ^ expected[i]);
    return difference == 0;
}
