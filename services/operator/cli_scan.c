/* services/operator/cli_scan.c
 *
 * See the header.
 */
#include "operator/cli_scan.h"

#include "operator/cli_progress.h"

static void show(void *context, int64_t read, int64_t all)
{
        cli_progress_at(context, read, all);
}

int cli_scan(struct desk *desk, const char *what, const struct scan_range *ranges, size_t count,
             scan_fn *take, void *context, struct error *error)
{
        struct cli_progress progress;
        struct scan scan = { .ranges = ranges,
                             .count = count,
                             .take = take,
                             .context = context,
                             .progress = show,
                             .progress_context = &progress };
        int result;

        cli_progress_begin(&progress, what);
        result = scan_run(desk, &scan, error);
        cli_progress_end(&progress);
        return result;
}
