/* services/operator/message.h
 *
 * The messages of the six topics, for whoever looks at them from outside: whose are they, and are
 * they as they must be. The rules are those of the services' own readers.
 */
#ifndef OPERATOR_MESSAGE_H
#define OPERATOR_MESSAGE_H

#include "base/error.h"
#include "base/uuid.h"
#include "model/record.h"

/* Checks a value of `topic`. -1 and a sentence that names the member. Dead letters and marks are as
 * their originals were: never wrong. */
int message_check(enum topic topic, struct slice value, struct error *error);

/* A record as a whole: its key and its headers as well. Tombstones have nothing that could be
 * wrong. */
int message_check_record(const struct record *record, struct error *error);

/* "update", "change", "result", "control", "snapshot": of what topic it is. TOPIC_COUNT: none. */
enum topic message_topic(const char *name);

/* The municipality of a record's key, which may be "municipality/uuid". */
struct slice message_municipality(const struct record *record);

/* The event that a record speaks of; false where it is of none, or of many. */
bool message_event(const struct record *record, struct uuid *uuid);

#endif
