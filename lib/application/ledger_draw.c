/* SPDX-License-Identifier: MIT */
/* The tree of blocks as text, a line for each height; see ledger_internal.h. */
#include "base/text.h"
#include "ledger_internal.h"

#include <string.h>

#define SIDES 6 /* blocks beside the chain that one line shows */

/* Those of a height that are not in the chain, in the order of their hashes: always the same. */
static unsigned find_sides(const struct netl_ledger *ledger, uint32_t height,
                           const struct ledger_block *sides[SIDES])
{
    unsigned count = 0;

    for (unsigned row = 0; row < LEDGER_ROWS; row++)
        for (const struct ledger_block *block = ledger->rows[row]; block; block = block->next) {
            if (block->header.height != height || block->chained || count == SIDES)
                continue;
            unsigned place = count++;
            for (; place > 0 && memcmp(sides[place - 1]->id, block->id, LEDGER_ID) > 0; place--)
                sides[place] = sides[place - 1];
            sides[place] = block;
        }
    return count;
}

static void add_id(struct netl_text *text, const uint8_t *id, size_t bytes)
{
    char hex[NETL_SHA256_TEXT];

    netl_text_add(text, netl_sha256_text(id, bytes, hex));
}

static void draw_row(const struct netl_ledger *ledger, uint32_t height, struct netl_text *text)
{
    const struct ledger_block *sides[SIDES], *block = ledger->chain[height];
    unsigned count = find_sides(ledger, height, sides);
    size_t start = text->length;

    netl_text_pad(text, start + (height < 10 ? 4 : height < 100 ? 3 : height < 1000 ? 2 : 1));
    netl_text_unsigned(text, height, 1);
    netl_text_add(text, "  # ");
    add_id(text, block->id, 4);
    netl_text_add(text, height ? "  by " : "  the first block");
    if (height)
        add_id(text, block->header.miner, 2);
    if (block->count) {
        netl_text_add(text, ", payments: ");
        netl_text_unsigned(text, block->count, 1);
    }
    for (unsigned i = 0; i < count; i++) {
        netl_text_pad(text, start + 40);
        netl_text_add(text, sides[i]->bad ? "  x " : "  o ");
        add_id(text, sides[i]->id, 4);
        netl_text_add(text, " on ");
        add_id(text, sides[i]->header.previous, 4);
    }
    netl_text_char(text, '\n');
}

size_t netl_ledger_draw(const struct netl_ledger *ledger, unsigned rows, char *text, size_t size)
{
    uint32_t first = ledger->height + 1 > rows ? ledger->height + 1 - rows : 0;
    struct netl_text out;

    netl_text_begin(&out, text, size);
    for (uint32_t height = first; height <= ledger->height; height++) {
        size_t whole = out.length;
        draw_row(ledger, height, &out);
        if (out.wanted > out.length) { /* no half lines */
            text[whole] = '\0';
            return whole;
        }
    }
    return out.length;
}
