/* services/operator/outcomes.c
 *
 * At its start the console reads `results` from the beginning, some hundred thousand records for
 * many municipalities: each is read once and only what is shown is kept, 2 kB a municipality.
 */
#include "operator/outcomes.h"

#include <stdio.h>

#include "base/text.h"

static struct outcomes_of *municipality_of(struct outcomes *outcomes, const char *municipality)
{
        struct outcomes_of *of;

        HASH_FIND_STR(outcomes->by_municipality, municipality, of);
        if (of || HASH_COUNT(outcomes->by_municipality) >= OUTCOMES_MUNICIPALITIES_MAX)
                return of;
        of = memory_new(sizeof(*of));
        text_copy(of->municipality, sizeof(of->municipality), municipality);
        HASH_ADD_STR(outcomes->by_municipality, municipality, of);
        return of;
}

/* "00-<32 hex>-<16 hex>-01" */
static void trace_of(struct outcome *outcome, const struct result *result,
                     const struct headers *headers)
{
        enum { BEFORE = 3, DIGITS = OUTCOME_TRACE_BYTES - 1 };
        struct slice parent = headers_get(headers, "traceparent");

        if (traceparent_valid(parent))
                snprintf(outcome->trace, sizeof(outcome->trace), "%.*s", DIGITS,
                         parent.data + BEFORE);
        else
                text_copy(outcome->trace, sizeof(outcome->trace), result->idempotency_key);
}

static void fill(struct outcome *outcome, const struct result *result)
{
        *outcome = (struct outcome){
                .outcome = result->outcome,
                .uuid = result->uuid,
                .finished_ms = result->finished_at_ms,
                .latency_ms = -1,
                .attempts = result->attempts,
                .status = result->status,
                .state = result->present[MEMBER_STATE] ? result->state : STATE_NONE,
                .links = result->present[MEMBER_URL] || result->present[MEMBER_ADMIN_URL],
        };
        if (result->wished_at_ms > 0 && result->finished_at_ms >= result->wished_at_ms)
                outcome->latency_ms = result->finished_at_ms - result->wished_at_ms;
}

void outcomes_take(struct outcomes *outcomes, struct slice value, const struct headers *headers)
{
        struct outcomes_of *of = NULL;
        struct result result;
        struct outcome outcome;

        if (value.data && result_read(&result, value, NULL) == 0)
                of = municipality_of(outcomes, result.municipality);
        else if (!value.data)
                return;
        if (of) {
                fill(&outcome, &result);
                trace_of(&outcome, &result, headers);
                of->items[of->next++ % OUTCOMES_KEPT] = outcome;
                if (outcome.latency_ms >= 0)
                        outcomes->recent[outcomes->recent_next++ % OUTCOMES_RECENT] = outcome;
        }
        result_deinit(&result);
}

void outcomes_deinit(struct outcomes *outcomes)
{
        struct outcomes_of *of, *next;

        HASH_ITER(hh, outcomes->by_municipality, of, next) {
                HASH_DEL(outcomes->by_municipality, of);
                free(of);
        }
}

const struct outcomes_of *outcomes_find(const struct outcomes *outcomes, const char *municipality)
{
        struct outcomes_of *of;

        HASH_FIND_STR(outcomes->by_municipality, municipality, of);
        return of;
}

const struct outcome *outcomes_at(const struct outcomes_of *of, size_t number)
{
        if (!of || number >= OUTCOMES_KEPT || number >= of->next)
                return NULL;
        return &of->items[(of->next - 1 - number) % OUTCOMES_KEPT];
}

const struct outcome *outcomes_recent(const struct outcomes *outcomes, size_t number)
{
        if (number >= OUTCOMES_RECENT || number >= outcomes->recent_next)
                return NULL;
        return &outcomes->recent[(outcomes->recent_next - 1 - number) % OUTCOMES_RECENT];
}
