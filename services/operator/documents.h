/* services/operator/documents.h
 *
 * The JSON documents of a file, one after the other, each with the line on which it begins: one a
 * line, or each over several lines, or all in one array. What is no JSON is one line.
 *
 *         struct documents documents = DOCUMENTS_OF(text);
 *         struct slice document;
 *         size_t line;
 *
 *         while (documents_next(&documents, &document, &line))
 *                 ...
 */
#ifndef OPERATOR_DOCUMENTS_H
#define OPERATOR_DOCUMENTS_H

#include "base/slice.h"

struct documents {
        struct slice text;
        size_t at;
        size_t line; /* of `at` */
        bool inside; /* an array around all of them; set by documents_open_array */
};

#define DOCUMENTS_OF(text_) ((struct documents){ .text = (text_), .line = 1 })

/* Should the text be one array, its items are the documents. */
void documents_open_array(struct documents *documents);

/* False: there are no more. The document is not checked. */
bool documents_next(struct documents *documents, struct slice *document, size_t *line);

#endif
