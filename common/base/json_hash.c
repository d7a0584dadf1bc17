/* common/base/json_hash.c
 *
 * Hashes of an object's members are added up: that needs no order, hence no sorting and no
 * allocation.
 */
#include "base/json_hash.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/json_raw.h"

/* So that "1", 1 and [1] differ. */
enum seed { SEED_OBJECT, SEED_ARRAY, SEED_TEXT, SEED_WHOLE, SEED_REAL, SEED_BYTES };
enum { NUMBER_BYTES = 64, WHOLE_DIGITS = 18 };

static uint64_t hash_bytes(struct slice bytes, enum seed seed)
{
        return hash64_seed(bytes.data, bytes.length, seed);
}

static uint64_t hash_text(struct slice text, const char *mark)
{
        const char *end = mark && text.length > 0 ? memchr(text.data, *mark, text.length) : NULL;

        if (end)
                text.length = (size_t)(end - text.data);
        return hash_bytes(text, SEED_TEXT);
}

/* `string` is without its quotes. */
static uint64_t hash_string(struct slice string, const char *mark)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (string.length == 0 || !memchr(string.data, '\\', string.length))
                return hash_text(string, mark);
        if (!json_raw_decode(string, &text))
                return hash_bytes(string, SEED_BYTES);
        return hash_text(buffer_slice(&text), mark);
}

static uint64_t hash_whole(int64_t whole)
{
        return hash64_seed(&whole, sizeof(whole), SEED_WHOLE);
}

/* Whole numbers as integers, others as doubles. */
static uint64_t hash_real(struct slice value, const char *text)
{
        double real = strtod(text, NULL);

        if (real - real != 0) /* it is infinite */
                return hash_bytes(value, SEED_BYTES);
        if (real >= -0x1p63 && real < 0x1p63 && (double)(int64_t)real == real)
                return hash_whole((int64_t)real);
        return hash64_seed(&real, sizeof(real), SEED_REAL);
}

static uint64_t hash_number(struct slice value)
{
        char text[NUMBER_BYTES];

        if (value.length >= sizeof(text))
                return hash_bytes(value, SEED_BYTES);
        memcpy(text, value.data, value.length);
        text[value.length] = '\0';
        if (text[strcspn(text, ".eE")] != '\0')
                return hash_real(value, text);
        if (value.length > WHOLE_DIGITS + 1)
                return hash_bytes(value, SEED_BYTES);
        return hash_whole(strtoll(text, NULL, 10));
}

static uint64_t hash_container(struct slice value, const char *member, const char *mark)
{
        struct json_raw walk;
        struct slice name, item;
        uint64_t sum = 0, count = 0;
        bool object;

        json_raw_open(&walk, value);
        object = walk.close == '}';
        while (json_raw_next(&walk, &name, &item) == JSON_RAW_ITEM) {
                bool marked = mark && object && json_raw_is(name, member);
                uint64_t hash = marked && *item.data == '"' ? json_hash_until(item, NULL, *mark)
                                                            : json_hash(item);

                sum = object ? sum + json_hash_member(name, hash)
                             : hash64_seed(&hash, sizeof(hash), sum);
                count++;
        }
        sum += count;
        return hash64_seed(&sum, sizeof(sum), object ? SEED_OBJECT : SEED_ARRAY);
}

static uint64_t hash_value(struct slice value, const char *member, const char *mark)
{
        switch (*value.data) {
        case '{':
        case '[':
                return hash_container(value, member, member ? mark : NULL);
        case '"':
                return hash_string((struct slice){ value.data + 1, value.length - 2 },
                                   member ? NULL : mark);
        case 't':
        case 'f':
        case 'n':
                return hash_bytes(value, SEED_BYTES);
        default:
                return hash_number(value);
        }
}

uint64_t json_hash(struct slice value)
{
        return hash_value(value, NULL, NULL);
}

uint64_t json_hash_until(struct slice value, const char *member, char mark)
{
        return hash_value(value, member, &mark);
}

uint64_t json_hash_member(struct slice name, uint64_t value)
{
        uint64_t parts[] = { hash_string(name, NULL), value };

        return hash64(parts, sizeof(parts));
}
