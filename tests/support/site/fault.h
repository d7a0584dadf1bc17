/* site/fault.h
 *
 * Faults on demand. Each spoils the next `count` matching requests, or all until it is cleared; the
 * first that matches is used. A write is executed or not, at once or later, whatever its answer is:
 * that is what a client cannot see. In JSON the members have the names of `struct fault`, with
 * "kind", "method" (GET, PATCH or absent: both), "count", and "body" or "body_base64".
 */
#ifndef SITE_FAULT_H
#define SITE_FAULT_H

#include "base/error.h"
#include "base/uuid.h"
#include "site/request.h"

#include <jansson.h>
#include <stdint.h>

enum fault_kind {
        FAULT_DELAY,    /* the right answer, after delay_ms */
        FAULT_STATUS,   /* `status`, `content_type`, `body` and `headers` as given */
        FAULT_RESET,    /* RST */
        FAULT_EMPTY,    /* closed without a byte */
        FAULT_TRUNCATE, /* closed after `bytes` of the body (default: half) of what was promised */
        FAULT_DRIP,     /* `bytes` of the body every `interval_ms` */
        FAULT_WRONG_ECHO, /* the answer shows other values than those written: `echo` */
        FAULT_TRAILING,   /* `body` behind the right body */
        FAULT_CUT,  /* the list ends after `events` events; with "closed" its bracket is there */
        FAULT_HANG, /* no answer as long as the client waits */
        FAULT_BOMB, /* gzip that decodes to `bytes` */
        FAULT_COUNT,
};

struct fault {
        uint64_t id;
        int64_t remaining; /* requests; < 0: until cleared */
        bool on_get, on_patch;
        char uuid[UUID_TEXT_BYTES]; /* only this event's; "": any */
        enum fault_kind kind;
        int64_t delay_ms;         /* before the answer */
        bool executes;            /* PATCH: is the write done */
        int64_t execute_after_ms; /* and when, after the request came */
        unsigned status;
        char *content_type;
        char *body;
        size_t body_bytes;
        json_t *headers; /* object of texts, NULL: none */
        json_t *echo;    /* members, NULL: state and links as they were before */
        int64_t bytes;   /* < 0: the default of the kind */
        int64_t interval_ms;
        int64_t events;
        bool closed;
        uint64_t used;
        unsigned refs;
        struct fault *next;
};

struct faults {
        struct fault *first;
        uint64_t next_id;
};

void faults_deinit(struct faults *faults);
void fault_unref(struct fault *fault); /* NULL is fine */

/* Add one from its JSON; its id, or 0 and a reason. */
uint64_t faults_add(struct faults *faults, const json_t *json, struct error *error);

/* Clear those of a method; METHOD_OTHER: all. */
void faults_clear(struct faults *faults, enum method method);

/* The fault that spoils this request, or NULL. The caller unrefs it. uuid "" for a list. */
struct fault *faults_take(struct faults *faults, enum method method, const char *uuid);

const char *fault_kind_name(enum fault_kind kind);

#endif
