/* common/io/kafka_config.h
 *
 * From the configuration's "kafka" object to librdkafka's: our own values first, the operator's
 * over them. What our promises hang on cannot be set by the operator; the refusal is a sentence.
 */
#ifndef IO_KAFKA_CONFIG_H
#define IO_KAFKA_CONFIG_H

#include <librdkafka/rdkafka.h>

#include "io/kafka.h"

enum kafka_use {
        KAFKA_FOR_CONSUMER = 1,
        KAFKA_FOR_PRODUCER = 2,
        KAFKA_FOR_ADMIN = 4,
        KAFKA_FOR_ALL = 7,
        /* Besides KAFKA_FOR_CONSUMER: */
        KAFKA_FOR_BULK = 8,    /* much is fetched ahead */
        KAFKA_FOR_READER = 16, /* the end of a partition is to be found soon */
};

/* `use`: one of the above, or several. The caller owns what is returned, until rd_kafka_new has
 * taken it. NULL and a reason on failure. */
rd_kafka_conf_t *kafka_config_new(const struct kafka_cluster *cluster, unsigned use,
                                  struct error *error);

/* One property more, ours. */
int kafka_config_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                     struct error *error);

/* A property that is a number; -1 if there is none of that name. */
long kafka_config_number(const rd_kafka_conf_t *conf, const char *name);

/* rd_kafka_new, which takes `conf` in any case. NULL and a reason on failure. */
rd_kafka_t *kafka_config_open(rd_kafka_conf_t *conf, rd_kafka_type_t type, struct error *error);

/* What to look at when no broker answers: a sentence. */
const char *kafka_config_advice(const struct kafka_cluster *cluster);

void kafka_config_freep(rd_kafka_conf_t **conf);

#endif
