/* common/model/wish.c
 *
 * Merging is a join: per member the pair (version, status), and the pair (serial, sealed_at), each
 * take the greater one. So it does not matter in which order, how often or by whom results are
 * read.
 */
#include "model/wish.h"

#include "base/json.h"
#include "base/memory.h"
#include "model/fields.h"
#include "model/version.h"

static const char *const status_names[] = { "open", "confirmed", "ended" };

bool wish_url_valid(const char *url, size_t length)
{
        return length == 0 || (length <= EVENT_URL_BYTES_MAX && !memchr(url, '\0', length));
}

void wish_init(struct wish *wish)
{
        memset(wish, 0, sizeof(*wish));
}

void wish_deinit(struct wish *wish)
{
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                free(wish->members[i].url);
        wish_init(wish);
}

void wish_copy(struct wish *to, const struct wish *from)
{
        *to = *from;
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                to->members[i].url = memory_copy_text(from->members[i].url);
}

bool wish_is_empty(const struct wish *wish)
{
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                if (wish->members[i].version != VERSION_NONE)
                        return false;
        return true;
}

static void take_value(struct wish_value *value, enum event_state state, const char *url)
{
        free(value->url);
        value->state = state;
        value->url = memory_copy_text(url);
}

unsigned wish_take(struct wish *wish, const struct update *update,
                   const uint64_t versions[MEMBER_COUNT])
{
        const char *urls[MEMBER_COUNT] = { NULL, update->url, update->admin_url };
        unsigned taken = 0;

        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                struct wish_value *value = &wish->members[i];

                if (!update->present[i] || versions[i] <= value->version)
                        continue;
                take_value(value, i == MEMBER_STATE ? update->state : STATE_NONE, urls[i]);
                value->version = versions[i];
                value->status = WISH_OPEN;
                taken |= 1U << i;
        }
        return taken;
}

/* open < ended < confirmed: an echo outweighs what an update's end only says. */
static int status_rank(enum wish_status status)
{
        static const int ranks[] = { [WISH_OPEN] = 0, [WISH_ENDED] = 1, [WISH_CONFIRMED] = 2 };

        return ranks[status];
}

static bool value_is_further(const struct wish_value *a, const struct wish_value *b)
{
        if (a->version != b->version)
                return a->version > b->version;
        return status_rank(a->status) > status_rank(b->status);
}

void wish_merge_seal(struct wish *wish, const struct wish *other)
{
        if (other->serial < wish->serial ||
            (other->serial == wish->serial && other->sealed_at_ms <= wish->sealed_at_ms))
                return;
        wish->serial = other->serial;
        wish->sealed_at_ms = other->sealed_at_ms;
}

void wish_merge(struct wish *wish, const struct wish *other)
{
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                struct wish_value *value = &wish->members[i];
                const struct wish_value *theirs = &other->members[i];

                if (!value_is_further(theirs, value))
                        continue;
                take_value(value, theirs->state, theirs->url);
                value->version = theirs->version;
                value->status = theirs->status;
        }
        wish_merge_seal(wish, other);
}

static bool text_equal(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

bool wish_equal(const struct wish *a, const struct wish *b)
{
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                const struct wish_value *x = &a->members[i], *y = &b->members[i];

                if (x->version != y->version || x->status != y->status || x->state != y->state ||
                    !text_equal(x->url, y->url))
                        return false;
        }
        return a->serial == b->serial && a->sealed_at_ms == b->sealed_at_ms;
}

static void write_value(struct buffer *out, enum wish_member member, const struct wish_value *value)
{
        if (value->version == VERSION_NONE)
                return;
        json_write_member(out, wish_member_name(member));
        buffer_append_byte(out, '{');
        json_write_member_text(
                out, "value", member == MEMBER_STATE ? event_state_name(value->state) : value->url);
        json_write_member_integer(out, "version", (int64_t)value->version);
        json_write_member_text(out, "status", status_names[value->status]);
        buffer_append_byte(out, '}');
}

void wish_write(const struct wish *wish, struct buffer *out)
{
        buffer_append_byte(out, '{');
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                write_value(out, (enum wish_member)i, &wish->members[i]);
        json_write_member_integer(out, "serial", (int64_t)wish->serial);
        if (wish->sealed_at_ms > 0)
                json_write_member_time(out, "sealed_at", wish->sealed_at_ms);
        buffer_append_byte(out, '}');
}

static int read_state(struct wish_value *value, const json_t *state, struct error *error)
{
        value->state = event_state_parse(json_string_value(state));
        return value->state == STATE_NONE ? error_set(error, "value: expected a state") : 0;
}

static int read_url(struct wish_value *value, const json_t *url, struct error *error)
{
        if (json_is_null(url))
                return 0;
        if (!json_is_string(url) ||
            !wish_url_valid(json_string_value(url), json_string_length(url)))
                return error_set(error, "value: expected a text of at most %d bytes, or null",
                                 EVENT_URL_BYTES_MAX);
        value->url = memory_copy_text(json_string_value(url));
        return 0;
}

static int read_value(struct wish_value *value, enum wish_member member, const json_t *object,
                      struct error *error)
{
        const json_t *wished = json_object_get(object, "value");
        int status;

        if (!json_is_object(object))
                return error_set(error, "expected an object with value, version and status");
        if (fields_version(object, "version", &value->version, error) < 0)
                return -1;
        status = fields_choice(object, "status", status_names, ARRAY_LENGTH(status_names), error);
        if (status < 0)
                return -1;
        value->status = (enum wish_status)status;
        return member == MEMBER_STATE ? read_state(value, wished, error)
                                      : read_url(value, wished, error);
}

static int read_seal(struct wish *wish, const json_t *object, struct error *error)
{
        int64_t serial = 0;

        if (fields_integer(object, "serial", 0, (int64_t)VERSION_MAX, &serial, error) < 0)
                return -1;
        wish->serial = (uint64_t)serial;
        if (!json_object_get(object, "sealed_at"))
                return 0;
        return fields_time(object, "sealed_at", &wish->sealed_at_ms, error);
}

int wish_read(struct wish *wish, const json_t *object, struct error *error)
{
        wish_init(wish);
        if (!json_is_object(object))
                return error_set(error, "wish: expected an object");
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                const char *name = wish_member_name((enum wish_member)i);
                const json_t *value = json_object_get(object, name);

                if (value && read_value(&wish->members[i], (enum wish_member)i, value, error) < 0) {
                        wish_deinit(wish);
                        return error_wrap(error, "wish.%s", name);
                }
        }
        if (read_seal(wish, object, error) < 0) {
                wish_deinit(wish);
                return error_wrap(error, "wish");
        }
        return 0;
}
