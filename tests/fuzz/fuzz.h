/* tests/fuzz/fuzz.h
 *
 * What the fuzz targets share. A target is one file, fuzz_<noun>.c, with one function that is given
 * any bytes: it must neither crash nor break a promise of the header whose reader it feeds. Linked
 * with libFuzzer (option FUZZ) it explores; linked with replay.c it runs its corpus and mutations
 * of it, in ctest.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A promise. Not assert: it holds in release builds, too. */
#define fuzz_check(condition)                                                                      \
        do {                                                                                       \
                if (!(condition)) {                                                                \
                        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

static inline struct slice fuzz_slice(const uint8_t *data, size_t bytes)
{
        return (struct slice){ (const char *)data, bytes };
}

/* The next line of `input`, without its newline, which is moved behind it. A copy of its own,
 * exactly as long, so that a sanitizer sees who reads behind it; it ends at a NUL as C texts do.
 * NULL when nothing is left. The caller frees it. */
static inline char *fuzz_take_line(struct slice *input)
{
        const char *end = input->length > 0 ? memchr(input->data, '\n', input->length) : NULL;
        size_t length = end ? (size_t)(end - input->data) : input->length;
        char *line;

        if (input->length == 0)
                return NULL;
        line = strndup(input->data, length);
        fuzz_check(line);
        length += end != NULL;
        input->data += length;
        input->length -= length;
        return line;
}

#endif
