/* common/model/origin.c
 *
 * A record that lies about its origin could win over everything: whatever is not exactly one of
 * ours is refused.
 */
#include "model/origin.h"

#include "base/json_raw.h"
#include "model/fields.h"
#include "model/version.h"

enum { HEADER_BYTES_MAX = 1024 };

static int read_versions(struct origin *origin, const json_t *object, struct error *error)
{
        const json_t *versions = json_object_get(object, "versions");
        bool any = false;

        if (!json_is_object(versions))
                return error_set(error, "versions: expected an object with a version a member");
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                const char *name = wish_member_name((enum wish_member)i);

                if (!json_object_get(versions, name))
                        continue;
                if (fields_version(versions, name, &origin->versions[i], error) < 0)
                        return error_wrap(error, "versions");
                any = true;
        }
        return any ? 0 : error_set(error, "versions: empty");
}

static int read_place(struct origin *origin, const json_t *object, struct error *error)
{
        int64_t epoch = 0, partition = 0;
        int64_t offset_max = version_offset(VERSION_MAX);

        if (fields_integer(object, "epoch", EPOCH_MIN, EPOCH_MAX, &epoch, error) < 0 ||
            fields_integer(object, "partition", 0, INT32_MAX, &partition, error) < 0 ||
            fields_integer(object, "offset", 0, offset_max, &origin->offset, error) < 0)
                return -1;
        origin->epoch = (uint32_t)epoch;
        origin->partition = (int32_t)partition;
        return 0;
}

int origin_read(struct origin *origin, struct slice header, struct error *error)
{
        static const char *const names[] = { "epoch", "partition",       "offset", "versions",
                                             "cause", "first_record_at", "serial", NULL };
        _cleanup_(json_decrefp) json_t *object =
                json_raw_read(header, names, HEADER_BYTES_MAX, error);
        int64_t serial = 0;

        memset(origin, 0, sizeof(*origin));
        if (!object)
                return -1;
        if (read_place(origin, object, error) < 0 || read_versions(origin, object, error) < 0 ||
            fields_time(object, "first_record_at", &origin->first_record_ms, error) < 0 ||
            fields_token(object, "cause", origin->cause, sizeof(origin->cause), error) < 0 ||
            fields_integer(object, "serial", 0, (int64_t)VERSION_MAX, &serial, error) < 0)
                return -1;
        origin->serial = (uint64_t)serial;
        return 0;
}

void origin_write(const struct origin *origin, struct buffer *out)
{
        buffer_append_byte(out, '{');
        json_write_member_integer(out, "epoch", origin->epoch);
        json_write_member_integer(out, "partition", origin->partition);
        json_write_member_integer(out, "offset", origin->offset);
        json_write_member(out, "versions");
        buffer_append_byte(out, '{');
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                if (origin->versions[i] != VERSION_NONE)
                        json_write_member_integer(out, wish_member_name((enum wish_member)i),
                                                  (int64_t)origin->versions[i]);
        buffer_append_byte(out, '}');
        json_write_member_time(out, "first_record_at", origin->first_record_ms);
        json_write_member_text(out, "cause", origin->cause);
        json_write_member_integer(out, "serial", (int64_t)origin->serial);
        buffer_append_byte(out, '}');
}
