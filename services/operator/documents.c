/* services/operator/documents.c
 *
 * A file that is checked may be wrong anywhere, so the walk never gives up: a bracket that is never
 * closed ends with its line, and the next line is another document.
 */
#include "operator/documents.h"

static bool is_space(char byte)
{
        return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void step(struct documents *documents)
{
        documents->line += documents->text.data[documents->at] == '\n';
        documents->at++;
}

static void skip(struct documents *documents)
{
        while (documents->at < documents->text.length &&
               (is_space(documents->text.data[documents->at]) ||
                (documents->inside && documents->text.data[documents->at] == ',')))
                step(documents);
}

/* Where the string that begins at `at` ends, behind its quote; 0: nowhere. */
static size_t end_of_string(struct slice text, size_t at)
{
        for (at++; at < text.length; at++) {
                if (text.data[at] == '\\')
                        at++;
                else if (text.data[at] == '"')
                        return at + 1;
                else if (text.data[at] == '\n')
                        return 0;
        }
        return 0;
}

/* Where the object or array that begins at `at` ends; 0: it is never closed. */
static size_t end_of_brackets(struct slice text, size_t at)
{
        size_t depth = 0;

        while (at < text.length) {
                char byte = text.data[at];

                if (byte == '"') {
                        at = end_of_string(text, at);
                        if (at == 0)
                                return 0;
                        continue;
                }
                at++;
                if (byte == '{' || byte == '[')
                        depth++;
                else if ((byte == '}' || byte == ']') && --depth == 0)
                        return at;
        }
        return 0;
}

static size_t end_of_line(struct slice text, size_t at)
{
        const char *end = memchr(text.data + at, '\n', text.length - at);

        return end ? (size_t)(end - text.data) : text.length;
}

static size_t end_of_document(struct slice text, size_t at)
{
        size_t end = text.data[at] == '{' || text.data[at] == '[' ? end_of_brackets(text, at) : 0;

        return end > 0 ? end : end_of_line(text, at);
}

void documents_open_array(struct documents *documents)
{
        size_t end;

        skip(documents);
        if (documents->at == documents->text.length || documents->text.data[documents->at] != '[')
                return;
        end = end_of_brackets(documents->text, documents->at);
        for (size_t at = end; at < documents->text.length; at++)
                if (!is_space(documents->text.data[at]))
                        return; /* several arrays: they are documents themselves */
        if (end == 0)
                return;
        documents->text.length = end - 1;
        documents->inside = true;
        step(documents);
}

bool documents_next(struct documents *documents, struct slice *document, size_t *line)
{
        size_t end;

        skip(documents);
        if (documents->at >= documents->text.length)
                return false;
        end = end_of_document(documents->text, documents->at);
        *line = documents->line;
        *document = (struct slice){ documents->text.data + documents->at, end - documents->at };
        while (documents->at < end)
                step(documents);
        return true;
}
