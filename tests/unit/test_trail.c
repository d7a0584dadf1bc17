/* The history of one event: what each record says of it, in order of time. */
#include "support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "operator/trail.h"

#define UUID  "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b"
#define OTHER "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6c"
#define SHA   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define EVENT(members) "{\"uuid\":\"" UUID "\"" members "}"
#define TITLE(title)   EVENT(",\"title\":\"" title "\",\"state\":\"Active\"")
#define ELSE           "{\"uuid\":\"" OTHER "\",\"title\":\"" UUID "\"}"

static void take(struct trail *trail, enum topic topic, int64_t at_ms, const char *key,
                 const char *value, struct headers *headers)
{
        struct headers none;
        const struct record record = { .topic = topic,
                                       .timestamp_ms = at_ms,
                                       .key = slice_of(key),
                                       .value = slice_of(value),
                                       .headers = headers ? headers : &none };

        headers_clear(&none);
        trail_take(trail, &record);
}

/* One part of a list. `flags`: "f" fresh, "u" unchanged. */
static void show(struct trail *trail, int64_t at_ms, unsigned number, unsigned part, unsigned parts,
                 const char *flags, const char *list)
{
        struct snapshot_part written = { .fetch_seq = at_ms,
                                         .as_of_ms = at_ms,
                                         .fetched_at_ms = at_ms,
                                         .part = part,
                                         .parts = parts,
                                         .events = 1,
                                         .sha256 = SHA,
                                         .complete = true,
                                         .fresh = strchr(flags, 'f') != NULL,
                                         .unchanged = strchr(flags, 'u') != NULL };
        struct headers headers;

        snprintf(written.id, sizeof(written.id), "aarhus-%u", number);
        headers_clear(&headers);
        snapshot_part_write(&written, &headers);
        take(trail, TOPIC_SNAPSHOTS, at_ms, "aarhus", list, &headers);
}

/* "1000 text" of each entry, a line each. */
static void check_entries(struct trail *trail, const char *want, const char *says)
{
        _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;

        trail_sort(trail);
        buffer_append_text(&got, "");
        for (size_t i = 0; i < trail->count; i++)
                buffer_append_format(&got, "%" PRId64 " %s%s\n", trail->entries[i].at_ms,
                                     trail->entries[i].text, trail->entries[i].bad ? " !" : "");
        check_text(got.data, want, says);
}

static void begin(struct trail *trail)
{
        struct uuid uuid;

        (void)uuid_parse(UUID, strlen(UUID), &uuid);
        trail_init(trail, "aarhus", &uuid);
}

static void test_shown(void **state)
{
        _cleanup_(trail_deinit) struct trail trail;

        (void)state;
        begin(&trail);
        show(&trail, 1000, 1, 1, 1, "", "[" ELSE "]");
        show(&trail, 2000, 2, 1, 1, "", "[" ELSE "," TITLE("a") "]");
        show(&trail, 3000, 3, 1, 1, "", "[" TITLE("a") "]");
        show(&trail, 4000, 4, 1, 1, "u", "[]");
        show(&trail, 5000, 5, 1, 1, "", "[" TITLE("b") "]");
        show(&trail, 6000, 6, 1, 1, "f",
             "[" EVENT(",\"title\":\"b\",\"state\":\"SoldOut\",\"external_data\":{\"url\":\"https:/"
                       "/t/1\"}") "]");
        show(&trail, 7000, 7, 1, 2, "", "[" TITLE("b") "]");
        show(&trail, 7000, 7, 2, 2, "", "[" ELSE "]");
        show(&trail, 8000, 8, 1, 1, "f", "[" ELSE "]");
        show(&trail, 9000, 9, 1, 1, "f", "[" ELSE "]");
        check_entries(&trail,
                      "2000 shows it: Active, no link\n"
                      "5000 shows a change: title\n"
                      "6000 shows a change; state SoldOut; links to https://t/1 "
                      "(read past its cache)\n"
                      "7000 shows a change; state Active; no link\n"
                      "8000 no longer shows it (read past its cache) !\n",
                      "only what changed is an entry");
        check_text(trail.title, "b", "the title as it was shown last");
}

static void test_told(void **state)
{
        _cleanup_(trail_deinit) struct trail trail;
        static const char key[] = "aarhus/" UUID;

        (void)state;
        begin(&trail);
#define HEAD(op)                                                                                   \
        "{\"op\":\"" op "\",\"municipality\":\"aarhus\",\"uuid\":\"" UUID                          \
        "\",\"version\":1099511631893,\"as_of\":\"2026-03-01T09:00:02.117Z\","
        take(&trail, TOPIC_CHANGES, 1000, key, HEAD("create") "\"event\":" TITLE("a") "}", NULL);
        take(&trail, TOPIC_CHANGES, 2000, key,
             HEAD("update") "\"changed\":[\"title\",\"date_time\"],\"event\":" TITLE("b") "}",
             NULL);
        take(&trail, TOPIC_CHANGES, 3000, key,
             HEAD("update") "\"changed\":[],\"reassert\":true,\"event\":" TITLE("b") "}", NULL);
        take(&trail, TOPIC_CHANGES, 4000, key, HEAD("delete") "\"reason\":\"absent\"}", NULL);
        take(&trail, TOPIC_CHANGES, 5000, key, NULL, NULL);
        take(&trail, TOPIC_CHANGES, 6000, "aarhus/" OTHER, NULL, NULL);
        take(&trail, TOPIC_CHANGES, 6000, "odense/" UUID, NULL, NULL);
        take(&trail, TOPIC_CHANGES, 6000, key, "{}", NULL);
        check_entries(&trail,
                      "1000 create\n"
                      "2000 update: title, date_time\n"
                      "3000 update, told again\n"
                      "4000 delete, because it is absent !\n"
                      "5000 forgotten: it was deleted 30 days ago\n",
                      "what the vendor was told");
}

static void test_wished_and_ended(void **state)
{
        _cleanup_(trail_deinit) struct trail trail;
        struct headers headers;

        (void)state;
        begin(&trail);
#define WISH(members) "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\"," members "}"
        take(&trail, TOPIC_UPDATES, 2000, "aarhus", WISH("\"state\":\"SoldOut\""), NULL);
        take(&trail, TOPIC_UPDATES, 1000, "aarhus",
             WISH("\"external_data\":{\"url\":\"https://t/1\",\"admin_url\":null}"), NULL);
        headers_clear(&headers);
        headers_add(&headers, "dplsync-origin", "{}");
        headers_add(&headers, "traceparent",
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        take(&trail, TOPIC_UPDATES, 3000, "aarhus",
             WISH("\"state\":\"Active\",\"external_data\":{\"url\":null}"), &headers);
        take(&trail, TOPIC_UPDATES, 9000, "aarhus", "not json", NULL);
        take(&trail, TOPIC_UPDATES, 9000, "odense",
             "{\"municipality\":\"odense\",\"uuid\":\"" UUID "\",\"state\":\"Active\"}", NULL);
        take(&trail, TOPIC_RESULTS, 2500, "aarhus/" UUID,
             WISH("\"version\":1099511628211,\"outcome\":\"gone\",\"status\":404,\"attempts\":1,"
                  "\"finished_at\":\"2026-03-01T09:00:02.117Z\",\"state\":\"SoldOut\","
                  "\"wish\":{\"serial\":0}"),
             NULL);
        headers_clear(&headers);
        headers_add(&headers, "dplsync-reason", "rejected-by-cms");
        headers_add(&headers, "dplsync-detail", "the site answered 422");
        headers_add(&headers, "dplsync-municipality", "aarhus");
        headers_add(&headers, "dplsync-uuid", UUID);
        take(&trail, TOPIC_DEAD_LETTERS, 4000, "aarhus", "{}", &headers);
        check_entries(&trail,
                      "1000 link https://t/1\n"
                      "2000 SoldOut\n"
                      "2500 gone: SoldOut (HTTP 404, 1 sent) !\n"
                      "3000 Active and no link (sent again by dplsync)\n"
                      "4000 rejected-by-cms: the site answered 422 !\n",
                      "wishes and what became of them, by time");
        check_text(trail.entries[3].trace, "4bf92f3577b34da6a3ce929d0e0e4736", "with their trace");
}

static void test_bounds(void **state)
{
        _cleanup_(trail_deinit) struct trail trail;

        (void)state;
        begin(&trail);
        for (int64_t i = 0; i < TRAIL_ENTRIES_MAX + 7; i++)
                take(&trail, TOPIC_UPDATES, i, "aarhus", WISH("\"state\":\"SoldOut\""), NULL);
        trail_sort(&trail);
        check_number(trail.count, TRAIL_ENTRIES_MAX, "so many and no more");
        check_number(trail.left_out, 7, "the others are counted");
        check_number(trail.entries[0].at_ms, 7, "the oldest went");
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_shown),
                                            cmocka_unit_test(test_told),
                                            cmocka_unit_test(test_wished_and_ended),
                                            cmocka_unit_test(test_bounds) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
