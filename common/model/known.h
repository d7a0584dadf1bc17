/* common/model/known.h
 *
 * What the reconciler remembers of one event: the value of a field of the Redis hash `{m}:s`, whose
 * name is the 16 bytes of the uuid. Packed, so that it takes under 250 bytes in Redis. The writer
 * reads it too: dates, and the pair of links that the site shows.
 *
 * Layout (version byte first, so that it can change): see known.c. Redis values are foreign bytes:
 * known_read checks every length and refuses what it does not know.
 */
#ifndef MODEL_KNOWN_H
#define MODEL_KNOWN_H

#include "model/event.h"

enum known_flag {
        KNOWN_DELETED = 1,        /* its last change was a delete */
        KNOWN_HASHES_UNKNOWN = 2, /* from a rebuild: to be asserted again */
        KNOWN_CANDIDATE = 4,      /* absent from a cached list; a fresh read decides */
        KNOWN_HELD = 8,           /* its deletion is held by the guard */
        KNOWN_IRRELEVANT = 16,    /* present, not relevant; held: that is why */
        KNOWN_TOO_LARGE = 32,     /* present, but never told */
        KNOWN_MISSED_ONCE = 64,   /* held, and one fresh read lacked it */
        KNOWN_RESCHEDULED = 128, /* candidate: the list that lacked it had new ones of its series */
        KNOWN_COUNTED = 256,     /* deleted, and the guard counts it for 24 h */
        KNOWN_APPROVED = 512,    /* held: an operator approved; the next fresh read decides */
        KNOWN_REJECTED = 1024,   /* held: an operator rejected; known and silent for 24 h */
        KNOWN_REVIVED = 2048,    /* lives again after its key was due for a tombstone */
        KNOWN_DRIFTS = 4096, /* the last fresh list showed it otherwise than the vendor wishes */
        KNOWN_OTHER_STATE = 8192, /* the vendor may have been told another state than its own wish:
                                   * that its own is shown again is news */
};

struct known {
        uint64_t version;        /* of the last change told */
        uint64_t raw_hash;       /* event_raw_hash */
        uint64_t canonical;
        uint16_t fields[EVENT_FIELD_COUNT];
        int64_t start_ms;        /* TIMESTAMP_NONE: unknown */
        int64_t end_ms;
        bool has_series;
        struct uuid series;
        enum event_state state;  /* as shown */
        char *url;               /* as shown; owned */
        char *admin_url;
        unsigned flags;
        int64_t since_ms;        /* of deletion, hold or candidacy; else of our own state's first
                                  * showing; 0: none */
};

void known_from_event(struct known *known, const struct event *event, uint64_t raw_hash,
                      uint64_t version);
void known_write(const struct known *known, struct buffer *out);
int known_read(struct known *known, struct slice bytes, struct error *error);
void known_deinit(struct known *known);

#endif
