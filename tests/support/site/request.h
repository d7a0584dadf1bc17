/* site/request.h
 *
 * One HTTP request, as far as anyone here looks at it. It owns its texts, since a write that is
 * executed late outlives its connection.
 */
#ifndef SITE_REQUEST_H
#define SITE_REQUEST_H

#include "base/buffer.h"

enum method { METHOD_GET, METHOD_PATCH, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_OTHER };

enum request_header {
        HEADER_AUTHORIZATION, HEADER_CONTENT_TYPE, HEADER_IF_NONE_MATCH, HEADER_IF_MODIFIED_SINCE,
        HEADER_ACCEPT_ENCODING, HEADER_IDEMPOTENCY_KEY, HEADER_USER_AGENT, HEADER_TRACEPARENT,
        HEADER_COUNT,
};

struct request {
        enum method method;
        char *url;                   /* path and query, as sent */
        char *path;                  /* without the query */
        const char *query;           /* behind the '?' in url, "" if there is none */
        char *headers[HEADER_COUNT]; /* NULL: not sent */
        struct buffer body;
};

const char *request_header_name(enum request_header header);

void request_init(struct request *request, const char *url);
void request_deinit(struct request *request);
enum method method_parse(const char *text);
const char *method_name(enum method method);

bool request_accepts_gzip(const struct request *request);

/* A parameter of the query, percent-decoded and cut to `bytes`. False if it is not there. */
bool request_parameter(const struct request *request, const char *name, char *value, size_t bytes);

/* The part of the path number `index` (0 is the first), NUL-terminated in `text`; false if there is
 * none or it is too long. */
bool request_segment(const struct request *request, unsigned index, char *text, size_t bytes);

#endif
