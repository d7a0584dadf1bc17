/* services/operator/cli_dead_letters.c
 *
 * `dplsync dead-letters`: what could not be done, looked at and put right.
 *
 * A letter is marked as replayed only after Kafka has its update: a crash between the two sends it
 * once more when the command is repeated, and versions make that harmless.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/timestamp.h"
#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/cli_scan.h"
#include "operator/dead_letters.h"
#include "operator/invocation.h"
#include "operator/letter_text.h"
#include "operator/plain.h"
#include "operator/replay.h"
#include "operator/table.h"

enum { LIST_LIMIT = 100, RATE = 200, RING_LETTERS = 200000, RING_BYTES = 256 * 1024 * 1024 };

/* ---- what all four have in common ---- */

struct work {
        const struct invocation *invocation;
        struct desk desk;
        struct letter_filter filter;
        struct dead_letters letters;

        /* replay and discard */
        struct replay replay;
        bool discards;
        const struct letter *at; /* the next to be looked at */
        size_t matching;
        struct table refused; /* names, and why */
};

static void work_close(struct work *work)
{
        table_deinit(&work->refused);
        dead_letters_deinit(&work->letters);
        desk_close(&work->desk);
}

static int check_names(const struct invocation *invocation, struct error *error)
{
        int32_t partition;
        int64_t offset;

        for (size_t i = 0; i < invocation->operand_count; i++)
                if (!letter_name_parse(invocation->operands[i], &partition, &offset))
                        return error_set(error,
                                         "\"%.40s\" is no dead letter's name, such as 3/1042; "
                                         "`dplsync dead-letters list` shows them",
                                         invocation->operands[i]);
        return 0;
}

static int open_work(struct work *work, const struct invocation *invocation, struct error *error)
{
        int64_t now_ms;

        work->invocation = invocation;
        if (check_names(invocation, error) < 0 ||
            desk_open(&work->desk, invocation->config_path, error) < 0)
                return -1;
        now_ms = desk_now_ms(&work->desk);
        work->filter = (struct letter_filter){
                .municipality = invocation->municipality,
                .reason = invocation->reason,
                .uuid = invocation->uuid_text ? &invocation->uuid : NULL,
                .from_ms = moment_ms(&invocation->from, now_ms, 0),
                .to_ms = moment_ms(&invocation->to, now_ms, 0),
                .names = invocation->operands,
                .name_count = invocation->operand_count,
                .handled = invocation->handled,
        };
        return 0;
}

static bool take(void *context, const struct record *record)
{
        dead_letters_take(&((struct work *)context)->letters, record);
        return true;
}

static int load(struct work *work, struct error *error)
{
        static const enum topic topics[] = { TOPIC_DEAD_LETTERS };
        struct scan_range range = { TOPIC_DEAD_LETTERS, SCAN_ALL, work->filter.from_ms };
        int result;

        if (work->filter.municipality)
                range.partition = topics_partition(&work->desk.topics, work->filter.municipality);
        dead_letters_init(&work->letters, &(struct dead_letters_bounds){ RING_LETTERS, RING_BYTES },
                          &work->filter);
        if (desk_check_topics(&work->desk, topics, ARRAY_LENGTH(topics), error) < 0)
                return -1;
        result = cli_scan(&work->desk, "reading dead letters", &range, 1, take, work, error);
        if (result == 0 && work->letters.left_out > 0)
                fprintf(stderr,
                        "dplsync: the %zu oldest are left out; --municipality or --from narrow "
                        "it\n",
                        work->letters.left_out);
        return result;
}

/* ---- list ---- */

static size_t count_matching(const struct work *work)
{
        size_t count = 0;

        for (const struct letter *letter = work->letters.oldest; letter; letter = letter->next)
                count += letter_matches(letter, &work->filter);
        return count;
}

static void print_list(const struct work *work, size_t matching, size_t limit)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        size_t skip = matching > limit ? matching - limit : 0;
        struct letter_list list;

        letter_list_begin(&list, work->invocation->json, matching);
        for (const struct letter *letter = work->letters.oldest; letter; letter = letter->next) {
                if (!letter_matches(letter, &work->filter))
                        continue;
                if (skip > 0)
                        skip--;
                else
                        letter_list_add(&list, letter);
        }
        letter_list_end(&list, &text);
        cli_print(&text);
}

int cli_dead_letters_list(const struct invocation *invocation, struct error *error)
{
        _cleanup_(work_close) struct work work = { 0 };
        size_t limit = invocation->limit > 0 ? (size_t)invocation->limit
                       : invocation->json    ? SIZE_MAX
                                             : LIST_LIMIT;

        if (open_work(&work, invocation, error) < 0)
                return EXIT_USAGE;
        if (load(&work, error) < 0)
                return EXIT_FAILED;
        print_list(&work, count_matching(&work), limit);
        return EXIT_DONE;
}

/* ---- show ---- */

int cli_dead_letters_show(const struct invocation *invocation, struct error *error)
{
        _cleanup_(work_close) struct work work = { 0 };
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (open_work(&work, invocation, error) < 0)
                return EXIT_USAGE;
        work.filter.handled = true;
        if (load(&work, error) < 0)
                return EXIT_FAILED;
        if (!work.letters.oldest) {
                error_set(error, "there is no dead letter %s; they stay for 30 days",
                          invocation->operands[0]);
                return EXIT_FAILED;
        }
        if (invocation->json)
                letter_write_json(work.letters.oldest, true, &text);
        else
                letter_write_text(work.letters.oldest, &text);
        buffer_append_byte(&text, '\n');
        cli_print(&text);
        return EXIT_DONE;
}

/* ---- replay and discard ---- */

static void refuse(struct work *work, const struct letter *letter, const char *why)
{
        char name[LETTER_NAME_BYTES];

        letter_name(letter, name);
        table_add(&work->refused, (const char *const[]){ name, why });
}

/* The next letter that can be sent; what cannot is noted. False: there are no more. */
static bool next(void *context, struct delivery_item *item)
{
        struct work *work = context;

        while (work->at) {
                const struct letter *letter = work->at;
                struct error why = ERROR_NULL;

                work->at = letter->next;
                if (!letter_matches(letter, &work->filter))
                        continue;
                work->matching++;
                if (work->discards) {
                        letter_mark(letter, LETTER_DISCARDED, work->replay.now_ms, &item->record);
                        return true;
                }
                if (replay_letter(&work->replay, letter, &item->record, &why) == 0) {
                        letter_mark(letter, LETTER_REPLAYED, work->replay.now_ms, &item->then);
                        item->has_then = true;
                        return true;
                }
                refuse(work, letter, why.text);
        }
        return false;
}

/* As many as would be sent, by the same steps. */
static size_t rehearse(struct work *work)
{
        struct delivery_item item = { 0 };
        size_t count = 0;

        while (next(work, &item))
                count++;
        outgoing_deinit(&item.record);
        outgoing_deinit(&item.then);
        return count;
}

static void print_refused(const struct work *work, struct buffer *text)
{
        for (size_t row = 1; row < work->refused.rows; row++) {
                char **cells = work->refused.cells + row * work->refused.columns;

                buffer_append_text(text, row > 1 ? ",{" : "{");
                json_write_member_text(text, "letter", cells[0]);
                json_write_member_text(text, "why", cells[1]);
                buffer_append_byte(text, '}');
        }
}

static void print_outcome(const struct work *work, size_t sent)
{
        bool dry_run = work->invocation->dry_run;
        const char *done = work->discards ? "discarded" : "replayed";
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (work->invocation->json) {
                buffer_append_byte(&text, '{');
                json_write_member_boolean(&text, "dry_run", dry_run);
                json_write_member_integer(&text, done, (int64_t)sent);
                json_write_member(&text, "refused");
                buffer_append_byte(&text, '[');
                print_refused(work, &text);
                buffer_append_text(&text, "]}\n");
        } else {
                buffer_append_format(&text, "%zu of %zu dead letters %s%s\n", sent, work->matching,
                                     dry_run ? "would be " : "", done);
                if (work->refused.rows > 1)
                        table_format(&work->refused, &text);
        }
        cli_print(&text);
}

static int handle(struct work *work, struct error *error)
{
        struct cli_batch batch = {
                .what = work->discards ? "discarding" : "replaying",
                .all = count_matching(work),
                .rate = work->invocation->rate > 0 ? (unsigned)work->invocation->rate : RATE,
                .next = next,
                .context = work,
        };
        size_t sent;
        int result = 0;

        work->at = work->letters.oldest;
        if (work->invocation->dry_run)
                sent = rehearse(work);
        else
                result = cli_deliver(&work->desk, &batch, &sent, error);
        print_outcome(work, sent);
        if (result < 0)
                return error_wrap(error, "not all is done; repeat the command to go on");
        if (work->refused.rows > 1)
                return error_set(error, "%zu of %zu cannot be sent again", work->refused.rows - 1,
                                 work->matching);
        return 0;
}

static int settle(const struct invocation *invocation, bool discards, struct error *error)
{
        static const enum topic topics[] = { TOPIC_UPDATES };
        _cleanup_(work_close) struct work work = { .discards = discards };

        if (invocation->operand_count == 0 && !(invocation->given & INVOCATION_LETTERS) &&
            !invocation->all) {
                error_set(error, "which? Name letters, narrow them (--municipality, --reason, "
                                 "--uuid, --from), or write --all");
                return EXIT_USAGE;
        }
        if (open_work(&work, invocation, error) < 0)
                return EXIT_USAGE;
        table_init(&work.refused, 2);
        table_add(&work.refused, (const char *const[]){ "LETTER", "WHY NOT" });
        work.replay = (struct replay){ .topics = &work.desk.topics,
                                       .run = (uint64_t)desk_now_ms(&work.desk),
                                       .now_ms = desk_now_ms(&work.desk) };
        if (desk_check_topics(&work.desk, topics, discards ? 0 : ARRAY_LENGTH(topics), error) < 0 ||
            load(&work, error) < 0 || handle(&work, error) < 0)
                return EXIT_FAILED;
        return EXIT_DONE;
}

int cli_dead_letters_replay(const struct invocation *invocation, struct error *error)
{
        return settle(invocation, false, error);
}

int cli_dead_letters_discard(const struct invocation *invocation, struct error *error)
{
        return settle(invocation, true, error);
}
