/* common/model/fields.h
 *
 * Reading the members that our messages share, strictly: each returns 0, or -1 with a sentence that
 * names the member. An absent member and null are both "missing". The rules are those of
 * schemas/types.schema.json, one for one.
 */
#ifndef MODEL_FIELDS_H
#define MODEL_FIELDS_H

#include "base/json.h"
#include "base/uuid.h"
#include "model/municipality.h"

enum { FIELDS_QUOTE_BYTES = 64 }; /* of foreign texts, in sentences */

int fields_municipality(const json_t *object, char id[MUNICIPALITY_ID_BYTES], struct error *error);
int fields_uuid(const json_t *object, const char *name, struct uuid *uuid, struct error *error);

/* By value, as JSON Schema has it: 3.0 is an integer. Both bounds are inclusive. */
int fields_integer(const json_t *object, const char *name, int64_t minimum, int64_t maximum,
                   int64_t *value, struct error *error);
int fields_version(const json_t *object, const char *name, uint64_t *version, struct error *error);

/* "2026-03-01T09:00:02.117Z": UTC with milliseconds, the form in which we write it; no other. */
bool fields_parse_time(const char *text, size_t length, int64_t *ms);
int fields_time(const json_t *object, const char *name, int64_t *ms, struct error *error);

/* `value` is left as it is where the member is missing. */
int fields_boolean(const json_t *object, const char *name, bool *value, struct error *error);

/* Printable ASCII without a space, 1 to bytes - 1 characters: an id that a person may type. */
int fields_token(const json_t *object, const char *name, char *text, size_t bytes,
                 struct error *error);

/* The member's index in `names` (its value is one of them). -1 and a reason that lists them. */
int fields_choice(const json_t *object, const char *name, const char *const *names, size_t count,
                  struct error *error);

#endif
