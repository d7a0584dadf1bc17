/* common/model/ledger.h
 *
 * The values of the Redis hash `{m}:w`, the writer's ledger: per event (its uuid as text) the
 * standing wish and, while somebody is at it, a lease; in the field "@" how far `results` has been
 * taken in. A view of `results`, rebuilt from there when it is lost (DESIGN.md "Ledger"). The
 * reconciler and the operator's command read it too. Redis values are foreign bytes: what cannot be
 * read counts as absent.
 *
 * An entry is one line of words (model/ledger_line.h); it begins with the number of its layout.
 */
#ifndef MODEL_LEDGER_H
#define MODEL_LEDGER_H

#include "model/told.h"
#include "model/wish.h"

enum { LEDGER_TOKEN_BYTES = 128, LEDGER_BYTES_MAX = 64 * 1024 };
/* No lease is longer (writer.lease): what ends later was written by a clock that was wrong. */
#define LEDGER_LEASE_MAX_MS   3600000
#define LEDGER_POSITION_FIELD "@"
#define LEDGER_MARK_FIELD     "~" /* who is catching it up */

struct ledger_entry {
        struct wish wish;   /* owned: ledger_entry_deinit */
        struct told told;   /* whose results are in Kafka */
        int64_t touched_ms; /* when it was last written, or its newest result; 0: unknown */
        char token[LEDGER_TOKEN_BYTES]; /* of the lease, without a space; "": nobody has one */
        int64_t lease_until_ms;         /* by Redis's clock */
};

/* The same entry gives the same bytes: the scripts compare them. */
void ledger_entry_write(const struct ledger_entry *entry, struct buffer *out);

/* `bytes` empty: an empty entry. -1 and a reason, and an empty entry, if it cannot be read. Reads
 * also what the writer wrote before it wrote lines, JSON:
 * {"wish":{…},"done":…,"partition":…,"but":…,"told":…,"touched":…,"token":"…","lease_until":…}. */
int ledger_entry_read(struct ledger_entry *entry, struct slice bytes, struct error *error);
void ledger_entry_deinit(struct ledger_entry *entry);

/* What either of two entries of one event knows. The lease stays that of `entry`. */
void ledger_entry_merge(struct ledger_entry *entry, const struct ledger_entry *other);

/* A lease of somebody else's that nobody ended: that owner died, and its attempt may still arrive.
 * Marks the wish as sealed since the end of that lease, or since now where no lease can end so
 * late. `own_token` may be NULL. */
void ledger_entry_adopt(struct ledger_entry *entry, const char *own_token, int64_t now_ms);

/* {"epoch":1,"offset":99}: all results up to this offset are in the ledger; -1: there were none. */
struct ledger_position {
        uint32_t epoch; /* 0: unknown, as if nothing was ever read */
        int64_t offset;
};

void ledger_position_write(const struct ledger_position *position, struct buffer *out);
/* What is absent or cannot be read is {0, -1}. */
void ledger_position_read(struct ledger_position *position, struct slice bytes);

#endif
