/* services/operator/cli_refresh.c
 *
 * `dplsync refresh` and `dplsync reassert`: one record of `control` for each municipality.
 * Repeating them costs a read, or a list told again, and no more.
 */
#include <stdio.h>

#include "base/memory.h"
#include "io/links.h"
#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/control_command.h"
#include "operator/invocation.h"
#include "operator/table.h"

/* The same command for several municipalities. */
struct round {
        struct desk desk;
        struct control control;
        struct dice dice;
        const char **municipalities; /* borrowed from the configuration */
        size_t count;
        size_t at; /* the next to be commanded */
};

static void round_deinit(struct round *round)
{
        free(round->municipalities);
        desk_close(&round->desk);
}

static int check_use(const struct invocation *invocation, struct error *error)
{
        if (!invocation->all && invocation->operand_count == 0)
                return error_set(error, "which? Name municipalities, or write --all");
        if (invocation->all && invocation->operand_count > 0)
                return error_set(error, "either municipalities or --all, not both");
        return 0;
}

static int choose(struct round *round, const struct invocation *invocation, struct error *error)
{
        const struct config *config = round->desk.config;
        size_t most = config->municipality_count + invocation->operand_count;

        round->municipalities = memory_new(most * sizeof(*round->municipalities));
        for (size_t i = 0; invocation->all && i < config->municipality_count; i++)
                round->municipalities[round->count++] = config->municipalities[i].id;
        for (size_t i = 0; i < invocation->operand_count; i++) {
                const struct municipality *found =
                        desk_municipality(&round->desk, invocation->operands[i], error);

                if (!found)
                        return -1;
                round->municipalities[round->count++] = found->id;
        }
        return 0;
}

static bool next(void *context, struct delivery_item *item)
{
        struct round *round = context;
        int64_t now_ms = desk_now_ms(&round->desk);

        if (round->at == round->count)
                return false;
        control_command_id(&round->control, "command-line", now_ms, &round->dice);
        control_command_write(&round->control, round->municipalities[round->at++],
                              &round->desk.topics, now_ms, &item->record);
        return true;
}

static void print(const struct round *round, const struct invocation *invocation)
{
        const char *command = control_command_name(round->control.command);
        const char *done = invocation->dry_run ? "would be asked" : "asked";
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (!invocation->json) {
                printf("%s: %s of %zu %s\n", command, done, round->count,
                       round->count == 1 ? "municipality" : "municipalities");
                return;
        }
        buffer_append_byte(&text, '{');
        json_write_member_boolean(&text, "dry_run", invocation->dry_run);
        json_write_member_text(&text, "command", command);
        json_write_member(&text, "municipalities");
        for (size_t i = 0; i < round->count; i++) {
                buffer_append_byte(&text, i > 0 ? ',' : '[');
                json_write_string(&text, round->municipalities[i],
                                  strlen(round->municipalities[i]));
        }
        buffer_append_text(&text, round->count > 0 ? "]}\n" : "[]}\n");
        cli_print(&text);
}

static int command_all(const struct invocation *invocation, const struct control *control,
                       struct error *error)
{
        static const enum topic topics[] = { TOPIC_CONTROL };
        _cleanup_(round_deinit) struct round round = { .control = *control,
                                                       .dice = { links_seed() } };
        size_t sent;

        if (check_use(invocation, error) < 0 ||
            desk_open(&round.desk, invocation->config_path, error) < 0 ||
            choose(&round, invocation, error) < 0)
                return EXIT_USAGE;
        if (desk_check_topics(&round.desk, topics, ARRAY_LENGTH(topics), error) < 0)
                return EXIT_FAILED;

        struct cli_batch batch = {
                .what = "asking", .all = round.count, .next = next, .context = &round
        };

        if (!invocation->dry_run && cli_deliver(&round.desk, &batch, &sent, error) < 0)
                return EXIT_FAILED;
        print(&round, invocation);
        return EXIT_DONE;
}

int cli_refresh(const struct invocation *invocation, struct error *error)
{
        struct control control = { .command = CONTROL_REFRESH,
                                   .full = invocation->full,
                                   .fresh = invocation->fresh };

        return command_all(invocation, &control, error);
}

int cli_reassert(const struct invocation *invocation, struct error *error)
{
        struct control control = { .command = CONTROL_REASSERT };

        return command_all(invocation, &control, error);
}
