/* tests/fuzz/fuzz_config.c
 *
 * The configuration, with one of its values also coming from the environment: taken as a whole with
 * what can be relied on, or refused with a sentence.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "model/config.h"

/* Every variable has the first text of "contact": a text where some settings want none. */
static const char *get(const char *name, void *context)
{
        const json_t *root = context;

        return strstr(name, "RETRY") ? json_member_text(root, "contact") : NULL;
}

static void check_taken(const struct config *config)
{
        fuzz_check(config->contact && config->redis_url && json_is_object(config->kafka));
        fuzz_check(config->topics_partitions > 0 && config->topics_epoch > 0);
        for (size_t i = 0; i < config->municipality_count; i++) {
                const struct municipality *municipality = &config->municipalities[i];

                fuzz_check(municipality_id_valid(municipality->id, strlen(municipality->id)));
                fuzz_check(config_municipality(config, municipality->id) == municipality);
                fuzz_check(municipality_equal(municipality, municipality));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct error error = ERROR_NULL;
        _cleanup_(config_freep) struct config *config = NULL;
        _cleanup_(json_decrefp) json_t *root =
                json_read((const char *)data, bytes, 1024 * 1024, &error);

        if (!root)
                return 0;
        config = config_read(root, NULL, get, root, &error);
        if (config)
                check_taken(config);
        else
                fuzz_check(error.text[0]);
        config_municipalities_file(root, get, root);
        return 0;
}
