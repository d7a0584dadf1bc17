/* services/operator/console_web.c
 *
 * Every answer is rendered at once from what the console knows; none waits. An answer is built in
 * struct answer and sent in one place, so that no page can leave out a header.
 */
#include "operator/console_web.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "io/web_server.h"
#include "operator/assets.h"
#include "operator/console_guard.h"
#include "operator/page_order.h"
#include "operator/page_rows.h"
#include "operator/page_row.h"
#include "operator/page_text.h"
#include "operator/page_trail.h"

enum { CONNECTIONS_MAX = 64, REQUEST_BYTES = 32 * 1024, BODY_BYTES_MAX = FORM_BYTES_MAX };

struct console_web {
        struct console_parts parts;
        struct console_guard guard;
        struct web_server *server;
};

/* One request while it comes in. */
struct request {
        struct buffer body;
        bool too_much;
};

struct answer {
        struct console_web *web;
        struct MHD_Connection *connection;
        const struct request *request;
        struct form query;
        char session[CONSOLE_SESSION_BYTES];
        bool new_session;
        char token[CONSOLE_TOKEN_BYTES];
        char user[CONSOLE_USER_BYTES];
        char as_of[TIMESTAMP_TEXT_BYTES]; /* "" : none */

        unsigned status;
        const char *type;
        const char *location; /* of a redirect; "" : none */
        char place[MUNICIPALITY_ID_BYTES + 32];
        bool tagged; /* may be answered with 304 */
        struct buffer text;
};

static const char *header_of(const struct answer *answer, const char *name)
{
        return MHD_lookup_connection_value(answer->connection, MHD_HEADER_KIND, name);
}

/* What pages are made of */

static void fill_data(const struct answer *answer, struct page_data *data)
{
        const struct console_parts *parts = &answer->web->parts;
        const bool actions = parts->desk->config->console.actions;

        *data = (struct page_data){
                .overview = console_feed_overview(parts->feed),
                .outcomes = console_feed_outcomes(parts->feed),
                .letters = console_feed_letters(parts->feed),
                .trouble = console_feed_trouble(parts->feed),
                .caught_up = console_feed_caught_up(parts->feed),
                .now_ms = loop_now_ms(parts->desk->loop),
                .reader = { actions, actions ? answer->token : "" },
        };
        data->deeds = console_deeds_list(parts->deeds, &data->deed_count);
        page_view_read(&data->view, &answer->query);
}

static void show_message(struct answer *answer, unsigned status, const char *title,
                         const char *sentence)
{
        buffer_clear(&answer->text);
        answer->status = status;
        page_message(&answer->text, title, sentence);
}

/* Pages */

static void show_front(struct answer *answer)
{
        struct page_data data;

        fill_data(answer, &data);
        page_front(&answer->text, &data);
}

/* For the script: the part of the front page that changes. */
static void show_live(struct answer *answer)
{
        struct page_data data;

        fill_data(answer, &data);
        page_live(&answer->text, &data);
        answer->tagged = true;
        timestamp_format(data.overview->now_ms, answer->as_of);
}

/* For the script: what is inside a row that was not sent with it. */
static void show_row(struct answer *answer)
{
        const struct overview_row *row;
        struct page_data data;

        fill_data(answer, &data);
        row = overview_find(data.overview, data.view.municipality);
        if (row)
                page_row_inside(&answer->text, &data, row, true);
        else
                show_message(answer, MHD_HTTP_NOT_FOUND, "Not found",
                             "This municipality is not in the configuration.");
}

static void show_letters(struct answer *answer)
{
        struct page_data data;

        fill_data(answer, &data);
        page_letters(&answer->text, &data);
}

static void show_confirm(struct answer *answer)
{
        struct page_data data;
        struct order order;
        struct error error = ERROR_NULL;

        fill_data(answer, &data);
        if (order_read(&order, &answer->query, &error) < 0)
                show_message(answer, MHD_HTTP_BAD_REQUEST, "That cannot be asked", error.text);
        else if (order.action != ORDER_REFRESH && order.action != ORDER_REASSERT)
                show_message(answer, MHD_HTTP_BAD_REQUEST, "That cannot be asked here",
                             "It is decided where its events are shown.");
        else
                page_confirm(&answer->text, &data, &order);
}

static void show_hold(struct answer *answer)
{
        const struct overview_row *row;
        struct console_found found;
        struct page_data data;

        fill_data(answer, &data);
        row = overview_find(data.overview, data.view.municipality);
        if (!row) {
                show_message(answer, MHD_HTTP_NOT_FOUND, "Not found",
                             "This municipality is not in the configuration.");
                return;
        }
        console_search_hold(answer->web->parts.search, row->id, row->hold, &found);
        if (found.hold_read)
                page_hold(&answer->text, &data, row->id, found.held,
                          found.done || found.trouble[0] != '\0');
        else if (found.trouble[0] != '\0')
                show_message(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "Not now", found.trouble);
        else
                page_document(&answer->text, "Held deletions · dplsync",
                              slice_of("<p class=\"note\" role=\"status\">Reading …</p>"), 1);
}

static void show_trail(struct answer *answer)
{
        const char *text = form_field(&answer->query, "uuid");
        struct console_found found;
        struct page_data data;
        struct uuid uuid;

        fill_data(answer, &data);
        if (!uuid_parse(text, strlen(text), &uuid) || data.view.municipality[0] == '\0') {
                show_message(answer, MHD_HTTP_BAD_REQUEST, "No such event",
                             "A uuid has 32 hex digits in five groups, such as "
                             "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b.");
                return;
        }
        console_search_trail(answer->web->parts.search, data.view.municipality, &uuid, &found);
        page_trail(&answer->text, found.trail, found.read, found.done, data.now_ms);
}

static void show_style(struct answer *answer)
{
        answer->type = "text/css; charset=utf-8";
        answer->tagged = true;
        buffer_append(&answer->text, asset_console_css.data, asset_console_css.length);
}

static void show_script(struct answer *answer)
{
        answer->type = "text/javascript; charset=utf-8";
        answer->tagged = true;
        buffer_append(&answer->text, asset_console_js.data, asset_console_js.length);
}

/* The one form */

static int act(struct answer *answer, struct form *form, struct order *order, unsigned *status,
               struct error *error)
{
        const struct console_web *web = answer->web;

        *status = MHD_HTTP_FORBIDDEN;
        if (!web->parts.desk->config->console.actions)
                return error_set(error, "this console only shows; console.actions is off");
        if (answer->request->too_much || !form_read(form, buffer_slice(&answer->request->body))) {
                *status = MHD_HTTP_BAD_REQUEST;
                return error_set(error, "the form cannot be read; nothing was done");
        }
        if (console_guard_form(&web->guard, header_of(answer, MHD_HTTP_HEADER_HOST),
                               header_of(answer, "Origin"),
                               answer->new_session ? NULL : answer->session,
                               form_field(form, "token"), error) < 0)
                return -1;
        *status = MHD_HTTP_BAD_REQUEST;
        if (order_read(order, form, error) < 0)
                return -1;
        *status = MHD_HTTP_CONFLICT;
        return console_deeds_do(web->parts.deeds, order, answer->user, error);
}

static void take_form(struct answer *answer)
{
        struct form *form = memory_new(sizeof(*form));
        struct error error = ERROR_NULL;
        struct order order;
        unsigned status;

        if (act(answer, form, &order, &status, &error) < 0) {
                show_message(answer, status, "Nothing was done", error.text);
        } else {
                snprintf(answer->place, sizeof(answer->place), "/?municipality=%s",
                         order.municipality);
                answer->location = answer->place;
                answer->status = MHD_HTTP_SEE_OTHER;
        }
        free(form);
}

static const struct {
        const char *path, *method;
        void (*show)(struct answer *answer);
} routes[] = {
        { "/", MHD_HTTP_METHOD_GET, show_front },
        { "/live", MHD_HTTP_METHOD_GET, show_live },
        { "/row", MHD_HTTP_METHOD_GET, show_row },
        { "/hold", MHD_HTTP_METHOD_GET, show_hold },
        { "/dead-letters", MHD_HTTP_METHOD_GET, show_letters },
        { "/trail", MHD_HTTP_METHOD_GET, show_trail },
        { "/confirm", MHD_HTTP_METHOD_GET, show_confirm },
        { "/act", MHD_HTTP_METHOD_POST, take_form },
        { "/console.css", MHD_HTTP_METHOD_GET, show_style },
        { "/console.js", MHD_HTTP_METHOD_GET, show_script },
};

static void show_page(struct answer *answer, const char *method, const char *path)
{
        for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
                if (strcmp(path, routes[i].path) != 0)
                        continue;
                if (strcmp(method, routes[i].method) == 0 ||
                    (strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 &&
                     strcmp(routes[i].method, MHD_HTTP_METHOD_GET) == 0))
                        routes[i].show(answer);
                else
                        show_message(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "Not like this",
                                     "This address does not take such a request.");
                return;
        }
        show_message(answer, MHD_HTTP_NOT_FOUND, "Not found", "There is no such page.");
}

/* Sending */

static const struct {
        const char *name, *value;
} fixed_headers[] = {
        { MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
        { "Content-Security-Policy",
          "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
          "form-action 'self'; frame-ancestors 'none'; base-uri 'none'" },
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        /* Not no-referrer: with that, browsers send forms with the origin "null". */
        { "Referrer-Policy", "same-origin" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
};

static void add_cookie(const struct answer *answer, struct MHD_Response *response)
{
        char cookie[160];

        if (!answer->new_session || !answer->web->parts.desk->config->console.actions)
                return;
        snprintf(cookie, sizeof(cookie), "dplsync-session=%s; Path=/; HttpOnly; SameSite=Strict%s",
                 answer->session, console_guard_is_secure(&answer->web->guard) ? "; Secure" : "");
        MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, cookie);
}

/* True where the browser has exactly this already. */
static bool add_tag(struct answer *answer, struct MHD_Response *response)
{
        const char *has = header_of(answer, MHD_HTTP_HEADER_IF_NONE_MATCH);
        char tag[24];

        if (!answer->tagged || answer->status != MHD_HTTP_OK)
                return false;
        snprintf(tag, sizeof(tag), "\"%016" PRIx64 "\"",
                 hash64(answer->text.data, answer->text.length));
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, tag);
        return has && strcmp(has, tag) == 0;
}

static void add_headers(const struct answer *answer, struct MHD_Response *response)
{
        for (size_t i = 0; i < ARRAY_LENGTH(fixed_headers); i++)
                MHD_add_response_header(response, fixed_headers[i].name, fixed_headers[i].value);
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
        if (answer->location[0] != '\0')
                MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
        if (answer->as_of[0] != '\0')
                MHD_add_response_header(response, "Dplsync-As-Of", answer->as_of);
        add_cookie(answer, response);
}

static struct MHD_Response *response_of(struct buffer *text)
{
        size_t bytes = text->length;

        return MHD_create_response_from_buffer(bytes, buffer_take(text), MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result send_answer(struct answer *answer)
{
        /* The tag is of the text, which the response takes. */
        struct MHD_Response *empty =
                MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        bool unchanged = add_tag(answer, empty);
        const char *tag = MHD_get_response_header(empty, MHD_HTTP_HEADER_ETAG);
        struct MHD_Response *response = unchanged ? empty : response_of(&answer->text);

        if (!unchanged && tag)
                MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, tag);
        add_headers(answer, response);

        enum MHD_Result queued = MHD_queue_response(
                answer->connection, unchanged ? MHD_HTTP_NOT_MODIFIED : answer->status, response);

        if (!unchanged)
                MHD_destroy_response(empty);
        MHD_destroy_response(response);
        buffer_deinit(&answer->text);
        return queued;
}

/* Taking */

static enum MHD_Result add_argument(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
        struct answer *answer = context;

        (void)kind;
        /* What is too much, or stands twice, is left out: an address only shows. */
        form_add(&answer->query, name, value ? value : "");
        return MHD_YES;
}

static void know_person(struct answer *answer)
{
        const struct console_guard *guard = &answer->web->guard;

        if (!console_guard_cookie(header_of(answer, MHD_HTTP_HEADER_COOKIE), answer->session)) {
                console_guard_session(answer->session);
                answer->new_session = true;
        }
        console_guard_token(guard, answer->session, answer->token);
        console_guard_user(guard->user_header ? header_of(answer, guard->user_header) : NULL,
                           answer->user);
}

static enum MHD_Result answer_request(struct console_web *web, struct MHD_Connection *connection,
                                      const char *path, const char *method,
                                      const struct request *request)
{
        struct answer *answer = memory_new(sizeof(*answer));
        enum MHD_Result result;

        *answer = (struct answer){ .web = web,
                                   .connection = connection,
                                   .request = request,
                                   .status = MHD_HTTP_OK,
                                   .type = "text/html; charset=utf-8",
                                   .location = "" };
        MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_argument, answer);
        know_person(answer);
        if (console_guard_host(&web->guard, header_of(answer, MHD_HTTP_HEADER_HOST)))
                show_page(answer, method, path);
        else
                show_message(answer, MHD_HTTP_MISDIRECTED_REQUEST, "Not here",
                             "This is not the name of this console; console.origin says which it "
                             "has.");
        result = send_answer(answer);
        free(answer);
        return result;
}

static enum MHD_Result take_request(void *context, struct MHD_Connection *connection,
                                    const char *path, const char *method, const char *version,
                                    const char *upload, size_t *upload_bytes, void **state)
{
        struct request *request = *state;

        (void)version;
        if (!request) {
                *state = memory_new(sizeof(*request));
                return MHD_YES;
        }
        if (*upload_bytes > 0) {
                request->too_much |= request->body.length + *upload_bytes > BODY_BYTES_MAX;
                if (!request->too_much)
                        buffer_append(&request->body, upload, *upload_bytes);
                *upload_bytes = 0;
                return MHD_YES;
        }
        return answer_request(context, connection, path, method, request);
}

static void forget_request(void *context, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode code)
{
        struct request *request = *state;

        (void)context;
        (void)connection;
        (void)code;
        if (!request)
                return;
        buffer_deinit(&request->body);
        free(request);
        *state = NULL;
}

/* Life */

struct console_web *console_web_new(const struct console_parts *parts, struct error *error)
{
        struct console_web *web = memory_new(sizeof(*web));

        web->parts = *parts;
        console_guard_init(&web->guard, parts->desk->config);
        web->server = web_server_new(parts->desk->loop,
                                     &(struct web_server_setup){
                                             .address = parts->desk->config->console.address,
                                             .setting = "console.address",
                                             .connections_max = CONNECTIONS_MAX,
                                             .request_bytes = REQUEST_BYTES,
                                             .answer = take_request,
                                             .completed = forget_request,
                                             .context = web,
                                     },
                                     error);
        if (!web->server) {
                console_web_free(web);
                return NULL;
        }
        return web;
}

int console_web_port(const struct console_web *web)
{
        return web_server_port(web->server);
}

void console_web_free(struct console_web *web)
{
        if (!web)
                return;
        web_server_free(web->server);
        free(web);
}
