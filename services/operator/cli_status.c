/* services/operator/cli_status.c
 *
 * `dplsync status`: what the services keep in Redis for the operator. Only that, so that it answers
 * at once and while Kafka is away; the dead letters of one municipality are counted when it is
 * asked for alone.
 */
#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/cli_scan.h"
#include "operator/dead_letters.h"
#include "operator/invocation.h"
#include "operator/overview_reader.h"
#include "operator/overview_text.h"

enum { RING_LETTERS = 100000, RING_BYTES = 64 * 1024 * 1024 };

static bool take(void *context, const struct record *record)
{
        dead_letters_take(context, record);
        return true;
}

static int count_dead_letters(struct desk *desk, struct overview_row *row, struct error *error)
{
        static const enum topic topics[] = { TOPIC_DEAD_LETTERS };
        struct letter_filter filter = { .municipality = row->id };
        struct scan_range range = { TOPIC_DEAD_LETTERS, topics_partition(&desk->topics, row->id),
                                    0 };
        _cleanup_(dead_letters_deinit) struct dead_letters letters;

        dead_letters_init(&letters, &(struct dead_letters_bounds){ RING_LETTERS, RING_BYTES },
                          &filter);
        if (desk_check_topics(desk, topics, ARRAY_LENGTH(topics), error) < 0 ||
            cli_scan(desk, "counting dead letters", &range, 1, take, &letters, error) < 0)
                return -1;
        row->dead_letters = (int64_t)letters.waiting;
        return 0;
}

static void print(const struct invocation *invocation, const struct overview *overview,
                  const struct overview_row *row)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (row && invocation->json)
                overview_write_row_json(row, &text);
        else if (row)
                overview_write_row(row, overview->now_ms, &text);
        else if (invocation->json)
                overview_write_json(overview, &text);
        else
                overview_write_table(overview, invocation->all, &text);
        if (invocation->json)
                buffer_append_byte(&text, '\n');
        cli_print(&text);
}

int cli_status(const struct invocation *invocation, struct error *error)
{
        const char *id = invocation->operand_count > 0 ? invocation->operands[0] : NULL;
        _cleanup_(desk_close) struct desk desk = { 0 };
        _cleanup_(overview_deinit) struct overview overview = { 0 };

        if (desk_open(&desk, invocation->config_path, error) < 0 ||
            (id && !desk_municipality(&desk, id, error)))
                return EXIT_USAGE;
        overview_init(&overview, desk.config);
        if (overview_load(&overview, desk.config, error) < 0 ||
            (id && count_dead_letters(&desk, overview_row(&overview, id), error) < 0))
                return EXIT_FAILED;
        overview_judge(&overview, desk_now_ms(&desk));
        print(invocation, &overview, id ? overview_find(&overview, id) : NULL);
        return EXIT_DONE;
}
