/* services/reconciler/sample.h
 *
 * How many events, and the first few of them by name: what an operator can begin to look at.
 */
#ifndef RECONCILER_SAMPLE_H
#define RECONCILER_SAMPLE_H

#include "base/uuid.h"

enum { SAMPLE_NAMED = 8, SAMPLE_TEXT_BYTES = SAMPLE_NAMED * UUID_TEXT_BYTES };

struct sample {
        size_t count;
        struct uuid named[SAMPLE_NAMED];
};

void sample_add(struct sample *sample, const struct uuid *uuid);

/* The named ones with commas between, "" if there are none. */
void sample_text(const struct sample *sample, char text[SAMPLE_TEXT_BYTES]);

#endif
