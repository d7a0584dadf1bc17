/* services/fetcher/publication.h
 *
 * A snapshot on its way into Kafka: all parts of a list, or one `unchanged` record. A few parts at a
 * time, so that a large list does not fill the producer's queue; it has succeeded when Kafka has
 * acknowledged every part, and failed with the first that it did not. What was produced of a failed
 * one is abandoned by the reconciler: the parts are not all there.
 */
#ifndef FETCHER_PUBLICATION_H
#define FETCHER_PUBLICATION_H

#include "base/dice.h"
#include "fetcher/list.h"
#include "model/snapshot.h"
#include "model/trace.h"

enum { PUBLICATION_PARTS_UNDER_WAY = 4 };

enum publication_state { PUBLICATION_UNDER_WAY, PUBLICATION_DONE, PUBLICATION_FAILED };

struct publication {
        struct list *list;          /* owned; NULL: an `unchanged` record */
        struct snapshot_part head;  /* `part` is that of the last one produced */
        struct buffer aside;        /* uuids that are present, but in no part */
        struct trace trace;         /* of the sending, which the changes will hang under */
        uint32_t acknowledged;
        bool failed;
};

/* `head` has everything but id, part, parts, and what the list tells. Takes the list over. `read` is
 * the place of the read in its trace. */
void publication_init(struct publication *publication, const char *municipality,
                      const struct snapshot_part *head, struct list *list,
                      const struct trace *read, struct dice *dice);
void publication_deinit(struct publication *publication);

/* The next part, if one may be produced now: appends its value and sets its headers, which borrow
 * from the publication. False if none. */
bool publication_next(struct publication *publication, const char *source, const char *municipality,
                      int64_t now_ms, struct buffer *value, struct headers *headers);

/* Kafka's answer for one part. */
enum publication_state publication_delivered(struct publication *publication, bool acknowledged);

#endif
