/* common/model/config_parts.h
 *
 * The parts that a configuration is read in, one after the other, by config_read. Each returns -1
 * and a reason on failure; what was read until then is the configuration's.
 *
 * Internal to common/model/config*.c.
 */
#ifndef MODEL_CONFIG_PARTS_H
#define MODEL_CONFIG_PARTS_H

#include "model/config.h"

/* "kafka", under what the environment says. */
int config_read_kafka(struct config *config, const json_t *root, settings_environment_fn *get,
                      void *context, struct error *error);

/* The settings of the table, when all are read. */
int config_check(const struct config *config, struct error *error);

/* The file's "defaults" under what the environment says. NULL on failure; the caller owns it. */
json_t *config_read_defaults(const json_t *root, settings_environment_fn *get, void *context,
                             struct error *error);

/* The list of `root`, else `list`, which is that of a file of its own, or NULL. */
int config_read_municipalities(struct config *config, const json_t *root, const json_t *list,
                               const json_t *defaults, struct error *error);

#endif
