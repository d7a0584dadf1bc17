/* common/io/config_file.h
 *
 * Reads the configuration from its file, the municipalities' file that it may name (relative to the
 * configuration's folder) and the environment (DPLSYNC_...). Files are bounded to 16 MiB; a file
 * may be a pipe or a mounted Secret, so its size is found by reading. What the contents must be is
 * model/config.h's.
 */
#ifndef IO_CONFIG_FILE_H
#define IO_CONFIG_FILE_H

#include "model/config.h"

/* NULL and a reason that begins with the file's name. The caller owns it (config_free). */
struct config *config_file_load(const char *path, struct error *error);

#endif
