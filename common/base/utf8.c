/* common/base/utf8.c
 *
 * Foreign texts are quoted in logs, errors and messages, and those must stay valid JSON whatever
 * the bytes were. The table of RFC 3629 section 4 is written as three limits per lead byte.
 */
#include "base/utf8.h"

#include "base/cleanup.h"

static size_t lead_length(unsigned char lead)
{
        if (lead < 0x80)
                return 1;
        if (lead >= 0xc2 && lead <= 0xdf)
                return 2;
        if (lead >= 0xe0 && lead <= 0xef)
                return 3;
        if (lead >= 0xf0 && lead <= 0xf4)
                return 4;
        return 0;
}

static bool second_allowed(unsigned char lead, unsigned char second)
{
        unsigned char low = 0x80, high = 0xbf;

        if (lead == 0xe0)
                low = 0xa0; /* overlong */
        else if (lead == 0xed)
                high = 0x9f; /* surrogates */
        else if (lead == 0xf0)
                low = 0x90; /* overlong */
        else if (lead == 0xf4)
                high = 0x8f; /* above U+10FFFF */
        return second >= low && second <= high;
}

static bool is_continuation(char byte)
{
        return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t utf8_character(const char *data, size_t length)
{
        if (length == 0)
                return 0;

        unsigned char lead = (unsigned char)data[0];
        size_t bytes = lead_length(lead);

        if (bytes == 0 || bytes > length)
                return 0;
        if (bytes > 1 && !second_allowed(lead, (unsigned char)data[1]))
                return 0;
        for (size_t i = 2; i < bytes; i++)
                if (!is_continuation(data[i]))
                        return 0;
        return bytes;
}

uint32_t utf8_code_point(const char *character, size_t bytes)
{
        static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
        uint32_t code_point = (uint8_t)character[0] & first_bits[bytes];

        for (size_t i = 1; i < bytes; i++)
                code_point = code_point << 6 | ((uint8_t)character[i] & 0x3f);
        return code_point;
}

bool utf8_is_hidden(uint32_t code_point)
{
        static const struct {
                uint32_t first, last;
        } hidden[] = {
                { 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },     { 0x61c, 0x61c },
                { 0x180e, 0x180e }, { 0x200b, 0x200b }, { 0x200e, 0x200f }, { 0x2028, 0x202e },
                { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
        };

        for (size_t i = 0; i < ARRAY_LENGTH(hidden); i++)
                if (code_point >= hidden[i].first && code_point <= hidden[i].last)
                        return true;
        return false;
}

size_t utf8_cut(const char *data, size_t length, size_t max_bytes)
{
        if (length <= max_bytes)
                return length;

        size_t cut = max_bytes;

        /* More than three steps back is no UTF-8 anyway: then cut where we were told. */
        while (cut > 0 && max_bytes - cut < 4 && is_continuation(data[cut]))
                cut--;
        return max_bytes - cut < 4 ? cut : max_bytes;
}
