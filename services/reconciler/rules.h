/* services/reconciler/rules.h
 *
 * The rules by which events are compared: which of them are told, and what of them is news. They
 * come from the configuration, which a crash, a roll-out or two owners may show in different
 * versions, while equal versions of an event must be equal (DESIGN.md, invariant 2): a snapshot
 * that was told in part under old rules must not be told again under new ones.
 *
 * So the rules that count are those in the state. New ones are announced there first, and are in
 * force for snapshots that are appended a minute later: long enough for whoever has read the state
 * without them to be done. Every owner, also one that works a snapshot again, finds the same.
 */
#ifndef RECONCILER_RULES_H
#define RECONCILER_RULES_H

#include "model/municipality.h"
#include "reconciler/meta.h"

#define RULES_SETTLE_MS (60 * INT64_C(1000))

struct rules {
        bool relevant_only;
        uint32_t news; /* model/news.h */
};

/* As one number, for the state; never 0. It also holds the way in which this version hashes events,
 * so that entries of another one are compared anew. */
uint64_t rules_of(const struct municipality *config);
/* NEWS_ALL and not relevant_only where the number is none of ours. */
struct rules rules_read(uint64_t number);

/* What a snapshot that was appended then is compared by. */
uint64_t rules_in_force(const struct meta *meta, int64_t appended_ms);

/* The state is new: these are its rules. */
void rules_begin(struct meta *meta, const struct municipality *config);
/* A list was compared by `number`: so is all that is known. */
void rules_applied(struct meta *meta, uint64_t number);
/* Announces the configuration's rules where they are others; to be called with every write of the
 * meta. What was announced before is waited for first. */
void rules_announce(struct meta *meta, const struct municipality *config, int64_t now_ms);

#endif
