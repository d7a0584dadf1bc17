/* site/cms.c
 *
 * The order of the checks is the real one, since it decides what a wrong request is told: format
 * and content type by routing, then access, then the body, then the uuid, then the state.
 */
#include "site/cms.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "site/clock.h"
#include "site/php_date.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

enum { URL_MAX_CHARACTERS = 2048, HTTP_DATE_BYTES = 32 };

void cms_event_uuid(const struct request *request, char uuid[UUID_TEXT_BYTES])
{
        static const char *const path[] = { "api", "v1", "events" };
        char text[UUID_TEXT_BYTES];

        uuid[0] = '\0';
        for (unsigned i = 0; i < 3; i++) {
                if (!request_segment(request, i + 1, text, sizeof(text)) ||
                    strcmp(text, path[i]) != 0)
                        return;
        }
        if (!request_segment(request, 4, text, sizeof(text)))
                return;
        for (size_t i = 0; i < sizeof(text); i++)
                uuid[i] = (char)tolower((unsigned char)text[i]);
}

static bool is_list(const struct site *site, const struct request *request)
{
        static const char events[] = "/api/v1/events";
        size_t length = strlen(site->name);

        return strlen(request->path) > length + 1 &&
               strcmp(request->path + 1 + length, events) == 0;
}

static bool is_type(const char *content_type, const char *type)
{
        size_t length = strlen(type);

        return content_type && strncasecmp(content_type, type, length) == 0 &&
               (content_type[length] == '\0' || strchr("; ", content_type[length]));
}

static bool format_is_json(const struct request *request)
{
        char format[16];

        return !request_parameter(request, "_format", format, sizeof(format)) ||
               strcmp(format, "json") == 0;
}

static void answer_500(struct answer *answer)
{
        answer_set_text(answer, 500, "text/plain; charset=UTF-8",
                        "The website encountered an unexpected error. Try again later.");
        answer->drupal_500 = true;
}

void cms_varnish_503(struct answer *answer)
{
        answer_set_text(
                answer, 503, "text/html; charset=utf-8",
                "<!DOCTYPE html>\n<html>\n  <head>\n    <title>503 Backend fetch failed</title>\n"
                "  </head>\n  <body>\n    <h1>Error 503 Backend fetch failed</h1>\n"
                "    <p>Backend fetch failed</p>\n  </body>\n</html>\n");
        answer_header(answer, "Retry-After", "5");
}

/* ---- reading ---- */

static void http_date(int64_t seconds, char text[HTTP_DATE_BYTES])
{
        time_t moment = (time_t)seconds;
        struct tm civil;

        strftime(text, HTTP_DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&moment, &civil));
}

/* Weak comparison with each tag of the header, as a 304 asks for. */
static bool has_tag(const char *header, int64_t built_s)
{
        while (*header) {
                long long seconds;

                header += strspn(header, " ,");
                if (*header == '*')
                        return true;
                if (strncmp(header, "W/", 2) == 0)
                        header += 2;
                if (sscanf(header, "\"%lld\"", &seconds) == 1 && seconds == built_s)
                        return true;
                header += strcspn(header, ",");
        }
        return false;
}

static bool is_unmodified(const struct request *request, int64_t built_s)
{
        const char *tags = request->headers[HEADER_IF_NONE_MATCH];
        const char *since = request->headers[HEADER_IF_MODIFIED_SINCE];
        int64_t since_ms;

        if (tags)
                return has_tag(tags, built_s);
        return since && timestamp_parse_http(since, strlen(since), built_s * 1000, &since_ms) &&
               since_ms / 1000 >= built_s;
}

static void set_body(struct answer *answer, const struct request *request, struct blob *body)
{
        bool packed = request_accepts_gzip(request);

        answer_set(answer, 200, "application/json", blob_ref(packed ? blob_gzip(body) : body));
        answer_header(answer, "Vary", "Accept-Encoding");
        if (packed)
                answer_header(answer, "Content-Encoding", "gzip");
}

/* The list from Varnish: with its validators, or 304. */
static void answer_stored(struct site *site, const struct request *request, struct answer *answer,
                          const struct stored *stored, bool hit)
{
        int64_t age_s = (site_now_us(site) - stored->stored_us) / SECOND_US;
        char modified[HTTP_DATE_BYTES];

        if (stored->built_s == 0) {
                answer_set(answer, stored->status, "application/json", blob_ref(stored->body));
        } else {
                http_date(stored->built_s, modified);
                if (is_unmodified(request, stored->built_s)) {
                        answer_set(answer, 304, NULL, NULL);
                        site->counters.not_modified++;
                } else {
                        set_body(answer, request, stored->body);
                }
                answer_header(answer, "ETag", "%s\"%lld\"",
                              request_accepts_gzip(request) ? "W/" : "",
                              (long long)stored->built_s);
                answer_header(answer, "Last-Modified", "%s", modified);
                answer_header(answer, "Cache-Control", "max-age=300, public");
        }
        answer_header(answer, "Age", "%lld", (long long)age_s);
        answer_header(answer, "X-Varnish-Cache", hit ? "HIT" : "MISS");
        answer->cache = hit ? "hit" : "miss";
}

/* An error of the backend; 403 and 404 are kept for a moment. */
static void answer_read_error(struct site *site, const struct request *request,
                              struct answer *answer)
{
        if (request->headers[HEADER_AUTHORIZATION])
                return;
        if (answer->status == 404)
                varnish_store(&site->varnish, request->url, 404, answer->body, 0,
                              site_now_us(site));
        answer_header(answer, "Age", "0");
        answer_header(answer, "X-Varnish-Cache", "MISS");
        answer->cache = "miss";
}

/* Everything but 200. Returns whether there was something to refuse. */
static bool refuse_read(struct site *site, const struct request *request, struct answer *answer,
                        int64_t *from_day)
{
        const char *content_type = request->headers[HEADER_CONTENT_TYPE];
        char uuid[UUID_TEXT_BYTES], from_date[64];

        cms_event_uuid(request, uuid);
        if (uuid[0]) {
                answer_set_message(answer, 405,
                                   "No route found for the GET method: Method Not Allowed "
                                   "(Allow: PATCH)");
                answer_header(answer, "Allow", "PATCH");
        } else if (!is_list(site, request)) {
                answer_set_message(answer, 404, "No route found for this path.");
        } else if (!format_is_json(request)) {
                answer_set_message(answer, 406,
                                   "No route found for the specified format. Supported "
                                   "formats: json, xml.");
        } else if (content_type && !is_type(content_type, "application/json")) {
                answer_500(answer);
        } else {
                *from_day = CATALOGUE_NO_DAY;
                if (!request_parameter(request, "from_date", from_date, sizeof(from_date)) ||
                    !from_date[0] ||
                    php_date_parse(from_date, site_now_us(site) / SECOND_US, from_day))
                        return false;
                answer_set_message(answer, 400, "Invalid from_date.");
        }
        return true;
}

void cms_read(struct site *site, const struct request *request, struct answer *answer,
              struct cms_build *build)
{
        int64_t now_us = site_now_us(site), from_day;

        site->counters.gets++;
        build->passes = request->headers[HEADER_AUTHORIZATION] != NULL;
        if (build->passes) {
                account_check(&site->account, request->headers[HEADER_AUTHORIZATION],
                              now_us / SECOND_US);
        } else {
                const struct stored *stored = varnish_find(&site->varnish, request->url, now_us);

                if (stored) {
                        site->counters.hits++;
                        answer_stored(site, request, answer, stored, true);
                        return;
                }
        }
        if (refuse_read(site, request, answer, &from_day))
                answer_read_error(site, request, answer);
        else
                build->body = catalogue_list(&site->catalogue, from_day);
}

static void answer_passed(struct site *site, const struct request *request, struct answer *answer,
                          struct blob *body)
{
        site->counters.passes++;
        set_body(answer, request, body);
        answer_header(answer, "Cache-Control", "must-revalidate, no-cache, private");
        answer_header(answer, "X-Varnish-Cache", "MISS");
        answer->cache = "pass";
}

/* A list too large for Varnish is answered as if it were stored, and is not. */
static void answer_built(struct site *site, const struct request *request, struct answer *answer,
                         struct blob *body)
{
        int64_t now_us = site_now_us(site);
        int64_t built_s = varnish_built_s(&site->varnish, now_us, site->settings.etag_collisions);

        site->counters.misses++;
        if (body->length >= VARNISH_BODY_MAX_BYTES) {
                const struct stored passing = { .status = 200, .body = body, .stored_us = now_us,
                                                .built_s = built_s };
                answer_stored(site, request, answer, &passing, false);
        } else {
                answer_stored(
                        site, request, answer,
                        varnish_store(&site->varnish, request->url, 200, body, built_s, now_us),
                        false);
        }
}

void cms_read_built(struct site *site, const struct request *request, struct answer *answer,
                    struct cms_build *build)
{
        struct blob *body = TAKE_PTR(build->body);

        if (build->passes)
                answer_passed(site, request, answer, body);
        else
                answer_built(site, request, answer, body);
        blob_unref(body);
}

/* ---- writing ---- */

/* What a PATCH wishes, out of a body whose types have been checked. */
struct wish {
        const char *state;          /* NULL: none */
        bool links;                 /* external_data is there: both links are written */
        const char *url, *admin_url; /* NULL: cleared */
};

static bool is_text_or_null(const json_t *value)
{
        return !value || json_is_null(value) || json_is_string(value);
}

static const char *text_or_null(const json_t *object, const char *name)
{
        const char *text = json_member_text(object, name);

        return text && *text ? text : NULL;
}

/* False for types that make the CMS throw. */
static bool read_wish(const json_t *body, struct wish *wish)
{
        const json_t *links = json_object_get(body, "external_data");
        const char *state = json_member_text(body, "state");

        if (!json_is_object(body) && !json_is_array(body))
                return false;
        if (!is_text_or_null(json_object_get(body, "state")))
                return false;
        *wish = (struct wish){ .state = state && *state && strcmp(state, "0") != 0 ? state : NULL };
        if (!links || json_is_null(links))
                return true;
        if ((!json_is_object(links) && !json_is_array(links)) ||
            !is_text_or_null(json_object_get(links, "url")) ||
            !is_text_or_null(json_object_get(links, "admin_url")))
                return false;
        wish->links = true;
        wish->url = text_or_null(links, "url");
        wish->admin_url = text_or_null(links, "admin_url");
        return true;
}

static bool is_state(const char *state)
{
        static const char *const states[] = { "TicketSaleNotOpen", "Active", "SoldOut", "Cancelled",
                                              "Occurred" };

        for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
                if (strcmp(states[i], state) == 0)
                        return true;
        }
        return false;
}

static bool is_too_long(const char *url)
{
        size_t characters = 0;

        for (; url && *url; url++)
                characters += ((unsigned char)*url & 0xc0) != 0x80;
        return characters > URL_MAX_CHARACTERS;
}

/* Routing and access. Returns whether the PATCH was refused. */
static bool refuse_write(struct site *site, const struct request *request, struct answer *answer)
{
        char uuid[UUID_TEXT_BYTES];

        cms_event_uuid(request, uuid);
        if (!uuid[0] && is_list(site, request)) {
                answer_set_message(answer, 405,
                                   "No route found for the PATCH method: Method Not Allowed "
                                   "(Allow: GET)");
                answer_header(answer, "Allow", "GET");
                return true;
        }
        if (!uuid[0]) {
                answer_set_message(answer, 404, "No route found for this path.");
                return true;
        }
        if (!format_is_json(request)) {
                answer_set_message(answer, 406,
                                   "No route found for the specified format. Supported "
                                   "formats: json, xml.");
                return true;
        }
        if (!is_type(request->headers[HEADER_CONTENT_TYPE], "application/json")) {
                answer_set_message(answer, 415,
                                   "No route found that matches the Content-Type header.");
                return true;
        }
        switch (account_check(&site->account, request->headers[HEADER_AUTHORIZATION],
                              site_now_us(site) / SECOND_US)) {
        case ACCOUNT_ANONYMOUS:
                answer_set_message(answer, 401, "No authentication credentials provided.");
                answer_header(answer, "WWW-Authenticate", "Basic realm=\"Bibliotek\"");
                return true;
        case ACCOUNT_OK:
                if (site->account.may_patch)
                        return false;
                break;
        case ACCOUNT_WRONG:
        case ACCOUNT_BLOCKED:
                break;
        }
        answer_set_message(answer, 403, "The 'restful patch event' permission is required.");
        return true;
}

static struct cms_written save(struct site *site, struct event *event, const struct wish *wish)
{
        struct cms_written written = { .executed = true };

        if (wish->state)
                written.changed |= text_replace(&event->state, wish->state);
        if (wish->links) {
                written.changed |= text_replace(&event->url, wish->url);
                written.changed |= text_replace(&event->admin_url, wish->admin_url);
        }
        if (written.changed)
                event->changed_s = site_now_us(site) / SECOND_US;
        site_saved(site);
        return written;
}

static struct cms_written apply(struct site *site, const struct request *request,
                                const struct wish *wish, struct answer *answer)
{
        char uuid[UUID_TEXT_BYTES];
        struct cms_written written;
        struct buffer text = BUFFER_NULL;
        struct event *event;

        cms_event_uuid(request, uuid);
        event = catalogue_find(&site->catalogue, uuid);
        if (!event) {
                answer_set_message(answer, 404, "Event not found");
                return (struct cms_written){ 0 };
        }
        if (wish->state && !is_state(wish->state)) {
                buffer_append_format(&text, "Invalid value for state: %.100s", wish->state);
                answer_set_message(answer, 400, text.data);
                buffer_deinit(&text);
                return (struct cms_written){ 0 };
        }
        if (is_too_long(wish->url) || is_too_long(wish->admin_url)) {
                answer_500(answer);
                return (struct cms_written){ 0 };
        }
        written = save(site, event, wish);
        event_write(&text, event);
        answer_set(answer, 200, "application/json", blob_take(&text));
        return written;
}

struct cms_written cms_write(struct site *site, const struct request *request,
                             struct answer *answer)
{
        _cleanup_(json_decrefp) json_t *body = NULL;
        struct wish wish;

        if (refuse_write(site, request, answer))
                return (struct cms_written){ 0 };
        if (request->body.length == 0) {
                answer_500(answer);
                return (struct cms_written){ 0 };
        }
        body = json_loadb(request->body.data, request->body.length, JSON_DECODE_ANY, NULL);
        if (!body) {
                answer_set_message(answer, 400, "Syntax error");
                return (struct cms_written){ 0 };
        }
        if (!read_wish(body, &wish)) {
                answer_500(answer);
                return (struct cms_written){ 0 };
        }
        return apply(site, request, &wish, answer);
}
