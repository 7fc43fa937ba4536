/* SPDX-License-Identifier: MIT */
/* Any text, built into a lab that is run for a virtual second: it is refused, or it works. */
#include <netlayers.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 2000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length > LONGEST)
        return 0;
    char *text = malloc(length + 1);
    struct netl_lab *lab = text ? netl_lab_open(NULL) : NULL;

    if (lab) {
        memcpy(text, bytes, length);
        text[length] = '\0';
        if (netl_lab_build(lab, text) < 0 && netl_error_text()[0] == '\0')
            abort(); /* a refusal has a sentence */
        (void)netl_lab_run(lab, NULL, NULL, 1000);
    }
    netl_lab_close(lab);
    free(text);
    return 0;
}
