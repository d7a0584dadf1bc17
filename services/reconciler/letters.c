/* services/reconciler/letters.c
 *
 * See the header.
 */
#include "reconciler/letters.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "model/dead_letter.h"

enum { AGAIN_AFTER_MS = 1000 };

static size_t bytes_of(const struct letter *letter)
{
        return sizeof(*letter) + letter->key.length + letter->value.length + letter->headers.length;
}

static void letter_free(struct letters *letters, struct letter *letter)
{
        LL_DELETE(letters->first, letter);
        letters->bytes -= bytes_of(letter);
        buffer_deinit(&letter->key);
        buffer_deinit(&letter->value);
        buffer_deinit(&letter->headers);
        free(letter);
}

static bool keep(struct buffer *buffer, struct slice slice)
{
        if (slice.data)
                buffer_append(buffer, slice.data, slice.length);
        return slice.data != NULL;
}

static void keep_headers(struct letter *letter, const struct letters_original *original,
                         const char *detail, int64_t now_ms)
{
        char municipality[MUNICIPALITY_ID_BYTES] = "";
        struct headers headers;
        struct dead_letter dead = {
                .reason = LETTERS_REASON,
                .detail = detail,
                .topic = original->topic,
                .partition = original->partition,
                .offset = original->offset,
                .municipality = municipality,
                .first_failed_ms = now_ms,
                .last_failed_ms = now_ms,
        };

        if (original->key.data && municipality_id_valid(original->key.data, original->key.length))
                memcpy(municipality, original->key.data, original->key.length);
        dead_letter_headers(&dead, original->headers, &headers);
        headers_pack(&headers, &letter->headers);
}

static void produce(struct letter *letter, struct reconciler_actions *actions)
{
        struct record *record = action_record(actions, TOPIC_DEAD_LETTERS, letter->partition);

        record->token = letter->token;
        record->letter = letter;
        letter->again_ms = INT64_MAX;
}

void letters_add(struct letters *letters, const struct letters_original *original,
                 const char *detail, int64_t now_ms, struct reconciler_actions *actions)
{
        struct letter *letter = memory_new(sizeof(*letter));

        letter->token = ++letters->last;
        letter->partition = original->partition;
        letter->offset = original->offset;
        letter->has_key = keep(&letter->key, original->key);
        letter->has_value = keep(&letter->value, original->value);
        keep_headers(letter, original, detail, now_ms);
        LL_APPEND(letters->first, letter);
        letters->bytes += bytes_of(letter);
        produce(letter, actions);
}

bool letters_delivered(struct letters *letters, uint64_t token, const char *error, int64_t now_ms,
                       int32_t *partition, int64_t *offset)
{
        struct letter *letter;

        LL_SEARCH_SCALAR(letters->first, letter, token, token);
        if (!letter)
                return false;
        if (error) {
                letter->again_ms = now_ms + AGAIN_AFTER_MS;
                return false;
        }
        *partition = letter->partition;
        *offset = letter->offset;
        letter_free(letters, letter);
        return true;
}

void letters_tick(struct letters *letters, int64_t now_ms, struct reconciler_actions *actions)
{
        for (struct letter *letter = letters->first; letter; letter = letter->next)
                if (letter->again_ms <= now_ms)
                        produce(letter, actions);
}

int64_t letters_next_ms(const struct letters *letters)
{
        int64_t next_ms = INT64_MAX;

        for (const struct letter *letter = letters->first; letter; letter = letter->next)
                if (letter->again_ms < next_ms)
                        next_ms = letter->again_ms;
        return next_ms;
}

void letters_drop(struct letters *letters)
{
        while (letters->first)
                letter_free(letters, letters->first);
}
