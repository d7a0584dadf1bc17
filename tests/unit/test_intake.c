/* tests/unit/test_intake.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "model/version.h"
#include "writer/intake.h"

#define A "0f1c0000-0000-4000-8000-000000000001"
#define OF(municipality, members)                                                                  \
        "{\"municipality\":\"" municipality "\",\"uuid\":\"" A "\"" members "}"
#define ORIGIN(offset, versions, cause)                                                            \
        "{\"epoch\":1,\"partition\":0,\"offset\":" #offset ",\"versions\":" versions               \
        ",\"first_record_at\":\"2026-03-01T09:00:00.000Z\",\"cause\":\"" cause "\",\"serial\":3}"

enum { OFFSET = 99 };

static struct config *config_of_aarhus(void)
{
        static const char text[] =
                "{\"kafka\":{\"bootstrap.servers\":\"k:9092\"},"
                "\"redis\":{\"url\":\"redis://r:6379/0\"},\"contact\":\"a@b.example\","
                "\"municipalities\":[{\"id\":\"aarhus\",\"base_url\":\"https://aarhus.example\"}]}";
        _cleanup_(json_decrefp) json_t *root = json_loads(text, 0, NULL);
        struct error error = ERROR_NULL;
        struct config *config = config_read(root, NULL, NULL, NULL, &error);

        if (!config)
                fail_msg("%s", error.text);
        return config;
}

static void test_at_the_door(void **state)
{
        static const struct {
                const char *says, *value, *origin;
                enum intake_next next;
                const char *reason;
                int64_t version, state_version; /* offsets; -1: none */
        } rows[] = {
                { "a wish", OF("aarhus", ",\"state\":\"SoldOut\""), NULL, INTAKE_ACCEPT, NULL,
                  OFFSET, OFFSET },
                { "links only: the state has no version",
                  OF("aarhus", ",\"external_data\":{\"url\":null}"), NULL, INTAKE_ACCEPT, NULL,
                  OFFSET, -1 },
                { "a new site", OF("viborg", ",\"state\":\"SoldOut\""), NULL, INTAKE_WAIT,
                  "unknown-municipality", OFFSET, OFFSET },
                { "no JSON: of nobody", "{", NULL, INTAKE_REFUSE, "not-json", OFFSET, -1 },
                { "no event", "{\"municipality\":\"aarhus\",\"uuid\":\"x\",\"state\":\"SoldOut\"}",
                  NULL, INTAKE_REFUSE, "invalid-uuid", OFFSET, -1 },
                { "no municipality", "{\"uuid\":\"" A "\",\"state\":\"SoldOut\"}", NULL,
                  INTAKE_REFUSE, "invalid-municipality", OFFSET, -1 },
                { "no such state, but known whose", OF("aarhus", ",\"state\":\"soldout\""), NULL,
                  INTAKE_DEAD, "invalid-state", OFFSET, -1 },
                { "good and bad: nothing of it counts",
                  OF("aarhus", ",\"state\":\"SoldOut\",\"external_data\":7"), NULL, INTAKE_DEAD,
                  "invalid-external-data", OFFSET, -1 },
                { "nothing", OF("aarhus", ""), NULL, INTAKE_DEAD, "nothing-to-do", OFFSET, -1 },
                { "bad, of a site that is not configured", OF("viborg", ",\"state\":7"), NULL,
                  INTAKE_REFUSE, "invalid-state", OFFSET, -1 },
                { "carried forward: its own old version", OF("aarhus", ",\"state\":\"SoldOut\""),
                  ORIGIN(7, "{\"state\":1099511627783}", "carried"), INTAKE_ACCEPT, NULL, 7, 7 },
                { "an origin that is none", OF("aarhus", ",\"state\":\"SoldOut\""), "{}",
                  INTAKE_DEAD, "invalid-origin", OFFSET, -1 },
                { "an origin that lacks a member", OF("aarhus", ",\"state\":\"SoldOut\""),
                  ORIGIN(7, "{\"url\":1099511627783}", "carried"), INTAKE_DEAD, "invalid-origin", 7,
                  -1 },
        };
        struct config *config = config_of_aarhus();

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct headers headers;
                struct record record = { .offset = OFFSET,
                                         .timestamp_ms = 1772355600000,
                                         .value = slice_of(rows[i].value),
                                         .headers = &headers };
                struct intake intake;

                headers_clear(&headers);
                if (rows[i].origin)
                        headers_borrow(&headers, "dplsync-origin", slice_of(rows[i].origin));
                check_number(intake_read(&intake, &record, 1, config), rows[i].next, rows[i].says);
                check_text(intake.reason, rows[i].reason, rows[i].says);
                check_number(!intake.reason, !intake.detail.text[0], rows[i].says);
                check_number(intake.version, version_make(1, rows[i].version), rows[i].says);
                check_number(intake.versions[MEMBER_STATE],
                             rows[i].state_version < 0 ? VERSION_NONE
                                                       : version_make(1, rows[i].state_version),
                             rows[i].says);
                intake_deinit(&intake);
        }
        config_free(config);
}

static void test_an_origin_says_when_it_began(void **state)
{
        static const struct {
                const char *says, *origin;
                bool carried;
        } rows[] = {
                { "carried forward", ORIGIN(7, "{\"state\":1099511627783}", "carried"), true },
                { "replayed by a person", ORIGIN(7, "{\"state\":1099511627783}", "replayed"),
                  false },
        };
        struct config *config = config_of_aarhus();

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct headers headers;
                struct record record = { .offset = OFFSET,
                                         .timestamp_ms = 1772355600999,
                                         .value = slice_of(OF("aarhus", ",\"state\":\"Active\"")),
                                         .headers = &headers };
                struct intake intake;

                headers_clear(&headers);
                headers_borrow(&headers, "dplsync-origin", slice_of(rows[i].origin));
                intake_read(&intake, &record, 1, config);
                check(intake.has_origin, rows[i].says);
                check_number(intake.carried, rows[i].carried, rows[i].says);
                check_number(intake.serial, 3, rows[i].says);
                check_number(intake.since_ms, 1772355600000, "the vendor's record time");
                intake_deinit(&intake);
        }
        config_free(config);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_at_the_door),
                cmocka_unit_test(test_an_origin_says_when_it_began),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
