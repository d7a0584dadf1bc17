/* services/operator/cli_progress.c
 *
 * Programs that read standard error, and logs, see nothing of it.
 */
#include "operator/cli_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "io/steady.h"

enum { DRAW_EVERY_MS = 100, BAR_CELLS = 30 };

void cli_progress_begin(struct cli_progress *progress, const char *what)
{
        *progress = (struct cli_progress){ .what = what, .shown = isatty(STDERR_FILENO) == 1 };
}

static void draw_bar(int64_t count, int64_t all)
{
        char bar[BAR_CELLS + 1];
        int64_t full = count >= all ? BAR_CELLS : count * BAR_CELLS / all;

        for (int64_t i = 0; i < BAR_CELLS; i++)
                bar[i] = i < full ? '#' : '.';
        bar[BAR_CELLS] = '\0';
        fprintf(stderr, "[%s]  %" PRId64 " of %" PRId64, bar, count, all);
}

void cli_progress_at(struct cli_progress *progress, int64_t count, int64_t all)
{
        int64_t now_ms;

        if (!progress->shown)
                return;
        now_ms = steady_ms();
        if (now_ms < progress->drawn_ms + DRAW_EVERY_MS)
                return;
        progress->drawn_ms = now_ms;
        fprintf(stderr, "\r\033[K%s  ", progress->what);
        if (all > 0)
                draw_bar(count, all);
        else
                fprintf(stderr, "%" PRId64, count);
        fflush(stderr);
}

void cli_progress_end(struct cli_progress *progress)
{
        if (progress->shown && progress->drawn_ms > 0)
                fprintf(stderr, "\r\033[K");
        progress->shown = false;
}
