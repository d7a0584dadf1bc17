/* common/model/fields.c
 *
 * One reader a kind of member, so that the same slip is refused in the same words everywhere.
 */
#include "model/fields.h"

#include <inttypes.h>

#include "base/timestamp.h"
#include "base/utf8.h"
#include "model/version.h"

/* A foreign text as a sentence can hold it: a piece, without control characters. */
static void quote(const json_t *value, char piece[FIELDS_QUOTE_BYTES + 1])
{
        const char *text = json_string_value(value);
        size_t length = utf8_cut(text, json_string_length(value), FIELDS_QUOTE_BYTES);

        for (size_t i = 0; i < length; i++)
                piece[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
        piece[length] = '\0';
}

static int expected(struct error *error, const char *name, const json_t *value, const char *what)
{
        if (!value || json_is_null(value))
                return error_set(error, "%s: missing; expected %s", name, what);
        if (!json_is_string(value))
                return error_set(error, "%s: expected %s", name, what);

        char piece[FIELDS_QUOTE_BYTES + 1];

        quote(value, piece);
        return error_set(error, "%s: \"%s\" is not %s", name, piece, what);
}

int fields_municipality(const json_t *object, char id[MUNICIPALITY_ID_BYTES], struct error *error)
{
        const json_t *value = json_object_get(object, "municipality");
        const char *text = json_string_value(value);

        if (!text || !municipality_id_valid(text, json_string_length(value)))
                return expected(error, "municipality", value,
                                "an id such as \"aarhus\" (a-z, 0-9 and -, at most 63)");
        memcpy(id, text, json_string_length(value) + 1);
        return 0;
}

int fields_uuid(const json_t *object, const char *name, struct uuid *uuid, struct error *error)
{
        const json_t *value = json_object_get(object, name);
        const char *text = json_string_value(value);

        if (!text || !uuid_parse(text, json_string_length(value), uuid))
                return expected(error, name, value,
                                "a uuid such as \"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\"");
        return 0;
}

static bool integer_by_value(const json_t *value, int64_t *integer)
{
        if (json_is_integer(value)) {
                *integer = (int64_t)json_integer_value(value);
                return true;
        }

        double real = json_real_value(value);

        if (!json_is_real(value) || !(real >= -0x1p53 && real <= 0x1p53))
                return false;
        *integer = (int64_t)real;
        return (double)*integer == real;
}

int fields_integer(const json_t *object, const char *name, int64_t minimum, int64_t maximum,
                   int64_t *value, struct error *error)
{
        const json_t *member = json_object_get(object, name);

        if (!member || json_is_null(member))
                return error_set(error, "%s: missing; expected an integer", name);
        if (!integer_by_value(member, value) || *value < minimum || *value > maximum)
                return error_set(error, "%s: expected an integer from %" PRId64 " to %" PRId64,
                                 name, minimum, maximum);
        return 0;
}

int fields_version(const json_t *object, const char *name, uint64_t *version, struct error *error)
{
        int64_t value = 0;

        if (fields_integer(object, name, (int64_t)VERSION_MIN, (int64_t)VERSION_MAX, &value,
                           error) < 0)
                return -1;
        *version = (uint64_t)value;
        return 0;
}

bool fields_parse_time(const char *text, size_t length, int64_t *ms)
{
        return length == strlen("2026-03-01T09:00:02.117Z") && text[10] == 'T' &&
               text[length - 1] == 'Z' && timestamp_parse(text, length, ms);
}

int fields_time(const json_t *object, const char *name, int64_t *ms, struct error *error)
{
        const json_t *value = json_object_get(object, name);
        const char *text = json_string_value(value);

        if (!text || !fields_parse_time(text, json_string_length(value), ms))
                return expected(error, name, value, "a time such as \"2026-03-01T09:00:02.117Z\"");
        return 0;
}

int fields_boolean(const json_t *object, const char *name, bool *value, struct error *error)
{
        const json_t *member = json_object_get(object, name);

        if (!member)
                return 0;
        if (!json_is_boolean(member))
                return expected(error, name, member, "true or false");
        *value = json_is_true(member);
        return 0;
}

static bool is_token(const char *text, size_t length)
{
        for (size_t i = 0; i < length; i++)
                if (text[i] < '!' || text[i] > '~')
                        return false;
        return length > 0;
}

int fields_token(const json_t *object, const char *name, char *text, size_t bytes,
                 struct error *error)
{
        const json_t *value = json_object_get(object, name);
        size_t length = json_string_length(value);

        if (!json_is_string(value) || length >= bytes ||
            !is_token(json_string_value(value), length))
                return expected(error, name, value,
                                "a short text of printable characters without a space");
        memcpy(text, json_string_value(value), length + 1);
        return 0;
}

int fields_choice(const json_t *object, const char *name, const char *const *names, size_t count,
                  struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer what = BUFFER_NULL;
        const json_t *value = json_object_get(object, name);

        buffer_append_text(&what, "one of");
        for (size_t i = 0; i < count; i++) {
                if (json_is_string(value) && strcmp(json_string_value(value), names[i]) == 0)
                        return (int)i;
                buffer_append_format(&what, "%s %s", i > 0 ? "," : "", names[i]);
        }
        return expected(error, name, value, what.data);
}
