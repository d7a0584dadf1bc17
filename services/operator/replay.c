/* services/operator/replay.c
 *
 * The value goes out as its bytes came, where there is one; only a standing wish is written anew.
 */
#include "operator/replay.h"

#include <stdio.h>
#include <string.h>

#include "model/dead_letter.h"
#include "model/origin.h"
#include "model/result.h"
#include "model/version.h"

/* ---- what all have in common ---- */

static void set_cause(const struct replay *replay, struct origin *origin)
{
        snprintf(origin->cause, sizeof(origin->cause), "replayed");
        if (replay->run > origin->serial)
                origin->serial = replay->run;
        else
                origin->serial++;
}

/* In the origin's partition: there its order is kept. A topic that was made anew may not have it.
 */
static void begin(const struct replay *replay, const struct origin *origin,
                  const char *municipality, struct outgoing *out)
{
        int32_t partition = origin->partition < replay->topics->partitions
                                    ? origin->partition
                                    : topics_partition(replay->topics, municipality);

        outgoing_begin(out, TOPIC_UPDATES, partition);
}

static void add_origin(const struct origin *origin, struct outgoing *out)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        origin_write(origin, &text);
        headers_add(&out->headers, "dplsync-origin", text.data);
}

/* The headers of the original, without an origin that it may have had. */
static void carry_headers(const struct headers *original, struct outgoing *out)
{
        for (size_t i = 0; i < original->count; i++)
                if (strcmp(original->items[i].name, "dplsync-origin") != 0)
                        headers_borrow(&out->headers, original->items[i].name,
                                       original->items[i].value);
}

/* One version for all that the update carries: it was written at once. */
static void origin_of(struct origin *origin, const struct update *update, uint64_t version,
                      int64_t partition, int64_t first_record_ms)
{
        *origin = (struct origin){ .epoch = version_epoch(version),
                                   .partition = (int32_t)partition,
                                   .offset = version_offset(version),
                                   .first_record_ms = first_record_ms };
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                if (update->present[i])
                        origin->versions[i] = version;
}

/* ---- dead letters ---- */

static int refuse_topic(const struct letter *letter, const struct replay *replay,
                        struct error *error)
{
        if (strcmp(letter->topic, replay->topics->names[TOPIC_CONTROL]) == 0)
                return error_set(error, "it is a command of `control`; give the command again");
        return error_set(error, "it is not from `updates`, and only those can be sent again");
}

static int64_t first_record_ms(const struct replay *replay, const struct letter *letter)
{
        int64_t ms;

        if (timestamp_parse(letter->first_failed_at, strlen(letter->first_failed_at), &ms))
                return ms;
        return letter->timestamp_ms > 0 ? letter->timestamp_ms : replay->now_ms;
}

static bool is_version(int64_t version)
{
        return version >= (int64_t)VERSION_MIN && version <= (int64_t)VERSION_MAX;
}

static int letter_origin(const struct replay *replay, const struct letter *letter,
                         const struct update *update, struct origin *origin, struct error *error)
{
        struct headers headers;

        letter_headers(letter, &headers);

        struct slice header = headers_get(&headers, "dplsync-origin");

        if (header.data && origin_read(origin, header, error) < 0)
                return error_wrap(error, "its dplsync-origin cannot be used");
        if (header.data)
                return 0;
        if (!is_version(letter->version) || letter->from_partition < 0 ||
            letter->from_partition > INT32_MAX)
                return error_set(error, "its headers do not say which version it was; the vendor "
                                        "must send it anew");
        origin_of(origin, update, (uint64_t)letter->version, letter->from_partition,
                  first_record_ms(replay, letter));
        return 0;
}

static int write_letter(const struct replay *replay, const struct letter *letter,
                        const struct update *update, struct outgoing *out, struct error *error)
{
        struct headers all, original;
        struct origin origin;

        if (letter_origin(replay, letter, update, &origin, error) < 0)
                return -1;
        set_cause(replay, &origin);
        begin(replay, &origin, update->municipality, out);
        buffer_append(&out->key, letter->key.data, letter->key.length);
        buffer_append(&out->value, letter->value.data, letter->value.length);
        letter_headers(letter, &all);
        dead_letter_original(&all, &original);
        carry_headers(&original, out);
        add_origin(&origin, out);
        return 0;
}

int replay_letter(const struct replay *replay, const struct letter *letter, struct outgoing *out,
                  struct error *error)
{
        _cleanup_(update_deinit) struct update update = { 0 };
        struct error fault = ERROR_NULL;

        if (strcmp(letter->topic, replay->topics->names[TOPIC_UPDATES]) != 0)
                return refuse_topic(letter, replay, error);
        if (update_read(&update, letter->value, &fault) != UPDATE_OK)
                return error_set(error,
                                 "it would be refused again (%.200s); the vendor must send a "
                                 "corrected one",
                                 fault.text);
        return write_letter(replay, letter, &update, out, error);
}

/* ---- updates ---- */

int replay_update(const struct replay *replay, const struct record *record, struct outgoing *out,
                  struct error *error)
{
        _cleanup_(update_deinit) struct update update = { 0 };
        uint64_t version = version_make(replay->topics->epoch, record->offset);
        struct origin origin;
        struct error fault = ERROR_NULL;

        if (headers_get(record->headers, "dplsync-origin").data)
                return error_set(error, "dplsync wrote it itself; its original is sent again");
        if (update_read(&update, record->value, &fault) != UPDATE_OK)
                return error_set(error, "it would be refused again (%.200s)", fault.text);
        origin_of(&origin, &update, version, record->partition,
                  record->timestamp_ms > 0 ? record->timestamp_ms : replay->now_ms);
        set_cause(replay, &origin);
        begin(replay, &origin, update.municipality, out);
        buffer_append(&out->key, record->key.data, record->key.length);
        buffer_append(&out->value, record->value.data, record->value.length);
        carry_headers(record->headers, out);
        add_origin(&origin, out);
        return 0;
}

/* ---- results ---- */

/* The standing wish as an update, borrowed from it. The newest member is the origin. */
static bool standing(const struct wish *wish, struct update *update, struct origin *origin)
{
        uint64_t newest = VERSION_NONE;

        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                const struct wish_value *value = &wish->members[i];

                if (value->version == VERSION_NONE || value->status == WISH_ENDED)
                        continue;
                update->present[i] = true;
                origin->versions[i] = value->version;
                if (value->version > newest)
                        newest = value->version;
        }
        update->state = wish->members[MEMBER_STATE].state;
        update->url = wish->members[MEMBER_URL].url;
        update->admin_url = wish->members[MEMBER_ADMIN_URL].url;
        origin->epoch = version_epoch(newest);
        origin->offset = version_offset(newest);
        origin->serial = wish->serial;
        return newest != VERSION_NONE;
}

int replay_result(const struct replay *replay, const struct record *record, struct outgoing *out,
                  struct error *error)
{
        _cleanup_(result_deinit) struct result result = { 0 };
        struct update update = { 0 };
        struct origin origin = { .partition = record->partition };

        if (result_read(&result, record->value, error) < 0)
                return error_wrap(error, "it is no result");
        if (!standing(&result.wish, &update, &origin))
                return error_set(error, "nothing of its wish stands: it came to nothing");
        memcpy(update.municipality, result.municipality, sizeof(update.municipality));
        update.uuid = result.uuid;
        origin.first_record_ms = result.finished_at_ms;
        set_cause(replay, &origin);
        begin(replay, &origin, update.municipality, out);
        buffer_append_text(&out->key, update.municipality);
        update_write(&update, &out->value);
        headers_carry_trace(&out->headers, record->headers);
        add_origin(&origin, out);
        return 0;
}
