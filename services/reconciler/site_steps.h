/* services/reconciler/site_steps.h
 *
 * The steps of an attempt, as the files of site call them of each other: each ends by waiting for a
 * reply (a new token and phase) or in the next step. Whoever calls one has nothing left to do.
 *
 * Internal to services/reconciler/site*.c.
 */
#ifndef RECONCILER_SITE_STEPS_H
#define RECONCILER_SITE_STEPS_H

#include "reconciler/site.h"

/* site.c */
/* Throws the attempt away; the job stays. */
void site_drop_attempt(struct site *site, struct site_world *world);
/* The first one, done or not. */
void site_drop_job(struct site *site, struct site_world *world);
/* What is waited for from here on; replies to anything older change nothing. */
uint64_t site_next_token(struct site *site);
/* The attempt is reported, thrown away and made again after a while. */
void site_fail(struct site *site, struct site_world *world, const char *reason);
/* A new attempt, from the reading of the state. */
void site_load_meta(struct site *site, struct site_world *world);
/* Asks the fetcher, unless it was asked lately; or whether or not. */
void site_ask(struct site *site, struct site_world *world, enum asked what);
void site_ask_now(struct site *site, struct site_world *world, enum asked what);

/* site_rebuild.c */
/* Is the state missing, or behind what Kafka or we ourselves have seen of it? */
bool site_needs_rebuild(const struct site *site);
void site_begin_rebuild(struct site *site, struct site_world *world);
/* What was rebuilt is applied. */
void site_rebuild_done(struct site *site, struct site_world *world);

/* site_diff.c */
/* The catalogue is loaded. */
void site_begin_diff(struct site *site, struct site_world *world);
void site_walk_diff(struct site *site, struct site_world *world);

/* site_tell.c */
/* The diff is finished, and `after` says how the state is to be. */
void site_begin_tell(struct site *site, struct site_world *world);
bool site_can_tell(const struct site *site, const struct site_world *world);
/* Is there room for more in the batch at hand? */
bool site_is_filling(const struct site *site);
void site_tell_more(struct site *site, struct site_world *world);

/* site_apply.c */
/* The next writes, with the last of them `after`. The writes are sealed. */
void site_apply_batch(struct site *site, struct site_world *world);
/* Nothing but `after`. */
void site_apply_meta(struct site *site, struct site_world *world);
/* What the diff says. */
void site_apply_diff(struct site *site, struct site_world *world);
/* The job is done, its record with it. */
void site_finish_job(struct site *site, struct site_world *world);

#endif
