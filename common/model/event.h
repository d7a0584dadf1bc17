/* common/model/event.h
 *
 * One event of the CMS as we look at it (CMS-API.md "Reading"). Only the uuid is required; every
 * other member may be absent. The event's bytes are never rewritten: a change carries them as is.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/timestamp.h"
#include "base/uuid.h"

/* A link has at most 2,048 characters (CMS-API.md "Writing"), each of up to four bytes. */
enum {
        EVENT_BYTES_MAX = 900 * 1000,
        EVENT_URL_CHARACTERS_MAX = 2048,
        EVENT_URL_BYTES_MAX = 4 * EVENT_URL_CHARACTERS_MAX
};

enum event_state {
        STATE_NONE, /* absent, or a value we do not know */
        STATE_TICKET_SALE_NOT_OPEN,
        STATE_ACTIVE,
        STATE_SOLD_OUT,
        STATE_CANCELLED,
        STATE_OCCURRED,
};

const char *event_state_name(enum event_state state); /* "SoldOut"; NULL for STATE_NONE */
enum event_state event_state_parse(const char *name);
enum event_state event_state_parse_slice(struct slice name);

/* The members whose change is news, in the CMS's order (CMS-API.md "Bytes"), and one for all that
 * this version does not know. `updated_at`, `external_data` are not news. */
#define EVENT_FIELDS(X)                                                                            \
        X(TITLE, "title")                                                                          \
        X(DESCRIPTION, "description")                                                              \
        X(URL, "url")                                                                              \
        X(CREATED_AT, "created_at")                                                                \
        X(TICKET_MANAGER_RELEVANCE, "ticket_manager_relevance")                                    \
        X(IMAGE, "image")                                                                          \
        X(TEASER_IMAGE, "teaserImage")                                                             \
        X(STATE, "state")                                                                          \
        X(ALL_DAY, "all_day")                                                                      \
        X(DATE_TIME, "date_time")                                                                  \
        X(BRANCHES, "branches")                                                                    \
        X(ADDRESS, "address")                                                                      \
        X(CATEGORIES, "categories")                                                                \
        X(TAGS, "tags")                                                                            \
        X(PARTNERS, "partners")                                                                    \
        X(TICKET_CATEGORIES, "ticket_categories")                                                  \
        X(TICKET_CAPACITY, "ticket_capacity")                                                      \
        X(SERIES, "series")                                                                        \
        X(BODY, "body")                                                                            \
        X(SCREEN_NAMES, "screen_names")                                                            \
        X(OTHER, "other")

enum event_field {
#define EVENT_FIELD_ENUM(name, text) EVENT_FIELD_##name,
        EVENT_FIELDS(EVENT_FIELD_ENUM)
#undef EVENT_FIELD_ENUM
        EVENT_FIELD_COUNT,
};
const char *event_field_name(enum event_field field);
/* `name` as it stands between a member's quotes. EVENT_FIELD_OTHER for what is none of the others.
 */
enum event_field event_field_of(struct slice name);

struct event {
        struct uuid uuid;
        bool relevant;          /* ticket_manager_relevance; absent: false */
        enum event_state state;
        int64_t start_ms;       /* TIMESTAMP_NONE where absent or unreadable */
        int64_t end_ms;
        bool has_series;
        struct uuid series;
        char *url; /* external_data; owned; NULL: absent, or above EVENT_URL_BYTES_MAX */
        char *admin_url;

        /* Canonical: decoded strings, numbers by value (75.0 is 75), members in any order, image
         * URLs without their query (CMS-API.md: a re-cropped image is no news). What no text or
         * number of ours can hold (`\u0000`, a huge integer) counts by its bytes instead. */
        uint64_t sums[EVENT_FIELD_COUNT];       /* of each field */
        uint64_t canonical;                     /* over all fields that are news */
        uint16_t fields[EVENT_FIELD_COUNT];     /* of each, short; they only name what changed */
};

/* Parse one event's raw bytes: one well-formed JSON object, no member twice, with a valid uuid. On
 * failure nothing is left to deinit. */
int event_parse(struct event *event, struct slice raw, struct error *error);
void event_deinit(struct event *event);
/* Sets what a member says by itself: relevance, state, dates, series; nothing for other fields.
 * What cannot be read counts as absent. */
void event_look_into(struct event *event, enum event_field field, struct slice value);
/* Makes `canonical` and `fields` of the sums; only fields in `news` (a bit each) count for the
 * former. event_parse has done so for all fields. */
void event_sum_up(struct event *event, uint32_t news);

/* XXH3 of the raw bytes: equal means unchanged, without parsing. */
uint64_t event_raw_hash(struct slice raw);

/* Names of the fields in `changed` (a bit per event_field), in JSON: ["title","date_time"] */
void event_write_changed(struct buffer *out, uint32_t changed);

#endif
