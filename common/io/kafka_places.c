/* common/io/kafka_places.c
 *
 * An array instead of a map: all topics have the same, small number of partitions.
 */
#include "io/kafka_places.h"

#include "base/memory.h"

void kafka_places_init(struct kafka_places *places, const struct topics *topics)
{
        places->topics = topics;
        places->count = (size_t)TOPIC_COUNT * (size_t)topics->partitions;
        places->items = memory_new(places->count * sizeof(*places->items));
}

void kafka_places_deinit(struct kafka_places *places)
{
        free(places->items);
        places->items = NULL;
        places->count = 0;
}

void kafka_places_forget(struct kafka_places *places, bool given)
{
        size_t partitions = (size_t)places->topics->partitions;

        for (size_t i = 0; i < places->count; i++)
                places->items[i] = (struct kafka_place){
                        .topic = (enum topic)(i / partitions),
                        .partition = (int32_t)(i % partitions),
                        .given = given,
                        .ended = -1,
                        .stored = KAFKA_NONE,
                        .committed = KAFKA_NONE,
                };
}

struct kafka_place *kafka_places_at(const struct kafka_places *places, enum topic topic,
                                    int32_t partition)
{
        if (topic >= TOPIC_COUNT || partition < 0 || partition >= places->topics->partitions)
                return NULL;
        return &places->items[(size_t)topic * (size_t)places->topics->partitions +
                              (size_t)partition];
}

struct kafka_place *kafka_places_find(const struct kafka_places *places, const char *topic,
                                      int32_t partition)
{
        return kafka_places_at(places, topics_find(places->topics, topic), partition);
}

rd_kafka_topic_partition_list_t *kafka_places_list(const struct kafka_places *places,
                                                   kafka_place_fn *chosen)
{
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);

        for (size_t i = 0; i < places->count; i++) {
                const struct kafka_place *place = &places->items[i];
                int64_t offset;

                if (chosen(place, &offset))
                        rd_kafka_topic_partition_list_add(list, kafka_place_name(places, place),
                                                          place->partition)
                                ->offset = offset;
        }
        return list;
}
