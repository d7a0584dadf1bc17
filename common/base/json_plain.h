/* common/base/json_plain.h
 *
 * The bytes of a JSON string that stand for themselves whatever surrounds them: ASCII without
 * control characters, quote and backslash. Nearly all of what we read and write is such bytes, so
 * they are told apart sixteen at a time where the processor can, else eight.
 */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))
#define HIGH_BITS       EACH_BYTE(0x80)

static inline uint64_t json_has_zero(uint64_t bytes)
{
        return (bytes - EACH_BYTE(1)) & ~bytes & HIGH_BITS;
}

/* How many of eight bytes are plain, up to the first that is not. */
static inline size_t json_plain_of_8(const char *at)
{
        uint64_t bytes;

        memcpy(&bytes, at, sizeof(bytes));
        bytes = le64toh(bytes);

        uint64_t control = (bytes - EACH_BYTE(0x20)) & ~bytes & HIGH_BITS;
        /* the lowest bit that is set is in the first such byte; those above mean nothing */
        uint64_t others = (bytes & HIGH_BITS) | control | json_has_zero(bytes ^ EACH_BYTE('"')) |
                          json_has_zero(bytes ^ EACH_BYTE('\\'));

        return others != 0 ? (size_t)__builtin_ctzll(others) / 8 : 8;
}

/* Likewise of sixteen. */
static inline size_t json_plain_of_16(const char *at)
{
#ifdef __SSE2__
        __m128i bytes = _mm_loadu_si128((const __m128i_u *)(const void *)at);
        __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        /* a signed comparison: what is not ASCII is below, too */
        __m128i control = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
        unsigned others = (unsigned)_mm_movemask_epi8(_mm_or_si128(special, control));

        return (size_t)__builtin_ctz(others | 0x10000);
#else
        size_t plain = json_plain_of_8(at);

        return plain < 8 ? plain : 8 + json_plain_of_8(at + 8);
#endif
}

static inline bool json_is_plain(unsigned char byte)
{
        return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* The first byte from `at` on that is not plain, or `end`. */
static inline const char *json_skip_plain(const char *at, const char *end)
{
        size_t plain;

        for (; end - at >= 16; at += 16)
                if ((plain = json_plain_of_16(at)) < 16)
                        return at + plain;
        if (end - at >= 8) {
                if ((plain = json_plain_of_8(at)) < 8)
                        return at + plain;
                at += 8;
        }
        while (at < end && json_is_plain((unsigned char)*at))
                at++;
        return at;
}

#endif
