/* services/operator/dead_letters.c
 *
 * Marks come behind the letters that they speak of, in the same partition, so one pass in order is
 * enough; a mark whose letter is not here (it left the topic, or the ring, or is not wanted) says
 * nothing.
 */
#include "operator/dead_letters.h"

#include <string.h>
#include <utlist.h>

void dead_letters_init(struct dead_letters *letters, const struct dead_letters_bounds *bounds,
                       const struct letter_filter *wanted)
{
        *letters = (struct dead_letters){ .bounds = *bounds, .wanted = wanted };
}

static void drop(struct dead_letters *letters, struct letter *letter)
{
        DL_DELETE(letters->oldest, letter);
        HASH_DELETE(hh, letters->by_place, letter);
        letters->newest = letters->oldest ? letters->oldest->prev : NULL;
        letters->count--;
        letters->waiting -= letter->fate == LETTER_WAITS;
        letters->bytes -= letter_bytes(letter);
        letter_free(letter);
}

void dead_letters_deinit(struct dead_letters *letters)
{
        while (letters->oldest)
                drop(letters, letters->oldest);
}

struct letter *dead_letters_find(const struct dead_letters *letters, int32_t partition,
                                 int64_t offset)
{
        uint64_t place = letter_place(partition, offset);
        struct letter *letter;

        HASH_FIND(hh, letters->by_place, &place, sizeof(place), letter);
        return letter;
}

static void add(struct dead_letters *letters, struct letter *letter)
{
        DL_APPEND(letters->oldest, letter);
        HASH_ADD(hh, letters->by_place, place, sizeof(letter->place), letter);
        letters->newest = letter;
        letters->count++;
        letters->waiting++;
        letters->bytes += letter_bytes(letter);
        while (letters->oldest != letter && (letters->count > letters->bounds.max_letters ||
                                             letters->bytes > letters->bounds.max_bytes)) {
                drop(letters, letters->oldest);
                letters->left_out++;
        }
}

static void mark(struct dead_letters *letters, const struct record *record, enum letter_fate fate,
                 int64_t offset)
{
        struct letter *letter = dead_letters_find(letters, record->partition, offset);

        if (!letter)
                return;
        letters->waiting -= letter->fate == LETTER_WAITS;
        letter->fate = fate;
        letter->fate_ms = record->timestamp_ms;
}

static bool is_wanted(const struct dead_letters *letters, const struct letter *letter)
{
        return !letters->wanted || letter_matches(letter, letters->wanted);
}

void dead_letters_take(struct dead_letters *letters, const struct record *record)
{
        enum letter_fate fate;
        int64_t offset;

        if (letter_mark_read(record, &fate, &offset)) {
                mark(letters, record, fate, offset);
                return;
        }
        if (dead_letters_find(letters, record->partition, record->offset))
                return;

        struct letter *letter = letter_new(record);

        if (letter && is_wanted(letters, letter))
                add(letters, letter);
        else
                letter_free(letter);
}
