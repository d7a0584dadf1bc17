/* services/operator/cli_topics.c
 *
 * Both commands end with the same table of all six topics, and fail when one is not as it must be:
 * a deployment can run `create` before each roll-out and trust its exit code.
 */
#include <stdio.h>

#include "operator/cli.h"
#include "operator/desk.h"
#include "operator/invocation.h"
#include "operator/table.h"

enum { TIMEOUT_MS = 10000, NUMBER_BYTES = 16 };

static const char *state_word(enum kafka_topic_state state, bool dry_run)
{
        switch (state) {
        case KAFKA_TOPIC_RIGHT:
                return "right";
        case KAFKA_TOPIC_MISSING:
                return "missing";
        case KAFKA_TOPIC_WRONG:
                return "wrong";
        case KAFKA_TOPIC_CREATED:
                return dry_run ? "would be created" : "created";
        case KAFKA_TOPIC_FAILED:
                return "failed";
        }
        return "";
}

static void print_table(const struct desk *desk, const struct kafka_topic_report *reports,
                        bool dry_run)
{
        static const char *const heading[] = { "TOPIC", "STATE", "PARTITIONS", "REPLICATION", "" };
        _cleanup_(table_deinit) struct table table;
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        table_init(&table, ARRAY_LENGTH(heading));
        table_add(&table, heading);
        for (size_t i = 0; i < TOPIC_COUNT; i++) {
                const struct kafka_topic_report *report = &reports[i];
                char partitions[NUMBER_BYTES] = "-", replication[NUMBER_BYTES] = "-";

                if (report->partitions > 0) {
                        snprintf(partitions, sizeof(partitions), "%d", (int)report->partitions);
                        snprintf(replication, sizeof(replication), "%d", (int)report->replication);
                }
                table_add(&table, (const char *const[]){ desk->topics.names[report->topic],
                                                         state_word(report->state, dry_run),
                                                         partitions, replication, report->said });
        }
        table_format(&table, &text);
        fputs(text.data, stdout);
}

static void print_json(const struct desk *desk, const struct kafka_topic_report *reports,
                       bool dry_run)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        buffer_append_byte(&text, '{');
        json_write_member_boolean(&text, "dry_run", dry_run);
        json_write_member(&text, "topics");
        buffer_append_byte(&text, '[');
        for (size_t i = 0; i < TOPIC_COUNT; i++) {
                buffer_append_text(&text, i > 0 ? ",{" : "{");
                json_write_member_text(&text, "topic", desk->topics.names[reports[i].topic]);
                json_write_member_text(&text, "state", state_word(reports[i].state, dry_run));
                json_write_member_integer(&text, "partitions", reports[i].partitions);
                json_write_member_integer(&text, "replication", reports[i].replication);
                json_write_member_text(&text, "said", reports[i].said);
                buffer_append_byte(&text, '}');
        }
        buffer_append_text(&text, "]}\n");
        fputs(text.data, stdout);
}

static bool is_usable(const struct kafka_topic_report *report)
{
        return report->state == KAFKA_TOPIC_RIGHT || report->state == KAFKA_TOPIC_CREATED;
}

/* Prints the reports; the exit code, and for a person what to do. */
static int conclude(const struct invocation *invocation, const struct desk *desk,
                    const struct kafka_topic_report *reports, struct error *error)
{
        size_t unusable = 0, missing = 0;

        if (invocation->json)
                print_json(desk, reports, invocation->dry_run);
        else
                print_table(desk, reports, invocation->dry_run);
        for (size_t i = 0; i < TOPIC_COUNT; i++) {
                unusable += !is_usable(&reports[i]);
                missing += reports[i].state == KAFKA_TOPIC_MISSING;
        }
        if (unusable == 0)
                return EXIT_DONE;
        error_set(error, "%zu of %d topics cannot be used; %s", unusable, TOPIC_COUNT,
                  missing > 0 ? "`dplsync topics create` creates those that are missing"
                              : "the table says what to change");
        return EXIT_FAILED;
}

int cli_topics_check(const struct invocation *invocation, struct error *error)
{
        static const enum topic all[] = { TOPIC_SNAPSHOTS, TOPIC_CHANGES,      TOPIC_UPDATES,
                                          TOPIC_RESULTS,   TOPIC_DEAD_LETTERS, TOPIC_CONTROL };
        _cleanup_(desk_close) struct desk desk = { 0 };
        struct kafka_topic_report reports[TOPIC_COUNT];

        if (desk_open(&desk, invocation->config_path, error) < 0)
                return EXIT_USAGE;
        if (kafka_describe_topics(&desk.cluster, all, TOPIC_COUNT, TIMEOUT_MS, reports, error) < 0)
                return EXIT_FAILED;
        return conclude(invocation, &desk, reports, error);
}

int cli_topics_create(const struct invocation *invocation, struct error *error)
{
        _cleanup_(desk_close) struct desk desk = { 0 };
        struct kafka_topic_report reports[TOPIC_COUNT];

        if (desk_open(&desk, invocation->config_path, error) < 0)
                return EXIT_USAGE;
        if (kafka_create_topics(&desk.cluster, invocation->replication, invocation->dry_run,
                                TIMEOUT_MS, reports, error) < 0)
                return EXIT_FAILED;
        return conclude(invocation, &desk, reports, error);
}
