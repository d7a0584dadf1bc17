/* common/io/tracer.c
 *
 * Spans are encoded when they are recorded, since what they borrow is soon gone. Those of a batch
 * stay in it until the collector has answered: it counts against the same bound.
 */
#include "io/tracer.h"

#include <utlist.h>

#include "base/dice.h"
#include "base/digest.h"
#include "base/memory.h"
#include "io/http.h"
#include "policy/retry.h"

enum {
        SPANS_MAX = 2048,
        BATCH_SPANS = 512,
        BATCH_MS = 5000,
        TRIES_MAX = 5,
        TIMEOUT_MS = 10000,
        ANSWER_BYTES_MAX = 64 * 1024,
        RETRY_AFTER_MAX_MS = 60000,
        HEADERS_MAX_OWN = 16,
};

struct waiting {
        struct buffer json;
        struct waiting *prev, *next;
};

struct tracer {
        struct loop *loop;
        struct logger *logger;
        struct metrics *metrics;
        size_t dropped;
        struct http *http;
        struct dice dice;
        char *url;
        char *headers[HEADERS_MAX_OWN + 2]; /* "Name: value", NULL-terminated */
        char *service;
        char *more;
        struct span_source source;

        struct waiting *spans;
        size_t count;
        struct buffer batch; /* spans, separated by commas */
        size_t batch_count;  /* 0: there is none */
        unsigned tries;
        struct http_transfer *transfer;
        struct loop_timer timer; /* sends the batch again, or makes the next one */
};

static void drop(struct tracer *tracer, size_t count)
{
        metrics_add(tracer->metrics, tracer->dropped, NULL, NULL, (double)count);
}

/* A batch */

static void take_batch(struct tracer *tracer)
{
        while (tracer->spans && tracer->batch_count < BATCH_SPANS) {
                struct waiting *first = tracer->spans;

                if (tracer->batch_count++ > 0)
                        buffer_append_byte(&tracer->batch, ',');
                buffer_append(&tracer->batch, first->json.data, first->json.length);
                DL_DELETE(tracer->spans, first);
                tracer->count--;
                buffer_deinit(&first->json);
                free(first);
        }
        tracer->tries = 0;
}

static void set_timer(struct tracer *tracer, int64_t wait_ms)
{
        loop_timer_set(tracer->loop, &tracer->timer, loop_now_ms(tracer->loop) + wait_ms);
}

static void end_batch(struct tracer *tracer)
{
        buffer_clear(&tracer->batch);
        tracer->batch_count = 0;
        if (tracer->spans)
                set_timer(tracer, tracer->count >= BATCH_SPANS ? 0 : BATCH_MS);
}

static bool may_try_again(const struct tracer *tracer, const struct http_answer *answer)
{
        if (tracer->tries >= TRIES_MAX)
                return false;
        if (answer->transport == HTTP_NOT_SENT || answer->transport == HTTP_BROKEN)
                return true;
        return answer->status == 429 || (answer->status >= 502 && answer->status <= 504);
}

static int64_t wait_ms(struct tracer *tracer, const struct http_answer *answer)
{
        static const struct retry_policy policy = { .base_ms = 1000, .cap_ms = 30000 };
        int64_t now_ms = loop_now_ms(tracer->loop), at_ms;

        if (retry_after_parse(answer->retry_after, now_ms, RETRY_AFTER_MAX_MS, &at_ms))
                return at_ms - now_ms;
        return retry_wait_ms(&policy, tracer->tries, &tracer->dice);
}

static void give_up(struct tracer *tracer, const struct http_answer *answer)
{
        drop(tracer, tracer->batch_count);
        logger_say(tracer->logger, LOG_WARN, "spans are not taken by the collector and dropped",
                   FIELD_NUMBER("count", (int64_t)tracer->batch_count),
                   FIELD_NUMBER("http.response.status_code", answer->status),
                   FIELD_TEXT("error.message", answer->error));
        end_batch(tracer);
}

static void on_done(void *context, const struct http_answer *answer)
{
        struct tracer *tracer = context;

        tracer->transfer = NULL;
        if (answer->transport == HTTP_ANSWERED && answer->status >= 200 && answer->status < 300)
                end_batch(tracer);
        else if (may_try_again(tracer, answer))
                set_timer(tracer, wait_ms(tracer, answer));
        else
                give_up(tracer, answer);
}

static void send_batch(struct tracer *tracer)
{
        static const struct http_handlers handlers = { .on_done = on_done };
        _cleanup_(buffer_deinit) struct buffer body = BUFFER_NULL;

        span_write_request(&tracer->source, buffer_slice(&tracer->batch), &body);
        tracer->tries++;
        tracer->transfer = http_start(tracer->http,
                                      &(struct http_request){
                                              .method = "POST",
                                              .url = tracer->url,
                                              .headers = (const char *const *)tracer->headers,
                                              .body = buffer_slice(&body),
                                              .timeout_ms = TIMEOUT_MS,
                                              .connect_timeout_ms = TIMEOUT_MS,
                                              .max_bytes = ANSWER_BYTES_MAX,
                                              .allow_insecure_http = true,
                                              .allow_private_addresses = true,
                                              .keep_body = true,
                                      },
                                      &handlers, tracer);
}

static void on_timer(void *context)
{
        struct tracer *tracer = context;

        if (tracer->transfer)
                return;
        if (tracer->batch_count == 0)
                take_batch(tracer);
        if (tracer->batch_count > 0)
                send_batch(tracer);
}

/* What comes in */

void tracer_record(struct tracer *tracer, const struct span *span)
{
        struct waiting *waiting;

        if (!tracer || !span_wanted(span))
                return;
        if (tracer->count + tracer->batch_count >= SPANS_MAX) {
                drop(tracer, 1);
                return;
        }
        waiting = memory_new(sizeof(*waiting));
        span_write(span, &waiting->json);
        DL_APPEND(tracer->spans, waiting);
        tracer->count++;
        if (tracer->batch_count > 0)
                return; /* the next one is made when it ends */
        if (tracer->count == BATCH_SPANS)
                set_timer(tracer, 0);
        else if (!loop_timer_is_set(&tracer->timer))
                set_timer(tracer, BATCH_MS);
}

void tracer_flush(struct tracer *tracer)
{
        if (tracer && tracer->spans && tracer->batch_count == 0)
                set_timer(tracer, 0);
}

/* Life */

/* The endpoint is a base, as OTEL_EXPORTER_OTLP_ENDPOINT is one. */
static char *url_of(const char *endpoint)
{
        struct buffer url = BUFFER_NULL;

        buffer_append_text(&url, endpoint);
        while (url.data[url.length - 1] == '/')
                url.data[--url.length] = '\0';
        buffer_append_text(&url, "/v1/traces");
        return buffer_take(&url);
}

static void set_headers(struct tracer *tracer, const char *list)
{
        size_t count = 0;
        struct span_pair pair;

        tracer->headers[count++] = memory_copy_text("Content-Type: application/json");
        while (count <= HEADERS_MAX_OWN && span_next_pair(&list, &pair)) {
                struct buffer line = BUFFER_NULL;

                if (strpbrk(pair.key, "\r\n:") || strpbrk(pair.value, "\r\n"))
                        continue;
                buffer_append_format(&line, "%s: %s", pair.key, pair.value);
                tracer->headers[count++] = buffer_take(&line);
        }
}

struct tracer *tracer_new(struct loop *loop, const struct config *config, const char *service,
                          const char *instance, struct metrics *metrics, size_t dropped,
                          struct logger *logger, struct error *error)
{
        const struct config_tracing *settings = &config->tracing;
        struct http *http;
        struct tracer *tracer;

        metrics_add(metrics, dropped, NULL, NULL, 0);
        if (!settings->endpoint)
                return NULL;
        http = http_new(loop, NULL, error);
        if (!http)
                return NULL;
        tracer = memory_new(sizeof(*tracer));
        *tracer = (struct tracer){ .loop = loop, .logger = logger, .metrics = metrics };
        tracer->dropped = dropped;
        tracer->http = http;
        tracer->dice.state = hash64(instance, strlen(instance)) ^ (uint64_t)loop_now_ms(loop);
        tracer->url = url_of(settings->endpoint);
        set_headers(tracer, settings->headers);
        tracer->service =
                memory_copy_text(settings->service_name ? settings->service_name : service);
        tracer->more = memory_copy_text(settings->resource_attributes);
        tracer->source =
                (struct span_source){ tracer->service, instance, DPLSYNC_VERSION, tracer->more };
        tracer->timer = (struct loop_timer){ .fn = on_timer, .context = tracer };
        return tracer;
}

void tracer_free(struct tracer *tracer)
{
        struct waiting *waiting, *next;

        if (!tracer)
                return;
        loop_timer_stop(tracer->loop, &tracer->timer);
        http_free(tracer->http);
        DL_FOREACH_SAFE(tracer->spans, waiting, next) {
                buffer_deinit(&waiting->json);
                free(waiting);
        }
        for (char **header = tracer->headers; *header; header++) {
                explicit_bzero(*header, strlen(*header)); /* one may be a secret */
                free(*header);
        }
        buffer_deinit(&tracer->batch);
        free(tracer->url);
        free(tracer->service);
        free(tracer->more);
        free(tracer);
}
