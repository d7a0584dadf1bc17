/* services/operator/cli_plan.c
 *
 * `dplsync plan`: reads a site as the fetcher would, past its cache, compares as the reconciler
 * would, and says what the vendor would be told. Nothing is written, to Kafka, Redis or the site.
 */
#include <stdio.h>

#include "base/memory.h"
#include "fetcher/answer.h"
#include "fetcher/reading.h"
#include "io/credentials.h"
#include "io/http.h"
#include "io/links.h"
#include "model/redis_key.h"
#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/cli_progress.h"
#include "operator/invocation.h"
#include "operator/plan_text.h"

enum { CONNECT_TIMEOUT_MS = 10000 };

struct work {
        struct desk desk;
        const struct municipality *municipality;
        bool rejected; /* the site does not take the log-in, as the writer saw */
        struct plan plan;
        bool planning; /* `plan` is in use */
        struct credentials *credentials;
        struct reading reading;
        struct http *http;
        struct list *list;
        bool done;
        struct error failure; /* "": the list is whole */
        struct cli_progress progress;
};

static void work_close(struct work *work)
{
        http_free(work->http);
        list_free(work->list);
        reading_deinit(&work->reading);
        credentials_free(work->credentials);
        if (work->planning)
                plan_deinit(&work->plan);
        desk_close(&work->desk);
}

/* ---- the state ---- */

/* A reply's elements; those that are nil have no data. */
struct pairs {
        struct slice *items;
        size_t count;
        struct buffer bytes; /* that they point into */
};

static void pairs_deinit(struct pairs *pairs)
{
        free(pairs->items);
        buffer_deinit(&pairs->bytes);
}

static void copy_elements(void *context, const struct redisReply *reply)
{
        struct pairs *pairs = context;
        size_t at = 0;

        pairs->items = memory_new((reply->elements + 1) * sizeof(*pairs->items));
        pairs->count = reply->elements;
        for (size_t i = 0; i < reply->elements; i++)
                if (reply->element[i]->type == REDIS_REPLY_STRING)
                        buffer_append(&pairs->bytes, reply->element[i]->str,
                                      (size_t)reply->element[i]->len);
        for (size_t i = 0; i < reply->elements; i++) {
                if (reply->element[i]->type != REDIS_REPLY_STRING)
                        continue;
                pairs->items[i] = (struct slice){ pairs->bytes.data ? pairs->bytes.data + at : "",
                                                  (size_t)reply->element[i]->len };
                at += pairs->items[i].length;
        }
}

static int load_hash(struct work *work, const char *what, struct pairs *pairs, struct error *error)
{
        char key[REDIS_KEY_BYTES];

        redis_key(key, work->municipality->id, what);
        return desk_redis(&work->desk, 2,
                          (const struct slice[]){ slice_of("HGETALL"), slice_of(key) },
                          copy_elements, pairs, error);
}

static void take_rejected(void *context, const struct redisReply *reply)
{
        struct work *work = context;
        const struct redisReply *rejected =
                reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 ? reply->element[0] : NULL;

        work->rejected =
                rejected && rejected->type == REDIS_REPLY_STRING && strcmp(rejected->str, "1") == 0;
}

/* Each wrong log-in counts against the site's account, and a row of them locks it. */
static int load_login(struct work *work, struct error *error)
{
        char key[REDIS_KEY_BYTES];

        redis_key(key, work->municipality->id, "status");
        return desk_redis(&work->desk, 3,
                          (const struct slice[]){ slice_of("HMGET"), slice_of(key),
                                                  slice_of("writer_credentials_rejected") },
                          take_rejected, work, error);
}

static int load_state(struct work *work, struct error *error)
{
        _cleanup_(pairs_deinit) struct pairs meta = { 0 };
        _cleanup_(pairs_deinit) struct pairs events = { 0 };

        if (desk_connect_redis(&work->desk, error) < 0 || load_hash(work, "m", &meta, error) < 0 ||
            load_hash(work, "s", &events, error) < 0 || load_login(work, error) < 0)
                return -1;
        return plan_take_state(&work->plan, meta.items, meta.count, events.items, events.count,
                               error);
}

/* What the writer knows of the vendor's wishes: showing those is no news. */
static int ask_ledger(struct work *work, const struct uuid *uuids, size_t count,
                      struct error *error)
{
        _cleanup_(freep) struct slice *arguments = memory_new((count + 2) * sizeof(*arguments));
        _cleanup_(freep) char(*texts)[UUID_TEXT_BYTES] = memory_new(count * sizeof(*texts) + 1);
        _cleanup_(pairs_deinit) struct pairs entries = { 0 };
        char key[REDIS_KEY_BYTES];

        redis_key(key, work->municipality->id, "w");
        arguments[0] = slice_of("HMGET");
        arguments[1] = slice_of(key);
        for (size_t i = 0; i < count; i++) {
                uuid_format(&uuids[i], texts[i]);
                arguments[i + 2] = slice_of(texts[i]);
        }
        if (desk_redis(&work->desk, count + 2, arguments, copy_elements, &entries, error) < 0)
                return -1;
        plan_take_answers(&work->plan, entries.items, entries.count);
        return 0;
}

/* ---- the list ---- */

static bool on_data(void *context, const char *data, size_t bytes)
{
        struct work *work = context;

        cli_progress_at(&work->progress, list_bytes(work->list), 0);
        return list_add(work->list, data, bytes);
}

static enum answer_transport transport_of(enum http_transport transport)
{
        static const enum answer_transport same[] = {
                [HTTP_ANSWERED] = ANSWER_WHOLE,  [HTTP_NOT_SENT] = ANSWER_NOT_SENT,
                [HTTP_BROKEN] = ANSWER_BROKEN,   [HTTP_TOO_LARGE] = ANSWER_TOO_LARGE,
                [HTTP_STOPPED] = ANSWER_STOPPED,
        };

        return same[transport];
}

static void on_done(void *context, const struct http_answer *answer)
{
        struct work *work = context;
        struct answer facts = { .transport = transport_of(answer->transport),
                                .status = answer->status,
                                .error = answer->error,
                                .content_type = answer->content_type };
        struct answer_verdict verdict;

        verdict = answer_judge(&facts, work->list, false, desk_now_ms(&work->desk));
        if (verdict.outcome != ANSWER_LIST)
                error_set(&work->failure, "%s", verdict.error.text);
        work->done = true;
}

static bool is_done(void *context)
{
        return ((const struct work *)context)->done;
}

static void start_read(struct work *work, const struct credential *credential)
{
        static const struct http_handlers handlers = { .on_data = on_data, .on_done = on_done };
        const struct municipality *municipality = work->municipality;
        const char *headers[READING_HEADERS_MAX + 1] = { NULL };
        struct http_request request = {
                .method = "GET",
                .url = work->reading.url.data,
                .headers = headers,
                .username = credential->username,
                .password = credential->password,
                .cacert = municipality->cacert,
                .proxy = municipality->proxy,
                .timeout_ms = municipality->read_timeout_ms,
                .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                .max_bytes = municipality->max_list_bytes,
                .gzip = true,
                .allow_insecure_http = municipality->allow_insecure_http,
                .allow_private_addresses = municipality->allow_private_addresses,
                .follow_redirects = true,
        };

        for (size_t i = 0; i < work->reading.header_count; i++)
                headers[i] = work->reading.headers[i].data;
        http_start(work->http, &request, &handlers, work);
}

/* The log-in to read with; false: none. */
static bool choose_login(struct work *work, struct credential *credential)
{
        const char *id = work->municipality->id;

        work->credentials = credentials_load(work->desk.config->credentials_dir, NULL);
        if (!work->credentials || !credentials_get(work->credentials, id, credential, NULL))
                return false;
        if (!work->rejected)
                return true;
        fprintf(stderr,
                "dplsync plan: %s: its log-in was rejected when the writer used it, so the site is "
                "read without one\n",
                id);
        *credential = (struct credential){ NULL, NULL };
        return false;
}

/* Without credentials the read is anonymous, with a query that was never used before. */
static int fetch(struct work *work, struct error *error)
{
        struct schedule_kind kind = { .read = true, .full = true, .fresh = true };
        struct bookmark nothing = { .source = 0 };
        struct credential credential = { NULL, NULL };
        bool known = choose_login(work, &credential);
        int result;

        reading_prepare(&work->reading, work->municipality, &nothing, kind, known, links_seed(),
                        desk_now_ms(&work->desk));
        work->list = list_new(work->municipality->max_list_bytes);
        work->http = http_new(work->desk.loop, work->desk.config->contact, error);
        if (!work->http)
                return -1;
        start_read(work, &credential);
        cli_progress_begin(&work->progress, "bytes read");
        result = desk_wait(&work->desk, is_done, work, 0, "the site", error);
        cli_progress_end(&work->progress);
        if (result < 0)
                return -1;
        return work->failure.text[0]
                       ? error_set(error, "%s: %s", work->municipality->id, work->failure.text)
                       : 0;
}

/* ---- both ---- */

static int compare(struct work *work, struct error *error)
{
        const struct uuid *uuids;
        size_t count;

        if (plan_take_list(&work->plan, work->list, work->reading.from_date, error) < 0)
                return -1;
        plan_compare(&work->plan);
        while (plan_asks(&work->plan, &uuids, &count))
                if (ask_ledger(work, uuids, count, error) < 0)
                        return -1;
        plan_finish(&work->plan);
        return 0;
}

static void print(const struct plan *plan, bool json)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (json) {
                plan_write_json(plan, &text);
                buffer_append_byte(&text, '\n');
        } else {
                plan_write_text(plan, &text);
        }
        cli_print(&text);
}

int cli_plan(const struct invocation *invocation, struct error *error)
{
        _cleanup_(work_close) struct work work = { 0 };

        if (desk_open(&work.desk, invocation->config_path, error) < 0)
                return EXIT_USAGE;
        work.municipality = desk_municipality(&work.desk, invocation->operands[0], error);
        if (!work.municipality)
                return EXIT_USAGE;
        plan_init(&work.plan, work.municipality, work.desk.topics.epoch, desk_now_ms(&work.desk));
        work.planning = true;
        if (load_state(&work, error) < 0 || fetch(&work, error) < 0 || compare(&work, error) < 0)
                return EXIT_FAILED;
        print(&work.plan, invocation->json);
        return EXIT_DONE;
}
