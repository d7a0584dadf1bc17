/* site/generator.h
 *
 * Events out of a number: the same number gives the same events. They look like those of a Danish
 * library, a few kilobytes each, in series of some weeks.
 */
#ifndef SITE_GENERATOR_H
#define SITE_GENERATOR_H

#include "base/dice.h"

#include <jansson.h>
#include <stdint.h>

/* An array of `count` events that start from a day after now_s on, over half a year. */
json_t *generator_events(const char *site, struct dice *dice, size_t count, int64_t now_s);

#endif
