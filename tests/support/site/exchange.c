/* site/exchange.c
 *
 * The answer and the execution of a write are two things with two times: a client that gave up does
 * not know which of them happened. So an exchange outlives its connection until both are over; it
 * is held by the connection and by each of its timers.
 */
#include "site/exchange.h"

#include "base/memory.h"
#include "site/clock.h"
#include "site/cms.h"
#include "site/control.h"
#include "site/spoil.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <utlist.h>

enum { BODY_MAX_BYTES = 256 << 20, HANG_LOOK_US = 200000 };

enum closing { SENDS, RESETS, CLOSES, CLIENT_GONE };

struct exchange {
        unsigned refs;
        struct exchanges *exchanges;
        struct MHD_Connection *connection; /* NULL once it is over */
        struct request request;
        struct site *site; /* NULL for the control API */
        struct fault *fault;
        struct answer answer;
        struct cms_build build;
        char uuid[UUID_TEXT_BYTES];
        uint64_t number; /* in the ledger; 0: the control API */
        int64_t started_us;
        bool headed, begun, ready;
        bool write_pending; /* a write that will be executed */
        enum closing closing;
        struct timer execute_timer, answer_timer;
        int64_t interval_due_us;               /* of a drip */
        struct exchange *prev, *next;          /* all */
        struct exchange *write_prev, *write_next; /* of the site's writes */
        bool in_writes;
};

static struct ledger_entry *entry_of(const struct exchange *exchange)
{
        return exchange->number ? ledger_find(&exchange->exchanges->sites->ledger, exchange->number)
                                : NULL;
}

static void leave_writes(struct exchange *exchange)
{
        if (!exchange->in_writes || exchange->connection || exchange->write_pending)
                return;
        DL_DELETE2(exchange->site->writes, exchange, write_prev, write_next);
        exchange->in_writes = false;
}

static void exchange_unref(struct exchange *exchange)
{
        if (--exchange->refs > 0)
                return;
        leave_writes(exchange);
        DL_DELETE(exchange->exchanges->open, exchange);
        request_deinit(&exchange->request);
        answer_deinit(&exchange->answer);
        blob_unref(exchange->build.body);
        fault_unref(exchange->fault);
        site_unref(exchange->site);
        free(exchange);
}

static void set_timer(struct exchange *exchange, struct timer *timer, int64_t at_us,
                      void (*fire)(void *owner))
{
        exchange->refs++;
        timers_add(&exchange->exchanges->timers, timer, at_us, fire, exchange);
}

static int socket_of(const struct exchange *exchange)
{
        return MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                ->connect_fd;
}

static bool client_is_gone(const struct exchange *exchange)
{
        if (!exchange->connection)
                return true;
        struct pollfd look = { .fd = socket_of(exchange), .events = POLLRDHUP };
        return poll(&look, 1, 0) > 0 && look.revents != 0;
}

/* ---- deciding ---- */

static bool needs_right_answer(const struct fault *fault)
{
        return !fault || (fault->kind != FAULT_STATUS && fault->kind != FAULT_RESET &&
                          fault->kind != FAULT_EMPTY && fault->kind != FAULT_HANG &&
                          fault->kind != FAULT_BOMB);
}

/* A site that lost the write, and says otherwise or nothing. */
static void answer_unwritten(struct exchange *exchange)
{
        struct event *event = catalogue_find(&exchange->site->catalogue, exchange->uuid);
        struct buffer text = BUFFER_NULL;

        if (!event) {
                answer_set_message(&exchange->answer, 404, "Event not found");
                return;
        }
        event_write(&text, event);
        answer_set(&exchange->answer, 200, "application/json", blob_take(&text));
}

static void execute_write(struct exchange *exchange)
{
        struct answer answer = { .cache = "" };
        struct ledger_entry *entry = entry_of(exchange);
        struct cms_written written;

        site_settle(exchange->site);
        written = cms_write(exchange->site, &exchange->request, &answer);
        exchange->write_pending = false;
        exchange->site->counters.executed += written.executed;
        exchange->site->counters.changed += written.changed;
        if (entry && written.executed) {
                entry->executed_us = clock_steady_us();
                entry->changed = written.changed;
        }
        if (exchange->ready) {
                answer_deinit(&answer);
        } else {
                answer_deinit(&exchange->answer);
                exchange->answer = answer;
        }
}

static void on_execute(void *owner)
{
        struct exchange *exchange = owner;

        execute_write(exchange);
        leave_writes(exchange);
        exchange_unref(exchange);
}

/* How long Varnish waits for what is behind it. */
static int64_t patience_us(const struct exchange *exchange)
{
        const struct site_settings *settings = &exchange->site->settings;

        return 1000 * (exchange->request.method == METHOD_PATCH
                               ? settings->pipe_timeout_ms
                               : 3 * settings->first_byte_timeout_ms);
}

static void lose_patience(struct exchange *exchange)
{
        if (exchange->request.method == METHOD_PATCH) {
                exchange->closing = CLOSES;
        } else {
                cms_varnish_503(&exchange->answer);
                answer_header(&exchange->answer, "X-Varnish-Cache", "MISS");
        }
}

/* The answer's time has come: finish what it needs, and spoil it. */
static void make_ready(struct exchange *exchange)
{
        const struct fault *fault = exchange->fault;

        if (exchange->build.body) {
                site_settle(exchange->site);
                cms_read_built(exchange->site, &exchange->request, &exchange->answer,
                               &exchange->build);
        }
        if (exchange->write_pending && needs_right_answer(fault)) {
                timers_remove(&exchange->exchanges->timers, &exchange->execute_timer);
                execute_write(exchange);
                exchange->refs--;
        }
        exchange->ready = true;
        if (!fault)
                return;
        if (fault->kind == FAULT_RESET)
                exchange->closing = RESETS;
        else if (fault->kind == FAULT_EMPTY)
                exchange->closing = CLOSES;
        else
                spoil_answer(&exchange->answer, fault);
}

static void on_answer(void *owner)
{
        struct exchange *exchange = owner;
        bool hangs = exchange->fault && exchange->fault->kind == FAULT_HANG;
        int64_t now_us = clock_steady_us();

        if (client_is_gone(exchange) || exchange->exchanges->closing) {
                exchange->closing = CLIENT_GONE;
                exchange->ready = true;
        } else if (hangs) {
                timers_add(&exchange->exchanges->timers, &exchange->answer_timer,
                           now_us + HANG_LOOK_US, on_answer, exchange);
                return;
        } else if (now_us - exchange->started_us >= patience_us(exchange)) {
                lose_patience(exchange);
                exchange->ready = true;
        } else {
                make_ready(exchange);
        }
        MHD_resume_connection(exchange->connection);
        exchange_unref(exchange);
}

/* ---- beginning ---- */

static void join_writes(struct exchange *exchange)
{
        struct ledger_entry *entry = entry_of(exchange);
        struct exchange *other;

        DL_FOREACH2(exchange->site->writes, other, write_next) {
                if (strcmp(other->uuid, exchange->uuid) != 0)
                        continue;
                if (!client_is_gone(other))
                        entry->overlaps = other->number;
                else if (other->write_pending)
                        entry->overlaps_pending = other->number;
        }
        DL_APPEND2(exchange->site->writes, exchange, write_prev, write_next);
        exchange->in_writes = true;
}

static void drop_header(struct request *request, enum request_header header)
{
        free(request->headers[header]);
        request->headers[header] = NULL;
}

static void take_fault(struct exchange *exchange)
{
        struct request *request = &exchange->request;

        exchange->fault = faults_take(&exchange->site->faults, request->method, exchange->uuid);
        if (!exchange->fault)
                return;
        exchange->site->counters.faults++;
        entry_of(exchange)->fault = fault_kind_name(exchange->fault->kind);
        if (spoil_needs_text(exchange->fault->kind)) {
                drop_header(request, HEADER_ACCEPT_ENCODING);
                drop_header(request, HEADER_IF_NONE_MATCH);
                drop_header(request, HEADER_IF_MODIFIED_SINCE);
        }
}

static void begin_write(struct exchange *exchange)
{
        const struct fault *fault = exchange->fault;
        int64_t execute_us = fault ? fault->execute_after_ms * 1000 : 0;

        exchange->site->counters.patches++;
        join_writes(exchange);
        if (fault && !fault->executes) {
                answer_unwritten(exchange);
                return;
        }
        exchange->write_pending = true;
        if (execute_us > 0)
                set_timer(exchange, &exchange->execute_timer, exchange->started_us + execute_us,
                          on_execute);
        else
                execute_write(exchange);
}

/* From the request to its answer, in microseconds. */
static int64_t wait_us(const struct exchange *exchange)
{
        int64_t wait = exchange->fault ? exchange->fault->delay_ms * 1000 : 0;
        int64_t patience = patience_us(exchange);

        if (exchange->build.body && exchange->site->settings.build_ms * 1000 > wait)
                wait = exchange->site->settings.build_ms * 1000;
        if (exchange->fault && exchange->fault->kind == FAULT_HANG)
                return HANG_LOOK_US;
        return wait < patience ? wait : patience;
}

static void begin_site(struct exchange *exchange, const char *name)
{
        struct sites *sites = exchange->exchanges->sites;

        cms_event_uuid(&exchange->request, exchange->uuid);
        exchange->number = ledger_open(&sites->ledger, name, exchange->uuid, &exchange->request);
        exchange->site = sites_find(sites, name);
        if (!exchange->site) {
                answer_set_message(&exchange->answer, 404, "There is no such site.");
                exchange->ready = true;
                return;
        }
        site_ref(exchange->site);
        site_settle(exchange->site);
        take_fault(exchange);
        if (exchange->request.method == METHOD_PATCH)
                begin_write(exchange);
        else if (exchange->request.method == METHOD_GET)
                cms_read(exchange->site, &exchange->request, &exchange->answer, &exchange->build);
        else
                answer_set_message(&exchange->answer, 405, "Method Not Allowed");
        int64_t wait = wait_us(exchange);
        if (wait <= 0) {
                make_ready(exchange);
                return;
        }
        set_timer(exchange, &exchange->answer_timer, exchange->started_us + wait, on_answer);
        MHD_suspend_connection(exchange->connection);
}

static void begin(struct exchange *exchange)
{
        char name[LEDGER_SITE_BYTES];

        exchange->begun = true;
        exchange->started_us = clock_steady_us();
        if (!request_segment(&exchange->request, 0, name, sizeof(name)))
                name[0] = '\0';
        if (strcmp(name, "_control") == 0) {
                control_answer(exchange->exchanges->sites, &exchange->request, &exchange->answer);
                exchange->ready = true;
        } else {
                begin_site(exchange, name);
        }
}

/* ---- sending ---- */

static void blob_release(void *blob)
{
        blob_unref(blob);
}

static void exchange_release(void *exchange)
{
        exchange_unref(exchange);
}

static void on_drip(void *owner)
{
        struct exchange *exchange = owner;

        MHD_resume_connection(exchange->connection);
        exchange_unref(exchange);
}

/* How much of the body goes out before the connection is cut, or all of it. */
static uint64_t bytes_to_send(const struct exchange *exchange)
{
        uint64_t length = exchange->answer.body->length;

        if (exchange->fault->kind != FAULT_TRUNCATE)
                return length;
        uint64_t bytes =
                exchange->fault->bytes >= 0 ? (uint64_t)exchange->fault->bytes : length / 2;
        return bytes < length ? bytes : length;
}

static ssize_t read_spoilt(void *owner, uint64_t at, char *out, size_t max_bytes)
{
        struct exchange *exchange = owner;
        const struct fault *fault = exchange->fault;
        uint64_t left = bytes_to_send(exchange) - at;

        if (left == 0)
                return MHD_CONTENT_READER_END_WITH_ERROR;
        if (left < max_bytes)
                max_bytes = (size_t)left;
        if (fault->kind == FAULT_DRIP) {
                int64_t now_us = clock_steady_us();
                size_t piece = fault->bytes > 0 ? (size_t)fault->bytes : 1;

                if (now_us < exchange->interval_due_us && !exchange->exchanges->closing) {
                        set_timer(exchange, &exchange->answer_timer, exchange->interval_due_us,
                                  on_drip);
                        MHD_suspend_connection(exchange->connection);
                        return 0;
                }
                exchange->interval_due_us = now_us + fault->interval_ms * 1000;
                if (piece < max_bytes)
                        max_bytes = piece;
        }
        memcpy(out, exchange->answer.body->data + at, max_bytes);
        return (ssize_t)max_bytes;
}

static struct MHD_Response *new_response(struct exchange *exchange)
{
        struct blob *body = exchange->answer.body;
        const struct fault *fault = exchange->fault;

        if (!body)
                return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        if (fault && (fault->kind == FAULT_TRUNCATE || fault->kind == FAULT_DRIP)) {
                exchange->refs++;
                return MHD_create_response_from_callback(body->length, 16384, read_spoilt, exchange,
                                                         exchange_release);
        }
        return MHD_create_response_from_buffer_with_free_callback_cls(body->length, body->data,
                                                                      blob_release, blob_ref(body));
}

static enum MHD_Result send_answer(struct exchange *exchange)
{
        struct answer *answer = &exchange->answer;
        struct MHD_Response *response = new_response(exchange);
        enum MHD_Result queued;

        for (size_t at = 0; at < answer->headers.length;) {
                const char *name = answer->headers.data + at;
                const char *value = name + strlen(name) + 1;

                MHD_add_response_header(response, name, value);
                at += strlen(name) + strlen(value) + 2;
        }
        if (exchange->site && exchange->request.method == METHOD_PATCH &&
            !exchange->site->settings.keep_alive)
                MHD_add_response_header(response, "Connection", "close");
        queued = MHD_queue_response(exchange->connection, answer->status, response);
        MHD_destroy_response(response);
        return queued;
}

/* The library knows one reason phrase a status; the CMS's 500 has one of its own. */
static void send_drupal_500(struct exchange *exchange)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        const struct answer *answer = &exchange->answer;

        buffer_append_text(&text, "HTTP/1.1 500 500 Service unavailable (with message)\r\n");
        for (size_t at = 0; at < answer->headers.length;) {
                const char *name = answer->headers.data + at;
                const char *value = name + strlen(name) + 1;

                buffer_append_format(&text, "%s: %s\r\n", name, value);
                at += strlen(name) + strlen(value) + 2;
        }
        buffer_append_format(&text, "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                             answer->body->length);
        buffer_append(&text, answer->body->data, answer->body->length);
        if (send(socket_of(exchange), text.data, text.length, MSG_NOSIGNAL) < 0)
                exchange->closing = CLIENT_GONE;
}

static void end_entry(struct exchange *exchange, enum ledger_end end)
{
        struct ledger_entry *entry = entry_of(exchange);

        if (!entry || entry->end != LEDGER_OPEN)
                return;
        entry->end = end;
        entry->ended_us = clock_steady_us();
        if (end != LEDGER_ANSWERED)
                return;
        entry->status = exchange->answer.status;
        entry->cache = exchange->answer.cache ? exchange->answer.cache : "";
        entry->answer_bytes = exchange->answer.body ? exchange->answer.body->length : 0;
}

/* Queue the answer, or end the connection as the fault says. Without a queued answer the library
 * closes the connection. */
static enum MHD_Result send_or_close(struct exchange *exchange)
{
        static const enum ledger_end ends[] = { [RESETS] = LEDGER_RESET, [CLOSES] = LEDGER_CLOSED,
                                                [CLIENT_GONE] = LEDGER_GONE };

        if (exchange->closing == SENDS && exchange->answer.drupal_500) {
                send_drupal_500(exchange);
                end_entry(exchange, LEDGER_ANSWERED);
                return MHD_NO;
        }
        if (exchange->closing == SENDS)
                return send_answer(exchange);
        if (exchange->closing == RESETS) {
                struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

                /* Dissolving the association is what makes the kernel send RST, and at once. */
                if (connect(socket_of(exchange), &nowhere, sizeof(nowhere)) < 0)
                        exchange->closing = CLOSES;
        }
        end_entry(exchange, ends[exchange->closing]);
        return MHD_NO;
}

/* ---- the daemon's callbacks ---- */

void *exchange_new(void *context, const char *uri, struct MHD_Connection *connection)
{
        struct exchange *exchange = memory_new(sizeof(*exchange));

        exchange->refs = 1;
        exchange->exchanges = context;
        exchange->connection = connection;
        exchange->answer.cache = "";
        request_init(&exchange->request, uri);
        DL_APPEND(exchange->exchanges->open, exchange);
        return exchange;
}

static void read_headers(struct request *request, struct MHD_Connection *connection,
                         const char *method)
{
        request->method = method_parse(method);
        for (enum request_header header = 0; header < HEADER_COUNT; header++)
                request->headers[header] = memory_copy_text(MHD_lookup_connection_value(
                        connection, MHD_HEADER_KIND, request_header_name(header)));
}

enum MHD_Result exchange_handle(void *context, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *bytes, void **state)
{
        struct exchange *exchange = *state;

        (void)context, (void)url, (void)version;
        if (!exchange->headed) {
                exchange->headed = true;
                read_headers(&exchange->request, connection, method);
                return MHD_YES;
        }
        if (*bytes > 0) {
                if (exchange->request.body.length + *bytes > BODY_MAX_BYTES)
                        return MHD_NO;
                buffer_append(&exchange->request.body, data, *bytes);
                *bytes = 0;
                return MHD_YES;
        }
        if (!exchange->begun)
                begin(exchange);
        return exchange->ready ? send_or_close(exchange) : MHD_YES;
}

void exchange_completed(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode code)
{
        struct exchange *exchange = *state;
        bool spoilt;

        (void)context, (void)connection;
        if (!exchange)
                return;
        spoilt = exchange->fault && exchange->fault->kind == FAULT_TRUNCATE;
        if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
                end_entry(exchange, LEDGER_ANSWERED);
        else
                end_entry(exchange, spoilt ? LEDGER_CLOSED : LEDGER_GONE);
        exchange->connection = NULL;
        leave_writes(exchange);
        *state = NULL;
        exchange_unref(exchange);
}

void exchanges_close(struct exchanges *exchanges)
{
        exchanges->closing = true;
        while (exchanges->timers.count > 0)
                timers_run(&exchanges->timers, INT64_MAX);
}
