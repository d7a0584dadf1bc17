/* tests/sim/stage.c
 *
 * Nothing here is told to all processes at one moment: each hears of it in its own time.
 */
#include "sim/stage.h"

#include <assert.h>
#include <jansson.h>

#include "base/memory.h"

void stage_init(struct stage *stage, const struct stage_kind *kind, struct sim *sim)
{
        *stage = (struct stage){ .kind = kind, .sim = sim };
        topics_init(&stage->topics, "dplsync.", STAGE_PARTITIONS, 1);
        broker_init(&stage->broker, sim, STAGE_PARTITIONS);
        store_init(&stage->store);
        group_init(&stage->group, sim, STAGE_PARTITIONS);
}

void stage_deinit(struct stage *stage)
{
        for (size_t i = 0; i < stage->config_count; i++)
                config_free(stage->configs[i]);
        calendar_deinit(&stage->sim->calendar);
        store_deinit(&stage->store);
        broker_deinit(&stage->broker);
}

void stage_add_errand(struct stage *stage, void (*run)(struct errand *), size_t which,
                      size_t detail, int64_t wait_ms)
{
        struct stage_errand *errand = memory_new(sizeof(*errand));

        errand->errand = (struct errand){ .run = run, .drop = sim_drop };
        errand->stage = stage;
        errand->which = which;
        errand->detail = detail;
        calendar_add(&stage->sim->calendar, &errand->errand, sim_now(stage->sim) + wait_ms);
}

/* -- processes --------------------------------------------------------------------------------- */

void stage_add_process(struct stage *stage, struct process *process)
{
        assert(stage->process_count < STAGE_PROCESSES_MAX);
        stage->processes[stage->process_count++] = process;
        process_start(process, stage_config(stage));
}

struct process *stage_any_process(struct stage *stage)
{
        size_t at = (size_t)dice_below(&stage->sim->dice, (int64_t)stage->process_count);

        for (size_t i = 0; i < stage->process_count; i++) {
                struct process *process = stage->processes[(at + i) % stage->process_count];

                if (process->runs)
                        return process;
        }
        return NULL;
}

/* -- configuration ----------------------------------------------------------------------------- */

static struct config *make_config(const struct stage *stage)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct error error = ERROR_NULL;

        buffer_append_format(&text,
                             "{\"kafka\":{\"bootstrap.servers\":\"k:1\"},"
                             "\"redis\":{\"url\":\"redis://r:1/0\"},\"contact\":\"a@b.dk\","
                             "\"topics\":{\"partitions\":%d}",
                             STAGE_PARTITIONS);
        stage->kind->write_config(stage, &text);
        buffer_append_byte(&text, '}');

        json_t *root = json_loads(text.data, 0, NULL);
        struct config *config = config_read(root, NULL, NULL, NULL, &error);

        json_decref(root);
        assert(config);
        return config;
}

void stage_configure(struct stage *stage)
{
        assert(stage->config_count < STAGE_CONFIGS_MAX);
        stage->configs[stage->config_count++] = make_config(stage);
}

const struct config *stage_config(const struct stage *stage)
{
        return stage->configs[stage->config_count - 1];
}

static void tell_config(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;

        process_configure(mine->stage->processes[mine->which], stage_config(mine->stage));
}

void stage_reconfigure(struct stage *stage)
{
        stage_configure(stage);
        for (size_t i = 0; i < stage->process_count; i++)
                stage_add_errand(stage, tell_config, i, 0,
                                 sim_between(stage->sim, 0, 30 * SIM_SECOND));
}

/* -- Redis ------------------------------------------------------------------------------------- */

static void tell_redis(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;

        process_tell_redis(mine->stage->processes[mine->which], mine->stage->store.up);
}

static void tell_all_redis(struct stage *stage)
{
        for (size_t i = 0; i < stage->process_count; i++)
                stage_add_errand(stage, tell_redis, i, 0, sim_between(stage->sim, 1, SIM_SECOND));
}

void stage_redis_down(struct stage *stage)
{
        sim_say(stage->sim, "Redis is down");
        stage->store.up = false;
        stage->store.life++;
        tell_all_redis(stage);
}

void stage_redis_up(struct stage *stage)
{
        sim_say(stage->sim, "Redis is up");
        stage->store.up = true;
        tell_all_redis(stage);
}
