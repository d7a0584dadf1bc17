/* common/io/kafka_client.c
 *
 * The eventfd fires on the edge from empty to not empty of each queue that is listened to, so every
 * wake-up serves all of them until they are empty (records excepted: the consumer knows whether it
 * has left some).
 */
#include "io/kafka_client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/text.h"

enum { TICK_MS = 1000, QUESTION_MS = 3000, REASON_BYTES = 512, TELL_AGAIN_MS = 60000 };

void kafka_client_fail(struct kafka_client *client, const char *format, ...)
{
        char text[REASON_BYTES];
        char fatal_text[REASON_BYTES];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);

        bool fatal =
                client->rk && rd_kafka_fatal_error(client->rk, fatal_text, sizeof(fatal_text)) != 0;

        if (client->failed)
                client->failed(client->context, fatal ? fatal_text : text, fatal);
}

void kafka_client_stop(struct kafka_client *client, const char *format, ...)
{
        char text[REASON_BYTES];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        if (client->failed)
                client->failed(client->context, text, true);
}

/* Of each partition the same comes again and again: of one code, one a minute is enough. */
static bool was_told(struct kafka_client *client, rd_kafka_resp_err_t code)
{
        int64_t now_ms = loop_now_ms(client->loop);

        if (code == client->told && code != RD_KAFKA_RESP_ERR__FATAL &&
            now_ms < client->told_ms + TELL_AGAIN_MS)
                return true;
        client->told = code;
        client->told_ms = now_ms;
        return false;
}

/* About one connection: librdkafka mends it by itself. */
static bool is_of_a_connection(rd_kafka_resp_err_t code)
{
        switch (code) {
        case RD_KAFKA_RESP_ERR__TRANSPORT:
        case RD_KAFKA_RESP_ERR__RESOLVE:
        case RD_KAFKA_RESP_ERR__SSL:
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR__TIMED_OUT:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
                return true;
        default:
                return false;
        }
}

void kafka_client_error(struct kafka_client *client, rd_kafka_resp_err_t code, const char *reason)
{
        if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
                client->suspect = true;
        else if (is_of_a_connection(code))
                text_copy(client->last_reason, sizeof(client->last_reason), reason);
        else if (!was_told(client, code))
                kafka_client_fail(client, "%s", reason);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
        (void)rk;
        kafka_client_error(opaque, (rd_kafka_resp_err_t)code, reason);
}

/* Any topic's configuration will do: also "not allowed" is a broker's answer. */
static void ask(struct kafka_client *client)
{
        char reason[REASON_BYTES];
        rd_kafka_AdminOptions_t *options =
                rd_kafka_AdminOptions_new(client->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        rd_kafka_ConfigResource_t *topic = rd_kafka_ConfigResource_new(
                RD_KAFKA_RESOURCE_TOPIC, client->topics->names[TOPIC_CONTROL]);

        rd_kafka_AdminOptions_set_request_timeout(options, QUESTION_MS, reason, sizeof(reason));
        rd_kafka_DescribeConfigs(client->rk, &topic, 1, options, client->replies);
        rd_kafka_ConfigResource_destroy(topic);
        rd_kafka_AdminOptions_destroy(options);
        client->asking = true;
}

static void answered(struct kafka_client *client, rd_kafka_event_t *event)
{
        bool was_down = client->down;

        client->asking = false;
        client->down = is_of_a_connection(rd_kafka_event_error(event));
        client->suspect = client->down;
        if (client->down && !was_down)
                kafka_client_fail(client, "no broker of Kafka can be reached: %s",
                                  client->last_reason[0] ? client->last_reason
                                                         : rd_kafka_event_error_string(event));
}

static void serve_replies(struct kafka_client *client)
{
        rd_kafka_event_t *event;

        while ((event = rd_kafka_queue_poll(client->replies, 0)) != NULL) {
                if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT)
                        answered(client, event);
                else if (client->reply)
                        client->reply(client->owner, event);
                rd_kafka_event_destroy(event);
        }
}

static void serve(struct kafka_client *client)
{
        client->serve(client->owner);
        serve_replies(client);
        if (client->suspect && !client->asking)
                ask(client);
}

static void on_wakeup(void *context)
{
        struct kafka_client *client = context;
        uint64_t count;

        if (read(client->wakeup, &count, sizeof(count)) == (ssize_t)sizeof(count))
                serve(client);
}

static void on_tick(void *context)
{
        struct kafka_client *client = context;

        loop_timer_set(client->loop, &client->timer, loop_now_ms(client->loop) + TICK_MS);
        serve(client);
        client->tick(client->owner);
}

void kafka_client_listen(struct kafka_client *client, rd_kafka_queue_t *queue)
{
        static const uint64_t one = 1;

        rd_kafka_queue_io_event_enable(queue, client->wakeup, &one, sizeof(one));
}

int kafka_client_open(struct kafka_client *client, rd_kafka_conf_t *conf, rd_kafka_type_t type,
                      struct error *error)
{
        client->wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (client->wakeup < 0) {
                rd_kafka_conf_destroy(conf);
                return error_set(error, "kafka: no eventfd: %s", strerror(errno));
        }
        rd_kafka_conf_set_opaque(conf, client);
        rd_kafka_conf_set_error_cb(conf, on_error);
        client->rk = kafka_config_open(conf, type, error);
        if (!client->rk) {
                close(client->wakeup);
                return -1;
        }
        client->replies = rd_kafka_queue_new(client->rk);
        kafka_client_listen(client, client->replies);
        client->watch = loop_watch(client->loop, client->wakeup, POLLIN, on_wakeup, client);
        client->timer.fn = on_tick;
        client->timer.context = client;
        loop_timer_set(client->loop, &client->timer, loop_now_ms(client->loop) + TICK_MS);
        return 0;
}

void kafka_client_silence(struct kafka_client *client)
{
        loop_unwatch(client->watch);
        client->watch = NULL;
        loop_timer_stop(client->loop, &client->timer);
        client->failed = NULL;
}

/* The eventfd goes last: librdkafka's threads write to it until the handle is gone. */
void kafka_client_close(struct kafka_client *client)
{
        rd_kafka_queue_io_event_enable(client->replies, -1, NULL, 0);
        rd_kafka_queue_destroy(client->replies);
        rd_kafka_destroy_flags(client->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        client->rk = NULL;
        close(client->wakeup);
}

/* Its threads may still write to the eventfd, so that is left to them, too. */
void kafka_client_abandon(struct kafka_client *client)
{
        rd_kafka_queue_destroy(client->replies);
        client->rk = NULL;
}
