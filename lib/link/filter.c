/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF: the small programs by which a kernel decides which frames a socket gets.
 *
 * An accumulator A, an index X, sixteen words of memory, and jumps that only go
 * forward, so that every program ends. Kernels run them for the `packet` driver;
 * this interpreter runs the same programs for the drivers that have no kernel
 * below them, and lets a student step through one.
 *
 * Always true:
 *   - a program that netl_filter_valid() accepts ends within `count` steps and
 *     stays inside its memory;
 *   - a load past the end of the frame ends the program with 0: drop.
 */
#include <netlayers/link.h>

#define FILTER_MAX    4096u /* instructions */
#define FILTER_MEMORY 16u   /* words */

/* The lowest three bits of a code. */
enum { CLASS_LD, CLASS_LDX, CLASS_ST, CLASS_STX, CLASS_ALU, CLASS_JMP, CLASS_RET, CLASS_MISC };

/* Load: how wide, and from where. */
#define SIZE_WORD 0x00u
#define SIZE_HALF 0x08u
#define SIZE_BYTE 0x10u
#define MODE_IMM  0x00u
#define MODE_ABS  0x20u
#define MODE_IND  0x40u
#define MODE_MEM  0x60u
#define MODE_LEN  0x80u
#define MODE_MSH  0xa0u

/* Arithmetic and jumps: which, and with k or X. */
enum {
    ALU_ADD = 0x00,
    ALU_SUB = 0x10,
    ALU_MUL = 0x20,
    ALU_DIV = 0x30,
    ALU_OR = 0x40,
    ALU_AND = 0x50,
    ALU_LSH = 0x60,
    ALU_RSH = 0x70,
    ALU_NEG = 0x80,
    ALU_MOD = 0x90,
    ALU_XOR = 0xa0
};
enum { JUMP_ALWAYS = 0x00, JUMP_EQ = 0x10, JUMP_GT = 0x20, JUMP_GE = 0x30, JUMP_SET = 0x40 };
#define SOURCE_X 0x08u
#define RET_A    0x10u
#define MISC_TXA 0x80u

struct filter_state {
    const uint8_t *bytes;
    size_t length;
    uint32_t a;
    uint32_t x;
    uint32_t memory[FILTER_MEMORY];
};

static bool load_valid(const struct netl_filter *step)
{
    unsigned mode = step->code & 0xe0u;
    unsigned size = step->code & 0x18u;
    if (mode == MODE_MEM)
        return size == SIZE_WORD && step->k < FILTER_MEMORY;
    if (mode == MODE_IMM || mode == MODE_LEN)
        return size == SIZE_WORD;
    if ((step->code & 7u) == CLASS_LDX)
        return mode == MODE_MSH && size == SIZE_BYTE;
    return (mode == MODE_ABS || mode == MODE_IND) && size <= SIZE_BYTE;
}

static bool alu_valid(const struct netl_filter *step)
{
    unsigned operation = step->code & 0xf0u;
    bool with_k = !(step->code & SOURCE_X);
    if ((operation == ALU_DIV || operation == ALU_MOD) && with_k)
        return step->k != 0;
    if ((operation == ALU_LSH || operation == ALU_RSH) && with_k)
        return step->k < 32;
    return operation <= ALU_XOR;
}

static bool jump_valid(const struct netl_filter *step, size_t left)
{
    unsigned operation = step->code & 0xf0u;
    if (operation == JUMP_ALWAYS)
        return step->k < left;
    return operation <= JUMP_SET && step->jt < left && step->jf < left;
}

static bool step_valid(const struct netl_filter *step, size_t left)
{
    if (step->code > 0xffu)
        return false;
    switch (step->code & 7u) {
    case CLASS_LD:
    case CLASS_LDX: return load_valid(step);
    case CLASS_ST:
    case CLASS_STX: return step->k < FILTER_MEMORY;
    case CLASS_ALU: return alu_valid(step);
    case CLASS_JMP: return jump_valid(step, left);
    default: return true;
    }
}

bool netl_filter_valid(const struct netl_filter *program, size_t count)
{
    if (!program || count == 0 || count > FILTER_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!step_valid(&program[i], count - 1 - i))
            return false;
    return (program[count - 1].code & 7u) == CLASS_RET;
}

/* A number of 1, 2 or 4 bytes in network order; false when the frame ends before. */
static bool load_at(const struct filter_state *state, uint64_t offset, unsigned size,
                    uint32_t *value)
{
    unsigned width = size == SIZE_WORD ? 4 : size == SIZE_HALF ? 2 : 1;
    if (offset > state->length || state->length - offset < width)
        return false;
    uint32_t number = 0;
    for (unsigned i = 0; i < width; i++)
        number = number << 8 | state->bytes[offset + i];
    *value = number;
    return true;
}

static bool run_load(struct filter_state *state, const struct netl_filter *step, uint32_t *into)
{
    unsigned size = step->code & 0x18u;
    uint32_t byte;
    switch (step->code & 0xe0u) {
    case MODE_IMM: *into = step->k; return true;
    case MODE_LEN: *into = (uint32_t)state->length; return true;
    case MODE_MEM: *into = state->memory[step->k]; return true;
    case MODE_ABS: return load_at(state, step->k, size, into);
    case MODE_IND: return load_at(state, (uint64_t)step->k + state->x, size, into);
    default: /* MODE_MSH: the length of an IPv4 header, from its first byte */
        if (!load_at(state, step->k, SIZE_BYTE, &byte))
            return false;
        *into = (byte & 15u) * 4;
        return true;
    }
}

/* False when it would divide by zero, which ends the program with 0. */
static bool run_alu(struct filter_state *state, const struct netl_filter *step)
{
    uint32_t with = step->code & SOURCE_X ? state->x : step->k;
    unsigned operation = step->code & 0xf0u;
    if ((operation == ALU_DIV || operation == ALU_MOD) && with == 0)
        return false;
    switch (operation) {
    case ALU_ADD: state->a += with; break;
    case ALU_SUB: state->a -= with; break;
    case ALU_MUL: state->a *= with; break;
    case ALU_DIV: state->a /= with; break;
    case ALU_MOD: state->a %= with; break;
    case ALU_OR: state->a |= with; break;
    case ALU_AND: state->a &= with; break;
    case ALU_XOR: state->a ^= with; break;
    case ALU_LSH: state->a = state->a << (with & 31u); break;
    case ALU_RSH: state->a = state->a >> (with & 31u); break;
    default: state->a = 0u - state->a; break;
    }
    return true;
}

/* How many instructions to skip. */
static size_t run_jump(const struct filter_state *state, const struct netl_filter *step)
{
    uint32_t with = step->code & SOURCE_X ? state->x : step->k;
    bool holds;
    switch (step->code & 0xf0u) {
    case JUMP_ALWAYS: return step->k;
    case JUMP_EQ: holds = state->a == with; break;
    case JUMP_GT: holds = state->a > with; break;
    case JUMP_GE: holds = state->a >= with; break;
    default: holds = (state->a & with) != 0; break;
    }
    return holds ? step->jt : step->jf;
}

uint32_t netl_filter_run(const struct netl_filter *program, size_t count, const uint8_t *bytes,
                         size_t length)
{
    struct filter_state state = {bytes, length, 0, 0, {0}};

    for (size_t i = 0; i < count; i++) {
        const struct netl_filter *step = &program[i];
        bool goes_on = true;
        switch (step->code & 7u) {
        case CLASS_LD: goes_on = run_load(&state, step, &state.a); break;
        case CLASS_LDX: goes_on = run_load(&state, step, &state.x); break;
        case CLASS_ST: state.memory[step->k] = state.a; break;
        case CLASS_STX: state.memory[step->k] = state.x; break;
        case CLASS_ALU: goes_on = run_alu(&state, step); break;
        case CLASS_JMP: i += run_jump(&state, step); break;
        case CLASS_RET: return step->code & RET_A ? state.a : step->k;
        default:
            if (step->code & MISC_TXA)
                state.a = state.x;
            else
                state.x = state.a;
        }
        if (!goes_on)
            return 0;
    }
    return 0;
}
