/* services/operator/cli_progress.h
 *
 * A bar on the terminal for what takes long: "replaying  [######....]  312 of 1000". On standard
 * error, and only where that is a terminal; nothing is left of it at the end.
 */
#ifndef OPERATOR_CLI_PROGRESS_H
#define OPERATOR_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct cli_progress {
        const char *what; /* "replaying" */
        bool shown;       /* standard error is a terminal */
        int64_t drawn_ms; /* by the steady clock */
};

void cli_progress_begin(struct cli_progress *progress, const char *what);
/* `all` 0 or less: unknown, only the count is shown. Draws at most ten times a second. */
void cli_progress_at(struct cli_progress *progress, int64_t count, int64_t all);
void cli_progress_end(struct cli_progress *progress);

#endif
