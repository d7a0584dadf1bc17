/* common/model/topics.h
 *
 * The six topics (CONTRACT.md "Topics"): their names, and the partition of a municipality, which is
 * the same in all of them: (murmur2(municipality) & 0x7fffffff) mod partitions, whatever the key.
 */
#ifndef MODEL_TOPICS_H
#define MODEL_TOPICS_H

#include "base/slice.h"

#include <stdint.h>

enum topic {
        TOPIC_SNAPSHOTS,
        TOPIC_CHANGES,
        TOPIC_UPDATES,
        TOPIC_RESULTS,
        TOPIC_DEAD_LETTERS,
        TOPIC_CONTROL,
        TOPIC_COUNT,
};

enum { TOPIC_NAME_BYTES = 250 }; /* Kafka's limit of 249 and a NUL */

struct topics {
        char names[TOPIC_COUNT][TOPIC_NAME_BYTES]; /* prefix and suffix */
        int32_t partitions;
        uint32_t epoch;
};

/* False if a name would be longer than Kafka takes or has a character that it does not. */
bool topics_init(struct topics *topics, const char *prefix, int32_t partitions, uint32_t epoch);

/* "snapshots", "changes", "updates", "results", "dead-letters", "control" */
const char *topic_suffix(enum topic topic);

/* The topic of that suffix, TOPIC_COUNT if it is none. */
enum topic topic_of_suffix(const char *suffix);

/* The topic of that full name, TOPIC_COUNT if it is none of ours. */
enum topic topics_find(const struct topics *topics, const char *name);

/* Kafka's own murmur2 (seed 0x9747b28c), equal to Java's and to librdkafka's "murmur2". */
uint32_t topic_murmur2(const void *data, size_t bytes);
int32_t topics_partition(const struct topics *topics, const char *municipality);

#endif
