/* common/base/settings.c
 *
 * The generic half of configuration: what a row of the table means. Which rows there are is said in
 * model/config.c and in the services' settings.c. Every refusal names the setting as a person wrote
 * it and says what would have been right. Texts are never quoted: one of them may hold a secret.
 */
#include "base/settings.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"

enum { NAMES_MAX = 128, NAME_MAX_BYTES = 64 };

static const char duration_hint[] = "write \"10m\", \"30s\" or \"250ms\"";
static const char size_hint[] = "write \"64MiB\", \"900kB\" or \"512B\"";

static void *value_at(const struct setting *setting, void *values)
{
        return (char *)values + setting->offset;
}

/* The name within its section, NULL if the setting is not directly in the section `prefix`. */
static const char *name_in(const struct setting *setting, const char *prefix)
{
        size_t length = strlen(prefix);

        if (strncmp(setting->path, prefix, length) != 0 || strchr(setting->path + length, '.'))
                return NULL;
        return setting->path + length;
}

/* Values. */

static void store_text(const struct setting *setting, const char *text, void *values)
{
        char **place = value_at(setting, values);

        free(*place);
        *place = memory_copy_text(text);
}

static bool is_bounded(const struct setting *setting)
{
        return setting->minimum != 0 || setting->maximum != 0;
}

/* A number as the setting's own unit writes it. */
static const char *number_text(const struct setting *setting, int64_t number,
                               char text[DURATION_TEXT_BYTES])
{
        if (setting->type == SETTING_DURATION)
                duration_format(number, text);
        else if (setting->type == SETTING_SIZE)
                size_format(number, text);
        else
                snprintf(text, DURATION_TEXT_BYTES, "%" PRId64, number);
        return text;
}

/* "1 to 100", "at least 1s"; empty without bounds. */
static void bounds_text(const struct setting *setting, char text[96])
{
        char low[DURATION_TEXT_BYTES], high[DURATION_TEXT_BYTES];

        text[0] = '\0';
        if (!is_bounded(setting))
                return;
        number_text(setting, setting->minimum, low);
        number_text(setting, setting->maximum, high);
        if (setting->maximum == INT64_MAX)
                snprintf(text, 96, "at least %s", low);
        else
                snprintf(text, 96, "%s to %s", low, high);
}

static int store_number(const struct setting *setting, int64_t number, void *values,
                        struct error *error)
{
        char given[DURATION_TEXT_BYTES], bounds[96];

        if (is_bounded(setting) && (number < setting->minimum || number > setting->maximum)) {
                bounds_text(setting, bounds);
                return error_set(error, "%s is out of bounds; allowed is %s",
                                 number_text(setting, number, given), bounds);
        }
        *(int64_t *)value_at(setting, values) = number;
        return 0;
}

static bool is_number(const char *text)
{
        size_t digits = strspn(text + (*text == '-'), "0123456789");

        return digits > 0 && text[(*text == '-') + digits] == '\0';
}

static int parse_number(const struct setting *setting, const char *text, void *values,
                        struct error *error)
{
        bool is_duration = setting->type == SETTING_DURATION;
        const char *hint = is_duration ? duration_hint : size_hint;
        int64_t number;

        if (is_duration ? duration_parse(text, &number) : size_parse(text, &number))
                return store_number(setting, number, values, error);
        if (is_number(text))
                return error_set(error, "\"%.40s\" has no unit; %s", text, hint);
        return error_set(error, "\"%.40s\" is not a %s; %s", text,
                         is_duration ? "duration" : "size", hint);
}

static int parse_integer(const struct setting *setting, const char *text, void *values,
                         struct error *error)
{
        errno = 0;

        long long number = is_number(text) ? strtoll(text, NULL, 10) : 0;

        if (!is_number(text) || errno != 0)
                return error_set(error, "\"%.40s\" is not an integer", text);
        return store_number(setting, number, values, error);
}

static int parse_boolean(const struct setting *setting, const char *text, void *values,
                         struct error *error)
{
        bool is_true = strcmp(text, "true") == 0;

        if (!is_true && strcmp(text, "false") != 0)
                return error_set(error, "\"%.40s\" is neither true nor false", text);
        *(bool *)value_at(setting, values) = is_true;
        return 0;
}

/* Calls for each piece of "json|text": its place and length; ends with false. */
static bool next_choice(const char **choice, size_t *length)
{
        if (*length > 0)
                *choice += *length + (*(*choice + *length) == '|');
        *length = strcspn(*choice, "|");
        return *length > 0;
}

static int parse_choice(const struct setting *setting, const char *text, void *values,
                        struct error *error)
{
        const char *choice = setting->choices;
        size_t length = 0;

        for (int i = 0; next_choice(&choice, &length); i++) {
                if (strlen(text) != length || memcmp(text, choice, length) != 0)
                        continue;
                *(int *)value_at(setting, values) = i;
                return 0;
        }
        return error_set(error, "\"%.40s\" is not one of %s", text, setting->choices);
}

/* A value as a person writes it: defaults, environment, JSON strings. */
static int parse_text(const struct setting *setting, const char *text, void *values,
                      struct error *error)
{
        switch (setting->type) {
        case SETTING_TEXT:
                store_text(setting, text, values);
                return 0;
        case SETTING_INTEGER:
                return parse_integer(setting, text, values, error);
        case SETTING_BOOLEAN:
                return parse_boolean(setting, text, values, error);
        case SETTING_DURATION:
        case SETTING_SIZE:
                return parse_number(setting, text, values, error);
        case SETTING_CHOICE:
                return parse_choice(setting, text, values, error);
        }
        return error_set(error, "unknown type of setting");
}

static const char *json_kind(const json_t *value)
{
        switch (json_typeof(value)) {
        case JSON_OBJECT:
                return "an object";
        case JSON_ARRAY:
                return "an array";
        case JSON_STRING:
                return "a string";
        case JSON_INTEGER:
                return "a number";
        case JSON_REAL:
                return "a number with decimals";
        case JSON_TRUE:
        case JSON_FALSE:
                return "true or false";
        case JSON_NULL:
                return "null";
        }
        return "something else";
}

static int read_value(const struct setting *setting, const json_t *value, void *values,
                      struct error *error)
{
        static const char *const wanted[] = { "a string",
                                              "an integer",
                                              "true or false",
                                              "a string such as \"10m\"",
                                              "a string such as \"64MiB\"",
                                              "a string" };
        bool has_unit = setting->type == SETTING_DURATION || setting->type == SETTING_SIZE;

        if (setting->type == SETTING_INTEGER && json_is_integer(value))
                return store_number(setting, json_integer_value(value), values, error);
        if (setting->type == SETTING_BOOLEAN && json_is_boolean(value)) {
                *(bool *)value_at(setting, values) = json_is_true(value);
                return 0;
        }
        if (setting->type != SETTING_INTEGER && setting->type != SETTING_BOOLEAN &&
            json_is_string(value))
                return parse_text(setting, json_string_value(value), values, error);
        if (has_unit && json_is_integer(value))
                return error_set(error, "%" JSON_INTEGER_FORMAT " has no unit; %s",
                                 json_integer_value(value),
                                 setting->type == SETTING_DURATION ? duration_hint : size_hint);
        return error_set(error, "expected is %s, found was %s", wanted[setting->type],
                         json_kind(value));
}

void settings_default(const struct setting *table, size_t count, void *values)
{
        for (size_t i = 0; i < count; i++) {
                const struct setting *setting = &table[i];

                if (setting->fallback) {
                        struct error error = ERROR_NULL;
                        int result = parse_text(setting, setting->fallback, values, &error);

                        assert(result == 0);
                        (void)result;
                } else if (setting->type == SETTING_TEXT) {
                        store_text(setting, NULL, values);
                } else if (setting->type == SETTING_BOOLEAN) {
                        *(bool *)value_at(setting, values) = false;
                } else if (setting->type == SETTING_CHOICE) {
                        *(int *)value_at(setting, values) = 0;
                } else {
                        *(int64_t *)value_at(setting, values) = 0;
                }
        }
}

/* Names. */

static const struct setting *find(const struct setting *table, size_t count, const char *prefix,
                                  const char *name)
{
        for (size_t i = 0; i < count; i++) {
                const char *known = name_in(&table[i], prefix);

                if (known && strcmp(known, name) == 0)
                        return &table[i];
        }
        return NULL;
}

static bool is_listed(const char *const *names, const char *name)
{
        for (; names && *names; names++)
                if (strcmp(*names, name) == 0)
                        return true;
        return false;
}

static char lower(char byte)
{
        return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* Damerau-Levenshtein (restricted); case does not count. Lengths are at most NAME_MAX_BYTES. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
        size_t rows[3][NAME_MAX_BYTES + 1];
        size_t *before = rows[0], *last = rows[1], *row = rows[2];

        for (size_t j = 0; j <= b_length; j++)
                last[j] = j;
        for (size_t i = 1; i <= a_length; i++) {
                row[0] = i;
                for (size_t j = 1; j <= b_length; j++) {
                        char x = lower(a[i - 1]), y = lower(b[j - 1]);

                        row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
                        if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
                                row[j] = least(row[j], before[j - 2] + 1);
                }

                size_t *free_row = before;

                before = last;
                last = row;
                row = free_row;
        }
        return last[b_length];
}

const char *settings_nearest(const char *name, const char *const *names)
{
        const char *nearest = NULL;
        size_t nearest_distance = 0, length = strlen(name);

        for (; names && *names && length <= NAME_MAX_BYTES; names++) {
                size_t known_length = strlen(*names);

                if (known_length > NAME_MAX_BYTES)
                        continue;

                size_t edits = distance(name, length, *names, known_length);
                size_t longer = length > known_length ? length : known_length;

                if (edits * 3 > longer || (nearest && edits >= nearest_distance))
                        continue;
                nearest = *names;
                nearest_distance = edits;
        }
        return nearest;
}

/* The names of a section, then those that are known elsewhere; NULL-terminated. */
static void section_names(const struct setting *table, size_t count, const char *prefix,
                          const char *const *known_elsewhere, const char *names[NAMES_MAX + 1])
{
        size_t used = 0;

        for (size_t i = 0; i < count && used < NAMES_MAX; i++) {
                const char *name = name_in(&table[i], prefix);

                if (name)
                        names[used++] = name;
        }
        for (; known_elsewhere && *known_elsewhere && used < NAMES_MAX; known_elsewhere++)
                names[used++] = *known_elsewhere;
        names[used] = NULL;
}

/* The setting of any section that has this name, or this path. */
static const struct setting *find_anywhere(const struct setting *table, size_t count,
                                           const char *name)
{
        for (size_t i = 0; i < count; i++) {
                const char *dot = strrchr(table[i].path, '.');

                if (dot && (strcmp(dot + 1, name) == 0 || strcmp(table[i].path, name) == 0))
                        return &table[i];
        }
        return NULL;
}

static int refuse_misplaced(const char *prefix, const char *name, const struct setting *setting,
                            struct error *error)
{
        const char *dot = strrchr(setting->path, '.');

        return error_set(error, "%s%.64s: unknown setting here; \"%s\" belongs in \"%.*s\"", prefix,
                         name, dot + 1, (int)(dot - setting->path), setting->path);
}

static int refuse_kind(const char *prefix, const json_t *value, struct error *error)
{
        error_set(error, "expected is an object, found was %s",
                  value ? json_kind(value) : "nothing");
        return prefix[0] == '\0' ? -1 : error_wrap(error, "%.*s", (int)strlen(prefix) - 1, prefix);
}

static int refuse_unknown(const struct setting *table, size_t count, const char *prefix,
                          const char *name, const char *const *known_elsewhere, struct error *error)
{
        const char *names[NAMES_MAX + 1];

        section_names(table, count, prefix, known_elsewhere, names);

        const char *nearest = settings_nearest(name, names);
        const struct setting *misplaced = find_anywhere(table, count, name);
        _cleanup_(buffer_deinit) struct buffer known = BUFFER_NULL;

        if (nearest)
                return error_set(error, "%s%.64s: unknown setting; did you mean %s%s?", prefix,
                                 name, prefix, nearest);
        if (misplaced)
                return refuse_misplaced(prefix, name, misplaced, error);
        for (size_t i = 0; names[i]; i++)
                buffer_append_format(&known, "%s%s", i > 0 ? ", " : "", names[i]);
        return error_set(error, "%s%.64s: unknown setting; known here: %s", prefix, name,
                         known.data ? known.data : "none");
}

int settings_read(const struct setting *table, size_t count, const char *prefix,
                  const json_t *object, const char *const *known_elsewhere, void *values,
                  struct error *error)
{
        const char *name;
        json_t *value;

        if (!json_is_object(object))
                return refuse_kind(prefix, object, error);
        /* jansson iterates without changing the object, but takes no const. */
        json_object_foreach((json_t *)object, name, value) {
                const struct setting *setting = find(table, count, prefix, name);

                if (!setting && is_listed(known_elsewhere, name))
                        continue;
                if (!setting)
                        return refuse_unknown(table, count, prefix, name, known_elsewhere, error);
                if (read_value(setting, value, values, error) < 0)
                        return error_wrap(error, "%s", setting->path);
        }
        return 0;
}

void settings_variable(const char *section, const char *path, char name[SETTINGS_VARIABLE_BYTES])
{
        snprintf(name, SETTINGS_VARIABLE_BYTES, "DPLSYNC_%s%s", section, path);
        for (; *name; name++) {
                if (*name == '.' || *name == '-')
                        *name = '_';
                else if (*name >= 'a' && *name <= 'z')
                        *name = (char)(*name - 'a' + 'A');
        }
}

int settings_read_environment(const struct setting *table, size_t count,
                              settings_environment_fn *get, void *context, void *values,
                              struct error *error)
{
        for (size_t i = 0; i < count; i++) {
                char name[SETTINGS_VARIABLE_BYTES];

                settings_variable("", table[i].path, name);

                const char *text = get(name, context);

                if (!text || text[0] == '\0')
                        continue;
                if (parse_text(&table[i], text, values, error) < 0)
                        return error_wrap(error, "%s", name);
        }
        return 0;
}

static bool value_equal(const struct setting *setting, const void *a, const void *b)
{
        a = (const char *)a + setting->offset;
        b = (const char *)b + setting->offset;
        switch (setting->type) {
        case SETTING_TEXT:
                return slice_equal(slice_of(*(char *const *)a), slice_of(*(char *const *)b)) &&
                       !*(char *const *)a == !*(char *const *)b;
        case SETTING_BOOLEAN:
                return *(const bool *)a == *(const bool *)b;
        case SETTING_CHOICE:
                return *(const int *)a == *(const int *)b;
        case SETTING_INTEGER:
        case SETTING_DURATION:
        case SETTING_SIZE:
                return *(const int64_t *)a == *(const int64_t *)b;
        }
        return false;
}

bool settings_equal(const struct setting *table, size_t count, const void *a, const void *b)
{
        for (size_t i = 0; i < count; i++)
                if (!value_equal(&table[i], a, b))
                        return false;
        return true;
}

void settings_deinit(const struct setting *table, size_t count, void *values)
{
        for (size_t i = 0; i < count; i++)
                if (table[i].type == SETTING_TEXT)
                        store_text(&table[i], NULL, values);
}

/* Documents. */

void settings_help(const struct setting *table, size_t count, const char *section,
                   struct buffer *out)
{
        static const char *const types[] = { "text",     "integer", "true|false",
                                             "duration", "size",    NULL };

        for (size_t i = 0; i < count; i++) {
                const struct setting *setting = &table[i];
                char name[SETTINGS_VARIABLE_BYTES], bounds[96];

                settings_variable(section, setting->path, name);
                bounds_text(setting, bounds);
                buffer_append_format(out, "  %s%s  (%s", section, setting->path,
                                     setting->type == SETTING_CHOICE ? setting->choices
                                                                     : types[setting->type]);
                if (bounds[0] != '\0')
                        buffer_append_format(out, ", %s", bounds);
                if (setting->fallback)
                        buffer_append_format(out, ", default %s", setting->fallback);
                buffer_append_format(out, ")%s\n        %s\n        %s\n",
                                     setting->reloadable ? "" : "  needs a restart", setting->text,
                                     name);
        }
}

static void schema_choices(const struct setting *setting, struct buffer *out)
{
        const char *choice = setting->choices;
        size_t length = 0;

        json_write_member(out, "enum");
        buffer_append_byte(out, '[');
        for (const char *comma = ""; next_choice(&choice, &length); comma = ",") {
                buffer_append_text(out, comma);
                json_write_string(out, choice, length);
        }
        buffer_append_byte(out, ']');
}

static void schema_type(const struct setting *setting, struct buffer *out)
{
        static const char *const types[] = { "string", "integer", "boolean",
                                             "string", "string",  "string" };

        json_write_member_text(out, "type", types[setting->type]);
        if (setting->type == SETTING_DURATION)
                json_write_member_text(out, "pattern",
                                       setting->minimum < 0 || !is_bounded(setting)
                                               ? "^(0|-?[0-9]+(ms|s|m|h|d))$"
                                               : "^(0|[0-9]+(ms|s|m|h|d))$");
        else if (setting->type == SETTING_SIZE)
                json_write_member_text(out, "pattern",
                                       "^(0|[0-9]+(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB))$");
        else if (setting->type == SETTING_CHOICE)
                schema_choices(setting, out);
}

/* JSON Schema cannot compare durations and sizes: their bounds stand in the description. */
static void schema_bounds(const struct setting *setting, struct buffer *out)
{
        char bounds[96];
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        bounds_text(setting, bounds);
        buffer_append_text(&text, setting->text);
        if (setting->type == SETTING_INTEGER && bounds[0] != '\0') {
                json_write_member_integer(out, "minimum", setting->minimum);
                if (setting->maximum != INT64_MAX)
                        json_write_member_integer(out, "maximum", setting->maximum);
        } else if (bounds[0] != '\0') {
                buffer_append_format(&text, " Allowed: %s.", bounds);
        }
        json_write_member_text(out, "description", text.data);
}

static void schema_default(const struct setting *setting, struct buffer *out)
{
        if (!setting->fallback)
                return;
        if (setting->type == SETTING_INTEGER || setting->type == SETTING_BOOLEAN)
                json_write_member_raw(out, "default", slice_of(setting->fallback));
        else
                json_write_member_text(out, "default", setting->fallback);
}

void settings_schema(const struct setting *table, size_t count, const char *prefix,
                     struct buffer *out)
{
        for (size_t i = 0; i < count; i++) {
                const char *name = name_in(&table[i], prefix);

                if (!name)
                        continue;
                json_write_member(out, name);
                buffer_append_byte(out, '{');
                schema_type(&table[i], out);
                schema_default(&table[i], out);
                schema_bounds(&table[i], out);
                buffer_append_byte(out, '}');
        }
}
