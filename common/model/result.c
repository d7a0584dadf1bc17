/* common/model/result.c
 *
 * What a vendor reads and what the writer rebuilds its ledger from is one record, so it is read as
 * strictly as it is written.
 */
#include "model/result.h"

#include "base/json_raw.h"
#include "model/fields.h"
#include "model/version.h"

static const char *const outcome_names[] = {
        [OUTCOME_APPLIED] = "applied",
        [OUTCOME_UNCHANGED] = "unchanged",
        [OUTCOME_SUPERSEDED] = "superseded",
        [OUTCOME_ENDED] = "ended",
        [OUTCOME_GONE] = "gone",
        [OUTCOME_DEAD] = "dead",
};

enum { VALUE_BYTES_MAX = 256 * 1024, REASON_BYTES = 64 };

const char *result_outcome_name(enum result_outcome outcome)
{
        return outcome_names[outcome];
}

static void write_members(const struct result *result, struct buffer *value)
{
        if (result->present[MEMBER_STATE])
                json_write_member_text(value, "state", event_state_name(result->state));
        if (!result->present[MEMBER_URL] && !result->present[MEMBER_ADMIN_URL])
                return;
        json_write_member(value, "external_data");
        buffer_append_byte(value, '{');
        if (result->present[MEMBER_URL])
                json_write_member_text(value, "url", result->url);
        if (result->present[MEMBER_ADMIN_URL])
                json_write_member_text(value, "admin_url", result->admin_url);
        buffer_append_byte(value, '}');
}

void result_write(const struct result *result, struct buffer *value)
{
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&result->uuid, uuid);
        buffer_append_byte(value, '{');
        json_write_member_text(value, "municipality", result->municipality);
        json_write_member_text(value, "uuid", uuid);
        json_write_member_integer(value, "version", (int64_t)result->version);
        json_write_member_text(value, "outcome", outcome_names[result->outcome]);
        if (result->outcome == OUTCOME_DEAD && result->reason)
                json_write_member_text(value, "reason", result->reason);
        if (result->status > 0)
                json_write_member_integer(value, "status", result->status);
        json_write_member_integer(value, "attempts", result->attempts);
        if (result->idempotency_key[0])
                json_write_member_text(value, "idempotency_key", result->idempotency_key);
        if (result->wished_at_ms > 0)
                json_write_member_time(value, "wished_at", result->wished_at_ms);
        json_write_member_time(value, "finished_at", result->finished_at_ms);
        write_members(result, value);
        json_write_member(value, "wish");
        wish_write(&result->wish, value);
        if (!told_is_empty(&result->told)) {
                json_write_member(value, "told");
                buffer_append_byte(value, '{');
                told_write(&result->told, value);
                buffer_append_byte(value, '}');
        }
        buffer_append_byte(value, '}');
}

static int read_head(struct result *result, const json_t *object, struct error *error)
{
        int outcome;

        if (fields_municipality(object, result->municipality, error) < 0 ||
            fields_uuid(object, "uuid", &result->uuid, error) < 0 ||
            fields_version(object, "version", &result->version, error) < 0)
                return -1;
        outcome =
                fields_choice(object, "outcome", outcome_names, ARRAY_LENGTH(outcome_names), error);
        if (outcome < 0)
                return -1;
        result->outcome = (enum result_outcome)outcome;
        return 0;
}

static int read_key(struct result *result, const json_t *object, struct error *error)
{
        const char *key = json_member_text(object, "idempotency_key");

        if (!json_object_get(object, "idempotency_key"))
                return 0;
        if (!key || strlen(key) != IDEMPOTENCY_KEY_BYTES - 1 ||
            strspn(key, "0123456789abcdef") != IDEMPOTENCY_KEY_BYTES - 1)
                return error_set(error, "idempotency_key: expected 32 hex digits in lower case");
        memcpy(result->idempotency_key, key, IDEMPOTENCY_KEY_BYTES);
        return 0;
}

static int read_attempts(struct result *result, const json_t *object, struct error *error)
{
        int64_t attempts = 0, status = 0;

        if (fields_integer(object, "attempts", 0, INT32_MAX, &attempts, error) < 0)
                return -1;
        if (json_object_get(object, "status") &&
            fields_integer(object, "status", 100, 599, &status, error) < 0)
                return -1;
        result->attempts = (unsigned)attempts;
        result->status = (long)status;
        if (read_key(result, object, error) < 0)
                return -1;
        if (json_object_get(object, "wished_at") &&
            fields_time(object, "wished_at", &result->wished_at_ms, error) < 0)
                return -1;
        return fields_time(object, "finished_at", &result->finished_at_ms, error);
}

/* Only the code's form is checked; its text is not kept. */
static int read_reason(const struct result *result, const json_t *object, struct error *error)
{
        char reason[REASON_BYTES];

        if (result->outcome != OUTCOME_DEAD && !json_object_get(object, "reason"))
                return 0;
        return fields_token(object, "reason", reason, sizeof(reason), error);
}

static int check_url(struct result *result, enum wish_member member, const json_t *external_data,
                     struct error *error)
{
        const json_t *url = json_object_get(external_data, wish_member_name(member));

        result->present[member] = url != NULL;
        if (!url || json_is_null(url) ||
            (json_is_string(url) &&
             wish_url_valid(json_string_value(url), json_string_length(url))))
                return 0;
        return error_set(error, "external_data.%s: expected a text of at most %d bytes, or null",
                         wish_member_name(member), EVENT_URL_BYTES_MAX);
}

static int read_members(struct result *result, const json_t *object, struct error *error)
{
        const json_t *state = json_object_get(object, "state");
        const json_t *external_data = json_object_get(object, "external_data");

        result->state = event_state_parse(json_string_value(state));
        result->present[MEMBER_STATE] = state != NULL;
        if (state && result->state == STATE_NONE)
                return error_set(error, "state: expected a state");
        if (external_data && !json_is_object(external_data))
                return error_set(error, "external_data: expected an object");
        if (check_url(result, MEMBER_URL, external_data, error) < 0)
                return -1;
        return check_url(result, MEMBER_ADMIN_URL, external_data, error);
}

int result_read(struct result *result, struct slice value, struct error *error)
{
        static const char *const names[] = { "municipality", "uuid",      "version",
                                             "outcome",      "reason",    "status",
                                             "attempts",     "state",     "idempotency_key",
                                             "finished_at",  "wished_at", "external_data",
                                             "wish",         "told",      NULL };
        _cleanup_(json_decrefp) json_t *object =
                json_raw_read(value, names, VALUE_BYTES_MAX, error);

        memset(result, 0, sizeof(*result));
        if (!object || read_head(result, object, error) < 0 ||
            read_attempts(result, object, error) < 0 || read_reason(result, object, error) < 0 ||
            read_members(result, object, error) < 0)
                return -1;
        told_read(&result->told, json_object_get(object, "told"));
        return wish_read(&result->wish, json_object_get(object, "wish"), error);
}

void result_deinit(struct result *result)
{
        wish_deinit(&result->wish);
}
