/* services/reconciler/account.h
 *
 * What a municipality's work is reported as: lines for the log and the metrics, and the status that
 * operators see.
 */
#ifndef RECONCILER_ACCOUNT_H
#define RECONCILER_ACCOUNT_H

#include "reconciler/action.h"
#include "reconciler/diff.h"
#include "reconciler/judge.h"

/* The municipality is ours now, in this state. */
void account_owned(struct reconciler_actions *actions, const char *municipality,
                   const struct meta *meta);
/* A list was compared: applied, or held as another site's. */
void account_applied(struct reconciler_actions *actions, const struct snapshot *snapshot,
                     const struct diff *diff, const struct meta *meta);
/* A snapshot ended without a comparison. */
void account_judged(struct reconciler_actions *actions, const struct snapshot *snapshot,
                    enum judgement judgement, const struct meta *meta);
/* What became of an operator's command, and what the state says now. */
void account_command(struct reconciler_actions *actions, const char *municipality,
                     const struct error *said, const struct meta *meta);
void account_rebuilt(struct reconciler_actions *actions, const char *municipality,
                     const struct meta *meta);

/* A fresh list was looked through for drift. Nothing is said where there is none. */
void account_drift(struct reconciler_actions *actions, const char *municipality,
                   const struct diff *diff);

/* The fields of {m}:status that the reconciler keeps. */
void account_status(struct reconciler_actions *actions, const char *municipality,
                    const struct meta *meta);
/* Those that name events: what `diff` found in a list that was compared, or confirmed by a fresh
 * one. */
void account_named(struct reconciler_actions *actions, const char *municipality,
                   const struct diff *diff, bool compared);

#endif
