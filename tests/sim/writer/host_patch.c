/* tests/sim/writer/host_patch.c
 *
 * A request leaves after a while, if its lease still lasts (services/writer/shell_patch.c). From
 * then on it is the site's: it may be obeyed whatever becomes of the process, and whether or not
 * anybody waits for the answer.
 */
#include <stdio.h>

#include "base/memory.h"
#include "sim/writer/host.h"
#include "sim/writer/without.h"

#define TIMEOUT_MS (60 * SIM_SECOND) /* write_timeout */

struct patch {
        struct process_errand errand;
        uint64_t token;
        size_t town;
        struct uuid uuid;
        struct buffer body;
        char key[IDEMPOTENCY_KEY_BYTES];
        int64_t lease_until_ms;
        bool left;
        enum transport transport;
        struct cms_answer answer;
};

static void patch_free(struct patch *patch)
{
        buffer_deinit(&patch->body);
        buffer_deinit(&patch->answer.body);
        free(patch);
}

/* Of the log-in: no event's, so without a lease. */
static bool is_probe(const struct patch *patch)
{
        return patch->lease_until_ms == INT64_MAX;
}

static void drop_patch(struct errand *errand)
{
        patch_free((struct patch *)errand);
}

/* -- the answer
 * ------------------------------------------------------------------------------------ */

static void run_answer(struct errand *errand)
{
        struct patch *patch = (struct patch *)errand;
        struct host *host = host_of_errand(errand);
        const struct cms_answer *told = &patch->answer;

        if (!host || !host->core)
                return;
        if (is_probe(patch) && told->status == 404)
                requests_password_works(&host->check->requests, patch->town);
        if (patch->left)
                requests_ends(&host->check->requests, &host->process, patch->town, &patch->uuid);
        sim_say(host->sim, "host %d: %s event %u: answered %ld", host->process.number,
                host->towns[patch->town].id, patch->uuid.bytes[15], told->status);
        host_feed(host,
                  &(struct writer_input){
                          .type = INPUT_ANSWERED,
                          .token = patch->token,
                          .answered.answer = {
                                  .transport = patch->transport,
                                  .sends = patch->left,
                                  .status = told->status,
                                  .retry_after = told->retry_after[0] ? told->retry_after : NULL,
                                  .error = "no answer",
                                  .body = buffer_slice(&told->body) } });
}

/* The patch goes on as its own answer. */
static void answer_in(struct host *host, const struct patch *patch, int64_t wait_ms)
{
        struct patch *answering = memory_copy(patch, sizeof(*patch));

        answering->body = (struct buffer)BUFFER_NULL;
        process_add_errand(&host->process, &answering->errand, run_answer, drop_patch,
                           sim_now(host->sim) + wait_ms);
}

/* -- at the site
 * ----------------------------------------------------------------------------------- */

/* Belongs to no process. */
struct obeying {
        struct errand errand;
        struct cms *cms;
        struct uuid uuid;
        struct buffer body;
};

static void run_obeying(struct errand *errand)
{
        const struct obeying *obeying = (const struct obeying *)errand;

        sim_say(obeying->cms->sim, "%s: event %u gets %s", obeying->cms->id,
                obeying->uuid.bytes[15], obeying->body.data);
        cms_obey(obeying->cms, &obeying->uuid, buffer_slice(&obeying->body));
}

static void drop_obeying(struct errand *errand)
{
        struct obeying *obeying = (struct obeying *)errand;

        buffer_deinit(&obeying->body);
        free(obeying);
}

static void obey_at(struct host *host, const struct patch *patch, int64_t at_ms)
{
        struct obeying *obeying = memory_new(sizeof(*obeying));

        obeying->errand = (struct errand){ .run = run_obeying, .drop = drop_obeying };
        obeying->cms = &host->towns[patch->town].cms;
        obeying->uuid = patch->uuid;
        buffer_append(&obeying->body, patch->body.data, patch->body.length);
        calendar_add(&host->sim->calendar, &obeying->errand, at_ms);
}

static int64_t wait_ms(const struct cms_answer *answer)
{
        return answer->after_ms < TIMEOUT_MS ? answer->after_ms : TIMEOUT_MS;
}

static void arrive(struct host *host, struct patch *patch)
{
        struct town *town = &host->towns[patch->town];
        int64_t done_ms;

        cms_take(&town->cms, &patch->uuid, town->password, buffer_slice(&patch->body),
                 &patch->answer, &done_ms);
        if (done_ms < INT64_MAX)
                obey_at(host, patch, done_ms);
        patch->transport = patch->answer.refused ? TRANSPORT_NOT_SENT
                           : patch->answer.none  ? TRANSPORT_BROKEN
                                                 : TRANSPORT_ANSWERED;
        patch->left = !patch->answer.refused;
        if (!patch->left)
                requests_ends(&host->check->requests, &host->process, patch->town, &patch->uuid);
        answer_in(host, patch, wait_ms(&patch->answer));
        patch->answer.body = (struct buffer)BUFFER_NULL;
}

/* -- leaving
 * ---------------------------------------------------------------------------------------- */

static bool is_held_back(const struct host *host, const struct patch *patch)
{
        return host->sim->without != WITHOUT_LEASE && !is_probe(patch) &&
               sim_now(host->sim) + TIMEOUT_MS > patch->lease_until_ms;
}

static void run_leaving(struct errand *errand)
{
        struct patch *patch = (struct patch *)errand;
        struct host *host = host_of_errand(errand);

        if (!host)
                return;
        if (is_held_back(host, patch)) {
                patch->transport = TRANSPORT_REFUSED;
                answer_in(host, patch, 0);
                return;
        }
        sim_say(host->sim, "host %d: %s event %u: sends %s", host->process.number,
                host->towns[patch->town].id, patch->uuid.bytes[15], patch->body.data);
        /* A zombie hears of nobody's probe: no lease stands before what changes nothing. */
        if (is_probe(patch) && !host->process.zombie)
                requests_probes(&host->check->requests, &host->process, patch->town);
        else if (!is_probe(patch))
                requests_leaves(&host->check->requests, &host->process, patch->town, &patch->uuid,
                                patch->key, buffer_slice(&patch->body));
        arrive(host, patch);
}

static size_t town_of(const struct host *host, const char *id)
{
        size_t town = 0;

        while (town + 1 < TOWNS && strcmp(host->towns[town].id, id) != 0)
                town++;
        return town;
}

void host_patch(struct host *host, struct writer_action *action)
{
        struct patch *patch = memory_new(sizeof(*patch));
        const char *uuid = strstr(action->patch.url.data, "/events/") + strlen("/events/");

        patch->token = action->token;
        patch->town = town_of(host, action->municipality);
        uuid_parse(uuid, UUID_TEXT_BYTES - 1, &patch->uuid);
        buffer_append(&patch->body, action->patch.body.data, action->patch.body.length);
        memcpy(patch->key, action->patch.key, sizeof(patch->key));
        patch->lease_until_ms = action->patch.lease_until_boot_ms;
        process_add_errand(&host->process, &patch->errand, run_leaving, drop_patch,
                           sim_now(host->sim) + process_delay_ms(&host->process));
}
