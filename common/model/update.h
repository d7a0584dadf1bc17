/* common/model/update.h
 *
 * A record of `updates`: the vendor's wish for one event (CONTRACT.md "updates"). Checked strictly,
 * since CMS-API.md "Writing" shows what a bad one does: a wrong state is 400, a wrong type 500, an
 * url of more than 2,048 characters 500, and urls are not checked there at all.
 */
#ifndef MODEL_UPDATE_H
#define MODEL_UPDATE_H

#include "model/event.h"
#include "model/municipality.h"

enum { UPDATE_BYTES_MAX = 64 * 1024 };

/* The members of a wish. url and admin_url are always sent as a pair; null clears. */
enum wish_member { MEMBER_STATE, MEMBER_URL, MEMBER_ADMIN_URL, MEMBER_COUNT };
const char *wish_member_name(enum wish_member member); /* "state", "url", "admin_url" */

/* Why an update cannot be accepted: the stable code in `dplsync-reason`. */
enum update_fault {
        UPDATE_OK,
        UPDATE_NOT_JSON,              /* "not-json": not UTF-8 JSON, not an object, too large */
        UPDATE_INVALID_MUNICIPALITY,  /* "invalid-municipality": absent or not an id */
        UPDATE_INVALID_UUID,          /* "invalid-uuid" */
        UPDATE_INVALID_STATE,         /* "invalid-state" */
        UPDATE_INVALID_EXTERNAL_DATA, /* "invalid-external-data": no object, wrong type inside */
        UPDATE_INVALID_URL,           /* "invalid-url": not absolute http(s), too long */
        UPDATE_EMPTY, /* "nothing-to-do": neither state nor a half of external_data */
};
const char *update_fault_code(enum update_fault fault);

struct update {
        char municipality[MUNICIPALITY_ID_BYTES];
        struct uuid uuid;
        bool has_uuid; /* it could be read */
        bool present[MEMBER_COUNT];
        enum event_state state;
        char *url;                      /* NULL: clear it. Owned */
        char *admin_url;
};

/* On a fault `error` has the sentence for `dplsync-detail`, which names the field; what could be
 * read of municipality and uuid is kept. update_deinit is due in every case. */
enum update_fault update_read(struct update *update, struct slice value, struct error *error);
/* The same, by the reader that has the sentences, for those who compare the two. */
enum update_fault update_read_strictly(struct update *update, struct slice value,
                                       struct error *error);
void update_write(const struct update *update, struct buffer *value);
void update_deinit(struct update *update);

/* Absolute http or https, with a host, without userinfo, control characters and spaces, at most
 * 2,048 characters. */
bool update_url_valid(const char *url, size_t length);

#endif
