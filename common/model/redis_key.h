/* common/model/redis_key.h
 *
 * The names of what Redis holds of a municipality: "{aarhus}:s". All of them have the same hash
 * tag, so that a script may touch several in a cluster. s: events, m: meta, w: the writer's ledger,
 * seals: uuids by when their seal is due, status: for operators.
 */
#ifndef MODEL_REDIS_KEY_H
#define MODEL_REDIS_KEY_H

#include "model/municipality.h"

enum { REDIS_KEY_WHAT_MAX = 8, REDIS_KEY_BYTES = MUNICIPALITY_ID_BYTES + 3 + REDIS_KEY_WHAT_MAX };

/* `what` is at most REDIS_KEY_WHAT_MAX bytes of ours; of what is longer than an id can be, the
 * beginning. Gives `key`. */
const char *redis_key(char key[REDIS_KEY_BYTES], const char *municipality, const char *what);

#endif
