/* common/base/agenda.h
 *
 * What is due later, ordered by time: a binary heap of entries that live inside their owners. An
 * owner must leave the agenda before its memory goes. Equal times come in no particular order.
 */
#ifndef BASE_AGENDA_H
#define BASE_AGENDA_H

#include <stddef.h>
#include <stdint.h>

struct due {
        int64_t at_ms;
        size_t place; /* in the heap, + 1; 0: not there */
        int kind;     /* whose entry it is, where owners of several kinds share an agenda */
};

struct agenda {
        struct due **heap; /* owned; the entries are not */
        size_t count;
        size_t capacity;
};

#define AGENDA_NULL                                                                                \
        {                                                                                          \
                NULL, 0, 0                                                                         \
        }

void agenda_deinit(struct agenda *agenda);
void agenda_set(struct agenda *agenda, struct due *due,
                int64_t at_ms);                           /* moves it if it is there */
void agenda_drop(struct agenda *agenda, struct due *due); /* harmless if it is not there */
int64_t agenda_next_ms(const struct agenda *agenda);      /* INT64_MAX: empty */

/* Takes the earliest entry if it is due. NULL if none is. */
struct due *agenda_take(struct agenda *agenda, int64_t now_ms);

#endif
