/* services/reconciler/asking.h
 *
 * What a municipality's fetcher is asked for, and when: a whole list where only a confirmation
 * came, a fresh one where a deletion waits for it. Each at most once a poll interval, and at most
 * once a minute where that is longer, however much waits.
 */
#ifndef RECONCILER_ASKING_H
#define RECONCILER_ASKING_H

#include "model/municipality.h"

enum asked { ASKED_FULL, ASKED_FRESH, ASKED_COUNT };

struct asking {
        int64_t every_ms;              /* asking_every_ms */
        int64_t asked_ms[ASKED_COUNT]; /* 0: never */
        int64_t recheck_at_ms;         /* a fresh list is due then; 0: nothing waits for one */
};

int64_t asking_every_ms(const struct municipality *config);

/* Each is true where the fetcher is to be asked now, and remembers that it was. */
bool asking_may(struct asking *asking, enum asked what, int64_t now_ms);
void asking_must(struct asking *asking, enum asked what, int64_t now_ms); /* a person waits */
/* The fresh list that something waits for. If none comes of it, it is due again 10 min later. */
bool asking_recheck(struct asking *asking, int64_t now_ms);

#endif
