/* common/model/topic_settings.h
 *
 * How the six topics must be configured at Kafka (CONTRACT.md "Topics"): one table, from which they
 * are created and against which they are checked. Partitions and replication are not in it.
 */
#ifndef MODEL_TOPIC_SETTINGS_H
#define MODEL_TOPIC_SETTINGS_H

#include "base/buffer.h"
#include "model/topics.h"

struct topic_setting {
        enum topic topic;
        const char *name;                                          /* Kafka's: "cleanup.policy" */
        const char *value;                                         /* as it is created */
        enum { TOPIC_SETTING_EXACT, TOPIC_SETTING_AT_LEAST } rule; /* at least: -1 is unlimited */
        bool advised; /* another value works, too, if not as well: it is said and no error */
};

extern const struct topic_setting topic_settings[];
extern const size_t topic_settings_count;

/* A topic's value of a setting; NULL: unknown, then nothing is said of it. */
typedef const char *topic_settings_get_fn(void *context, const char *name);

/* Appends what is wrong to `wrong` and what is advised to `advice`, a few words each, separated by
 * "; ". Values come from outside: what is no number where one should be is quoted and wrong. */
void topic_settings_check(enum topic topic, topic_settings_get_fn *get, void *context,
                          struct buffer *wrong, struct buffer *advice);

#endif
