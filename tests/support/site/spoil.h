/* site/spoil.h
 *
 * What a fault does to the right answer. Pacing and cutting the connection is the exchange's.
 */
#ifndef SITE_SPOIL_H
#define SITE_SPOIL_H

#include "site/answer.h"
#include "site/fault.h"

/* Whether this kind works on the body's plain text, so that neither gzip nor a 304 may stand in the
 * way of it. */
bool spoil_needs_text(enum fault_kind kind);

void spoil_answer(struct answer *answer, const struct fault *fault);

#endif
