/* common/base/log.h
 *
 * The form of a log line, without the writing of it (io/logger.h does that, and holds the clock).
 * One JSON object a line; the names are those of DEPLOY.md 4.5: `@timestamp`, `log.level`,
 * `message` (constant text), `service.name`, then the fields. Texts are cut at 500 bytes, control
 * characters escaped. LOG_TEXT is the same for people:
 * "09:00:02.117 warn  fetcher  message  name=value".
 *
 * Cores do not log. They emit a report action with these fields; the shell logs it and counts it.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buffer.h"

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_JSON, LOG_TEXT };
enum { LOG_FIELDS_MAX = 16 };

struct log_field {
        const char *name;  /* NULL ends a list */
        const char *text;  /* NULL: it is a number */
        int64_t number;
};

static inline struct log_field log_field_text(const char *name, const char *text)
{
        return (struct log_field){ name, text ? text : "", 0 };
}

static inline struct log_field log_field_positive(const char *name, int64_t number)
{
        return (struct log_field){ name, number > 0 ? NULL : "", number };
}

#define FIELD_TEXT(name_, text_) log_field_text((name_), (text_))
#define FIELD_NUMBER(name_, number_) ((struct log_field){ (name_), NULL, (number_) })
/* Left out unless it is above 0: the status of a request that may have had no answer. */
#define FIELD_POSITIVE(name_, number_) log_field_positive((name_), (number_))
#define FIELD_END ((struct log_field){ NULL, NULL, 0 })

const char *log_level_name(enum log_level level);

/* Appends one line with its newline. `fields` ends with FIELD_END; empty texts are left out. */
void log_format_line(struct buffer *line, enum log_format format, const char *service,
                     int64_t now_ms, enum log_level level, const char *message,
                     const struct log_field *fields);

#endif
