/* SPDX-License-Identifier: MIT */
/*
 * xoshiro256**, by Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", seeded through splitmix64 as they advise; see random.h.
 */
#include "base/random.h"

#include "base/fail.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, unsigned by)
{
    return (x << by) | (x >> (64 - by));
}

void netl_random_seed(struct netl_random *random, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed);
}

int netl_random_seed_system(struct netl_random *random)
{
    uint64_t seed[4] = {0};
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return netl_fail_system(NETL_HOST, errno, NULL, "open /dev/urandom");
    ssize_t n = read(fd, seed, sizeof seed);
    int error = n < 0 ? errno : EIO;
    close(fd);
    if (n != (ssize_t)sizeof seed)
        return netl_fail_system(NETL_HOST, error, NULL, "read /dev/urandom");
    for (unsigned i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed[i]);
    return 0;
}

uint64_t netl_random_next(struct netl_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t netl_random_below(struct netl_random *random, uint64_t limit)
{
    if (limit == 0)
        return 0;
    /* Numbers below `uneven` would make small results more likely: throw those away. */
    uint64_t uneven = (UINT64_MAX - limit + 1) % limit;
    for (;;) {
        uint64_t n = netl_random_next(random);
        if (n >= uneven)
            return n % limit;
    }
}
