/* services/fetcher/commands.c
 *
 * See the header.
 */
#include "fetcher/commands.h"

#include <string.h>

#include "base/memory.h"
#include "model/dead_letter.h"

enum { AGAIN_AFTER_MS = 1000 };

static void forget_partitions(struct commands *commands)
{
        for (int32_t i = 0; i < commands->topics->partitions; i++) {
                watermark_deinit(&commands->marks[i]);
                commands->marks[i] = (struct watermark)WATERMARK_NULL;
        }
}

void commands_init(struct commands *commands, const struct topics *topics)
{
        memset(commands, 0, sizeof(*commands));
        commands->topics = topics;
        commands->marks = memory_new((size_t)topics->partitions * sizeof(*commands->marks));
        forget_partitions(commands);
}

void commands_deinit(struct commands *commands)
{
        if (commands->marks)
                forget_partitions(commands);
        free(commands->marks);
        commands->marks = NULL;
}

static struct watermark *mark_of(struct commands *commands, int32_t partition)
{
        bool ours = partition >= 0 && partition < commands->topics->partitions;

        return ours ? &commands->marks[partition] : NULL;
}

void commands_open(struct commands *commands, int32_t partition, int64_t offset)
{
        struct watermark *mark = mark_of(commands, partition);

        if (mark)
                watermark_add(mark, offset);
}

void commands_done(struct commands *commands, int32_t partition, int64_t offset,
                   struct fetcher_actions *actions)
{
        struct watermark *mark = mark_of(commands, partition);
        int64_t before = mark ? watermark_next(mark) : WATERMARK_NONE;

        if (before == WATERMARK_NONE)
                return;

        int64_t next = watermark_done(mark, offset);

        if (next > before) {
                struct fetcher_action *action =
                        fetcher_actions_add(actions, FETCHER_CONTROL_STORE, FETCHER_NO_REPLY);

                action->control.partition = partition;
                action->control.offset = next;
        }
}

/* Room for dead letters: whether records are taken at all */

static void update_want(struct commands *commands, struct fetcher_actions *actions)
{
        bool full = commands->letter_count == COMMANDS_LETTERS_MAX;

        if (commands->waiting == full)
                return;
        commands->waiting = full;
        fetcher_actions_add(actions, FETCHER_CONTROL_WANT, FETCHER_NO_REPLY)->control.want = !full;
}

void commands_revoked(struct commands *commands, struct fetcher_actions *actions)
{
        forget_partitions(commands);
        commands->letter_count = 0;
        update_want(commands, actions);
}

/* Dead letters */

static void write_letter(const struct commands *commands, const struct command *command,
                         const char *reason, const char *detail, int64_t now_ms,
                         struct fetcher_action_produce *produce)
{
        char municipality[MUNICIPALITY_ID_BYTES] = "";
        struct dead_letter letter = {
                .reason = reason,
                .detail = detail,
                .topic = commands->topics->names[TOPIC_CONTROL],
                .partition = command->partition,
                .offset = command->offset,
                .municipality = municipality,
                .uuid = "",
                .first_failed_ms = now_ms,
                .last_failed_ms = now_ms,
        };

        if (municipality_id_valid(command->key.data, command->key.length))
                memcpy(municipality, command->key.data, command->key.length);
        produce->topic = TOPIC_DEAD_LETTERS;
        produce->partition = command->partition;
        buffer_append(&produce->key, command->key.data, command->key.length);
        buffer_append(&produce->value, command->value.data, command->value.length);
        produce->headers = memory_new(sizeof(*produce->headers));
        dead_letter_headers(&letter, command->headers, produce->headers);
}

void commands_refuse(struct commands *commands, const struct command *command, const char *reason,
                     const char *detail, uint64_t token, int64_t now_ms,
                     struct fetcher_actions *actions)
{
        struct fetcher_action *action;

        if (commands->letter_count == COMMANDS_LETTERS_MAX)
                return; /* handed over although we asked for none: read again after a restart */
        commands->letters[commands->letter_count++] = (struct commands_letter){
                .token = token,
                .again_ms = INT64_MAX,
                .partition = command->partition,
                .offset = command->offset,
        };
        action = fetcher_actions_add(actions, FETCHER_PRODUCE, token);
        write_letter(commands, command, reason, detail, now_ms, &action->produce);
        update_want(commands, actions);
}

static struct commands_letter *find_letter(struct commands *commands, uint64_t token)
{
        for (size_t i = 0; i < commands->letter_count; i++)
                if (commands->letters[i].token == token)
                        return &commands->letters[i];
        return NULL;
}

static void forget_letter(struct commands *commands, struct commands_letter *letter,
                          struct fetcher_actions *actions)
{
        *letter = commands->letters[--commands->letter_count];
        update_want(commands, actions);
}

void commands_delivered(struct commands *commands, uint64_t token, bool acknowledged, int64_t now_ms,
                        struct fetcher_actions *actions)
{
        struct commands_letter *letter = find_letter(commands, token);

        if (!letter)
                return;
        if (!acknowledged) {
                letter->token = 0;
                letter->again_ms = now_ms + AGAIN_AFTER_MS;
                return;
        }
        commands_done(commands, letter->partition, letter->offset, actions);
        forget_letter(commands, letter, actions);
}

void commands_tick(struct commands *commands, int64_t now_ms, struct fetcher_actions *actions)
{
        for (size_t i = commands->letter_count; i > 0; i--) {
                struct commands_letter *letter = &commands->letters[i - 1];

                if (letter->again_ms > now_ms)
                        continue;

                struct fetcher_action *action =
                        fetcher_actions_add(actions, FETCHER_CONTROL_START, FETCHER_NO_REPLY);

                action->control.partition = letter->partition;
                action->control.offset = letter->offset;
                forget_letter(commands, letter, actions);
        }
}

int64_t commands_next_ms(const struct commands *commands)
{
        int64_t next_ms = INT64_MAX;

        for (size_t i = 0; i < commands->letter_count; i++)
                if (commands->letters[i].again_ms < next_ms)
                        next_ms = commands->letters[i].again_ms;
        return next_ms;
}
