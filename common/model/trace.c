/* common/model/trace.c
 *
 * See the header. Ids of only zeros mean "none" in the standard, so a hash that is one is made
 * another.
 */
#include "model/trace.h"

#include <string.h>

#include "base/digest.h"
#include "base/hex.h"
#include "base/text.h"
#include "model/headers.h"

bool trace_read(struct trace *trace, struct slice traceparent)
{
        memset(trace, 0, sizeof(*trace));
        if (!traceparent.data || !traceparent_valid(traceparent))
                return false;
        memcpy(trace->id, traceparent.data + 3, TRACE_ID_BYTES - 1);
        memcpy(trace->span, traceparent.data + 36, TRACE_SPAN_BYTES - 1);
        trace->sampled = strchr("13579bdf", traceparent.data[54]) != NULL;
        return true;
}

void trace_write(const struct trace *trace, char traceparent[TRACEPARENT_BYTES])
{
        traceparent[0] = '\0';
        if (trace->id[0] != '\0')
                text_join(traceparent, TRACEPARENT_BYTES,
                          (const char *const[]){ "00-", trace->id, "-", trace->span,
                                                 trace->sampled ? "-01" : "-00", NULL });
}

enum { NUMBER_DIGITS = 16 };

/* Without a NUL behind it. */
static void put_number(char *at, uint64_t number)
{
        for (int i = NUMBER_DIGITS - 1; i >= 0; i--, number >>= 4)
                at[i] = hex_digit((unsigned)number);
}

static void write_span(char span[TRACE_SPAN_BYTES], uint64_t number)
{
        put_number(span, number != 0 ? number : 1);
        span[NUMBER_DIGITS] = '\0';
}

void trace_begin(struct trace *trace, uint64_t high, uint64_t low, int64_t sample_percent)
{
        put_number(trace->id, high);
        put_number(trace->id + NUMBER_DIGITS, low != 0 ? low : 1);
        trace->id[2 * NUMBER_DIGITS] = '\0';
        write_span(trace->span, hash64_seed(trace->id, TRACE_ID_BYTES - 1, 0));
        trace->sampled = (int64_t)(low % 100) < sample_percent;
}

void trace_child(const struct trace *parent, const char *hop, uint64_t number, struct trace *child)
{
        uint64_t hash = hash64_seed(parent->span, strlen(parent->span), number);

        hash = hash64_seed(hop, strlen(hop), hash);
        *child = *parent;
        if (child->id[0] != '\0')
                write_span(child->span, hash);
}
