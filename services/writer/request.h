/* services/writer/request.h
 *
 * The PATCH of one event: what it carries, its body and its key (CONTRACT.md "The PATCH").
 * external_data is sent whole or not at all: the CMS overwrites both halves whatever is sent.
 */
#ifndef WRITER_REQUEST_H
#define WRITER_REQUEST_H

#include "model/municipality.h"
#include "model/result.h"

struct request {
        struct uuid uuid;
        bool present[MEMBER_COUNT];      /* url and admin_url are both present, or neither */
        uint64_t versions[MEMBER_COUNT]; /* as they stand in the wish; VERSION_NONE for what is not
                                            sent */
        uint64_t serial;
        enum event_state state;
        char *url; /* NULL: cleared; owned */
        char *admin_url;
        char key[IDEMPOTENCY_KEY_BYTES];
};

/* From the wish, the members with a bit in `members` (bits of url and admin_url come together). */
void request_init(struct request *request, const char *municipality, const struct uuid *uuid,
                  const struct wish *wish, unsigned members);
void request_deinit(struct request *request);
void request_body(const struct request *request, struct buffer *body);

/* "https://…/api/v1/events/<uuid>?_format=json" */
void request_url(const struct municipality *municipality, const struct uuid *uuid,
                 struct buffer *url);

#endif
