/* services/operator/console_web.c
 *
 * Every answer is rendered at once from what the console knows; none waits.
 */
#include "operator/console_web.h"

#include <stdio.h>

#include "base/memory.h"
#include "io/web_server.h"
#include "operator/assets.h"
#include "operator/console_answer.h"
#include "operator/console_guard.h"
#include "operator/page_order.h"
#include "operator/page_row.h"
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

/* One that is in, and its answer. */
struct visit {
        struct console_web *web;
        const struct request *request;
        struct form query;
        char session[CONSOLE_SESSION_BYTES];
        bool new_session;
        char token[CONSOLE_TOKEN_BYTES];
        char user[CONSOLE_USER_BYTES];
        struct console_answer answer;
};

/* What pages are made of */

static void fill_data(const struct visit *visit, struct page_data *data)
{
        const struct console_parts *parts = &visit->web->parts;
        const bool actions = parts->desk->config->console.actions;

        *data = (struct page_data){
                .overview = console_feed_overview(parts->feed),
                .outcomes = console_feed_outcomes(parts->feed),
                .letters = console_feed_letters(parts->feed),
                .trouble = console_feed_trouble(parts->feed),
                .caught_up = console_feed_caught_up(parts->feed),
                .now_ms = loop_now_ms(parts->desk->loop),
                .reader = { actions, actions ? visit->token : "" },
        };
        data->deeds = console_deeds_list(parts->deeds, &data->deed_count);
        page_view_read(&data->view, &visit->query);
}

static void show_message(struct visit *visit, unsigned status, const char *title,
                         const char *sentence)
{
        buffer_clear(&visit->answer.text);
        visit->answer.status = status;
        page_message(&visit->answer.text, title, sentence);
}

/* Pages */

static void show_front(struct visit *visit)
{
        struct page_data data;

        fill_data(visit, &data);
        page_front(&visit->answer.text, &data);
}

/* For the script: the part of the front page that changes. */
static void show_live(struct visit *visit)
{
        struct page_data data;

        fill_data(visit, &data);
        page_live(&visit->answer.text, &data);
        visit->answer.tagged = true;
        timestamp_format(data.overview->now_ms, visit->answer.as_of);
}

/* For the script: what is inside a row that was not sent with it. */
static void show_row(struct visit *visit)
{
        const struct overview_row *row;
        struct page_data data;

        fill_data(visit, &data);
        row = overview_find(data.overview, data.view.municipality);
        if (row)
                page_row_inside(&visit->answer.text, &data, row, true);
        else
                show_message(visit, MHD_HTTP_NOT_FOUND, "Not found",
                             "This municipality is not in the configuration.");
}

static void show_letters(struct visit *visit)
{
        struct page_data data;

        fill_data(visit, &data);
        page_letters(&visit->answer.text, &data);
}

static void show_confirm(struct visit *visit)
{
        struct page_data data;
        struct order order;
        struct error error = ERROR_NULL;

        fill_data(visit, &data);
        if (order_read(&order, &visit->query, &error) < 0)
                show_message(visit, MHD_HTTP_BAD_REQUEST, "That cannot be asked", error.text);
        else if (order.action != ORDER_REFRESH && order.action != ORDER_REASSERT)
                show_message(visit, MHD_HTTP_BAD_REQUEST, "That cannot be asked here",
                             "It is decided where its events are shown.");
        else
                page_confirm(&visit->answer.text, &data, &order);
}

static void show_hold(struct visit *visit)
{
        const struct overview_row *row;
        struct console_found found;
        struct page_data data;

        fill_data(visit, &data);
        row = overview_find(data.overview, data.view.municipality);
        if (!row) {
                show_message(visit, MHD_HTTP_NOT_FOUND, "Not found",
                             "This municipality is not in the configuration.");
                return;
        }
        console_search_hold(visit->web->parts.search, row->id, row->hold, &found);
        if (found.hold_read)
                page_hold(&visit->answer.text, &data, row->id, found.held,
                          found.done || found.trouble[0] != '\0');
        else if (found.trouble[0] != '\0')
                show_message(visit, MHD_HTTP_SERVICE_UNAVAILABLE, "Not now", found.trouble);
        else
                page_document(&visit->answer.text, "Held deletions · dplsync",
                              slice_of("<p class=\"note\" role=\"status\">Reading …</p>"), 1);
}

static void show_trail(struct visit *visit)
{
        const char *text = form_field(&visit->query, "uuid");
        struct console_found found;
        struct page_data data;
        struct uuid uuid;

        fill_data(visit, &data);
        if (!uuid_parse(text, strlen(text), &uuid) || data.view.municipality[0] == '\0') {
                show_message(visit, MHD_HTTP_BAD_REQUEST, "No such event",
                             "A uuid has 32 hex digits in five groups, such as "
                             "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b.");
                return;
        }
        console_search_trail(visit->web->parts.search, data.view.municipality, &uuid, &found);
        page_trail(&visit->answer.text, found.trail, found.read, found.done, data.now_ms);
}

static void show_style(struct visit *visit)
{
        visit->answer.type = "text/css; charset=utf-8";
        visit->answer.tagged = true;
        buffer_append(&visit->answer.text, asset_console_css.data, asset_console_css.length);
}

static void show_script(struct visit *visit)
{
        visit->answer.type = "text/javascript; charset=utf-8";
        visit->answer.tagged = true;
        buffer_append(&visit->answer.text, asset_console_js.data, asset_console_js.length);
}

/* The one form */

static int act(struct visit *visit, struct form *form, struct order *order, unsigned *status,
               struct error *error)
{
        const struct console_web *web = visit->web;

        *status = MHD_HTTP_FORBIDDEN;
        if (!web->parts.desk->config->console.actions)
                return error_set(error, "this console only shows; console.actions is off");
        if (visit->request->too_much || !form_read(form, buffer_slice(&visit->request->body))) {
                *status = MHD_HTTP_BAD_REQUEST;
                return error_set(error, "the form cannot be read; nothing was done");
        }
        if (console_guard_form(&web->guard,
                               console_answer_asked(&visit->answer, MHD_HTTP_HEADER_HOST),
                               console_answer_asked(&visit->answer, "Origin"),
                               visit->new_session ? NULL : visit->session,
                               form_field(form, "token"), error) < 0)
                return -1;
        *status = MHD_HTTP_BAD_REQUEST;
        if (order_read(order, form, error) < 0)
                return -1;
        *status = MHD_HTTP_CONFLICT;
        return console_deeds_do(web->parts.deeds, order, visit->user, error);
}

static void take_form(struct visit *visit)
{
        struct form *form = memory_new(sizeof(*form));
        struct error error = ERROR_NULL;
        struct order order;
        unsigned status;

        if (act(visit, form, &order, &status, &error) < 0) {
                show_message(visit, status, "Nothing was done", error.text);
        } else {
                snprintf(visit->answer.location, sizeof(visit->answer.location),
                         "/?municipality=%s", order.municipality);
                visit->answer.status = MHD_HTTP_SEE_OTHER;
        }
        free(form);
}

static const struct {
        const char *path, *method;
        void (*show)(struct visit *visit);
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

static void show_page(struct visit *visit, const char *method, const char *path)
{
        for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
                if (strcmp(path, routes[i].path) != 0)
                        continue;
                if (strcmp(method, routes[i].method) == 0 ||
                    (strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 &&
                     strcmp(routes[i].method, MHD_HTTP_METHOD_GET) == 0))
                        routes[i].show(visit);
                else
                        show_message(visit, MHD_HTTP_METHOD_NOT_ALLOWED, "Not like this",
                                     "This address does not take such a request.");
                return;
        }
        show_message(visit, MHD_HTTP_NOT_FOUND, "Not found", "There is no such page.");
}

/* Taking */

static enum MHD_Result add_argument(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
        struct visit *visit = context;

        (void)kind;
        /* What is too much, or stands twice, is left out: an address only shows. */
        form_add(&visit->query, name, value ? value : "");
        return MHD_YES;
}

static void set_cookie(struct visit *visit)
{
        snprintf(visit->answer.cookie, sizeof(visit->answer.cookie),
                 "dplsync-session=%s; Path=/; HttpOnly; SameSite=Strict%s", visit->session,
                 console_guard_is_secure(&visit->web->guard) ? "; Secure" : "");
}

static void know_person(struct visit *visit)
{
        const struct console_guard *guard = &visit->web->guard;
        const struct console_answer *answer = &visit->answer;

        if (!console_guard_cookie(console_answer_asked(answer, MHD_HTTP_HEADER_COOKIE),
                                  visit->session)) {
                console_guard_session(visit->session);
                visit->new_session = true;
                if (visit->web->parts.desk->config->console.actions)
                        set_cookie(visit);
        }
        console_guard_token(guard, visit->session, visit->token);
        console_guard_user(guard->user_header ? console_answer_asked(answer, guard->user_header)
                                              : NULL,
                           visit->user);
}

static enum MHD_Result answer_request(struct console_web *web, struct MHD_Connection *connection,
                                      const char *path, const char *method,
                                      const struct request *request)
{
        _cleanup_(freep) struct visit *visit = memory_new(sizeof(*visit));

        visit->web = web;
        visit->request = request;
        visit->answer = (struct console_answer){ .connection = connection,
                                                 .status = MHD_HTTP_OK,
                                                 .type = "text/html; charset=utf-8" };
        MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_argument, visit);
        know_person(visit);
        if (console_guard_host(&web->guard,
                               console_answer_asked(&visit->answer, MHD_HTTP_HEADER_HOST)))
                show_page(visit, method, path);
        else
                show_message(visit, MHD_HTTP_MISDIRECTED_REQUEST, "Not here",
                             "This is not the name of this console; console.origin says which it "
                             "has.");
        return console_answer_send(&visit->answer);
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
