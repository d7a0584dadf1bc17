/* tests/unit/test_digest.c */
#include "base/digest.h"

#include "base/cleanup.h"

#include "support.h"

static void test_sha256(void **state)
{
        /* FIPS 180-2, appendix B, and the empty text. */
        static const struct {
                const char *says;
                const char *text;
                const char *want;
        } rows[] = {
                { "empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
                { "abc", "abc",
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
                { "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        };
        _cleanup_(sha256_freep) struct sha256 *sha256 = sha256_new();

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char hex[SHA256_HEX_BYTES];
                size_t length = strlen(rows[i].text);

                sha256_hex(rows[i].text, length, hex);
                check_text(hex, rows[i].want, rows[i].says);

                for (size_t at = 0; at < length; at++)
                        sha256_update(sha256, rows[i].text + at, 1);
                sha256_final(sha256, hex);
                check_text(hex, rows[i].want, "byte by byte, with the object of the row before");
        }
        sha256_free(NULL);
}

static void test_hash64(void **state)
{
        (void)state;
        /* XXH3's published value: stored hashes must mean the same after an upgrade. */
        check(hash64("", 0) == UINT64_C(0x2d06800538d394c2), "XXH3 of nothing");
        check(hash64(NULL, 0) == hash64("", 0), "no bytes need no place");
        check(hash64("abc", 3) != hash64("abd", 3), "other bytes");
        check(hash64_seed("abc", 3, 1) != hash64_seed("abc", 3, 2), "other seeds");
        check(hash64_seed("abc", 3, 0) == hash64("abc", 3), "no seed is seed 0");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sha256),
                cmocka_unit_test(test_hash64),
        };

        return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
