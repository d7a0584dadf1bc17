/* services/operator/reasons.c
 *
 * There are a dozen reasons and some thousand letters, so looking through the reasons is enough.
 */
#include "operator/reasons.h"

#include <string.h>

static void count(struct reasons *reasons, const struct letter *letter)
{
        size_t i = 0;

        while (i < reasons->count && strcmp(reasons->items[i].name, letter->reason) != 0)
                i++;
        if (i == REASONS_MAX)
                return;
        if (i == reasons->count) {
                reasons->items[i].name = letter->reason;
                reasons->items[i].letters = reasons->items[i].newest_ms = 0;
                reasons->count++;
        }
        reasons->items[i].letters++;
        if (letter->timestamp_ms > reasons->items[i].newest_ms)
                reasons->items[i].newest_ms = letter->timestamp_ms;
}

void reasons_collect(struct reasons *reasons, const struct dead_letters *letters,
                     const char *municipality)
{
        const struct letter_filter filter = {
                .municipality = municipality[0] != '\0' ? municipality : NULL,
        };

        reasons->count = 0;
        for (const struct letter *letter = letters->oldest; letter; letter = letter->next)
                if (letter_matches(letter, &filter))
                        count(reasons, letter);
}
