/* common/model/update.c
 *
 * The last place where a vendor's slip can be told in a sentence: behind it the CMS answers 500
 * without a reason, or takes what it should not (CMS-API.md "Writing").
 */
#include "model/update.h"

#include "base/json_raw.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "model/fields.h"

static const char *const member_names[MEMBER_COUNT] = { "state", "url", "admin_url" };

static const char *const fault_codes[] = {
        [UPDATE_OK] = "ok",
        [UPDATE_NOT_JSON] = "not-json",
        [UPDATE_INVALID_MUNICIPALITY] = "invalid-municipality",
        [UPDATE_INVALID_UUID] = "invalid-uuid",
        [UPDATE_INVALID_STATE] = "invalid-state",
        [UPDATE_INVALID_EXTERNAL_DATA] = "invalid-external-data",
        [UPDATE_INVALID_URL] = "invalid-url",
        [UPDATE_EMPTY] = "nothing-to-do",
};

const char *wish_member_name(enum wish_member member)
{
        return member_names[member];
}

const char *update_fault_code(enum update_fault fault)
{
        return fault_codes[fault];
}

/* The next character's bytes, 0 if it has no place in an URL: controls, space, no UTF-8. */
static size_t url_character(const char *at, size_t left)
{
        size_t bytes = utf8_character(at, left);
        unsigned char first = (unsigned char)at[0];

        if (first <= ' ' || first == 0x7f ||
            (first == 0xc2 && bytes == 2 && (unsigned char)at[1] < 0xa0))
                return 0;
        return bytes;
}

static bool url_characters_valid(const char *url, size_t length)
{
        size_t characters = 0;

        for (size_t at = 0, bytes; at < length; at += bytes, characters++) {
                bytes = url_character(url + at, length - at);
                if (bytes == 0)
                        return false;
        }
        return characters <= EVENT_URL_CHARACTERS_MAX;
}

static size_t url_scheme_length(const char *url, size_t length)
{
        if (length > 7 && strncasecmp(url, "http://", 7) == 0)
                return 7;
        return length > 8 && strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
}

bool update_url_valid(const char *url, size_t length)
{
        if (length > EVENT_URL_BYTES_MAX || !url_characters_valid(url, length))
                return false;

        size_t start = url_scheme_length(url, length), end = start;

        while (end < length && !strchr("/?#\\", url[end]))
                end++;
        return start > 0 && end > start && url[start] != ':' &&
               !memchr(url + start, '@', end - start);
}

static enum update_fault read_state(struct update *update, const json_t *root, struct error *error)
{
        const json_t *state = json_object_get(root, "state");

        if (!state)
                return UPDATE_OK;
        update->state = event_state_parse(json_string_value(state));
        if (update->state == STATE_NONE) {
                error_set(error, "state: expected one of TicketSaleNotOpen, Active, SoldOut, "
                                 "Cancelled, Occurred; a state cannot be cleared");
                return UPDATE_INVALID_STATE;
        }
        update->present[MEMBER_STATE] = true;
        return UPDATE_OK;
}

static enum update_fault read_url(struct update *update, enum wish_member member, char **place,
                                  const json_t *external_data, struct error *error)
{
        const char *name = member_names[member];
        const json_t *url = json_object_get(external_data, name);

        if (!url)
                return UPDATE_OK;
        if (!json_is_null(url) && !json_is_string(url)) {
                error_set(error, "external_data.%s: expected a text, or null to clear it", name);
                return UPDATE_INVALID_EXTERNAL_DATA;
        }
        if (json_is_string(url) &&
            !update_url_valid(json_string_value(url), json_string_length(url))) {
                error_set(error,
                          "external_data.%s: expected an absolute http or https URL of at most "
                          "%d characters, without user name, spaces or control characters",
                          name, EVENT_URL_CHARACTERS_MAX);
                return UPDATE_INVALID_URL;
        }
        update->present[member] = true;
        *place = memory_copy_text(json_string_value(url));
        return UPDATE_OK;
}

static enum update_fault read_external_data(struct update *update, const json_t *root,
                                            struct error *error)
{
        const json_t *external_data = json_object_get(root, "external_data");
        enum update_fault fault;

        if (!external_data)
                return UPDATE_OK;
        if (!json_is_object(external_data)) {
                error_set(error,
                          "external_data: expected an object with url and admin_url; to clear a "
                          "link, set it to null inside");
                return UPDATE_INVALID_EXTERNAL_DATA;
        }
        fault = read_url(update, MEMBER_URL, &update->url, external_data, error);
        if (fault != UPDATE_OK)
                return fault;
        return read_url(update, MEMBER_ADMIN_URL, &update->admin_url, external_data, error);
}

static bool is_empty(const struct update *update)
{
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                if (update->present[i])
                        return false;
        return true;
}

static enum update_fault read_members(struct update *update, const json_t *root,
                                      struct error *error)
{
        struct error uuid_error = ERROR_NULL;
        enum update_fault fault;

        update->has_uuid = fields_uuid(root, "uuid", &update->uuid, &uuid_error) == 0;
        if (fields_municipality(root, update->municipality, error) < 0)
                return UPDATE_INVALID_MUNICIPALITY;
        if (!update->has_uuid) {
                error_set(error, "%s", uuid_error.text);
                return UPDATE_INVALID_UUID;
        }
        fault = read_state(update, root, error);
        if (fault == UPDATE_OK)
                fault = read_external_data(update, root, error);
        if (fault != UPDATE_OK)
                return fault;
        if (!is_empty(update))
                return UPDATE_OK;
        error_set(error,
                  "neither state nor external_data.url nor external_data.admin_url is there");
        return UPDATE_EMPTY;
}

/* ---- what is plainly right ---- */

/* A string without escapes: the bytes between its quotes. */
static bool plain_text(struct slice value, struct slice *text)
{
        if (value.length < 2 || value.data[0] != '"' || memchr(value.data, '\\', value.length))
                return false;
        *text = (struct slice){ value.data + 1, value.length - 2 };
        return true;
}

static bool take_head(struct update *update, struct slice municipality, struct slice uuid)
{
        struct slice id, text;

        if (!plain_text(municipality, &id) || !municipality_id_valid(id.data, id.length) ||
            !plain_text(uuid, &text) || !uuid_parse(text.data, text.length, &update->uuid))
                return false;
        update->has_uuid = true;
        memcpy(update->municipality, id.data, id.length);
        update->municipality[id.length] = '\0';
        return true;
}

static bool take_state(struct update *update, struct slice state)
{
        struct slice name;

        if (!state.data)
                return true;
        if (!plain_text(state, &name))
                return false;
        update->state = event_state_parse_slice(name);
        update->present[MEMBER_STATE] = true;
        return update->state != STATE_NONE;
}

static bool take_url(struct update *update, enum wish_member member, struct slice value)
{
        char **place = member == MEMBER_URL ? &update->url : &update->admin_url;
        struct slice url = SLICE_NULL;

        if (update->present[member] ||
            (!slice_is(value, "null") &&
             (!plain_text(value, &url) || !update_url_valid(url.data, url.length))))
                return false;
        update->present[member] = true;
        *place = url.data ? memory_copy(url.data, url.length) : NULL;
        return true;
}

static bool take_external_data(struct update *update, struct slice external_data)
{
        struct json_raw walk;
        struct slice name, value;
        enum json_raw_step step;

        if (!external_data.data)
                return true;
        if (external_data.data[0] != '{' || !json_raw_open(&walk, external_data))
                return false;
        while ((step = json_raw_next(&walk, &name, &value)) == JSON_RAW_ITEM) {
                if (!(slice_is(name, "url") && take_url(update, MEMBER_URL, value)) &&
                    !(slice_is(name, "admin_url") && take_url(update, MEMBER_ADMIN_URL, value)))
                        return false;
        }
        return step == JSON_RAW_END;
}

/* Nearly every update is written as ours are, and each is read three times: this way at a tenth of
 * the cost. Whatever is the least bit odd is left to those who can say what is wrong with it. */
static bool read_plain(struct update *update, struct slice value)
{
        static const char *const names[] = { "municipality", "uuid", "state", "external_data",
                                             NULL };
        struct slice values[ARRAY_LENGTH(names)];

        memset(update, 0, sizeof(*update));
        return value.length <= UPDATE_BYTES_MAX && json_raw_members(value, names, values) == 0 &&
               take_head(update, values[0], values[1]) && take_state(update, values[2]) &&
               take_external_data(update, values[3]) && !is_empty(update);
}

enum update_fault update_read(struct update *update, struct slice value, struct error *error)
{
        if (read_plain(update, value))
                return UPDATE_OK;
        update_deinit(update);
        return update_read_strictly(update, value, error);
}

enum update_fault update_read_strictly(struct update *update, struct slice value,
                                       struct error *error)
{
        static const char *const names[] = { "municipality", "uuid", "state", "external_data",
                                             NULL };
        _cleanup_(json_decrefp) json_t *root = json_raw_read(value, names, UPDATE_BYTES_MAX, error);

        memset(update, 0, sizeof(*update));
        if (!root)
                return UPDATE_NOT_JSON;
        return read_members(update, root, error);
}

static void write_external_data(const struct update *update, struct buffer *value)
{
        if (!update->present[MEMBER_URL] && !update->present[MEMBER_ADMIN_URL])
                return;
        json_write_member(value, "external_data");
        buffer_append_byte(value, '{');
        if (update->present[MEMBER_URL])
                json_write_member_text(value, "url", update->url);
        if (update->present[MEMBER_ADMIN_URL])
                json_write_member_text(value, "admin_url", update->admin_url);
        buffer_append_byte(value, '}');
}

void update_write(const struct update *update, struct buffer *value)
{
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&update->uuid, uuid);
        buffer_append_byte(value, '{');
        json_write_member_text(value, "municipality", update->municipality);
        json_write_member_text(value, "uuid", uuid);
        if (update->present[MEMBER_STATE])
                json_write_member_text(value, "state", event_state_name(update->state));
        write_external_data(update, value);
        buffer_append_byte(value, '}');
}

void update_deinit(struct update *update)
{
        free(update->url);
        free(update->admin_url);
        update->url = NULL;
        update->admin_url = NULL;
}
