/* tests/sim/writer/cms.h
 *
 * One municipality's site as PATCH requests meet it (CMS-API.md "Writing"): what its events have of
 * their own, what they show (an empty link shows the series' one), and everything that a site does
 * to a request beside obeying it.
 */
#ifndef SIM_WRITER_CMS_H
#define SIM_WRITER_CMS_H

#include "base/buffer.h"
#include "base/uuid.h"
#include "model/event.h"
#include "sim/sim.h"

enum { CMS_EVENTS = 12, CMS_URL_BYTES = 48, CMS_RETRY_AFTER_BYTES = 40 };

struct cms_event {
        struct uuid uuid;
        bool deleted;
        enum event_state state;
        char url[CMS_URL_BYTES], admin_url[CMS_URL_BYTES]; /* its own; "": none */
        char series_url[CMS_URL_BYTES];
        int64_t start_ms, end_ms;
};

/* How it treats a request. */
enum cms_manner {
        CMS_OBEYS,
        CMS_OBEYS_SILENTLY, /* and resets the connection */
        CMS_OBEYS_LATE,     /* long after the caller has given up, also after newer requests */
        CMS_RESETS,         /* and does nothing */
        CMS_HANGS,          /* likewise, until the caller gives up */
        CMS_ECHOES_WRONGLY, /* does it, and shows something else */
        CMS_MAINTENANCE,    /* 200 with a page for people */
        CMS_FAILS,          /* 500, done or not */
        CMS_GATEWAY_FAILS,  /* 502 to 504, done or not */
        CMS_PAUSES,         /* 503 with Retry-After */
        CMS_THROTTLES,      /* 429 with Retry-After */
        CMS_IS_BUSY,        /* 408 */
        CMS_CONFLICTS,      /* 409 */
        CMS_MOVED,          /* a 404 that is not the CMS's own */
        CMS_REDIRECTS,
        CMS_REFUSES, /* the connection; or its name is not found */
        CMS_MANNERS,
};

struct cms {
        struct sim *sim;
        char id[32];
        struct cms_event events[CMS_EVENTS];
        enum cms_manner manner; /* besides obeying, of so many requests in a thousand */
        int64_t per_mille;
        int64_t latency_ms;
        unsigned password; /* changes; requests with another one are refused */
};

struct cms_answer {
        bool none;        /* the connection just ends, or time does */
        bool refused;     /* and nothing was ever sent */
        int64_t after_ms; /* INT64_MAX: never */
        long status;
        char retry_after[CMS_RETRY_AFTER_BYTES]; /* "": absent */
        struct buffer body;                      /* owned */
};

void cms_init(struct cms *cms, struct sim *sim, const char *id);
struct cms_event *cms_find(struct cms *cms, const struct uuid *uuid);

/* What is told when a request arrives. `done` is when it is obeyed, INT64_MAX: never; with cms_obey
 * then. */
void cms_take(struct cms *cms, const struct uuid *uuid, unsigned password, struct slice body,
              struct cms_answer *answer, int64_t *done_ms);
void cms_obey(struct cms *cms, const struct uuid *uuid, struct slice body);

/* A new mood for a while; good again. */
void cms_upset(struct cms *cms);
void cms_heal(struct cms *cms);
/* The state that the site's own clockwork gives to events that are over. */
void cms_cron(struct cms *cms);

#endif
