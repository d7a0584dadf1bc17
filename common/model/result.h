/* common/model/result.h
 *
 * A record of `results`: what became of an update (CONTRACT.md "results"). Carries the event's
 * whole standing wish, so that compaction loses none and the writer's ledger can be read from here.
 */
#ifndef MODEL_RESULT_H
#define MODEL_RESULT_H

#include "model/told.h"
#include "model/wish.h"

enum result_outcome {
        OUTCOME_APPLIED,
        OUTCOME_UNCHANGED,
        OUTCOME_SUPERSEDED,
        OUTCOME_ENDED,
        OUTCOME_GONE,
        OUTCOME_DEAD
};
const char *result_outcome_name(enum result_outcome outcome);

enum { IDEMPOTENCY_KEY_BYTES = 33 }; /* 32 hex digits and a NUL */

struct result {
        char municipality[MUNICIPALITY_ID_BYTES];
        struct uuid uuid;
        uint64_t version; /* of the update that this answers */
        enum result_outcome outcome;
        long status; /* HTTP status, 0: no request */
        unsigned attempts;
        char idempotency_key[IDEMPOTENCY_KEY_BYTES]; /* "" : none */
        int64_t wished_at_ms; /* when the update's record was written; 0: not told */
        int64_t finished_at_ms;
        bool present[MEMBER_COUNT]; /* what was sent or would have been */
        enum event_state state;
        const char *url; /* borrowed when writing */
        const char *admin_url;
        const char *reason; /* OUTCOME_DEAD: the dead letter's code; NULL otherwise; borrowed */
        struct wish wish;   /* owned: result_deinit */
        struct told told;   /* this one included */
};

void result_write(const struct result *result, struct buffer *value);
/* Reads what the ledger needs: municipality, uuid, version, outcome and wish; url, admin_url and
 * reason stay NULL. */
int result_read(struct result *result, struct slice value, struct error *error);
void result_deinit(struct result *result);

#endif
