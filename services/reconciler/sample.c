/* services/reconciler/sample.c
 *
 * See the header.
 */
#include "reconciler/sample.h"

void sample_add(struct sample *sample, const struct uuid *uuid)
{
        if (sample->count < SAMPLE_NAMED)
                sample->named[sample->count] = *uuid;
        sample->count++;
}

void sample_text(const struct sample *sample, char text[SAMPLE_TEXT_BYTES])
{
        char *at = text;

        text[0] = '\0';
        for (size_t i = 0; i < sample->count && i < SAMPLE_NAMED; i++) {
                if (i > 0)
                        *at++ = ',';
                uuid_format(&sample->named[i], at);
                at += UUID_TEXT_BYTES - 1;
        }
}
