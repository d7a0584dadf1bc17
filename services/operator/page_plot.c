/* services/operator/page_plot.c
 *
 * Both plots are strips: the eye finds what lies far to the right, or high, without reading. Dots
 * that fall together are moved apart upwards, or are seen by their overlap.
 */
#include "operator/page_plot.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "operator/page_text.h"

enum {
        WIDTH = 640,
        HEIGHT = 96,
        LEFT = 64,
        RIGHT = 630,
        BOTTOM = 74,
        TOP = 12,
        COLUMNS = 95, /* of the freshness plot; six units wide each */
        STEP = 6,
        INTERVALS_MAX = 6, /* the right edge; what is older stands there */
};

#define HOUR_MS (3600 * INT64_C(1000))

static void plot_begin(struct buffer *out, const char *title)
{
        buffer_append_format(out,
                             "<figure><figcaption>%s</figcaption>"
                             "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
                             title, WIDTH, HEIGHT);
}

static void plot_end(struct buffer *out)
{
        buffer_append_text(out, "</svg></figure>\n");
}

static void label(struct buffer *out, int x, int y, const char *anchor, const char *text)
{
        buffer_append_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>", x, y,
                             anchor, text);
}

static void line(struct buffer *out, const char *kind, int x1, int y1, int x2, int y2)
{
        buffer_append_format(out, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
                             kind, x1, y1, x2, y2);
}

/* Freshness */

static int column_of(const struct overview_row *row, int64_t now_ms)
{
        int64_t age_ms = now_ms - row->success_ms;
        int64_t whole_ms = INTERVALS_MAX * row->interval_ms;

        if (row->success_ms == 0 || age_ms >= whole_ms)
                return COLUMNS - 1;
        return age_ms <= 0 ? 0 : (int)(age_ms * (COLUMNS - 1) / whole_ms);
}

static void freshness_axis(struct buffer *out)
{
        int stale = LEFT + (COLUMNS - 1) * STEP * OVERVIEW_STALE_INTERVALS / INTERVALS_MAX;

        line(out, "axis", LEFT, BOTTOM + 4, RIGHT, BOTTOM + 4);
        line(out, "limit", stale, TOP - 8, stale, BOTTOM + 4);
        label(out, LEFT, HEIGHT - 4, "start", "just read");
        label(out, stale, HEIGHT - 4, "middle", "3 intervals: stale");
        label(out, RIGHT, HEIGHT - 4, "end", "6 or more");
}

void page_plot_freshness(struct buffer *out, const struct overview *overview)
{
        int64_t columns[COLUMNS] = { 0 }, highest = 1;

        for (size_t i = 0; i < overview->count; i++) {
                int64_t *column = &columns[column_of(&overview->rows[i], overview->now_ms)];

                highest = ++*column > highest ? *column : highest;
        }
        plot_begin(out, "Age of the last good read");
        page_number(out, (int64_t)overview->sums.fresh);
        buffer_append_text(out, " of ");
        page_count(out, (int64_t)overview->count, "municipality", "municipalities");
        buffer_append_text(out, " read within three intervals\">");
        freshness_axis(out);
        for (int i = 0; i < COLUMNS; i++) {
                bool stale = i >= (COLUMNS - 1) * OVERVIEW_STALE_INTERVALS / INTERVALS_MAX + 1;
                int height = (int)(columns[i] * (BOTTOM - TOP) / highest);

                if (columns[i] == 0)
                        continue;
                height = height < 3 ? 3 : height;
                buffer_append_format(out,
                                     "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
                                     "height=\"%d\"/>",
                                     stale ? "bad" : "good", LEFT + i * STEP, BOTTOM - height + 3,
                                     STEP - 1, height);
        }
        plot_end(out);
}

/* Latency */

static const struct {
        int64_t ms;
        const char *label;
} powers[] = {
        { 10, "10 ms" },     { 100, "0.1 s" },      { 1000, "1 s" },     { 10000, "10 s" },
        { 100000, "2 min" }, { 1000000, "17 min" }, { 10000000, "3 h" },
};

/* Height on a scale of powers of ten, between them in a straight line: close enough for a dot. */
static int height_of(int64_t latency_ms)
{
        const int step = (BOTTOM - TOP) / (int)(ARRAY_LENGTH(powers) - 1);
        int64_t floor_ms = powers[0].ms;
        int power = 0;

        if (latency_ms <= floor_ms)
                return BOTTOM;
        while (latency_ms >= floor_ms * 10) {
                floor_ms *= 10;
                power++;
        }

        int height = step * power + (int)((latency_ms - floor_ms) * step / (9 * floor_ms));

        return BOTTOM - height < TOP ? TOP : BOTTOM - height;
}

static int compare_latencies(const void *a, const void *b)
{
        int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

        return one < other ? -1 : one > other;
}

/* "median 640 ms, 95 of 100 within 1.2 s" */
static void latency_summary(struct buffer *out, const struct outcomes *outcomes, size_t count)
{
        int64_t latencies[OUTCOMES_RECENT];

        if (count == 0) {
                buffer_append_text(out, "no update has ended yet");
                return;
        }
        for (size_t i = 0; i < count; i++)
                latencies[i] = outcomes_recent(outcomes, i)->latency_ms;
        qsort(latencies, count, sizeof(latencies[0]), compare_latencies);
        buffer_append_text(out, "half within ");
        page_latency(out, latencies[count / 2]);
        buffer_append_text(out, ", 95 of 100 within ");
        page_latency(out, latencies[count * 95 / 100]);
}

static size_t count_recent(const struct outcomes *outcomes)
{
        size_t count = 0;

        while (outcomes_recent(outcomes, count))
                count++;
        return count;
}

void page_plot_latency(struct buffer *out, const struct outcomes *outcomes)
{
        _cleanup_(buffer_deinit) struct buffer summary = BUFFER_NULL, title = BUFFER_NULL;
        size_t count = count_recent(outcomes);

        latency_summary(&summary, outcomes, count);
        buffer_append_format(&title, "From wish to outcome: %s", summary.data);
        plot_begin(out, title.data);
        buffer_append_format(out, "the last %zu updates, %s\">", count, summary.data);
        for (size_t i = 0; i < ARRAY_LENGTH(powers); i += 2) {
                int y = height_of(powers[i].ms);

                line(out, "axis", LEFT, y, RIGHT, y);
                label(out, LEFT - 6, y + 4, "end", powers[i].label);
        }
        for (size_t i = 0; i < count; i++) {
                const struct outcome *outcome = outcomes_recent(outcomes, i);
                int x = RIGHT - 4 - (int)(i * (RIGHT - LEFT - 8) / OUTCOMES_RECENT);

                buffer_append_format(out, "<circle class=\"%s\" cx=\"%d\" cy=\"%d\" r=\"2.5\"/>",
                                     outcome->outcome == OUTCOME_DEAD ? "bad" : "dot", x,
                                     height_of(outcome->latency_ms));
        }
        label(out, RIGHT, HEIGHT - 4, "end", "newest");
        plot_end(out);
}

/* Known events */

enum { SPARK_WIDTH = 240, SPARK_HEIGHT = 40, SPARK_HOURS = 24, SPARK_MARGIN = 4 };

void page_plot_known(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        int64_t known[SPARK_HOURS + 1], lowest = row->known, highest = row->known;
        size_t count = 0;

        for (int64_t hour = SPARK_HOURS; hour >= 0; hour--) {
                int64_t then = overview_known_at(row, now_ms - hour * HOUR_MS);

                if (then < 0)
                        continue;
                lowest = then < lowest ? then : lowest;
                highest = then > highest ? then : highest;
                known[count++] = then;
        }
        if (count < 2 || lowest == highest)
                return;
        buffer_append_format(out,
                             "<p><small>known in the last %zu hours, from %" PRId64 " to %" PRId64
                             "</small></p><svg class=\"spark\" viewBox=\"0 0 %d %d\" "
                             "aria-hidden=\"true\"><polyline points=\"",
                             count - 1, lowest, highest, SPARK_WIDTH, SPARK_HEIGHT);
        for (size_t i = 0; i < count; i++)
                buffer_append_format(out, "%zu,%" PRId64 " ", SPARK_WIDTH - (count - 1 - i) * 10,
                                     SPARK_HEIGHT - SPARK_MARGIN -
                                             (known[i] - lowest) *
                                                     (SPARK_HEIGHT - 2 * SPARK_MARGIN) /
                                                     (highest - lowest));
        buffer_append_text(out, "\"/></svg>");
}
