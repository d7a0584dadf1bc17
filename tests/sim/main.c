/* tests/sim/main.c
 *
 * Runs histories: dplsync-sim reconciler [options]. A failing one is named, and its last lines are
 * told; --seed N --trace tells all of it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/world.h"

static const char usage[] =
        "usage: dplsync-sim reconciler [--seed N] [--seeds FROM-TO] [--hours H] [--trace]\n"
        "                              [--without MECHANISM] [--expect-failure]\n"
        "  --seed N            one history\n"
        "  --seeds FROM-TO     many (1-200); the first that breaks ends the run\n"
        "  --hours H           of faults in each (24); then they are mended\n"
        "  --trace             tells everything that happens\n"
        "  --without WHAT      compare-and-set, rebuild, fresh-read or guard is switched off\n"
        "  --expect-failure    succeeds if some history breaks\n"
        "A history is the same whenever its seed and hours are. Every tenth is run twice to see that.\n";

struct options {
        uint64_t from, to;
        int64_t hours;
        bool trace;
        bool expect_failure;
        enum sim_without without;
};

static enum sim_without find_without(const char *name)
{
        static const char *const names[] = {
                [SIM_WITHOUT_COMPARE_AND_SET] = "compare-and-set",
                [SIM_WITHOUT_REBUILD] = "rebuild",
                [SIM_WITHOUT_FRESH_READ] = "fresh-read",
                [SIM_WITHOUT_GUARD] = "guard",
        };

        for (size_t i = 1; i < ARRAY_LENGTH(names); i++)
                if (strcmp(names[i], name) == 0)
                        return (enum sim_without)i;
        return SIM_WITHOUT_NOTHING;
}

static bool take_option(struct options *options, int option)
{
        char *end = NULL;

        switch (option) {
        case 's':
                options->from = options->to = strtoull(optarg, &end, 10);
                return *end == '\0';
        case 'S':
                options->from = strtoull(optarg, &end, 10);
                options->to = *end == '-' ? strtoull(end + 1, &end, 10) : 0;
                return *end == '\0' && options->to >= options->from;
        case 'h':
                options->hours = strtoll(optarg, &end, 10);
                return *end == '\0' && options->hours > 0;
        case 't':
                options->trace = true;
                return true;
        case 'w':
                options->without = find_without(optarg);
                return options->without != SIM_WITHOUT_NOTHING;
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
                { "seed", required_argument, NULL, 's' },
                { "seeds", required_argument, NULL, 'S' },
                { "hours", required_argument, NULL, 'h' },
                { "trace", no_argument, NULL, 't' },
                { "without", required_argument, NULL, 'w' },
                { "expect-failure", no_argument, NULL, 'e' },
                { NULL, 0, NULL, 0 },
        };
        int option;

        while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
                if (!take_option(options, option))
                        return false;
        return optind == argc - 1 && strcmp(argv[optind], "reconciler") == 0;
}

struct ending {
        bool broken;
        uint64_t digest;
        char verdict[2 * SIM_LINE_BYTES];
};

static struct ending run_history(const struct options *options, uint64_t seed, bool remembering)
{
        struct world *world = memory_new(sizeof(*world));
        struct ending ending = { 0 };

        world_init(world, seed, options->without);
        world->sim.tracing = options->trace;
        world->sim.remembering = remembering;
        world_run(world, options->hours);
        ending.broken = world->sim.broken;
        ending.digest = world->sim.digest;
        memcpy(ending.verdict, world->sim.verdict, sizeof(ending.verdict));
        if (remembering && world->sim.broken)
                sim_recall(&world->sim);
        world_deinit(world);
        free(world);
        return ending;
}

/* True if it holds. */
static bool try_seed(const struct options *options, uint64_t seed)
{
        struct ending first = run_history(options, seed, false);

        if (options->trace || (!first.broken && seed % 10 != 0)) {
                fputs(first.verdict, stderr);
                return !first.broken;
        }

        struct ending second =
                run_history(options, seed, !options->trace && !options->expect_failure);

        if (first.digest != second.digest)
                fprintf(stderr, "seed %" PRIu64 ": invariant 13 does not hold: run twice, it gave "
                                "two histories\n",
                        seed);
        else if (first.broken)
                fprintf(stderr, "%s\n", first.verdict);
        return !first.broken && first.digest == second.digest;
}

int main(int argc, char **argv)
{
        struct options options = { .from = 1, .to = 200, .hours = 24 };
        bool failed = false;

        if (!read_options(&options, argc, argv)) {
                fputs(usage, stderr);
                return 2;
        }
        for (uint64_t seed = options.from; seed <= options.to && !failed; seed++)
                failed = !try_seed(&options, seed);
        if (!failed)
                printf("%" PRIu64 " histories hold\n", options.to - options.from + 1);
        return failed == options.expect_failure ? 0 : 1;
}
