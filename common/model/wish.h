/* common/model/wish.h
 *
 * An event's standing wish: of every member the newest value that was wished, with the version of
 * the update that wished it, and what became of it. The writer's ledger holds it, every result
 * carries it whole, and merging two of them (newest member wins) in any order gives the same: that
 * is why the ledger can be rebuilt from `results`.
 */
#ifndef MODEL_WISH_H
#define MODEL_WISH_H

#include "model/update.h"

enum wish_status {
        WISH_OPEN,      /* not yet known to be on the site */
        WISH_CONFIRMED, /* an echo showed it */
        WISH_ENDED,     /* its update ended otherwise: ended, gone, dead */
};

struct wish_value {
        uint64_t version;       /* VERSION_NONE: never wished */
        enum wish_status status;
        enum event_state state; /* MEMBER_STATE */
        char *url;              /* the other two; NULL: cleared. Owned */
};

/* May it stand in a wish: any text of at most EVENT_URL_BYTES_MAX bytes. An update may wish less
 * (update_url_valid), but half a pair is filled up with what the site shows, where the CMS checks
 * nothing ("/node/5", "mailto:x@y", ""). */
bool wish_url_valid(const char *url, size_t length);

struct wish {
        struct wish_value members[MEMBER_COUNT];
        uint64_t serial;        /* rises when an equal wish is to be sent again: seal, replay */
        int64_t sealed_at_ms;   /* an attempt of unknown outcome was made then; 0: none */
};

void wish_init(struct wish *wish);
void wish_deinit(struct wish *wish);
/* Overwrites `to`, which must hold nothing. */
void wish_copy(struct wish *to, const struct wish *from);
bool wish_is_empty(const struct wish *wish);

/* Takes the members of `update` that are newer than what stands; says which, a bit per member. */
unsigned wish_take(struct wish *wish, const struct update *update,
                   const uint64_t versions[MEMBER_COUNT]);
/* Merges another copy of the same event's wish: per member the higher version; at equal versions
 * the further status (open < ended < confirmed); the higher serial with its seal, at equal serials
 * the later seal (one PATCH too many rather than a seal lost: raise the serial to break one). */
void wish_merge(struct wish *wish, const struct wish *other);
void wish_merge_seal(struct wish *wish, const struct wish *other); /* only serial and seal of it */
bool wish_equal(const struct wish *a, const struct wish *b);

/* JSON: {"state":{"value":"SoldOut","version":1099…,"status":"confirmed"},"url":{…},
 * "admin_url":{…},"serial":0,"sealed_at":"2026-…"}.
 * Members never wished are left out; reading accepts unknown members. */
void wish_write(const struct wish *wish, struct buffer *out);
int wish_read(struct wish *wish, const json_t *object, struct error *error);

#endif
