/* services/fetcher/shell_act.c
 *
 * The way out: actions as calls. A call that fails at once is answered like one that fails later.
 */
#include <string.h>

#include "base/memory.h"
#include "fetcher/shell.h"

/* Redis */

struct pending_reply {
        struct shell *shell;
        uint64_t token;
};

static void reply_silence(struct shell *shell, uint64_t token)
{
        struct fetcher_input input = { .type = FETCHER_REDIS_REPLY, .token = token };

        if (token != FETCHER_NO_REPLY)
                shell_handle_later(shell, &input);
}

static void on_redis_reply(void *context, const struct redisReply *reply)
{
        _cleanup_(freep) struct pending_reply *pending = context;
        struct fetcher_input input = {
                .type = FETCHER_REDIS_REPLY,
                .token = pending->token,
                .redis = { .answered = true },
        };

        if (!reply || reply->type == REDIS_REPLY_ERROR) {
                reply_silence(pending->shell, pending->token);
                return;
        }
        if (reply->type == REDIS_REPLY_STRING)
                input.redis.value = (struct slice){ reply->str, (size_t)reply->len };
        if (pending->token != FETCHER_NO_REPLY)
                shell_handle(pending->shell, &input);
}

static void ask_redis(struct shell *shell, uint64_t token, const struct fetcher_words *words)
{
        struct slice arguments[FETCHER_WORDS_MAX];
        struct pending_reply *pending = memory_new(sizeof(*pending));

        pending->shell = shell;
        pending->token = token;
        for (size_t i = 0; i < words->count; i++)
                arguments[i] = fetcher_words_get(words, i);
        if (redis_command(shell->links.redis, on_redis_reply, pending, words->count, arguments) ==
            0)
                return;
        free(pending);
        reply_silence(shell, token);
}

/* Reads */

static void read_free(struct shell_read *read)
{
        HASH_DEL(read->shell->reads, read);
        free(read);
}

static bool on_begin(void *context, const struct http_answer *answer)
{
        struct shell_read *read = context;

        if (answer->content_type)
                memcpy(read->content_type, answer->content_type,
                       strnlen(answer->content_type, SHELL_TYPE_BYTES - 1));
        return true;
}

static bool on_data(void *context, const char *data, size_t bytes)
{
        struct shell_read *read = context;
        struct fetcher_input input = {
                .type = FETCHER_DATA,
                .token = read->token,
                .data = {
                        .bytes = { data, bytes },
                        .content_type = read->content_type[0] ? read->content_type : NULL,
                },
        };

        read->in_data = true;
        shell_handle(read->shell, &input);
        read->in_data = false;
        return !read->unwanted;
}

static enum answer_transport transport_of(enum http_transport transport)
{
        switch (transport) {
        case HTTP_ANSWERED:
                return ANSWER_WHOLE;
        case HTTP_NOT_SENT:
                return ANSWER_NOT_SENT;
        case HTTP_TOO_LARGE:
                return ANSWER_TOO_LARGE;
        case HTTP_STOPPED:
                return ANSWER_STOPPED;
        default:
                return ANSWER_BROKEN;
        }
}

static void on_done(void *context, const struct http_answer *answer)
{
        struct shell_read *read = context;
        struct shell *shell = read->shell;
        bool unwanted = read->unwanted;
        struct fetcher_input input = {
                .type = FETCHER_ANSWER,
                .token = read->token,
                .answer = {
                        .transport = transport_of(answer->transport),
                        .status = answer->status,
                        .error = answer->error,
                        .age = answer->age,
                        .etag = answer->etag,
                        .last_modified = answer->last_modified,
                        .retry_after = answer->retry_after,
                        .content_type = answer->content_type,
                        .duration_ms = answer->duration_us / 1000,
                },
        };

        read_free(read);
        if (!unwanted)
                shell_handle(shell, &input);
}

static void fill_request(const struct shell *shell, const struct fetcher_action_read *action,
                         const char *const *headers, struct http_request *request)
{
        const struct municipality *municipality = action->municipality;
        struct credential credential;

        *request = (struct http_request){
                .method = "GET",
                .url = action->reading.url.data,
                .headers = headers,
                .cacert = municipality->cacert,
                .proxy = municipality->proxy,
                .timeout_ms = municipality->read_timeout_ms,
                .connect_timeout_ms = 10000,
                .max_bytes = municipality->max_list_bytes,
                .gzip = true,
                .allow_insecure_http = municipality->allow_insecure_http,
                .allow_private_addresses = municipality->allow_private_addresses,
                .follow_redirects = true,
        };
        if (action->reading.authenticated && credentials_get(shell->links.daemon->credentials,
                                                             municipality->id, &credential, NULL)) {
                request->username = credential.username;
                request->password = credential.password;
        }
}

static void start_read(struct shell *shell, uint64_t token,
                       const struct fetcher_action_read *action)
{
        static const struct http_handlers handlers = {
                .on_begin = on_begin,
                .on_data = on_data,
                .on_done = on_done,
        };
        const char *headers[READING_HEADERS_MAX + 1] = { NULL };
        struct shell_read *read = memory_new(sizeof(*read));
        struct http_request request;

        for (size_t i = 0; i < action->reading.header_count; i++)
                headers[i] = action->reading.headers[i].data;
        fill_request(shell, action, headers, &request);
        read->shell = shell;
        read->token = token;
        HASH_ADD(hh, shell->reads, token, sizeof(read->token), read);
        read->transfer = http_start(shell->http, &request, &handlers, read);
}

static void stop_read(struct shell *shell, uint64_t token)
{
        struct shell_read *read;

        HASH_FIND(hh, shell->reads, &token, sizeof(token), read);
        if (!read)
                return;
        if (read->in_data) {
                read->unwanted = true;
                return;
        }
        http_cancel(read->transfer);
        read_free(read);
}

void shell_free_reads(struct shell *shell)
{
        struct shell_read *read, *next;

        HASH_ITER(hh, shell->reads, read, next) {
                http_cancel(read->transfer);
                read_free(read);
        }
}

/* Kafka */

static void produce(struct shell *shell, uint64_t token,
                    const struct fetcher_action_produce *action)
{
        struct fetcher_input input = { .type = FETCHER_DELIVERED, .token = token };

        if (kafka_produce(shell->links.producer, action->topic, action->partition,
                          buffer_slice(&action->key), buffer_slice(&action->value), action->headers,
                          token) < 0)
                shell_handle_later(shell, &input);
}

void shell_act(struct shell *shell, struct fetcher_action *action)
{
        const struct fetcher_action_control *control = &action->control;

        switch (action->type) {
        case FETCHER_CONTROL_START:
                kafka_start(shell->links.consumer, TOPIC_CONTROL, control->partition,
                            control->offset == FETCHER_FROM_BEGIN ? KAFKA_BEGIN : control->offset);
                break;
        case FETCHER_CONTROL_STORE:
                kafka_store(shell->links.consumer, TOPIC_CONTROL, control->partition,
                            control->offset);
                break;
        case FETCHER_CONTROL_WANT:
                kafka_want(shell->links.consumer, control->want);
                break;
        case FETCHER_REDIS:
                ask_redis(shell, action->token, &action->redis);
                break;
        case FETCHER_READ:
                start_read(shell, action->token, &action->read);
                break;
        case FETCHER_READ_STOP:
                stop_read(shell, action->token);
                break;
        case FETCHER_PRODUCE:
                produce(shell, action->token, &action->produce);
                break;
        case FETCHER_REPORT:
                shell_report(shell, &action->report);
                break;
        case FETCHER_DRAINED:
                daemon_drained(shell->links.daemon);
                break;
        }
}
