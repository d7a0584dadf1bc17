/* services/fetcher/reading.h
 *
 * One read of one site: the GET, as it is to be sent. A GET carries no `Content-Type` (CMS-API.md:
 * with one the site answers 500). An ordinary read is anonymous and conditional; a whole one is not
 * conditional; a fresh one goes past the site's cache: by its credentials, which Varnish passes on,
 * or else by a query parameter that was never used before. So every read with credentials is fresh.
 */
#ifndef FETCHER_READING_H
#define FETCHER_READING_H

#include "base/buffer.h"
#include "fetcher/bookmark.h"
#include "fetcher/schedule.h"
#include "model/municipality.h"

enum { READING_HEADERS_MAX = 4, READING_DATE_BYTES = 11 };

struct reading {
        struct schedule_kind kind;
        bool authenticated;                  /* send the municipality's credentials */
        bool conditional;
        char from_date[READING_DATE_BYTES];  /* "2026-03-02", "" for none */
        uint64_t source;                     /* hash of the address without what makes it fresh */
        struct buffer url;
        struct buffer headers[READING_HEADERS_MAX]; /* "Name: value" */
        size_t header_count;
};

/* `reading` must be zeroed. `nonce` is used for fresh reads without credentials. If the bookmark is
 * of another address, nothing of it is used. */
void reading_prepare(struct reading *reading, const struct municipality *municipality,
                     const struct bookmark *bookmark, struct schedule_kind kind, bool authenticated,
                     uint64_t nonce, int64_t now_ms);
void reading_deinit(struct reading *reading);

/* The Monday (UTC) on or before now + from_date: it moves weekly, since every new value makes the
 * site build its list anew. "" where from_date_ms is 0. */
void reading_from_date(int64_t from_date_ms, int64_t now_ms, char date[READING_DATE_BYTES]);

#endif
