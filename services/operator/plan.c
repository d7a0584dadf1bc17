/* services/operator/plan.c
 *
 * The list gets a place behind everything that was handled, so that nothing of it counts as old.
 */
#include "operator/plan.h"

#include <string.h>

#include "base/text.h"
#include "reconciler/rules.h"
#include "reconciler/terms.h"

enum { WALK_EVENTS = 10000 };

void plan_init(struct plan *plan, const struct municipality *config, uint32_t epoch, int64_t now_ms)
{
        *plan = (struct plan){ .config = config,
                               .epoch = epoch,
                               .catalogue = CATALOGUE_NULL,
                               .snapshot = { .listing = LISTING_NULL,
                                             .arrived = 1,
                                             .first_at_ms = now_ms,
                                             .appended_ms = now_ms },
                               .inquiry = INQUIRY_NULL };
        text_copy(plan->snapshot.municipality, sizeof(plan->snapshot.municipality), config->id);
        plan->snapshot.offsets = &plan->offset;
}

void plan_deinit(struct plan *plan)
{
        inquiry_deinit(&plan->inquiry);
        if (plan->diffing)
                diff_deinit(&plan->diff);
        listing_deinit(&plan->snapshot.listing);
        catalogue_deinit(&plan->catalogue);
        plan->diffing = false;
}

int plan_take_state(struct plan *plan, const struct slice *meta, size_t meta_count,
                    const struct slice *events, size_t event_count, struct error *error)
{
        if (meta_read(&plan->meta, meta, meta_count, error) < 0 ||
            catalogue_load(&plan->catalogue, events, event_count, error) < 0)
                return error_wrap(error, "the state in Redis cannot be read, and will be rebuilt");
        plan->offset = plan->meta.offset + 1;
        plan->meta.next_rules = rules_of(plan->config);
        plan->meta.next_rules_at_ms = 0;
        if (!plan->meta.exists)
                rules_begin(&plan->meta, plan->config);
        return 0;
}

int plan_take_list(struct plan *plan, const struct list *list, const char *from_date,
                   struct error *error)
{
        struct snapshot *snapshot = &plan->snapshot;
        _cleanup_(buffer_deinit) struct buffer aside = BUFFER_NULL;

        text_copy(snapshot->head.from_date, sizeof(snapshot->head.from_date), from_date);
        snapshot->head.fresh = true;
        snapshot->head.as_of_ms = snapshot->appended_ms;
        snapshot->complete = list_complete(list) && list_write_aside(list, &aside);
        for (uint32_t part = 1; part <= list_parts(list); part++) {
                _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;

                list_write_part(list, part, &value);
                if (listing_add(&snapshot->listing, buffer_slice(&value), error) < 0)
                        return -1;
        }
        listing_add_aside(&snapshot->listing, buffer_slice(&aside));
        listing_close(&snapshot->listing);
        return 0;
}

void plan_compare(struct plan *plan)
{
        struct diff_facts facts =
                terms_facts(&plan->snapshot, &plan->meta, plan->config, plan->epoch);

        diff_begin(&plan->diff, &facts, &plan->snapshot.listing, &plan->catalogue);
        plan->diffing = true;
        while (!diff_advance(&plan->diff, WALK_EVENTS))
                ;
        inquiry_begin(&plan->inquiry, &plan->diff);
}

bool plan_asks(struct plan *plan, const struct uuid **uuids, size_t *count)
{
        return inquiry_next(&plan->inquiry, uuids, count);
}

void plan_take_answers(struct plan *plan, const struct slice *entries, size_t count)
{
        inquiry_take(&plan->inquiry, entries, count);
}

void plan_finish(struct plan *plan)
{
        diff_finish(&plan->diff);
}

const struct diff_step *plan_next(const struct plan *plan, size_t *at)
{
        while (!plan->diff.foreign && *at < plan->diff.step_count) {
                const struct diff_step *step = &plan->diff.steps[(*at)++];

                if (step->op >= DIFF_CREATE && step->op != DIFF_BURY)
                        return step;
        }
        return NULL;
}
