/* common/io/daemon_input.c
 *
 * A log-in that is missing stops one municipality, a directory of them that cannot be read stops
 * the program, unless it can do its work without. So does what would keep the next start from
 * working: a property that Kafka's library does not have, a certificate that cannot be read.
 */
#include "io/daemon_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/config_file.h"

bool daemon_input_needs_login(const struct daemon_program *program,
                              const struct municipality *municipality)
{
        return program->needs_credentials ||
               (program->needs_credentials_to_read && municipality->read_auth == READ_BASIC);
}

static bool any_needs_login(const struct daemon_program *program, const struct config *config)
{
        for (size_t i = 0; i < config->municipality_count; i++)
                if (daemon_input_needs_login(program, &config->municipalities[i]))
                        return true;
        return false;
}

static int check_kafka(const struct config *config, struct error *error)
{
        struct kafka_cluster cluster = { config->kafka, NULL, "dplsync-check" };

        return kafka_check_properties(&cluster, error);
}

/* Who takes no log-ins talks to no site, and may be without their certificates. */
static int check_cacerts(const struct daemon_program *program, const struct config *config,
                         struct error *error)
{
        if (!program->needs_credentials && !program->needs_credentials_to_read)
                return 0;
        for (size_t i = 0; i < config->municipality_count; i++) {
                const struct municipality *municipality = &config->municipalities[i];

                if (municipality->cacert && access(municipality->cacert, R_OK) < 0)
                        return error_set(error, "%s: cacert: %.200s: %s", municipality->id,
                                         municipality->cacert, strerror(errno));
        }
        return 0;
}

static int load_credentials(struct daemon_input *input, const struct daemon_program *program,
                            struct error *error)
{
        input->credentials = credentials_load(input->config->credentials_dir, &input->unreadable);
        if (input->credentials)
                return 0;
        if (any_needs_login(program, input->config))
                return error_set(error, "%s", input->unreadable.text);
        input->credentials = credentials_load(NULL, NULL);
        return 0;
}

int daemon_input_load(struct daemon_input *input, const struct daemon_program *program,
                      const char *config_path, struct error *error)
{
        *input = (struct daemon_input){ .config = config_file_load(config_path, error) };
        if (!input->config)
                return -1;
        if (check_kafka(input->config, error) < 0 ||
            check_cacerts(program, input->config, error) < 0) {
                error_wrap(error, "%s", config_path);
                daemon_input_deinit(input);
                return -1;
        }
        if (load_credentials(input, program, error) < 0) {
                daemon_input_deinit(input);
                return -1;
        }
        return 0;
}

void daemon_input_deinit(struct daemon_input *input)
{
        config_free(input->config);
        credentials_free(input->credentials);
        *input = (struct daemon_input){ NULL, NULL, ERROR_NULL };
}

static bool same_municipalities(const struct config *a, const struct config *b)
{
        if (a->municipality_count != b->municipality_count)
                return false;
        for (size_t i = 0; i < a->municipality_count; i++)
                if (!municipality_equal(&a->municipalities[i], &b->municipalities[i]))
                        return false;
        return true;
}

static bool same_logins(const struct daemon_input *a, const struct daemon_input *b)
{
        for (size_t i = 0; i < a->config->municipality_count; i++)
                if (credentials_differ(a->credentials, b->credentials,
                                       a->config->municipalities[i].id))
                        return false;
        return true;
}

bool daemon_input_equal(const struct daemon_input *a, const struct daemon_input *b)
{
        return settings_equal(config_settings, config_settings_count, a->config, b->config) &&
               json_equal(a->config->kafka, b->config->kafka) &&
               same_municipalities(a->config, b->config) && same_logins(a, b);
}

static size_t append_name(struct buffer *names, const char *name)
{
        if (names->length > 0)
                buffer_append_text(names, ", ");
        buffer_append_text(names, name);
        return 1;
}

size_t daemon_input_missing(const struct daemon_input *input, const struct daemon_program *program,
                            struct buffer *names)
{
        size_t count = 0;

        for (size_t i = 0; i < input->config->municipality_count; i++) {
                const struct municipality *municipality = &input->config->municipalities[i];
                struct credential credential;

                if (daemon_input_needs_login(program, municipality) &&
                    !credentials_get(input->credentials, municipality->id, &credential, NULL))
                        count += append_name(names, municipality->id);
        }
        return count;
}

size_t daemon_input_needs_restart(const struct daemon_input *old, const struct daemon_input *new,
                                  struct buffer *names)
{
        size_t count = 0;

        if (!json_equal(old->config->kafka, new->config->kafka))
                count += append_name(names, "kafka");
        for (size_t i = 0; i < config_settings_count; i++) {
                const struct setting *setting = &config_settings[i];

                if (!setting->reloadable && !settings_equal(setting, 1, old->config, new->config))
                        count += append_name(names, setting->path);
        }
        return count;
}
