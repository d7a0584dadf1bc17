/* services/writer/upkeep.c
 *
 * A lane's entry in the ledger between attempts: loaded before anything is decided, merged in where
 * the lane knows what no attempt will write. What stood there is kept as bytes, which the scripts
 * compare with; a lane that will not be at its turn soon forgets them, to save memory.
 */
#include "writer/inside.h"

#include "base/decimal.h"
#include "base/text.h"

enum { LENT_LOOK_MS = 1000 }; /* its former owner ends it soon, or not before the lease does */

void upkeep_expect(struct lane *lane, struct slice bytes)
{
        free(lane->expected);
        lane->expected = bytes.data ? memory_copy(bytes.data, bytes.length) : memory_copy("", 0);
        lane->expected_bytes = bytes.length;
}

static struct slice upkeep_expected(const struct lane *lane)
{
        return (struct slice){ lane->expected, lane->expected_bytes };
}

void upkeep_forget(struct lane *lane)
{
        free(lane->expected);
        lane->expected = NULL;
        lane->expected_bytes = 0;
}

void upkeep_token(const struct writer_core *core, const struct lane *lane,
                  char token[LEDGER_TOKEN_BYTES])
{
        char number[DECIMAL_BYTES];

        decimal_format_unsigned(lane->lease, number);
        text_join(token, LEDGER_TOKEN_BYTES,
                  (const char *const[]){ core->instance, "-", number, NULL });
}

/* ---- what the ledger owes `results` ---- */

static struct watermark *upkeep_results(struct writer_core *core, const struct lane *lane)
{
        return &core->partitions[lane->site->partition].results;
}

void upkeep_owe(struct writer_core *core, struct lane *lane, int64_t offset)
{
        if (lane->owed_offset >= 0)
                return;
        watermark_add(upkeep_results(core, lane), offset);
        lane->owed_offset = offset;
}

bool upkeep_is_owed(const struct lane *lane)
{
        return lane->owed_offset >= 0 || lane->writing_offset >= 0;
}

static void upkeep_pay(struct writer_core *core, const struct lane *lane, int64_t *offset)
{
        if (*offset >= 0)
                watermark_done(upkeep_results(core, lane), *offset);
        *offset = -1;
}

struct ledger_entry upkeep_entry(struct writer_core *core, struct lane *lane)
{
        if (lane->writing_offset >= 0) { /* lower, and still open: it holds "@" for both */
                upkeep_pay(core, lane, &lane->owed_offset);
        } else {
                lane->writing_offset = lane->owed_offset;
                lane->owed_offset = -1;
        }
        return lane_entry(lane, core->now_ms);
}

void upkeep_written(struct writer_core *core, struct lane *lane)
{
        upkeep_pay(core, lane, &lane->writing_offset);
}

void upkeep_give_up(struct writer_core *core, struct lane *lane)
{
        upkeep_pay(core, lane, &lane->writing_offset);
        upkeep_pay(core, lane, &lane->owed_offset);
}

/* ---- load and merge ---- */

int64_t upkeep_seal_due_ms(const struct writer_core *core, const struct wish *wish)
{
        return wish->sealed_at_ms > 0 ? wish->sealed_at_ms + core->config->writer.seal_after_ms
                                      : INT64_MAX;
}

void upkeep_load(struct writer_core *core, struct lane *lane)
{
        agenda_drop(&core->agenda, &lane->due);
        if (!catchup_ready(core, lane->site)) {
                course_rest(core, lane, core->now_ms + REDIS_RETRY_MS, RESUME_LOAD);
                return;
        }

        struct writer_action *action = core_act(core, ACTION_LOAD, lane->site);

        action->ledger.uuid = lane->uuid;
        lane->state = LANE_LOADING;
        course_ticket(core, lane, action)->loads = true;
        core->loading++;
}

void upkeep_merge(struct writer_core *core, struct lane *lane)
{
        if (!lane->expected) {
                upkeep_load(core, lane);
                return;
        }

        struct writer_action *action = core_act(core, ACTION_MERGE, lane->site);
        int64_t due_ms = upkeep_seal_due_ms(core, &lane->wish);
        struct ledger_entry stands, fresh;

        action->ledger.uuid = lane->uuid;
        buffer_append(&action->ledger.expected, lane->expected, lane->expected_bytes);
        ledger_entry_read(&stands, upkeep_expected(lane), NULL);
        fresh = upkeep_entry(core, lane);
        memcpy(fresh.token, stands.token, sizeof(fresh.token)); /* whose it is, it stays */
        fresh.lease_until_ms = stands.lease_until_ms;
        ledger_entry_write(&fresh, &action->ledger.fresh);
        ledger_entry_deinit(&stands);
        action->ledger.seal_at_ms = due_ms == INT64_MAX ? 0 : due_ms;
        lane->state = LANE_MERGING;
        course_ticket(core, lane, action);
}

void upkeep_merged(struct writer_core *core, struct lane *lane, const struct writer_input *input)
{
        struct ledger_entry entry;

        switch (input->ledger.reply) {
        case LEDGER_OK:
                lane->dirty = false;
                upkeep_written(core, lane);
                upkeep_forget(lane);
                lane->state = LANE_RESTING;
                if (lane->open)
                        upkeep_load(core, lane);
                else
                        course_next(core, lane);
                return;
        case LEDGER_STALE:
                if (ledger_entry_read(&entry, input->ledger.current, NULL) == 0) {
                        wish_merge(&lane->wish, &entry.wish);
                        lane_take_told(lane, &entry.told);
                }
                ledger_entry_deinit(&entry);
                upkeep_expect(lane, input->ledger.current);
                upkeep_merge(core, lane);
                return;
        default:
                course_rest(core, lane, core->now_ms + REDIS_RETRY_MS, RESUME_MERGE);
                return;
        }
}

/* Somebody else's attempt is under way: what it will tell of the updates here is not known yet. */
static bool upkeep_is_lent(const struct writer_core *core, const struct ledger_entry *entry,
                           const char *own_token)
{
        int64_t left_ms = entry->lease_until_ms - core->now_ms;

        return entry->token[0] != '\0' && strcmp(entry->token, own_token) != 0 && left_ms > 0 &&
               left_ms <= core->config->writer.lease_ms;
}

/* The ledger's bytes are the lane's new ground; `known` NULL: the snapshot has nothing of it. */
static void upkeep_rebase(struct writer_core *core, struct lane *lane, struct slice bytes,
                          const struct known *known)
{
        char token[LEDGER_TOKEN_BYTES];
        struct ledger_entry entry;
        struct error error;

        if (ledger_entry_read(&entry, bytes, &error) < 0) {
                struct writer_report *report =
                        core_report(core, REPORT_BAD_LEDGER, lane->site->id, &lane->uuid);

                text_copy(report->detail, sizeof(report->detail), error.text);
        }
        upkeep_token(core, lane, token);
        lane->lent = upkeep_is_lent(core, &entry, token);
        ledger_entry_adopt(&entry, token, core->now_ms);
        if (lane->dirty)
                wish_merge(&entry.wish, &lane->wish);
        else if (lane->loaded) /* what was tried here may arrive, though Redis forgot it */
                wish_merge_seal(&entry.wish, &lane->wish);
        lane_rebase(lane, &entry, known);
        core_look_for_order(core, lane);
        ledger_entry_deinit(&entry);
        upkeep_expect(lane, bytes);
}

bool upkeep_known(struct slice bytes, struct known *known)
{
        return bytes.length > 0 && known_read(known, bytes, NULL) == 0;
}

void upkeep_wait(struct writer_core *core, struct lane *lane)
{
        upkeep_forget(lane);
        course_rest(core, lane, core->now_ms + LENT_LOOK_MS, RESUME_LOAD);
}

void upkeep_loaded(struct writer_core *core, struct lane *lane, const struct writer_input *input)
{
        struct known known;

        if (!input->loaded.ok || input->loaded.missing) {
                if (input->loaded.missing)
                        catchup_start(core, &core->partitions[lane->site->partition]);
                attempt_drop(core, lane);
                course_rest(core, lane, core->now_ms + REDIS_RETRY_MS, RESUME_LOAD);
                return;
        }

        bool is_known = upkeep_known(input->loaded.known, &known);

        upkeep_rebase(core, lane, input->loaded.entry, is_known ? &known : NULL);
        if (is_known)
                known_deinit(&known);
        if (lane_awaits_owner(lane))
                attempt_drop(core, lane);
        lane->state = LANE_RESTING;
        if (lane->attempt)
                attempt_decide(core, lane);
        else
                course_next(core, lane);
}
