/* services/operator/plan.h
 *
 * What a vendor would be told if a site's list were applied now: the reconciler's own comparison,
 * on the state as it stands and by the rules of the configuration as it is, without anything being
 * told or written. This is the one place where the operator's side uses other services' pure files:
 * a plan that decided by a copy of their rules would be worth nothing on the day they differ.
 *
 *         plan_init(&plan, municipality, epoch, now_ms);
 *         plan_take_state(&plan, meta, meta_count, events, event_count, &error);
 *         plan_take_list(&plan, list, from_date, &error);
 *         plan_compare(&plan);
 *         while (plan_asks(&plan, &uuids, &count))          what the ledger has of these
 *                 plan_take_answers(&plan, entries, count);
 *         plan_finish(&plan);
 *
 * Not to be moved while it is in use.
 */
#ifndef OPERATOR_PLAN_H
#define OPERATOR_PLAN_H

#include "fetcher/list.h"
#include "model/municipality.h"
#include "reconciler/assemble.h"
#include "reconciler/inquiry.h"
#include "reconciler/meta.h"

struct plan {
        const struct municipality *config;
        uint32_t epoch;
        struct meta meta; /* one that does not exist: nothing is known yet, or Redis was lost */
        struct catalogue catalogue;
        struct snapshot snapshot; /* the list, as if it had come over Kafka */
        int64_t offset;
        struct diff diff;
        bool diffing;
        struct inquiry inquiry;
};

void plan_init(struct plan *plan, const struct municipality *config, uint32_t epoch,
               int64_t now_ms);
void plan_deinit(struct plan *plan);

/* `{m}:m` and `{m}:s` as HGETALL gives them; both empty: nothing was told yet. -1 and a reason. */
int plan_take_state(struct plan *plan, const struct slice *meta, size_t meta_count,
                    const struct slice *events, size_t event_count, struct error *error);

/* A list that is whole (list_end), read past the site's cache with this from_date ("": none). */
int plan_take_list(struct plan *plan, const struct list *list, const char *from_date,
                   struct error *error);

void plan_compare(struct plan *plan);
bool plan_asks(struct plan *plan, const struct uuid **uuids, size_t *count);
void plan_take_answers(struct plan *plan, const struct slice *entries, size_t count);
void plan_finish(struct plan *plan);

/* Afterwards: the next thing that would be told; NULL: there are no more. `at` begins with 0. */
const struct diff_step *plan_next(const struct plan *plan, size_t *at);

#endif
