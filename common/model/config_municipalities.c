/* common/model/config_municipalities.c
 *
 * The list of municipalities, each read over the defaults of all. It is in the file or in a file of
 * its own, never in both.
 */
#include "model/config_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The text of a variable as the file would have it. NULL if it is not UTF-8. */
static json_t *json_of_variable(const struct setting *setting, const char *text)
{
        _cleanup_(json_decrefp) json_t *value =
                json_loadb(text, strlen(text), JSON_DECODE_ANY, NULL);

        if ((setting->type == SETTING_INTEGER && json_is_integer(value)) ||
            (setting->type == SETTING_BOOLEAN && json_is_boolean(value)))
                return TAKE_PTR(value);
        return json_string(text);
}

/* Check `object` as if it were all of "defaults". */
static int check_defaults(const json_t *object, struct error *error)
{
        struct municipality scratch = { .base_url = NULL };

        if (json_object_get(object, "base_url"))
                return error_set(error,
                                 "base_url: every municipality has its own, there is no default");

        settings_default(municipality_settings, municipality_settings_count, &scratch);

        int result = settings_read(municipality_settings, municipality_settings_count, "", object,
                                   NULL, &scratch, error);

        settings_deinit(municipality_settings, municipality_settings_count, &scratch);
        return result;
}

static int override_default(json_t *defaults, const struct setting *setting,
                            settings_environment_fn *get, void *context, struct error *error)
{
        char variable[SETTINGS_VARIABLE_BYTES];

        settings_variable("defaults.", setting->path, variable);

        const char *text = get(variable, context);

        if (!text || text[0] == '\0')
                return 0;

        _cleanup_(json_decrefp) json_t *one = json_object();

        if (json_object_set_new(one, setting->path, json_of_variable(setting, text)) < 0)
                return error_set(error, "%s: it is not UTF-8", variable);
        if (check_defaults(one, error) < 0)
                return error_wrap(error, "%s", variable);
        return json_object_update(defaults, one);
}

json_t *config_read_defaults(const json_t *root, settings_environment_fn *get, void *context,
                             struct error *error)
{
        const json_t *object = json_object_get(root, "defaults");
        _cleanup_(json_decrefp) json_t *defaults = object ? json_deep_copy(object) : json_object();

        if (check_defaults(defaults, error) < 0) {
                error_wrap(error, "defaults");
                return NULL;
        }
        for (size_t i = 0; i < municipality_settings_count; i++)
                if (override_default(defaults, &municipality_settings[i], get, context, error) < 0)
                        return NULL;
        return TAKE_PTR(defaults);
}

static int compare_ids(const void *a, const void *b)
{
        return strcmp(((const struct municipality *)a)->id, ((const struct municipality *)b)->id);
}

static int check_municipalities(const struct config *config, struct error *error)
{
        for (size_t i = 0; i < config->municipality_count; i++) {
                const struct municipality *municipality = &config->municipalities[i];

                if (i > 0 && strcmp(municipality->id, municipality[-1].id) == 0)
                        return error_set(error, "%s: this id stands twice", municipality->id);
                if (municipality->write_timeout_ms >= config->writer.lease_ms)
                        return error_set(error,
                                         "%s: write_timeout: it is not less than writer.lease, so "
                                         "that nothing could be sent",
                                         municipality->id);
        }
        return 0;
}

static int read_list(struct config *config, const json_t *list, const json_t *defaults,
                     struct error *error)
{
        size_t count = json_array_size(list);

        config->municipalities = memory_new(count * sizeof(*config->municipalities));
        for (size_t i = 0; i < count; i++) {
                struct municipality *next = &config->municipalities[i];

                if (municipality_read(next, json_array_get(list, i), defaults, error) < 0) {
                        return next->id[0] != '\0' ? -1 : error_wrap(error, "number %zu", i + 1);
                }
                config->municipality_count++;
        }
        qsort(config->municipalities, count, sizeof(*config->municipalities), compare_ids);
        return check_municipalities(config, error);
}

int config_read_municipalities(struct config *config, const json_t *root, const json_t *list,
                               const json_t *defaults, struct error *error)
{
        const json_t *own = json_object_get(root, "municipalities");

        if (own && config->municipalities_file)
                return error_set(error,
                                 "\"municipalities\" and \"municipalities_file\" are both there; "
                                 "keep one of them");
        if (!own && !config->municipalities_file)
                return error_set(error,
                                 "\"municipalities\" is missing; write a list of "
                                 "{\"id\": ..., \"base_url\": ...}, or \"municipalities_file\"");
        if (!own)
                own = list;
        if (!json_is_array(own))
                return error_set(error, "municipalities: expected is an array of objects");
        if (read_list(config, own, defaults, error) < 0)
                return error_wrap(error, "municipalities");
        return 0;
}

const struct municipality *config_municipality(const struct config *config, const char *id)
{
        return config_municipality_slice(config, slice_of(id));
}

const struct municipality *config_municipality_slice(const struct config *config, struct slice id)
{
        struct municipality key;

        if (id.length == 0 || id.length >= sizeof(key.id))
                return NULL;
        memcpy(key.id, id.data, id.length);
        key.id[id.length] = '\0';
        return bsearch(&key, config->municipalities, config->municipality_count, sizeof(key),
                       compare_ids);
}
