/* services/fetcher/clock.h
 *
 * Is our clock right? What matters is the clock of Kafka: `fetch_seq` and `as_of` are compared with
 * the moment at which the broker appended a record. That moment lies between producing the record
 * and hearing of it, by any clock that agrees; so a clock is surely wrong by as much as it lies
 * outside, however long the way took. The `Date` of a site is not asked: it is foreign, and often
 * of a copy.
 *
 * More than 5 s off, the fetcher says so and is not ready; reading goes on, since the reconciler
 * lets no record's own times outrank the broker's.
 */
#ifndef FETCHER_CLOCK_H
#define FETCHER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_TOLERANCE_MS = 5000 };

struct clock {
        int64_t ahead_ms; /* of Kafka's, at least; negative: behind; 0: as far as can be told, right
                           */
};

/* A record was appended at append_ms, by the broker's clock; the other two are of ours. True if
 * that changes whether it is off. */
bool clock_note(struct clock *clock, int64_t produced_ms, int64_t delivered_ms, int64_t append_ms);
bool clock_is_off(const struct clock *clock);

#endif
