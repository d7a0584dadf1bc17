/* services/operator/overview_reader.c
 *
 * A thousand rows are a thousand HGETALL of half a kilobyte: sent in windows, so that Redis and
 * hiredis never hold more than a few hundred answers at once.
 */
#include "operator/overview_reader.h"

#include <stdio.h>

#include "base/memory.h"
#include "model/redis_key.h"

enum { WINDOW_ROWS = 500 };

struct reading {
        struct redis *redis;
        size_t next; /* row to ask for */
        size_t count;
        size_t outstanding; /* asked, not answered */
        const char *reason; /* static; NULL: all is well so far */
        overview_read_fn *done;
        void *context;
        struct place { /* what an answer belongs to */
                struct reading *reading;
                struct overview_row *row;
        } places[];
};

static const char lost[] = "Redis did not answer: the connection was lost";

static void on_row(void *context, const struct redisReply *reply);

static bool ask(struct reading *reading)
{
        struct place *place = &reading->places[reading->next];
        char key[REDIS_KEY_BYTES];

        redis_key(key, place->row->id, "status");

        const struct slice arguments[] = { slice_of("HGETALL"), slice_of(key) };

        if (redis_command(reading->redis, on_row, place, ARRAY_LENGTH(arguments), arguments) < 0)
                return false;
        reading->next++;
        reading->outstanding++;
        return true;
}

static void ask_some(struct reading *reading)
{
        while (!reading->reason && reading->next < reading->count &&
               reading->outstanding < WINDOW_ROWS)
                if (!ask(reading))
                        reading->reason = lost;
}

static void take_row(struct overview_row *row, const struct redisReply *reply)
{
        for (size_t i = 0; i + 1 < reply->elements; i += 2) {
                const struct redisReply *name = reply->element[i], *value = reply->element[i + 1];

                overview_take(row, (struct slice){ name->str, (size_t)name->len },
                              (struct slice){ value->str, (size_t)value->len });
        }
}

static void on_row(void *context, const struct redisReply *reply)
{
        struct place *place = context;
        struct reading *reading = place->reading;

        reading->outstanding--;
        if (!reply)
                reading->reason = lost;
        else if (reply->type != REDIS_REPLY_ARRAY)
                reading->reason = "Redis refused to show a status: is the user allowed HGETALL?";
        else
                take_row(place->row, reply);
        ask_some(reading);
        if (reading->outstanding > 0)
                return;
        reading->done(reading->context, reading->reason);
        free(reading);
}

int overview_read(struct redis *redis, struct overview_row *rows, size_t count,
                  overview_read_fn *done, void *context, struct error *error)
{
        struct reading *reading = memory_new(sizeof(*reading) + count * sizeof(reading->places[0]));

        *reading = (struct reading){
                .redis = redis, .count = count, .done = done, .context = context
        };
        for (size_t i = 0; i < count; i++)
                reading->places[i] = (struct place){ reading, &rows[i] };
        ask_some(reading);
        if (reading->outstanding > 0)
                return 0;
        free(reading);
        return error_set(error, "Redis takes no commands now");
}

/* The command line's way */

struct load {
        struct loop *loop;
        struct redis *redis;
        struct overview *overview;
        bool done;
        struct error reason;
};

static void load_ends(void *context, const char *reason)
{
        struct load *load = context;

        load->done = !reason;
        if (reason)
                error_set(&load->reason, "%s", reason);
        loop_stop(load->loop);
}

static void load_state(void *context, bool up, const char *reason)
{
        struct load *load = context;

        if (!up)
                error_set(&load->reason, "Redis cannot be reached: %s", reason);
        else if (overview_read(load->redis, load->overview->rows, load->overview->count, load_ends,
                               load, &load->reason) < 0)
                loop_stop(load->loop);
}

static void load_takes_too_long(void *context)
{
        struct load *load = context;

        if (load->reason.text[0] == '\0')
                error_set(&load->reason, "Redis did not answer in time");
        loop_stop(load->loop);
}

int overview_load(struct overview *overview, const struct config *config, struct error *error)
{
        struct load load = { .loop = loop_new(error), .overview = overview };
        struct loop_timer deadline = { .fn = load_takes_too_long, .context = &load };

        if (!load.loop)
                return -1;
        load.redis = redis_new(load.loop, config->redis_url, config->redis_deadline_ms, load_state,
                               &load, &load.reason);
        if (load.redis && overview->count > 0) {
                loop_timer_set(load.loop, &deadline,
                               loop_now_ms(load.loop) + config->redis_deadline_ms);
                loop_run(load.loop);
                loop_timer_stop(load.loop, &deadline);
        }
        load.done = load.done || (load.redis && overview->count == 0);
        redis_free(load.redis);
        loop_free(load.loop);
        return load.done ? 0 : error_set(error, "%s", load.reason.text);
}
