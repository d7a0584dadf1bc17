/* site/cms.h
 *
 * What DPL CMS and the Varnish in front of it answer: GET of the list and PATCH of an event. It
 * decides; waiting, spoiling and sending are the exchange's.
 */
#ifndef SITE_CMS_H
#define SITE_CMS_H

#include "site/answer.h"
#include "site/request.h"
#include "site/site.h"

/* A list that is being built. */
struct cms_build {
        struct blob *body; /* owned; NULL: nothing is being built */
        bool passes;       /* Varnish neither looks for it nor keeps it */
};

/* The event's uuid in /<site>/api/v1/events/<uuid>, in lower case; "" for any other path. */
void cms_event_uuid(const struct request *request, char uuid[UUID_TEXT_BYTES]);

/* Answer a GET, or say with build->body that a list has to be built first; then cms_read_built,
 * once that has taken its time, stores it and answers. */
void cms_read(struct site *site, const struct request *request, struct answer *answer,
              struct cms_build *build);
void cms_read_built(struct site *site, const struct request *request, struct answer *answer,
                    struct cms_build *build);

struct cms_written {
        bool executed; /* the event was saved */
        bool changed;  /* and a value is another one than before */
};

/* Answer a PATCH and do what it asks. */
struct cms_written cms_write(struct site *site, const struct request *request,
                             struct answer *answer);

/* Varnish's own error page. */
void cms_varnish_503(struct answer *answer);

#endif
