/* services/operator/kafka_view.h
 *
 * A record as Kafka's reader hands it over, seen as what the pure code takes (record.h). Borrowed.
 */
#ifndef OPERATOR_KAFKA_VIEW_H
#define OPERATOR_KAFKA_VIEW_H

#include "io/kafka.h"
#include "model/record.h"

static inline struct record kafka_view(const struct kafka_record *record)
{
        return (struct record){ .topic = record->topic,
                                .partition = record->partition,
                                .offset = record->offset,
                                .timestamp_ms = record->timestamp_ms,
                                .key = record->key,
                                .value = record->value,
                                .headers = record->headers };
}

#endif
