/* tests/fuzz/fuzz_splitter.c
 *
 * A list in any pieces gives the same events as in one, and jansson has the last word on what a
 * list is: what it takes, the splitter takes, with the same events, count and uuids; what it
 * refuses, the splitter may take only for the content of a text or a number inside of one event.
 */
#include "fuzz/fuzz.h"

#include "base/buffer.h"
#include "base/dice.h"
#include "base/digest.h"
#include "base/json_raw.h"
#include "base/memory.h"
#include "fetcher/splitter.h"
#include "fuzz/jansson.h"

struct found {
        struct buffer bytes;
        bool whole;
        bool deep, has_uuid;
        struct uuid uuid;
};

struct reading {
        struct found *events;
        size_t count;
        struct buffer outside; /* the list with {} for every event */
        enum splitter_fault fault;
};

static void take(struct reading *reading, const struct splitter_piece *piece)
{
        if (piece->begins) {
                reading->events = memory_resize(reading->events, reading->count + 1,
                                                sizeof(*reading->events));
                reading->events[reading->count++] = (struct found){ .bytes = BUFFER_NULL };
                buffer_append_text(&reading->outside, "{}");
        }

        struct found *event = &reading->events[reading->count - 1];

        buffer_append(&event->bytes, piece->bytes.data, piece->bytes.length);
        fuzz_check(piece->length == event->bytes.length);
        if (piece->ends) {
                event->whole = true;
                event->deep = piece->deep;
                event->has_uuid = piece->has_uuid;
                event->uuid = piece->uuid;
        }
}

/* Everything of `rest`; false when it failed. */
static bool feed(struct splitter *splitter, struct slice rest, struct reading *reading)
{
        for (;;) {
                struct slice before = rest;
                struct splitter_piece piece;
                enum splitter_outcome outcome = splitter_next(splitter, &rest, &piece);

                if (outcome == SPLITTER_FAILED)
                        return false;

                size_t skipped = before.length - rest.length -
                                 (outcome == SPLITTER_PIECE ? piece.bytes.length : 0);

                buffer_append(&reading->outside, before.data, skipped);
                if (outcome == SPLITTER_HUNGRY)
                        return true;
                fuzz_check(piece.bytes.data == before.data + skipped);
                take(reading, &piece);
        }
}

/* In pieces of at most `most` bytes, or, without dice, in one. */
static void read_list(struct reading *reading, struct slice list, int64_t most, struct dice *dice)
{
        struct splitter splitter;

        splitter_init(&splitter);
        while (list.length > 0) {
                size_t bytes = dice ? 1 + (size_t)dice_below(dice, most) : list.length;

                bytes = bytes < list.length ? bytes : list.length;
                if (!feed(&splitter, (struct slice){ list.data, bytes }, reading))
                        break;
                list.data += bytes;
                list.length -= bytes;
        }
        reading->fault = splitter_end(&splitter);
}

static void reading_deinit(struct reading *reading)
{
        for (size_t i = 0; i < reading->count; i++)
                buffer_deinit(&reading->events[i].bytes);
        free(reading->events);
        buffer_deinit(&reading->outside);
}

/* Where it failed, the event under way may have been begun in one and not in the other. */
static size_t whole_events(const struct reading *reading)
{
        bool begun = reading->count > 0 && !reading->events[reading->count - 1].whole;

        return reading->count - begun;
}

static void check_same(const struct reading *a, const struct reading *b)
{
        size_t count = whole_events(a);

        fuzz_check(a->fault == b->fault && count == whole_events(b));
        for (size_t i = 0; i < count; i++) {
                const struct found *x = &a->events[i], *y = &b->events[i];

                fuzz_check(slice_equal(buffer_slice(&x->bytes), buffer_slice(&y->bytes)));
                fuzz_check(x->deep == y->deep);
                fuzz_check(x->has_uuid == y->has_uuid);
                fuzz_check(!x->has_uuid || uuid_compare(&x->uuid, &y->uuid) == 0);
        }
}

/* As the scanner of whole events sees it. */
static bool read_uuid(struct slice event, struct uuid *uuid)
{
        char text[UUID_TEXT_BYTES];
        struct slice value;

        return json_raw_member(event, "uuid", &value) == 1 &&
               json_raw_text(value, text, sizeof(text)) && uuid_parse(text, strlen(text), uuid);
}

static bool is_whole(struct slice text)
{
        struct json_raw walk;
        struct slice name, value;
        enum json_raw_step step = JSON_RAW_ITEM;

        if (!json_raw_open(&walk, text))
                return false;
        while (step == JSON_RAW_ITEM)
                step = json_raw_next(&walk, &name, &value);
        return step == JSON_RAW_END;
}

/* What goes into a part is read there: the event's own bytes, in the part's array. */
static void check_part(const struct found *found)
{
        struct buffer part = BUFFER_NULL;
        struct uuid uuid;

        buffer_append_byte(&part, '[');
        buffer_append(&part, found->bytes.data, found->bytes.length);
        buffer_append_byte(&part, ']');
        fuzz_check(is_whole(buffer_slice(&part)));
        buffer_deinit(&part);
        fuzz_check(found->has_uuid == read_uuid(buffer_slice(&found->bytes), &uuid));
        fuzz_check(!found->has_uuid || uuid_compare(&found->uuid, &uuid) == 0);
}

static void check_event(const struct found *found, const json_t *same)
{
        struct slice bytes = buffer_slice(&found->bytes);
        json_error_t reason;
        json_t *event = jansson_read(bytes, 0, &reason);

        fuzz_check(event ? json_is_object(event) : jansson_refuses_content(&reason));
        fuzz_check(!same || json_equal(event, same));
        if (!found->deep)
                check_part(found);
        json_decref(event);
}

/* `list` is jansson's, NULL where it refuses the text. */
static void check_sound(const struct reading *reading, const json_t *list)
{
        json_error_t reason;
        json_t *frame = jansson_read(buffer_slice(&reading->outside), 0, &reason);

        fuzz_check(json_is_array(frame) && json_array_size(frame) == reading->count);
        fuzz_check(!list || (json_is_array(list) && json_array_size(list) == reading->count));
        for (size_t i = 0; i < reading->count; i++)
                check_event(&reading->events[i], json_array_get(list, i));
        json_decref(frame);
}

/* The splitter refuses what jansson takes: only for these reasons. */
static void check_refused(enum splitter_fault fault, const json_t *list)
{
        size_t objects = 0, index;
        json_t *item;

        json_array_foreach(list, index, item)
                objects += json_is_object(item);
        if (!json_is_array(list))
                fuzz_check(fault == SPLITTER_NOT_ARRAY);
        else if (fault == SPLITTER_TOO_DEEP)
                fuzz_check(jansson_depth(list) > SPLITTER_DEPTH_MAX + 1);
        else
                fuzz_check(fault == SPLITTER_NOT_OBJECT && objects < json_array_size(list));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct slice text = fuzz_slice(data, bytes);
        struct dice dice = { hash64(data, bytes) };
        struct reading whole = { 0 }, pieces = { 0 };
        json_error_t reason;
        json_t *list = jansson_read(text, 0, &reason);

        read_list(&whole, text, 0, NULL);
        read_list(&pieces, text, 1 + dice_below(&dice, 32), &dice);
        check_same(&whole, &pieces);
        if (whole.fault == SPLITTER_SOUND)
                check_sound(&whole, list);
        else if (list)
                check_refused(whole.fault, list);
        reading_deinit(&whole);
        reading_deinit(&pieces);
        json_decref(list);
        return 0;
}
