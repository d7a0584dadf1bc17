/* tests/unit/test_address.c */
#include "policy/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/cleanup.h"

#include "support.h"

static const struct {
        const char *says;
        const char *address;
        enum address_verdict verdict;
        const char *what;
} cases[] = {
        { "a site", "193.163.220.5", ADDRESS_PUBLIC, "public" },
        { "just below 10/8", "9.255.255.255", ADDRESS_PUBLIC, "public" },
        { "10/8 begins", "10.0.0.0", ADDRESS_INTERNAL, "private" },
        { "10/8 ends", "10.255.255.255", ADDRESS_INTERNAL, "private" },
        { "just above 10/8", "11.0.0.0", ADDRESS_PUBLIC, "public" },
        { "unspecified is this machine on Linux", "0.0.0.0", ADDRESS_UNUSABLE, "unspecified" },
        { "all of 0/8", "0.1.2.3", ADDRESS_UNUSABLE, "unspecified" },
        { "just below 100.64/10", "100.63.255.255", ADDRESS_PUBLIC, "public" },
        { "carrier-grade NAT begins", "100.64.0.0", ADDRESS_INTERNAL, "shared" },
        { "carrier-grade NAT ends", "100.127.255.255", ADDRESS_INTERNAL, "shared" },
        { "just above 100.64/10", "100.128.0.0", ADDRESS_PUBLIC, "public" },
        { "loopback", "127.0.0.1", ADDRESS_INTERNAL, "loopback" },
        { "all of 127/8 is loopback", "127.255.0.9", ADDRESS_INTERNAL, "loopback" },
        { "the clouds' metadata service", "169.254.169.254", ADDRESS_UNUSABLE, "link-local" },
        { "just below 172.16/12", "172.15.255.255", ADDRESS_PUBLIC, "public" },
        { "172.16/12 begins", "172.16.0.0", ADDRESS_INTERNAL, "private" },
        { "172.16/12 ends", "172.31.255.255", ADDRESS_INTERNAL, "private" },
        { "just above 172.16/12", "172.32.0.0", ADDRESS_PUBLIC, "public" },
        { "protocol assignments", "192.0.0.8", ADDRESS_UNUSABLE, "reserved" },
        { "documentation 1", "192.0.2.1", ADDRESS_UNUSABLE, "documentation" },
        { "documentation 2", "198.51.100.1", ADDRESS_UNUSABLE, "documentation" },
        { "documentation 3", "203.0.113.1", ADDRESS_UNUSABLE, "documentation" },
        { "6to4 relays", "192.88.99.1", ADDRESS_UNUSABLE, "reserved" },
        { "192.168/16", "192.168.1.1", ADDRESS_INTERNAL, "private" },
        { "beside 192.168/16", "192.169.0.1", ADDRESS_PUBLIC, "public" },
        { "benchmarking", "198.19.255.255", ADDRESS_INTERNAL, "benchmarking" },
        { "multicast", "224.0.0.1", ADDRESS_UNUSABLE, "multicast" },
        { "multicast ends", "239.255.255.255", ADDRESS_UNUSABLE, "multicast" },
        { "reserved", "240.0.0.1", ADDRESS_UNUSABLE, "reserved" },
        { "broadcast", "255.255.255.255", ADDRESS_UNUSABLE, "reserved" },

        { "a site with IPv6", "2a00:1450:400f:80d::2003", ADDRESS_PUBLIC, "public" },
        { "unspecified", "::", ADDRESS_UNUSABLE, "unspecified" },
        { "loopback 6", "::1", ADDRESS_INTERNAL, "loopback" },
        { "IPv4-compatible, withdrawn", "::127.0.0.1", ADDRESS_UNUSABLE, "reserved" },
        { "mapped loopback", "::ffff:127.0.0.1", ADDRESS_INTERNAL, "loopback" },
        { "mapped private", "::ffff:10.1.2.3", ADDRESS_INTERNAL, "private" },
        { "mapped unspecified", "::ffff:0.0.0.0", ADDRESS_UNUSABLE, "unspecified" },
        { "mapped public", "::ffff:193.163.220.5", ADDRESS_PUBLIC, "public" },
        { "NAT64 of a private one", "64:ff9b::192.168.0.1", ADDRESS_INTERNAL, "private" },
        { "NAT64 of a public one", "64:ff9b::193.163.220.5", ADDRESS_PUBLIC, "public" },
        { "a network's own NAT64", "64:ff9b:1::1", ADDRESS_INTERNAL, "private" },
        { "6to4 of loopback", "2002:7f00:1::1", ADDRESS_INTERNAL, "loopback" },
        { "6to4 of a public one", "2002:c1a3:dc05::1", ADDRESS_PUBLIC, "public" },
        { "Teredo", "2001:0:53aa:64c::1", ADDRESS_UNUSABLE, "reserved" },
        { "documentation 6", "2001:db8::1", ADDRESS_UNUSABLE, "documentation" },
        { "documentation 6, new", "3fff:fff::1", ADDRESS_UNUSABLE, "documentation" },
        { "given out above 2001::/23", "2001:200::1", ADDRESS_PUBLIC, "public" },
        { "unique local begins", "fc00::1", ADDRESS_INTERNAL, "private" },
        { "unique local ends", "fdff:ffff::1", ADDRESS_INTERNAL, "private" },
        { "link-local 6", "fe80::1", ADDRESS_UNUSABLE, "link-local" },
        { "link-local 6 ends", "febf::1", ADDRESS_UNUSABLE, "link-local" },
        { "site-local, withdrawn", "fec0::1", ADDRESS_INTERNAL, "private" },
        { "multicast 6", "ff02::1", ADDRESS_UNUSABLE, "multicast" },
        { "discard", "100::1", ADDRESS_UNUSABLE, "reserved" },
        { "not given out", "4000::1", ADDRESS_UNUSABLE, "reserved" },
};

static size_t parse(const char *text, struct sockaddr_storage *storage)
{
        struct sockaddr_in *in4 = (struct sockaddr_in *)storage;
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;

        memset(storage, 0, sizeof(*storage));
        if (inet_pton(AF_INET, text, &in4->sin_addr) == 1) {
                in4->sin_family = AF_INET;
                return sizeof(*in4);
        }
        assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
        in6->sin6_family = AF_INET6;
        return sizeof(*in6);
}

static void test_table(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                struct sockaddr_storage storage;
                size_t bytes = parse(cases[i].address, &storage);
                const char *what;

                check_number(address_judge((struct sockaddr *)&storage, bytes, &what), cases[i].verdict,
                             cases[i].says);
                check_text(what, cases[i].what, cases[i].says);
                check_number(address_judge((struct sockaddr *)&storage, bytes, NULL), cases[i].verdict,
                             "the word is optional");
        }
}

static void test_not_an_address(void **state)
{
        struct sockaddr_storage storage;
        struct sockaddr_un local = { .sun_family = AF_UNIX, .sun_path = "/run/docker.sock" };
        const char *what;

        (void)state;
        check_number(address_judge((struct sockaddr *)&local, sizeof(local), &what), ADDRESS_UNUSABLE,
                     "a local socket is none");
        check_text(what, "unknown", "and has no name");
        parse("193.163.220.5", &storage);
        check_number(address_judge((struct sockaddr *)&storage, sizeof(struct sockaddr_in) - 1, NULL),
                     ADDRESS_UNUSABLE, "cut short");
        parse("2a00::1", &storage);
        check_number(address_judge((struct sockaddr *)&storage, sizeof(struct sockaddr_in), NULL),
                     ADDRESS_UNUSABLE, "IPv6 in the room of IPv4");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_not_an_address),
        };

        return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
