/* common/base/metrics.c
 *
 * A family per row of the table, in it a map from the first label's value to the series that have
 * it, in it a list by the second. So a municipality's series of a family are found at once, which
 * matters when a rebalance drops a thousand of them; second labels have few values.
 */
#include "base/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <utlist.h>

#include "base/map.h"
#include "base/memory.h"

const double metrics_bounds[] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                  1,     2.5,    5,     10,   30,    60,   300, 900,  3600 };
const size_t metrics_bounds_count = ARRAY_LENGTH(metrics_bounds);

struct series {
        char *b;
        double value;      /* of a histogram: the sum */
        uint64_t *buckets; /* histograms only: one count a bound, then the rest; not cumulative */
        struct series *next;
};

struct group {
        char *a;
        struct series *series;
        UT_hash_handle hh;
};

struct metrics {
        const struct metric *table;
        size_t count;
        struct group *families[];
};

static void group_free(struct group *group)
{
        struct series *series, *next;

        LL_FOREACH_SAFE(group->series, series, next) {
                free(series->b);
                free(series->buckets);
                free(series);
        }
        free(group->a);
        free(group);
}

void metrics_free(struct metrics *metrics)
{
        if (!metrics)
                return;
        for (size_t i = 0; i < metrics->count; i++)
                metrics_drop(metrics, i);
        free(metrics);
}

void metrics_drop(struct metrics *metrics, size_t metric)
{
        struct group *group, *next;

        HASH_ITER(hh, metrics->families[metric], group, next) {
                HASH_DEL(metrics->families[metric], group);
                group_free(group);
        }
}

static struct group *group_get(struct group **family, const char *a)
{
        struct group *group;

        HASH_FIND_STR(*family, a, group);
        if (!group) {
                group = memory_new(sizeof(*group));
                group->a = memory_copy_text(a);
                HASH_ADD_KEYPTR(hh, *family, group->a, strlen(group->a), group);
        }
        return group;
}

static struct series *series_get(struct metrics *metrics, size_t metric, const char *a,
                                 const char *b)
{
        assert(metric < metrics->count);

        struct group *group = group_get(&metrics->families[metric], a ? a : "");
        struct series *series;

        LL_FOREACH(group->series, series)
                if (strcmp(series->b, b ? b : "") == 0)
                        return series;
        series = memory_new(sizeof(*series));
        series->b = memory_copy_text(b ? b : "");
        if (metrics->table[metric].type == METRIC_HISTOGRAM)
                series->buckets = memory_new((metrics_bounds_count + 1) * sizeof(*series->buckets));
        LL_APPEND(group->series, series);
        return series;
}

struct metrics *metrics_new(const struct metric *table, size_t count)
{
        struct metrics *metrics =
                memory_new(sizeof(*metrics) + count * sizeof(metrics->families[0]));

        metrics->table = table;
        metrics->count = count;
        for (size_t i = 0; i < count; i++)
                if (table[i].type == METRIC_COUNTER && !table[i].labels[0])
                        series_get(metrics, i, NULL, NULL);
        return metrics;
}

void metrics_add(struct metrics *metrics, size_t metric, const char *a, const char *b,
                 double amount)
{
        if (!metrics)
                return;
        assert(metrics->table[metric].type == METRIC_GAUGE ||
               (metrics->table[metric].type == METRIC_COUNTER && amount >= 0));
        series_get(metrics, metric, a, b)->value += amount;
}

void metrics_set(struct metrics *metrics, size_t metric, const char *a, const char *b, double value)
{
        if (!metrics)
                return;
        assert(metrics->table[metric].type != METRIC_HISTOGRAM);
        series_get(metrics, metric, a, b)->value = value;
}

void metrics_observe(struct metrics *metrics, size_t metric, const char *a, double seconds)
{
        if (!metrics)
                return;
        assert(metrics->table[metric].type == METRIC_HISTOGRAM);

        struct series *series = series_get(metrics, metric, a, NULL);
        size_t bucket = 0;

        while (bucket < metrics_bounds_count && seconds > metrics_bounds[bucket])
                bucket++;
        series->buckets[bucket]++;
        series->value += seconds;
}

static bool is_municipality(const char *label)
{
        return label && strcmp(label, "municipality") == 0;
}

static void drop_by_first(struct group **family, const char *municipality)
{
        struct group *group;

        HASH_FIND_STR(*family, municipality, group);
        if (!group)
                return;
        HASH_DEL(*family, group);
        group_free(group);
}

static void drop_by_second(struct group **family, const char *municipality)
{
        struct group *group, *next_group;
        struct series *series, *next;

        HASH_ITER(hh, *family, group, next_group) {
                LL_FOREACH_SAFE(group->series, series, next) {
                        if (strcmp(series->b, municipality) != 0)
                                continue;
                        LL_DELETE(group->series, series);
                        free(series->b);
                        free(series);
                }
                if (group->series)
                        continue;
                HASH_DEL(*family, group);
                group_free(group);
        }
}

void metrics_drop_municipality(struct metrics *metrics, const char *municipality)
{
        if (!metrics)
                return;
        for (size_t i = 0; i < metrics->count; i++) {
                if (is_municipality(metrics->table[i].labels[0]))
                        drop_by_first(&metrics->families[i], municipality);
                else if (is_municipality(metrics->table[i].labels[1]))
                        drop_by_second(&metrics->families[i], municipality);
        }
}

/* The fewest digits that read back as the same number. */
static void write_number(struct buffer *out, double value)
{
        char text[32];

        if (isnan(value) || isinf(value)) {
                buffer_append_text(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
                return;
        }
        if (fabs(value) < 0x1p53 && value == (double)(int64_t)value) {
                buffer_append_format(out, "%.0f", value + 0.0);
                return;
        }
        for (int digits = 15; digits <= 17; digits++) {
                snprintf(text, sizeof(text), "%.*g", digits, value);
                if (strtod(text, NULL) == value)
                        break;
        }
        buffer_append_text(out, text);
}

/* Escapes of the text format: backslash and newline, in label values the quote as well. */
static void write_escaped(struct buffer *out, const char *text, bool quote)
{
        for (; *text; text++) {
                if (*text == '\n') {
                        buffer_append_text(out, "\\n");
                        continue;
                }
                if (*text == '\\' || (quote && *text == '"'))
                        buffer_append_byte(out, '\\');
                buffer_append_byte(out, *text);
        }
}

static void write_label(struct buffer *out, const char *name, const char *value, char *separator)
{
        buffer_append_byte(out, *separator);
        buffer_append_format(out, "%s=\"", name);
        write_escaped(out, value, true);
        buffer_append_byte(out, '"');
        *separator = ',';
}

/* name + suffix, the labels, and where `bound` is given the bucket's `le`. */
static void write_name(struct buffer *out, const struct metric *metric, const char *suffix,
                       const char *a, const char *b, const double *bound)
{
        const char *values[METRIC_LABELS_MAX] = { a, b };
        char separator = '{';

        buffer_append_format(out, "%s%s", metric->name, suffix);
        for (size_t i = 0; i < METRIC_LABELS_MAX; i++)
                if (metric->labels[i])
                        write_label(out, metric->labels[i], values[i], &separator);
        if (bound) {
                buffer_append_byte(out, separator);
                buffer_append_text(out, "le=\"");
                write_number(out, *bound);
                buffer_append_byte(out, '"');
                separator = ',';
        }
        if (separator == ',')
                buffer_append_byte(out, '}');
        buffer_append_byte(out, ' ');
}

static void render_histogram(struct buffer *out, const struct metric *metric, const char *a,
                             const struct series *series)
{
        uint64_t total = 0;

        for (size_t i = 0; i <= metrics_bounds_count; i++) {
                double bound = i < metrics_bounds_count ? metrics_bounds[i] : (double)INFINITY;

                total += series->buckets[i];
                write_name(out, metric, "_bucket", a, series->b, &bound);
                write_number(out, (double)total);
                buffer_append_byte(out, '\n');
        }
        write_name(out, metric, "_sum", a, series->b, NULL);
        write_number(out, series->value);
        buffer_append_byte(out, '\n');
        write_name(out, metric, "_count", a, series->b, NULL);
        write_number(out, (double)total);
        buffer_append_byte(out, '\n');
}

static void render_series(struct buffer *out, const struct metric *metric, const char *a,
                          const struct series *series)
{
        if (metric->type == METRIC_HISTOGRAM) {
                render_histogram(out, metric, a, series);
                return;
        }
        write_name(out, metric, "", a, series->b, NULL);
        write_number(out, series->value);
        buffer_append_byte(out, '\n');
}

static const char *type_name(enum metric_type type)
{
        static const char *const names[] = { "counter", "gauge", "histogram" };

        return names[type];
}

size_t metrics_families(const struct metrics *metrics)
{
        return metrics->count;
}

void metrics_render_family(const struct metrics *metrics, size_t family, struct buffer *out)
{
        const struct metric *metric = &metrics->table[family];

        buffer_append_format(out, "# HELP %s ", metric->name);
        write_escaped(out, metric->help, false);
        buffer_append_format(out, "\n# TYPE %s %s\n", metric->name, type_name(metric->type));
        for (const struct group *group = metrics->families[family]; group; group = group->hh.next)
                for (const struct series *series = group->series; series; series = series->next)
                        render_series(out, metric, group->a, series);
}

void metrics_render(const struct metrics *metrics, struct buffer *out)
{
        for (size_t i = 0; i < metrics->count; i++)
                metrics_render_family(metrics, i, out);
}

void metrics_document(const struct metric *table, size_t count, struct buffer *out)
{
        buffer_append_text(out, "| metric | type | labels | meaning |\n|---|---|---|---|\n");
        for (size_t i = 0; i < count; i++) {
                buffer_append_format(out, "| `%s` | %s | ", table[i].name,
                                     type_name(table[i].type));
                for (size_t j = 0; j < METRIC_LABELS_MAX; j++)
                        if (table[i].labels[j])
                                buffer_append_format(out, "%s`%s`", j > 0 ? ", " : "",
                                                     table[i].labels[j]);
                buffer_append_format(out, " | %s |\n", table[i].help);
        }
}
