/* SPDX-License-Identifier: MIT */
/* Allocations that fail by chance: the linker sends the library's calls here (ld's --wrap). */
#include "sim/sim.h"

#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static struct netl_random chance;
static uint32_t rarity;

void sim_memory_fails(uint32_t one_in, uint64_t seed)
{
    rarity = one_in;
    netl_random_seed(&chance, seed);
}

static bool fails(void)
{
    return rarity && netl_random_below(&chance, rarity) == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}
