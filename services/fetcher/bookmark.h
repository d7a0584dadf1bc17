/* services/fetcher/bookmark.h
 *
 * Where we are with one municipality's list: what a fetcher must know to go on where another, or it
 * before a restart, left off. It lives in memory and, as one JSON text, under the Redis key `{m}:f`.
 * Losing it costs one whole snapshot and nothing else.
 *
 * It is only moved when Kafka has acknowledged what it stands for. Validators, where there are any,
 * belong to the list that `digest` names, and to an ordinary read: those of a fresh read name another
 * object of the site's cache, whose `ETag` is only the second of its making (CMS-API.md).
 */
#ifndef FETCHER_BOOKMARK_H
#define FETCHER_BOOKMARK_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"

enum { BOOKMARK_TEXT_BYTES = 256, BOOKMARK_JSON_BYTES_MAX = 4096 };

struct bookmark {
        char etag[BOOKMARK_TEXT_BYTES];          /* verbatim, "" for none */
        char last_modified[BOOKMARK_TEXT_BYTES]; /* likewise */
        char digest[SHA256_HEX_BYTES];           /* of the list last published, "" for none */
        uint64_t source;        /* hash of the address it came from: another address, another list */
        int64_t fetch_seq;      /* of the last record published; 0: none */
        int64_t success_ms;     /* 0: never */
        int64_t full_ms;        /* when it was last published whole; 0: never */
        int64_t fresh_ms;       /* when it was last read past the cache; 0: never */
        int64_t paused_until_ms; /* the site asked for it; 0: no */
        int64_t failures;       /* in a row */
        int64_t bytes;          /* of the list last read */
        int64_t events;         /* of the list last published */
        int64_t unreadable;
};

/* Takes the validators of an answer, either of which may be NULL. What is longer than we keep, or is
 * not fit for a header, counts as none. */
void bookmark_take_validators(struct bookmark *bookmark, const char *etag, const char *last_modified);
void bookmark_drop_validators(struct bookmark *bookmark);

void bookmark_write(const struct bookmark *bookmark, struct buffer *json);

/* Redis values are foreign bytes: on failure `bookmark` is empty, and that is safe. */
int bookmark_read(struct bookmark *bookmark, struct slice json, struct error *error);

#endif
