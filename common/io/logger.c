/* common/io/logger.c
 *
 * A sick site says the same thing again and again. Of one message for one municipality the first is
 * written at once; what follows within the minute is only counted, and at its end the newest of
 * them is written with "repeats". A minute without any, and the next one is a first again.
 *
 * What goes well is written once a turn: one write a line was a twentieth of a busy writer's CPU,
 * and woke whoever collects the lines as often. What somebody has to look at is written at once.
 */
#include "io/logger.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"

enum {
        SUM_UP_EVERY_MS = 60000,
        REPEATS_MAX = 4096, /* messages remembered; beyond it every line is written */
        COLLECTED_BYTES = 64 * 1024,
        OUTPUT_WAIT_MS = 1000, /* for a reader of a non-blocking pipe; then the line is lost */
};

struct repeat {
        char *key;          /* message, newline, municipality */
        struct buffer line; /* the newest that was not written */
        int64_t count;
        UT_hash_handle hh;
};

struct logger {
        struct loop *loop;
        char *service;
        enum log_format format;
        enum log_level level;
        struct repeat *repeats;
        struct loop_timer sum_up;
        struct buffer lines; /* to be written at the end of the turn */
        struct buffer key;
};

static void write_out(const struct buffer *line)
{
        size_t done = 0;

        while (done < line->length) {
                ssize_t bytes = write(STDOUT_FILENO, line->data + done, line->length - done);
                struct pollfd room = { .fd = STDOUT_FILENO, .events = POLLOUT };

                if (bytes >= 0)
                        done += (size_t)bytes;
                else if (errno == EAGAIN && poll(&room, 1, OUTPUT_WAIT_MS) > 0)
                        continue;
                else if (errno != EINTR)
                        return;
        }
}

static void flush(void *context)
{
        struct logger *logger = context;

        if (logger->lines.length == 0)
                return;
        write_out(&logger->lines);
        buffer_clear(&logger->lines);
}

static void repeat_free(struct logger *logger, struct repeat *repeat)
{
        HASH_DEL(logger->repeats, repeat);
        buffer_deinit(&repeat->line);
        free(repeat->key);
        free(repeat);
}

static void sum_up(void *context)
{
        struct logger *logger = context;
        struct repeat *repeat, *next;

        flush(logger);
        HASH_ITER(hh, logger->repeats, repeat, next) {
                if (repeat->count == 0) {
                        repeat_free(logger, repeat);
                        continue;
                }
                write_out(&repeat->line);
                repeat->count = 0;
        }
        if (logger->repeats)
                loop_timer_set(logger->loop, &logger->sum_up,
                               loop_now_ms(logger->loop) + SUM_UP_EVERY_MS);
}

struct logger *logger_new(struct loop *loop, const char *service, enum log_format format,
                          enum log_level level)
{
        struct logger *logger = memory_new(sizeof(*logger));

        logger->loop = loop;
        logger->service = memory_copy_text(service);
        logger->format = format;
        logger->level = level;
        logger->sum_up = (struct loop_timer){ .fn = sum_up, .context = logger };
        loop_at(loop, LOOP_WRITES, flush, logger);
        return logger;
}

void logger_set_level(struct logger *logger, enum log_level level)
{
        logger->level = level;
}

void logger_free(struct logger *logger)
{
        if (!logger)
                return;
        sum_up(logger);
        loop_not_at(logger->loop, LOOP_WRITES, flush, logger);
        loop_timer_stop(logger->loop, &logger->sum_up);

        struct repeat *repeat, *next;

        HASH_ITER(hh, logger->repeats, repeat, next)
                repeat_free(logger, repeat);
        buffer_deinit(&logger->lines);
        buffer_deinit(&logger->key);
        free(logger->service);
        free(logger);
}

static const char *municipality_of(const struct log_field *fields)
{
        for (const struct log_field *field = fields; field->name; field++)
                if (field->text && strcmp(field->name, "municipality") == 0)
                        return field->text;
        return "";
}

/* The entry of a message that was said within the minute. NULL: it is a first, now remembered. */
static struct repeat *find_repeat(struct logger *logger, const char *message,
                                  const struct log_field *fields)
{
        struct repeat *repeat;

        buffer_clear(&logger->key);
        buffer_append_text(&logger->key, message);
        buffer_append_byte(&logger->key, '\n');
        buffer_append_text(&logger->key, municipality_of(fields));
        HASH_FIND_STR(logger->repeats, logger->key.data, repeat);
        if (repeat || HASH_COUNT(logger->repeats) >= REPEATS_MAX)
                return repeat;

        repeat = memory_new(sizeof(*repeat));
        repeat->key = memory_copy_text(logger->key.data);
        HASH_ADD_KEYPTR(hh, logger->repeats, repeat->key, strlen(repeat->key), repeat);
        if (!loop_timer_is_set(&logger->sum_up))
                loop_timer_set(logger->loop, &logger->sum_up,
                               loop_now_ms(logger->loop) + SUM_UP_EVERY_MS);
        return NULL;
}

static void count_repeat(struct logger *logger, struct repeat *repeat, enum log_level level,
                         const char *message, const struct log_field *fields)
{
        struct log_field more[LOG_FIELDS_MAX + 2];
        size_t count = 0;

        repeat->count++;
        for (; count < LOG_FIELDS_MAX && fields[count].name; count++)
                more[count] = fields[count];
        more[count++] = FIELD_NUMBER("repeats", repeat->count);
        more[count] = FIELD_END;
        buffer_clear(&repeat->line);
        log_format_line(&repeat->line, logger->format, logger->service, loop_now_ms(logger->loop),
                        level, message, more);
}

void logger_write(struct logger *logger, enum log_level level, const char *message,
                  const struct log_field *fields)
{
        if (level < logger->level)
                return;

        struct repeat *repeat = level >= LOG_WARN ? find_repeat(logger, message, fields) : NULL;

        if (repeat) {
                count_repeat(logger, repeat, level, message, fields);
                return;
        }
        log_format_line(&logger->lines, logger->format, logger->service, loop_now_ms(logger->loop),
                        level, message, fields);
        if (level >= LOG_WARN || logger->lines.length > COLLECTED_BYTES || !loop_runs(logger->loop))
                flush(logger);
}
