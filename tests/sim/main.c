/* tests/sim/main.c
 *
 * Runs histories. A failing one is named, and its last lines are told; --seed N --trace tells all
 * of it. Seeds are shared out among processes, since histories know nothing of each other.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "sim/history.h"

enum { TWICE_EVERY = 10 }; /* so many histories are run twice, to see that they are the same */

static const char usage[] =
        "usage: dplsync-sim-%s [--kind KIND] [--seed N] [--seeds FROM-TO] [--hours H] [--jobs N]\n"
        "                      [--trace] [--without MECHANISM] [--expect-failure]\n"
        "  --seed N            one history\n"
        "  --seeds FROM-TO     many (1-200); the first that breaks ends the run\n"
        "  --hours H           of faults in each; then they are mended\n"
        "  --jobs N            so many processes share the seeds (1)\n"
        "  --trace             tells everything that happens\n"
        "  --expect-failure    succeeds if some history breaks\n"
        "  --without WHAT      one of these is switched off:%s\n"
        "  --kind KIND         one of these, the first unless said (hours in brackets):\n";

struct options {
        const struct history_kind *kind;
        uint64_t from, to;
        int64_t hours, jobs; /* hours 0: as the kind says */
        bool trace;
        bool expect_failure;
        unsigned without;
};

static void explain(void)
{
        _cleanup_(buffer_deinit) struct buffer names = BUFFER_NULL;

        for (size_t i = 1; i < HISTORY_WITHOUT_MAX && history_without[i]; i++)
                buffer_append_format(&names, " %s", history_without[i]);
        fprintf(stderr, usage, history_name, names.data);
        for (const struct history_kind *kind = history_kinds; kind->name; kind++)
                fprintf(stderr, "        %-10s %s (%" PRId64 ")\n", kind->name, kind->says,
                        kind->hours);
        fputs("A history is the same whenever its kind, seed and hours are.\n", stderr);
}

static bool take_number(const char *text, int64_t *number)
{
        char *end = NULL;

        *number = strtoll(text, &end, 10);
        return *end == '\0' && *number > 0;
}

static bool take_seeds(const char *text, struct options *options)
{
        char *end = NULL;

        options->from = options->to = strtoull(text, &end, 10);
        if (*end == '-')
                options->to = strtoull(end + 1, &end, 10);
        return *end == '\0' && options->to >= options->from;
}

static bool take_without(const char *name, unsigned *without)
{
        for (unsigned i = 1; i < HISTORY_WITHOUT_MAX && history_without[i]; i++)
                if (strcmp(history_without[i], name) == 0)
                        *without = i;
        return *without != 0;
}

static bool take_kind(const char *name, const struct history_kind **kind)
{
        for (*kind = history_kinds; (*kind)->name; (*kind)++)
                if (strcmp((*kind)->name, name) == 0)
                        return true;
        return false;
}

static bool take_option(struct options *options, int option)
{
        switch (option) {
        case 's':
                return take_seeds(optarg, options);
        case 'h':
                return take_number(optarg, &options->hours);
        case 'j':
                return take_number(optarg, &options->jobs);
        case 't':
                options->trace = true;
                return true;
        case 'k':
                return take_kind(optarg, &options->kind);
        case 'w':
                return take_without(optarg, &options->without);
        case 'e':
                options->expect_failure = true;
                return true;
        default:
                return false;
        }
}

static bool read_options(struct options *options, int argc, char **argv)
{
        static const struct option names[] = {
                { "kind", required_argument, NULL, 'k' },
                { "seed", required_argument, NULL, 's' },
                { "seeds", required_argument, NULL, 's' },
                { "hours", required_argument, NULL, 'h' },
                { "jobs", required_argument, NULL, 'j' },
                { "trace", no_argument, NULL, 't' },
                { "without", required_argument, NULL, 'w' },
                { "expect-failure", no_argument, NULL, 'e' },
                { NULL, 0, NULL, 0 },
        };
        int option;

        while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
                if (!take_option(options, option))
                        return false;
        return optind == argc;
}

/* False if it broke. The digest is the same whenever the history is. */
static bool tell_history(const struct options *options, uint64_t seed, bool remembering,
                         uint64_t *digest)
{
        struct sim sim;
        bool holds;

        sim_init(&sim, seed, options->without);
        sim.tracing = options->trace;
        sim.remembering = remembering;
        holds = options->kind->run(&sim, options->hours);
        *digest = sim.digest;
        if (!holds && (remembering || options->trace)) {
                if (!options->trace)
                        sim_recall(&sim);
                fprintf(stderr, "%s\n", sim.verdict);
        }
        sim_deinit(&sim);
        return holds;
}

/* A history that broke is told again, with its last lines kept. */
static bool try_seed(const struct options *options, uint64_t seed)
{
        uint64_t first, second;
        bool holds = tell_history(options, seed, false, &first);

        if (options->trace || (holds && seed % TWICE_EVERY != 0))
                return holds;
        holds = tell_history(options, seed, !options->expect_failure, &second);
        if (first == second)
                return holds;
        fprintf(stderr,
                "seed %" PRIu64 ": invariant 13 does not hold: run twice, it gave two histories\n",
                seed);
        return false;
}

/* Every jobs-th seed, from the number-th on. */
static bool try_share(const struct options *options, int64_t number)
{
        for (uint64_t seed = options->from + (uint64_t)number; seed <= options->to;
             seed += (uint64_t)options->jobs)
                if (!try_seed(options, seed))
                        return false;
        return true;
}

static bool try_all(const struct options *options)
{
        bool hold = true;
        int status;

        if (options->jobs == 1)
                return try_share(options, 0);
        for (int64_t i = 0; i < options->jobs; i++)
                if (fork() == 0)
                        exit(try_share(options, i) ? 0 : 1);
        while (wait(&status) > 0)
                hold = hold && WIFEXITED(status) && WEXITSTATUS(status) == 0;
        return hold;
}

int main(int argc, char **argv)
{
        struct options options = { .kind = history_kinds, .from = 1, .to = 200, .jobs = 1 };

        if (!read_options(&options, argc, argv)) {
                explain();
                return 2;
        }

        if (options.hours == 0)
                options.hours = options.kind->hours;

        bool hold = try_all(&options);

        if (hold)
                printf("%" PRIu64 " histories of the %s hold (%s)\n", options.to - options.from + 1,
                       history_name, options.kind->name);
        return hold != options.expect_failure ? 0 : 1;
}
