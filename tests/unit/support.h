/* tests/unit/support.h
 *
 * What all unit tests share: cmocka's includes, and checks that fail with the row's own sentence.
 */
#ifndef UNIT_SUPPORT_H
#define UNIT_SUPPORT_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define check(condition, says)                                                                     \
        do {                                                                                       \
                if (!(condition))                                                                  \
                        fail_msg("%s: not so: %s", (says), #condition);                            \
        } while (0)

#define check_number(got, want, says)                                                              \
        do {                                                                                       \
                int64_t got_ = (int64_t)(got), want_ = (int64_t)(want);                            \
                if (got_ != want_)                                                                 \
                        fail_msg("%s: got %" PRId64 ", want %" PRId64, (says), got_, want_);       \
        } while (0)

/* NULL equals only NULL. */
#define check_text(got, want, says)                                                                \
        do {                                                                                       \
                const char *got_ = (got), *want_ = (want);                                         \
                if (got_ != want_ && (!got_ || !want_ || strcmp(got_, want_) != 0))                \
                        fail_msg("%s:\n got: %s\nwant: %s", (says), got_ ? got_ : "(none)",        \
                                 want_ ? want_ : "(none)");                                        \
        } while (0)

#endif
