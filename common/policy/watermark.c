/* common/policy/watermark.c
 *
 * Words that are empty are dropped from the front, a few at a time, so that the bitmap covers only
 * what lies above the lowest open offset.
 */
#include "policy/watermark.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { WORD_BITS = 64, WORDS_FIRST = 4 };

void watermark_deinit(struct watermark *watermark)
{
        free(watermark->words);
        *watermark = (struct watermark)WATERMARK_NULL;
}

static void watermark_restart(struct watermark *watermark, int64_t offset)
{
        watermark->base = offset - offset % WORD_BITS;
        watermark->count = 0;
}

static void watermark_reach(struct watermark *watermark, size_t word)
{
        if (word >= watermark->capacity) {
                size_t capacity = watermark->capacity > 0 ? watermark->capacity : WORDS_FIRST;

                while (capacity <= word)
                        capacity *= 2;
                watermark->words = memory_resize(watermark->words, capacity, sizeof(uint64_t));
                watermark->capacity = capacity;
        }
        while (watermark->count <= word)
                watermark->words[watermark->count++] = 0;
}

void watermark_add(struct watermark *watermark, int64_t offset)
{
        if (offset < 0 || offset < watermark->next)
                return;
        if (watermark->open == 0)
                watermark_restart(watermark, offset);

        size_t bit = (size_t)(offset - watermark->base);

        watermark_reach(watermark, bit / WORD_BITS);
        watermark->words[bit / WORD_BITS] |= UINT64_C(1) << bit % WORD_BITS;
        watermark->next = offset + 1;
        watermark->open++;
}

/* Moves what is left to the front once half of the words are empty: each word moves at most once.
 */
static void watermark_shrink(struct watermark *watermark)
{
        size_t empty = 0;

        while (empty < watermark->count && watermark->words[empty] == 0)
                empty++;
        if (empty == 0 || empty * 2 < watermark->count)
                return;
        watermark->count -= empty;
        watermark->base += (int64_t)(empty * WORD_BITS);
        memmove(watermark->words, watermark->words + empty, watermark->count * sizeof(uint64_t));
}

int64_t watermark_done(struct watermark *watermark, int64_t offset)
{
        if (offset < watermark->base || offset >= watermark->next)
                return watermark_next(watermark);

        size_t bit = (size_t)(offset - watermark->base);
        uint64_t mask = UINT64_C(1) << bit % WORD_BITS;

        if (bit / WORD_BITS < watermark->count && watermark->words[bit / WORD_BITS] & mask) {
                watermark->words[bit / WORD_BITS] &= ~mask;
                watermark->open--;
                watermark_shrink(watermark);
        }
        return watermark_next(watermark);
}

int64_t watermark_next(const struct watermark *watermark)
{
        if (watermark->open == 0)
                return watermark->next;
        for (size_t word = 0; word < watermark->count; word++)
                if (watermark->words[word] != 0)
                        return watermark->base + (int64_t)(word * WORD_BITS) +
                               __builtin_ctzll(watermark->words[word]);
        return watermark->next;
}
