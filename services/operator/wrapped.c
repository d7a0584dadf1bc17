/* services/operator/wrapped.c
 *
 * See the header.
 */
#include "operator/wrapped.h"

enum { COLUMNS = 79 };

void wrapped_append(struct buffer *out, const char *text, size_t indent)
{
        size_t column = indent;

        while (*text) {
                size_t word = strcspn(text, " ");

                if (column > indent && column + 1 + word > COLUMNS) {
                        buffer_append_format(out, "\n%*s", (int)indent, "");
                        column = indent;
                } else if (column > indent) {
                        buffer_append_byte(out, ' ');
                        column++;
                }
                buffer_append(out, text, word);
                column += word;
                text += word + (text[word] == ' ');
        }
        buffer_append_byte(out, '\n');
}
