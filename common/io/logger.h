/* common/io/logger.h
 *
 * Writes log lines (base/log.h) to standard output. Holds format, level and the program's name.
 * Repeats of one message for one municipality are written once, then summed up once a minute with
 * a count, so that a sick site does not fill the disk.
 */
#ifndef IO_LOGGER_H
#define IO_LOGGER_H

#include "base/log.h"
#include "io/loop.h"

struct logger;

struct logger *logger_new(struct loop *loop, const char *service, enum log_format format,
                          enum log_level level);
void logger_set_level(struct logger *logger, enum log_level level);
void logger_free(struct logger *logger); /* writes what is summed up */

/* `fields` as in base/log.h; a field named "municipality" is the one that repeats are counted by.
 * Only LOG_WARN and above are summed up. */
void logger_write(struct logger *logger, enum log_level level, const char *message,
                  const struct log_field *fields);

/* logger_say(logger, LOG_INFO, "drained", FIELD_NUMBER("records", 12)); also without fields. */
#define logger_say(logger, level, message, ...)                                                    \
        logger_write((logger), (level), (message),                                                 \
                     (const struct log_field[LOG_FIELDS_MAX + 1]){ __VA_ARGS__ })

#endif
