/* services/fetcher/answer.h
 *
 * What a site's answer to a read means. One pure function: nothing but a whole, sound 200 is a list,
 * nothing but a 304 to a conditional read says that the last one stands, and all else is a failure
 * with a stable code (for metrics) and a sentence (for people).
 */
#ifndef FETCHER_ANSWER_H
#define FETCHER_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "fetcher/list.h"

/* As io/http.h has it; a pure file does not include that. */
enum answer_transport {
        ANSWER_WHOLE,
        ANSWER_NOT_SENT,  /* refused, DNS, TLS, address not allowed, ... */
        ANSWER_BROKEN,    /* no whole answer: timeout, reset, empty, truncated */
        ANSWER_TOO_LARGE, /* cut off by the size limit */
        ANSWER_STOPPED,   /* by us: what was read so far is no list */
};

/* Texts are NULL where the answer has none; foreign, at most 1,024 bytes. */
struct answer {
        enum answer_transport transport;
        long status;
        const char *error; /* of the transport, for people */
        const char *age;
        const char *etag;
        const char *last_modified;
        const char *retry_after;
        const char *content_type;
        int64_t duration_ms;
};

enum answer_outcome { ANSWER_LIST, ANSWER_SAME, ANSWER_FAILED };

struct answer_verdict {
        enum answer_outcome outcome;
        const char *reason;     /* "" or a stable code, such as "not-a-list" */
        struct error error;     /* the sentence */
        int64_t pause_until_ms; /* the site asks not to be read before; 0: it does not */
        int64_t age_ms;         /* of the copy that answered, 0: none */
};

/* `list` is what was read of the body (ended here if the answer was whole). `conditional`: the read
 * had validators, so a 304 makes sense. */
struct answer_verdict answer_judge(const struct answer *answer, struct list *list, bool conditional,
                                   int64_t now_ms);

/* RFC 9111 5.1: seconds. Malformed or absent is 0; more than ten years is ten years. */
int64_t answer_age_ms(const char *text);

#endif
