/* common/model/headers.h
 *
 * Record headers: a small list of names and bytes. Values are copied into the list's own buffer
 * when added by headers_add, borrowed when added by headers_borrow. At most HEADERS_MAX; more are
 * dropped and counted (a foreign record may carry anything). There is room for the 48 of a vendor's
 * record beside all that we add to them in a dead letter.
 */
#ifndef MODEL_HEADERS_H
#define MODEL_HEADERS_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

enum { HEADERS_MAX = 64, HEADERS_TEXT_BYTES = 4096 };

struct header {
        const char *name;   /* static or borrowed */
        struct slice value;
};

struct headers {
        size_t count;
        size_t used;
        size_t dropped; /* had no place */
        struct header items[HEADERS_MAX];
        char text[HEADERS_TEXT_BYTES]; /* what headers_add copied; a longer value is cut */
};

void headers_clear(struct headers *headers);
/* `name` must be static. */
void headers_add(struct headers *headers, const char *name, const char *value);
void headers_add_number(struct headers *headers, const char *name, int64_t value);
void headers_borrow(struct headers *headers, const char *name, struct slice value);

/* The last header of that name; data NULL if there is none. */
struct slice headers_get(const struct headers *headers, const char *name);
bool headers_get_number(const struct headers *headers, const char *name, int64_t *value);

/* The whole list as bytes, to be kept; and back, borrowing from them. `bytes` must come from
 * headers_pack. */
void headers_pack(const struct headers *headers, struct buffer *out);
void headers_unpack(struct slice bytes, struct headers *headers);

/* CloudEvents 1.0 in binary mode: ce_specversion, ce_id, ce_source, ce_type, ce_subject, ce_time
 * and content-type. type "dk.dplsync.change" and the like; subject "municipality/uuid". */
void headers_add_cloudevent(struct headers *headers, const char *id, const char *source,
                            const char *type, const char *subject, int64_t time_ms);

/* W3C Trace Context: is it well-formed? */
bool traceparent_valid(struct slice value);

#endif
