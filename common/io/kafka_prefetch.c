/* common/io/kafka_prefetch.c
 *
 * librdkafka counts a little more than what is read of a message, so three quarters of a bound are
 * as good as the bound: a seek too many costs one fetch in 48 MB.
 */
#include "io/kafka_prefetch.h"

#include "io/kafka_config.h"

static int64_t bound(const rd_kafka_conf_t *conf, const char *name, int64_t unit)
{
        return kafka_config_number(conf, name) * unit / 4 * 3;
}

void kafka_prefetch_init(struct kafka_prefetch *prefetch, const rd_kafka_conf_t *conf)
{
        *prefetch = (struct kafka_prefetch){ .max_records = INT64_MAX, .max_bytes = INT64_MAX };
        if (kafka_config_number(conf, "fetch.queue.backoff.ms") >= 0)
                return;
        prefetch->max_records = bound(conf, "queued.min.messages", 1);
        prefetch->max_bytes = bound(conf, "queued.max.messages.kbytes", 1024);
}

void kafka_prefetch_read(struct kafka_prefetch *prefetch, const rd_kafka_message_t *message)
{
        prefetch->records++;
        prefetch->bytes += (int64_t)(message->key_len + message->len);
}

bool kafka_prefetch_empty(struct kafka_prefetch *prefetch)
{
        bool stopped = prefetch->records >= prefetch->max_records ||
                       prefetch->bytes >= prefetch->max_bytes;

        prefetch->records = 0;
        prefetch->bytes = 0;
        return stopped;
}
