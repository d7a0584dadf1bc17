/* services/operator/plan_text.c
 *
 * See the header.
 */
#include "operator/plan_text.h"

#include <stdio.h>

#include "base/json_raw.h"
#include "base/timestamp.h"
#include "operator/plain.h"
#include "operator/table.h"

enum { TITLE_BYTES = 512, TITLE_SHOWN = 48, WHAT_BYTES = 64 };

static const char *word_of(const struct diff_step *step)
{
        return step->op == DIFF_CREATE ? "create" : step->op == DIFF_UPDATE ? "update" : "delete";
}

/* "" where there is none: a delete has no event, and an event need not have one. */
static void title_of(const struct diff_step *step, char title[TITLE_BYTES])
{
        struct slice value;

        if (!step->event.data || json_raw_member(step->event, "title", &value) != 1 ||
            !json_raw_text(value, title, TITLE_BYTES))
                title[0] = '\0';
}

/* ---- for people ---- */

static void write_why(const struct diff_step *step, struct buffer *out)
{
        if (step->op == DIFF_DELETE)
                buffer_append_text(out, change_reason_name(step->reason));
        else if (step->changed)
                event_write_changed(out, step->changed);
        else if (step->reassert)
                buffer_append_text(out, "told again");
}

static void add_row(struct table *table, const struct diff_step *step)
{
        _cleanup_(buffer_deinit) struct buffer why = BUFFER_NULL;
        _cleanup_(buffer_deinit) struct buffer shown = BUFFER_NULL;
        char uuid[UUID_TEXT_BYTES], start[TIMESTAMP_TEXT_BYTES] = "-", title[TITLE_BYTES];

        uuid_format(&step->uuid, uuid);
        if (step->known.start_ms != TIMESTAMP_NONE)
                timestamp_format(step->known.start_ms, start);
        title_of(step, title);
        plain_append(&shown, slice_of(title), TITLE_SHOWN);
        write_why(step, &why);
        table_add(table, (const char *const[]){ word_of(step), uuid, start, shown.data, why.data });
}

static void write_sums(const struct plan *plan, struct buffer *out)
{
        const struct diff_counts *counts = &plan->diff.counts;

        buffer_append_format(out,
                             "%s: %zu events in the list; %zu to create, %zu to update, %zu to "
                             "delete",
                             plan->config->id, plan->snapshot.listing.count, counts->created,
                             counts->updated + counts->reasserted, counts->deleted);
        if (counts->held > 0)
                buffer_append_format(out, "; %zu deletions would be held for a decision",
                                     counts->held);
        if (!plan->snapshot.complete)
                buffer_append_text(out, "; events without a uuid: nothing would be deleted");
        buffer_append_byte(out, '\n');
        if (!plan->meta.exists)
                buffer_append_text(out,
                                   "nothing is known of it yet; what the vendor was told before "
                                   "Redis was lost would be read from `changes` first\n");
}

void plan_write_text(const struct plan *plan, struct buffer *out)
{
        static const char *const heading[] = { "WHAT", "EVENT", "STARTS", "TITLE", "WHY" };
        _cleanup_(table_deinit) struct table table;
        const struct diff_step *step;

        if (plan->diff.foreign) {
                buffer_append_format(out,
                                     "%s: the list has none of the %zu events that are known: it "
                                     "would be held as another site's; is base_url right?\n",
                                     plan->config->id, plan->diff.alive);
                return;
        }
        write_sums(plan, out);
        table_init(&table, ARRAY_LENGTH(heading));
        table_add(&table, heading);
        for (size_t at = 0; (step = plan_next(plan, &at));)
                add_row(&table, step);
        if (table.rows == 1)
                return;
        buffer_append_byte(out, '\n');
        table_format(&table, out);
}

/* ---- for programs ---- */

static void write_step(const struct diff_step *step, struct buffer *out)
{
        char uuid[UUID_TEXT_BYTES], title[TITLE_BYTES];

        uuid_format(&step->uuid, uuid);
        title_of(step, title);
        buffer_append_byte(out, '{');
        json_write_member_text(out, "op", word_of(step));
        json_write_member_text(out, "uuid", uuid);
        json_write_member_text(out, "title", title[0] ? title : NULL);
        json_write_member_time(out, "start", step->known.start_ms);
        if (step->op == DIFF_DELETE)
                json_write_member_text(out, "reason", change_reason_name(step->reason));
        if (step->op == DIFF_UPDATE) {
                json_write_member(out, "changed");
                event_write_changed(out, step->changed);
                json_write_member_boolean(out, "reassert", step->reassert);
        }
        buffer_append_byte(out, '}');
}

void plan_write_json(const struct plan *plan, struct buffer *out)
{
        const struct diff_counts *counts = &plan->diff.counts;
        const struct diff_step *step;
        size_t written = 0;

        buffer_append_byte(out, '{');
        json_write_member_text(out, "municipality", plan->config->id);
        json_write_member_integer(out, "events", (int64_t)plan->snapshot.listing.count);
        json_write_member_boolean(out, "complete", plan->snapshot.complete);
        json_write_member_boolean(out, "another_site", plan->diff.foreign);
        json_write_member_integer(out, "created", (int64_t)counts->created);
        json_write_member_integer(out, "updated", (int64_t)(counts->updated + counts->reasserted));
        json_write_member_integer(out, "deleted", (int64_t)counts->deleted);
        json_write_member_integer(out, "held", (int64_t)counts->held);
        json_write_member(out, "changes");
        buffer_append_byte(out, '[');
        for (size_t at = 0; (step = plan_next(plan, &at));) {
                if (written++ > 0)
                        buffer_append_byte(out, ',');
                write_step(step, out);
        }
        buffer_append_text(out, "]}");
}
