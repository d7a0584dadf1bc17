/* services/operator/table.c
 *
 * Widths are counted in characters; each is taken for one cell.
 */
#include "operator/table.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "operator/plain.h"

void table_init(struct table *table, size_t columns)
{
        assert(columns > 0 && columns <= TABLE_COLUMNS_MAX);
        *table = (struct table){ .columns = columns };
}

void table_deinit(struct table *table)
{
        for (size_t i = 0; i < table->rows * table->columns; i++)
                free(table->cells[i]);
        free(table->cells);
        *table = (struct table){ 0 };
}

void table_add(struct table *table, const char *const *cells)
{
        char **row;

        table->cells = memory_resize(table->cells, (table->rows + 1) * table->columns,
                                     sizeof(*table->cells));
        row = table->cells + table->rows * table->columns;
        for (size_t i = 0; i < table->columns; i++)
                row[i] = memory_copy_text(cells[i] ? cells[i] : "");
        table->rows++;
}

static size_t width_of(const struct table *table, size_t column)
{
        size_t width = 0;

        for (size_t row = 0; row < table->rows; row++) {
                size_t cells = plain_width(table->cells[row * table->columns + column]);

                if (cells > width)
                        width = cells;
        }
        return width;
}

static void append_padded(struct buffer *out, const char *cell, size_t width)
{
        buffer_append_format(out, "%s%*s", cell, (int)(width - plain_width(cell) + 2), "");
}

void table_format(const struct table *table, struct buffer *out)
{
        size_t widths[TABLE_COLUMNS_MAX];

        for (size_t column = 0; column < table->columns; column++)
                widths[column] = width_of(table, column);
        for (size_t row = 0; row < table->rows; row++) {
                char *const *cells = table->cells + row * table->columns;
                size_t last = table->columns;

                while (last > 1 && cells[last - 1][0] == '\0')
                        last--;
                for (size_t column = 0; column + 1 < last; column++)
                        append_padded(out, cells[column], widths[column]);
                buffer_append_format(out, "%s\n", cells[last - 1]);
        }
}
