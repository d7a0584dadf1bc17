/* site/php_date.h
 *
 * What PHP accepts as a date, as far as a client could think of it: for `from_date`.
 */
#ifndef SITE_PHP_DATE_H
#define SITE_PHP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* The day, in days since 1970, that `text` speaks of. Words such as "tomorrow" or "+3 days" count
 * from now_s in Copenhagen; a date-time keeps the day of its own offset. */
bool php_date_parse(const char *text, int64_t now_s, int64_t *day);

#endif
