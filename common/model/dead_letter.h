/* common/model/dead_letter.h
 *
 * A record of `dead-letters`: key, value and headers of the original byte for byte, plus headers
 * that say why (CONTRACT.md "dead-letters"). Never a credential.
 */
#ifndef MODEL_DEAD_LETTER_H
#define MODEL_DEAD_LETTER_H

#include "model/headers.h"
#include "model/municipality.h"

enum { DEAD_LETTER_ANSWER_BYTES = 512 };

struct dead_letter {
        const char *reason;     /* stable code, such as "invalid-state" */
        const char *detail;     /* a sentence that names the field */
        const char *topic;
        int32_t partition;
        int64_t offset;
        const char *municipality; /* "" unknown */
        const char *uuid;
        uint64_t version;       /* 0: none */
        unsigned attempts;
        long status;            /* 0: none */
        int64_t first_failed_ms;
        int64_t last_failed_ms;
        struct slice answer;    /* cut at 512 bytes */
};

/* The original's headers (but for those of an earlier dead letter) and ours. What of the original's
 * does not fit, or did not when it was read, is counted in the detail. `out` is cleared first, is
 * not `original`, and borrows from it and from `letter->answer`. */
void dead_letter_headers(const struct dead_letter *letter, const struct headers *original,
                         struct headers *out);

/* The original's headers as they stand in a dead letter: all but ours, borrowed. `out` is cleared
 * first. */
void dead_letter_original(const struct headers *letter, struct headers *out);

#endif
