/* common/base/memory.c
 *
 * The one place where allocation fails. Pure code cannot write a sentence, so it only aborts; the
 * signal and this file's name in the core dump are the sentence.
 */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *pointer)
{
        if (!pointer)
                abort();
        return pointer;
}

void *memory_new(size_t bytes)
{
        return must(calloc(1, bytes > 0 ? bytes : 1));
}

void *memory_resize(void *old, size_t count, size_t size)
{
        size_t bytes;

        if (__builtin_mul_overflow(count, size, &bytes))
                abort();
        return must(realloc(old, bytes > 0 ? bytes : 1));
}

char *memory_copy_text(const char *text)
{
        return text ? memory_copy(text, strlen(text)) : NULL;
}

void *memory_copy(const void *data, size_t bytes)
{
        if (bytes == SIZE_MAX)
                abort();

        char *copy = must(malloc(bytes + 1));

        if (bytes > 0)
                memcpy(copy, data, bytes);
        copy[bytes] = '\0';
        return copy;
}
