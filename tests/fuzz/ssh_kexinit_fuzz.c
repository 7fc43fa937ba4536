/* SPDX-License-Identifier: MIT */
/* Any bytes as an identification line and as two KEXINITs: what is picked stands in both lists. */
#include "application/ssh_kexinit.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const uint8_t *data, size_t size)
{
    struct netl_ssh_bytes id;
    enum ssh_id_fault fault;
    long used = netl_ssh_id_line(data, size, &id, &fault);

    if (used > (long)size || (used < 0) != (fault != SSH_ID_FINE) || id.length > size)
        abort();
    if (used > 0 && id.bytes && (memchr(id.bytes, 0, id.length) || id.length > SSH_ID_MAX))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ssh_kexinit a, b;
    struct ssh_agreement agreement;
    uint8_t *bytes = malloc(size ? size : 1);

    if (!bytes)
        return 0;
    if (size)
        memcpy(bytes, data, size);
    check_line(bytes, size);
    size_t half = size / 2;
    bool first = netl_ssh_kexinit_parse(&a, (struct netl_ssh_bytes){bytes, half});
    bool second = netl_ssh_kexinit_parse(&b, (struct netl_ssh_bytes){bytes + half, size - half});
    if (first || second) {
        if (!first)
            a = b;
        else if (!second)
            b = a;
        netl_ssh_negotiate(&agreement, &a, &b);
        for (size_t i = 0; i < SSH_PICKED; i++)
            if (agreement.picked[i].length > 64 ||
                (agreement.picked[i].length > 0 &&
                 (!netl_ssh_has_name(a.lists[i], agreement.picked[i]) ||
                  !netl_ssh_has_name(b.lists[i], agreement.picked[i]))))
                abort();
    }
    free(bytes);
    return 0;
}
