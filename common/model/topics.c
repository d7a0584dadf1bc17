/* common/model/topics.c
 *
 * All records of a municipality sit in one partition number, in every topic: that is what lets one
 * owner see a municipality whole. The partitioner is therefore ours, not the producer's default,
 * and hashes the municipality even where the key is longer.
 */
#include "model/topics.h"

#include <stdio.h>
#include <string.h>

static const char *const suffixes[TOPIC_COUNT] = {
        [TOPIC_SNAPSHOTS] = "snapshots",       [TOPIC_CHANGES] = "changes",
        [TOPIC_UPDATES] = "updates",           [TOPIC_RESULTS] = "results",
        [TOPIC_DEAD_LETTERS] = "dead-letters", [TOPIC_CONTROL] = "control",
};

const char *topic_suffix(enum topic topic)
{
        return suffixes[topic];
}

/* What Kafka's own Topic.validate takes; the suffix rules out "." and "..". */
static bool prefix_valid(const char *prefix)
{
        static const char allowed[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

        return prefix[strspn(prefix, allowed)] == '\0';
}

bool topics_init(struct topics *topics, const char *prefix, int32_t partitions, uint32_t epoch)
{
        memset(topics, 0, sizeof(*topics));
        topics->partitions = partitions;
        topics->epoch = epoch;
        if (partitions < 1 || !prefix_valid(prefix))
                return false;
        for (size_t i = 0; i < TOPIC_COUNT; i++) {
                int bytes =
                        snprintf(topics->names[i], TOPIC_NAME_BYTES, "%s%s", prefix, suffixes[i]);

                if (bytes < 0 || bytes >= TOPIC_NAME_BYTES)
                        return false;
        }
        return true;
}

enum topic topic_of_suffix(const char *suffix)
{
        for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
                if (strcmp(topic_suffix(topic), suffix) == 0)
                        return topic;
        return TOPIC_COUNT;
}

enum topic topics_find(const struct topics *topics, const char *name)
{
        size_t i = 0;

        while (i < TOPIC_COUNT && strcmp(topics->names[i], name) != 0)
                i++;
        return (enum topic)i;
}

uint32_t topic_murmur2(const void *data, size_t bytes)
{
        static const uint32_t seed = 0x9747b28c, multiplier = 0x5bd1e995;
        const unsigned char *at = data;
        uint32_t hash = seed ^ (uint32_t)bytes;

        for (; bytes >= 4; bytes -= 4, at += 4) {
                uint32_t word = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                                (uint32_t)at[3] << 24;

                word *= multiplier;
                word ^= word >> 24;
                word *= multiplier;
                hash *= multiplier;
                hash ^= word;
        }
        for (size_t i = bytes; i > 0; i--)
                hash ^= (uint32_t)at[i - 1] << (8 * (i - 1));
        if (bytes > 0)
                hash *= multiplier;
        hash ^= hash >> 13;
        hash *= multiplier;
        return hash ^ hash >> 15;
}

int32_t topics_partition(const struct topics *topics, const char *municipality)
{
        uint32_t hash = topic_murmur2(municipality, strlen(municipality));

        return (int32_t)(hash & 0x7fffffff) % topics->partitions;
}
