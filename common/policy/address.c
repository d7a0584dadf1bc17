/* common/policy/address.c
 *
 * Two tables of prefixes; the first that matches decides. IPv6 is refused unless it is known: only
 * 2000::/3 is given out.
 */
#include "policy/address.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { NOT_CARRIED = -1 };

struct prefix {
        uint8_t bytes[16];
        unsigned bits;
        enum address_verdict verdict;
        const char *what;
        int carried_at; /* where an IPv4 address stands in it, which is judged instead */
};

static const struct prefix prefixes4[] = {
        { { 0 },
          8,
          ADDRESS_UNUSABLE,
          "unspecified",
          NOT_CARRIED }, /* Linux takes 0.0.0.0 for itself */
        { { 10 }, 8, ADDRESS_INTERNAL, "private", NOT_CARRIED },
        { { 100, 64 }, 10, ADDRESS_INTERNAL, "shared", NOT_CARRIED },
        { { 127 }, 8, ADDRESS_INTERNAL, "loopback", NOT_CARRIED },
        { { 169, 254 }, 16, ADDRESS_UNUSABLE, "link-local", NOT_CARRIED },
        { { 172, 16 }, 12, ADDRESS_INTERNAL, "private", NOT_CARRIED },
        { { 192, 0, 0 }, 24, ADDRESS_UNUSABLE, "reserved", NOT_CARRIED },
        { { 192, 0, 2 }, 24, ADDRESS_UNUSABLE, "documentation", NOT_CARRIED },
        { { 192, 88, 99 }, 24, ADDRESS_UNUSABLE, "reserved", NOT_CARRIED },
        { { 192, 168 }, 16, ADDRESS_INTERNAL, "private", NOT_CARRIED },
        { { 198, 18 }, 15, ADDRESS_INTERNAL, "benchmarking", NOT_CARRIED },
        { { 198, 51, 100 }, 24, ADDRESS_UNUSABLE, "documentation", NOT_CARRIED },
        { { 203, 0, 113 }, 24, ADDRESS_UNUSABLE, "documentation", NOT_CARRIED },
        { { 224 }, 4, ADDRESS_UNUSABLE, "multicast", NOT_CARRIED },
        { { 240 }, 4, ADDRESS_UNUSABLE, "reserved", NOT_CARRIED },
        { { 0 }, 0, ADDRESS_PUBLIC, "public", NOT_CARRIED },
};

static const struct prefix prefixes6[] = {
        { { 0 }, 128, ADDRESS_UNUSABLE, "unspecified", NOT_CARRIED },
        { { [15] = 1 }, 128, ADDRESS_INTERNAL, "loopback", NOT_CARRIED },
        { { [10] = 0xff, 0xff }, 96, ADDRESS_PUBLIC, "mapped", 12 },
        { { 0x00, 0x64, 0xff, 0x9b }, 96, ADDRESS_PUBLIC, "NAT64", 12 },
        { { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, ADDRESS_INTERNAL, "private", NOT_CARRIED },
        { { 0x20, 0x01, 0x0d, 0xb8 }, 32, ADDRESS_UNUSABLE, "documentation", NOT_CARRIED },
        { { 0x20, 0x01 }, 23, ADDRESS_UNUSABLE, "reserved", NOT_CARRIED }, /* Teredo and others */
        { { 0x20, 0x02 }, 16, ADDRESS_PUBLIC, "6to4", 2 },
        { { 0x3f, 0xff }, 20, ADDRESS_UNUSABLE, "documentation", NOT_CARRIED },
        { { 0x20 }, 3, ADDRESS_PUBLIC, "public", NOT_CARRIED },
        { { 0xfc }, 7, ADDRESS_INTERNAL, "private", NOT_CARRIED },
        { { 0xfe, 0x80 }, 10, ADDRESS_UNUSABLE, "link-local", NOT_CARRIED },
        { { 0xfe, 0xc0 },
          10,
          ADDRESS_INTERNAL,
          "private",
          NOT_CARRIED }, /* site-local, withdrawn */
        { { 0xff }, 8, ADDRESS_UNUSABLE, "multicast", NOT_CARRIED },
        { { 0 }, 0, ADDRESS_UNUSABLE, "reserved", NOT_CARRIED },
};

static bool has_prefix(const uint8_t *address, const struct prefix *prefix)
{
        unsigned whole = prefix->bits / 8;
        unsigned rest = prefix->bits % 8;

        if (memcmp(address, prefix->bytes, whole) != 0)
                return false;
        if (rest == 0)
                return true;
        return (address[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}

/* Every table ends with a prefix of no bits, which all have. */
static const struct prefix *find(const struct prefix *table, const uint8_t *address)
{
        while (!has_prefix(address, table))
                table++;
        return table;
}

static const struct prefix *judge6(const uint8_t *address)
{
        const struct prefix *prefix = find(prefixes6, address);

        if (prefix->carried_at == NOT_CARRIED)
                return prefix;
        return find(prefixes4, address + prefix->carried_at);
}

enum address_verdict address_judge(const struct sockaddr *address, size_t bytes, const char **what)
{
        static const struct prefix unknown = { .verdict = ADDRESS_UNUSABLE, .what = "unknown" };
        const struct prefix *prefix = &unknown;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;

        if (bytes >= sizeof(in4) && address->sa_family == AF_INET) {
                memcpy(&in4, address, sizeof(in4));
                prefix = find(prefixes4, (const uint8_t *)&in4.sin_addr);
        } else if (bytes >= sizeof(in6) && address->sa_family == AF_INET6) {
                memcpy(&in6, address, sizeof(in6));
                prefix = judge6((const uint8_t *)&in6.sin6_addr);
        }
        if (what)
                *what = prefix->what;
        return prefix->verdict;
}
