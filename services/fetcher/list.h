/* services/fetcher/list.h
 *
 * One site's list while it is read, and what of it can be published: the events' own bytes, cut into
 * parts of whole events (CONTRACT.md "snapshots"). Nothing of it may be published before list_end
 * has said that it is whole.
 *
 * Three kinds of events are present, but in no part (DESIGN.md, "Parts"):
 *  - too large for a message, or nested too deep to be read on: neither told nor deleted;
 *  - whose uuid stands twice: it is not known which is right, so neither is told nor deleted;
 *  - without a readable uuid: it could be any of those that are missing, so the list is incomplete.
 *
 * Memory: at most `max_bytes` of body, and 60 bytes an event.
 */
#ifndef FETCHER_LIST_H
#define FETCHER_LIST_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/uuid.h"

enum { LIST_EVENTS_MAX = 200000, LIST_ASIDE_MAX = 1000 };

enum list_fault {
        LIST_SOUND,
        LIST_NOT_A_LIST,      /* the splitter's verdict: HTML, an object, broken, trailing bytes, ... */
        LIST_TRUNCATED,       /* cut off */
        LIST_TOO_LARGE,       /* more than max_bytes */
        LIST_TOO_MANY_EVENTS, /* more than LIST_EVENTS_MAX */
};

struct list;

/* Never NULL; free takes NULL. */
struct list *list_new(int64_t max_bytes);
void list_free(struct list *list);
void list_freep(struct list **list);

/* The next bytes of the decoded body. False: it is no list, and more bytes are pointless. */
bool list_add(struct list *list, const char *data, size_t bytes);

/* The body has ended, whole. Cuts the parts. */
enum list_fault list_end(struct list *list);
enum list_fault list_fault(const struct list *list);
int list_explain(const struct list *list, struct error *error); /* always -1 */

int64_t list_bytes(const struct list *list);  /* of the body so far */
int64_t list_memory(const struct list *list); /* held now */

/* After list_end said LIST_SOUND. */
uint32_t list_parts(const struct list *list);      /* at least 1: an empty list is published too */
uint32_t list_events(const struct list *list);     /* all that are present */
uint32_t list_unreadable(const struct list *list); /* those in no part */
bool list_complete(const struct list *list);       /* every event has a readable uuid */
const char *list_sha256(const struct list *list);  /* of the body as it came */

/* Appends the value of part 1 to list_parts: "[event,event,...]", at most SNAPSHOT_PART_BYTES_MAX. */
void list_write_part(const struct list *list, uint32_t part, struct buffer *value);

/* Appends the uuids of events that are present, readable, and in no part, with commas, without
 * repeats. False if there are more than LIST_ASIDE_MAX: then the list counts as incomplete. `text`
 * NULL: only asks that. */
bool list_write_aside(const struct list *list, struct buffer *text);

#endif
