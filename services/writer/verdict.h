/* services/writer/verdict.h
 *
 * What an attempt's answer means: the table of DESIGN.md ("Outcome of an attempt") as one pure
 * function. What is done about it (wait, seal, count, dead letter) is the lane's.
 */
#ifndef WRITER_VERDICT_H
#define WRITER_VERDICT_H

#include "writer/request.h"

enum verdict {
        VERDICT_APPLIED,  /* the echo shows what was sent */
        VERDICT_NOT_SENT, /* no request left: wait; counts for the breaker */
        VERDICT_REFUSED, /* we held it back ourselves (lease too short): says nothing about the site
                          */
        VERDICT_UNKNOWN, /* it may have been executed, or may be later: wait, try again, sealed */
        VERDICT_THROTTLED,    /* 408, 425, 429: wait */
        VERDICT_DOUBTFUL,     /* 500, or 2xx that is not the echo: sealed; tried a few times */
        VERDICT_UNAUTHORIZED, /* 401, 403: the municipality waits for its credentials */
        VERDICT_GONE,         /* 404 of the CMS, and the event is in no snapshot */
        VERDICT_MISPLACED,    /* any other 404, 3xx: the site is not where we think it is */
        VERDICT_REJECTED,     /* 400 and the like: the same bytes will never do */
        VERDICT_CONFLICT,     /* 409, 412, 423: tried a few times */
};

enum transport {
        TRANSPORT_ANSWERED,
        TRANSPORT_NOT_SENT,  /* refused, DNS, TLS, ... */
        TRANSPORT_REFUSED,   /* not sent because the lease had less left than the timeout */
        TRANSPORT_BROKEN,    /* something was sent and no whole answer came */
        TRANSPORT_TOO_LARGE, /* the answer was cut off */
};

struct answer { /* borrowed */
        enum transport transport;
        unsigned sends;          /* how often a request left */
        long status;             /* 0: none */
        const char *retry_after; /* NULL: absent */
        const char *error;       /* for people; "" if answered */
        struct slice body;
};

/* `in_snapshot`: the last applied snapshot has the event. */
enum verdict verdict_of(const struct answer *answer, const struct request *request,
                        bool in_snapshot);

/* Is this the CMS's own 404, {"message":"…"}? That answer to a probe means that the log-in works.
 */
bool verdict_is_cms_404(const struct answer *answer);

const char *verdict_name(enum verdict verdict);

#endif
