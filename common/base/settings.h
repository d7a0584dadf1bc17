/* common/base/settings.h
 *
 * Settings are one table: parsing, validation, overriding by environment, --help, JSON Schema and
 * documentation come from it. A setting's path is "section.name" ("writer.max_attempts") or "name";
 * its environment variable is DPLSYNC_ and the path in capitals with "_" for "." and "-".
 *
 * The values land in a struct of the caller's at `offset`: char * (owned, memory_copy_text; NULL
 * when there is no default), int64_t (integer, duration in ms, size in bytes), bool, int (choice:
 * index).
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include <stdint.h>

#include "base/json.h"

enum setting_type {
        SETTING_TEXT,
        SETTING_INTEGER,
        SETTING_BOOLEAN,
        SETTING_DURATION,
        SETTING_SIZE,
        SETTING_CHOICE
};

enum { SETTINGS_VARIABLE_BYTES = 96 };

struct setting {
        const char *path;
        enum setting_type type;
        size_t offset;
        const char *fallback; /* default as a person would write it; NULL: none */
        int64_t minimum;      /* inclusive, for numbers; both 0: no bounds */
        int64_t maximum;
        const char *choices; /* "json|text", for SETTING_CHOICE */
        bool reloadable;     /* takes effect without a restart */
        const char *text;    /* one sentence, for --help and the schema */
};

/* Looks up an environment variable; passed in, so that nothing here reads the environment. */
typedef const char *settings_environment_fn(const char *name, void *context);

/* Put the defaults into `values` (which must be zeroed or filled before; owned texts are freed). */
void settings_default(const struct setting *table, size_t count, void *values);

/* Take the members of `object` whose path is prefix + name (prefix is "" or "writer."). Members
 * that the table does not know are an error that names the nearest known one, unless
 * `known_elsewhere` (NULL-terminated, may be NULL) has them. Wrong types and bounds are errors that
 * say what is expected. After an error some values have changed: read into a fresh struct. */
int settings_read(const struct setting *table, size_t count, const char *prefix,
                  const json_t *object, const char *const *known_elsewhere, void *values,
                  struct error *error);

/* Override from the environment. An empty variable is none. */
int settings_read_environment(const struct setting *table, size_t count,
                              settings_environment_fn *get, void *context, void *values,
                              struct error *error);

/* The variable of the setting `path` in `section` ("" or "kafka."); cut at its size. */
void settings_variable(const char *section, const char *path, char name[SETTINGS_VARIABLE_BYTES]);

bool settings_equal(const struct setting *table, size_t count, const void *a, const void *b);
/* Frees owned texts. */
void settings_deinit(const struct setting *table, size_t count, void *values);

/* The known name nearest to `name` by edit distance, NULL if all are more than a third away. */
const char *settings_nearest(const char *name, const char *const *names);

/* --help text; `section` stands before each path (it is "" or "defaults."). */
void settings_help(const struct setting *table, size_t count, const char *section,
                   struct buffer *out);

/* The members of JSON Schema's `properties` of one section, without the braces. */
void settings_schema(const struct setting *table, size_t count, const char *prefix,
                     struct buffer *out);

#endif
