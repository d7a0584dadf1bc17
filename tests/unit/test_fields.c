/* The readers that all messages share. */
#include "support.h"

#include "base/cleanup.h"
#include "model/fields.h"

enum reader { MUNICIPALITY, UUID, VERSION, COUNT, TIME, BOOLEAN, TOKEN, CHOICE };

/* `m` is the member's value. */
static const struct {
        const char *says;
        enum reader reader;
        const char *value;
        const char *reason; /* NULL: taken */
} rows[] = {
        { "an id", MUNICIPALITY, "\"aarhus\"", NULL },
        { "an id of 63 characters", MUNICIPALITY,
          "\"a12345678901234567890123456789012345678901234567890123456789012\"", NULL },
        { "an id of 64 characters", MUNICIPALITY,
          "\"a123456789012345678901234567890123456789012345678901234567890123\"", "is not an id" },
        { "an empty id", MUNICIPALITY, "\"\"", "municipality: \"\" is not an id" },
        { "null is missing", MUNICIPALITY, "null", "municipality: missing" },

        { "a uuid", UUID, "\"0f1C4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\"", NULL },
        { "a long text is quoted in part", UUID,
          "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
          "m: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" is not a uuid" },
        { "control characters are not quoted", UUID, "\"a\\nb\\u007f\"",
          "m: \"a?b?\" is not a uuid" },
        { "another type is named only", UUID, "[1]", "m: expected a uuid" },

        { "the smallest version", VERSION, "1099511627776", NULL },
        { "the largest", VERSION, "9007199254740991", NULL },
        { "a whole float", VERSION, "1099511627776.0", NULL },
        { "one less", VERSION, "1099511627775", "m: expected an integer from" },
        { "one more", VERSION, "9007199254740992", "m: expected an integer from" },
        { "a float with decimals", VERSION, "1099511627776.5", "m: expected an integer" },
        { "an enormous float", VERSION, "1e300", "m: expected an integer" },
        { "a text", VERSION, "\"1099511627776\"", "m: expected an integer" },

        { "zero", COUNT, "0", NULL },
        { "below", COUNT, "-1", "from 0 to 10" },
        { "above", COUNT, "11", "from 0 to 10" },

        { "our form of a time", TIME, "\"2026-03-01T09:00:02.117Z\"", NULL },
        { "no milliseconds", TIME, "\"2026-03-01T09:00:02Z\"", "is not a time" },
        { "microseconds", TIME, "\"2026-03-01T09:00:02.117123Z\"", "is not a time" },
        { "an offset", TIME, "\"2026-03-01T09:00:02+01:00\"", "is not a time" },
        { "lower case", TIME, "\"2026-03-01t09:00:02.117z\"", "is not a time" },
        { "a day that is none", TIME, "\"2026-02-30T09:00:02.117Z\"", "is not a time" },

        { "true", BOOLEAN, "true", NULL },
        { "null is not false", BOOLEAN, "null", "m: missing; expected true or false" },
        { "a number", BOOLEAN, "1", "m: expected true or false" },

        { "a token", TOKEN, "\"h-7.2\"", NULL },
        { "seven characters", TOKEN, "\"1234567\"", NULL },
        { "eight", TOKEN, "\"12345678\"", "short text" },
        { "a space", TOKEN, "\"a b\"", "short text" },
        { "a newline", TOKEN, "\"a\\n\"", "short text" },
        { "empty", TOKEN, "\"\"", "short text" },

        { "the second", CHOICE, "\"two\"", NULL },
        { "neither", CHOICE, "\"three\"", "m: \"three\" is not one of one, two" },
};

static int read_row(enum reader reader, const json_t *object, struct error *error)
{
        static const char *const choices[] = { "one", "two" };
        char id[MUNICIPALITY_ID_BYTES], token[8];
        struct uuid uuid;
        uint64_t version;
        int64_t number;
        bool flag = false;

        switch (reader) {
        case MUNICIPALITY:
                return fields_municipality(object, id, error);
        case UUID:
                return fields_uuid(object, "m", &uuid, error);
        case VERSION:
                return fields_version(object, "m", &version, error);
        case COUNT:
                return fields_integer(object, "m", 0, 10, &number, error);
        case TIME:
                return fields_time(object, "m", &number, error);
        case BOOLEAN:
                return fields_boolean(object, "m", &flag, error);
        case TOKEN:
                return fields_token(object, "m", token, sizeof(token), error);
        case CHOICE:
                break;
        }
        return fields_choice(object, "m", choices, ARRAY_LENGTH(choices), error) == 1 ? 0 : -1;
}

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
                struct error error = ERROR_NULL;
                const char *name = rows[i].reader == MUNICIPALITY ? "municipality" : "m";

                buffer_append_format(&text, "{\"%s\":%s}", name, rows[i].value);
                _cleanup_(json_decrefp) json_t *object =
                        json_read(text.data, text.length, 1000, NULL);

                check(object, rows[i].says);
                check_number(read_row(rows[i].reader, object, &error), rows[i].reason ? -1 : 0,
                             rows[i].says);
                if (rows[i].reason && !strstr(error.text, rows[i].reason))
                        fail_msg("%s: %s", rows[i].says, error.text);
        }
}

static void test_absent(void **state)
{
        _cleanup_(json_decrefp) json_t *object = json_object();
        bool flag = true;

        (void)state;
        check_number(fields_boolean(object, "m", &flag, NULL), 0, "a flag may be absent");
        check(flag, "and keeps its value");
        for (size_t reader = MUNICIPALITY; reader <= CHOICE; reader++) {
                struct error error = ERROR_NULL;

                if (reader == BOOLEAN)
                        continue;
                check_number(read_row((enum reader)reader, object, &error), -1,
                             "all others may not");
                check(strstr(error.text, ": missing; expected ") != NULL, error.text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
                                            cmocka_unit_test(test_absent) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
