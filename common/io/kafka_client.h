/* common/io/kafka_client.h
 *
 * What consumer and producer have in common: a librdkafka handle on the loop. librdkafka's threads
 * wake the loop by an eventfd; a tick a second serves as well, so that no lost wake-up is for ever
 * and max.poll.interval.ms is kept by an idle process.
 *
 * Also whether brokers can be reached. librdkafka says when the last connection broke (which an
 * idle one does every ten minutes, by the broker's wish) and never when they are back. So a broken
 * last connection is a suspicion only, and a small question to any broker decides.
 *
 * Internal to common/io/kafka_*.c.
 */
#ifndef IO_KAFKA_CLIENT_H
#define IO_KAFKA_CLIENT_H

#include "io/kafka_config.h"

struct kafka_client {
        /* Filled in by the owner before kafka_client_open. */
        struct loop *loop;
        const struct topics *topics;
        void *owner;
        loop_fn *serve; /* something came, or a tick: serve the main queue. Of `owner` */
        loop_fn *tick;  /* once a second. Of `owner` */
        void (*reply)(void *owner, rd_kafka_event_t *event); /* on `replies`; may be NULL */
        kafka_failed_fn *failed;
        void *context; /* of `failed` */

        rd_kafka_t *rk;
        rd_kafka_queue_t *replies; /* answers to what was asked with an event for an answer */
        int wakeup;
        struct loop_watch *watch;
        struct loop_timer timer;
        bool suspect; /* the last connection broke and no broker answered since */
        bool asking;
        bool down;                /* a question went unanswered */
        char last_reason[200];    /* why a connection failed */
        rd_kafka_resp_err_t told; /* the last code of kafka_client_error */
        int64_t told_ms;
};

/* Takes `conf` in any case; sets its opaque and error callback. */
int kafka_client_open(struct kafka_client *client, rd_kafka_conf_t *conf, rd_kafka_type_t type,
                      struct error *error);

/* Stops callbacks; the handle is left for the owner to wind down, then comes kafka_client_close. */
void kafka_client_silence(struct kafka_client *client);
void kafka_client_close(struct kafka_client *client);

/* Instead of kafka_client_close, where that might wait for a broker that does not answer: the
 * handle is left to the end of the process, with its threads and memory. */
void kafka_client_abandon(struct kafka_client *client);

/* Let what arrives on `queue` wake the loop. */
void kafka_client_listen(struct kafka_client *client, rd_kafka_queue_t *queue);

/* What librdkafka says of itself, by its error callback, an event or a message. */
void kafka_client_error(struct kafka_client *client, rd_kafka_resp_err_t code, const char *reason);

/* Tell a reason that ends the process. */
void kafka_client_stop(struct kafka_client *client, const char *format, ...) _printf_(2, 3);

/* Tell a reason, as fatal if librdkafka has met a fatal error meanwhile. */
void kafka_client_fail(struct kafka_client *client, const char *format, ...) _printf_(2, 3);

#endif
