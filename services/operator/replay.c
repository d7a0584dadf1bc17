/* services/operator/replay.c
 *
 * The value goes out as its bytes came, where there is one; only a wish that was put together is
 * written anew.
 */
#include "operator/replay.h"

#include <stdio.h>
#include <string.h>

#include "model/dead_letter.h"
#include "model/origin.h"
#include "model/version.h"

/* ---- what both have in common ---- */

/* Where the clocks of two operators differ, a new run may be numbered below an older one; a resumed
 * one must not rise, or it would send what it has sent. */
static void set_cause(const struct replay *replay, struct origin *origin)
{
        snprintf(origin->cause, sizeof(origin->cause), "replayed");
        if (!replay->resumed && origin->serial >= replay->run)
                origin->serial++;
        else
                origin->serial = replay->run;
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

/* One version for all that it carries: it was written at once. */
static void own_origin(const struct replay *replay, const struct letter *letter,
                       const struct update *update, struct origin *origin)
{
        uint64_t version = (uint64_t)letter->version;

        *origin = (struct origin){ .epoch = version_epoch(version),
                                   .partition = (int32_t)letter->from_partition,
                                   .offset = version_offset(version),
                                   .first_record_ms = first_record_ms(replay, letter) };
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                if (update->present[i])
                        origin->versions[i] = version;
}

static int find_origin(const struct replay *replay, const struct letter *letter,
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
        own_origin(replay, letter, update, origin);
        return 0;
}

/* The headers of the original, without an origin that it may have had. */
static void carry_headers(const struct letter *letter, struct outgoing *out)
{
        struct headers all, original;

        letter_headers(letter, &all);
        dead_letter_original(&all, &original);
        for (size_t i = 0; i < original.count; i++)
                if (strcmp(original.items[i].name, "dplsync-origin") != 0)
                        headers_borrow(&out->headers, original.items[i].name,
                                       original.items[i].value);
}

static int write_letter(const struct replay *replay, const struct letter *letter,
                        const struct update *update, struct outgoing *out, struct error *error)
{
        struct origin origin;

        if (find_origin(replay, letter, update, &origin, error) < 0)
                return -1;
        set_cause(replay, &origin);
        begin(replay, &origin, update->municipality, out);
        buffer_append(&out->key, letter->key.data, letter->key.length);
        buffer_append(&out->value, letter->value.data, letter->value.length);
        carry_headers(letter, out);
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

/* ---- wishes ---- */

/* What the writer filled up from the site may be none that an update may say; it fills it up again.
 */
static bool may_be_wished(const struct wish_value *value)
{
        return !value->url || update_url_valid(value->url, strlen(value->url));
}

/* The newest member is the origin. */
static bool stand(const struct wish *wish, struct update *update, struct origin *origin)
{
        uint64_t newest = VERSION_NONE;

        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                const struct wish_value *value = &wish->members[i];

                if (value->version == VERSION_NONE || value->status == WISH_ENDED ||
                    !may_be_wished(value))
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

bool replay_event(const struct replay *replay, const struct replay_event *event,
                  struct outgoing *out)
{
        struct update update = { .uuid = event->uuid }; /* borrows from the wish */
        struct origin origin = { .partition = event->partition,
                                 .first_record_ms = event->first_record_ms };

        if (!stand(&event->wish, &update, &origin))
                return false;
        memcpy(update.municipality, event->municipality, sizeof(update.municipality));
        set_cause(replay, &origin);
        begin(replay, &origin, update.municipality, out);
        buffer_append_text(&out->key, update.municipality);
        update_write(&update, &out->value);
        add_origin(&origin, out);
        return true;
}
