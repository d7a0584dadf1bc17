/* services/operator/table.h
 *
 * A table for people: rows of cells, each column as wide as its widest cell. Foreign texts must be
 * free of control characters when they come here: they go to a terminal.
 */
#ifndef OPERATOR_TABLE_H
#define OPERATOR_TABLE_H

#include "base/buffer.h"

enum { TABLE_COLUMNS_MAX = 8 };

struct table {
        size_t columns;
        size_t rows;
        char **cells; /* rows * columns; owned */
};

void table_init(struct table *table, size_t columns);
void table_deinit(struct table *table);

/* `cells`: `columns` texts, copied. The first row is the heading. */
void table_add(struct table *table, const char *const *cells);

/* Two blanks between columns; the last one is not padded. */
void table_format(const struct table *table, struct buffer *out);

#endif
