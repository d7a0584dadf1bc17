/* tests/unit/test_buffer.c */
#include "base/buffer.h"

#include "base/memory.h"

#include "support.h"

static void test_append(void **state)
{
        _cleanup_(buffer_deinit) struct buffer buffer = BUFFER_NULL;

        (void)state;
        buffer_append(&buffer, "abc", 2);
        buffer_append_text(&buffer, "cd");
        buffer_append_byte(&buffer, 'e');
        buffer_append_format(&buffer, "-%05d-%s", 42, "x");
        buffer_append(&buffer, NULL, 0);
        check_text(buffer.data, "abcde-00042-x", "in order and terminated");
        check_number(buffer.length, 13, "the NUL is not counted");
        check(slice_is(buffer_slice(&buffer), "abcde-00042-x"), "a view of all");

        buffer_append(&buffer, "\0z", 2);
        check_number(buffer.length, 15, "NUL bytes are bytes");
}

static void test_growth(void **state)
{
        _cleanup_(buffer_deinit) struct buffer buffer = BUFFER_NULL;

        (void)state;
        for (int i = 0; i < 10000; i++) {
                buffer_append_byte(&buffer, (char)('a' + i % 26));
                check(buffer.length < buffer.capacity, "there is always room for the NUL");
        }
        for (int i = 0; i < 10000; i++)
                check(buffer.data[i] == (char)('a' + i % 26), "growth keeps what was there");

        size_t capacity = buffer.capacity;

        buffer_clear(&buffer);
        check_number(buffer.capacity, capacity, "clear keeps the memory");
        check_text(buffer.data, "", "clear empties");
        buffer_deinit(&buffer);
        check(!buffer.data && buffer.capacity == 0, "deinit makes it new");
        buffer_clear(&buffer);
        check(!buffer.data, "clear of a new buffer");
}

static void test_take(void **state)
{
        struct buffer buffer = BUFFER_NULL;
        _cleanup_(freep) char *empty = buffer_take(&buffer);

        (void)state;
        check_text(empty, "", "never NULL");
        buffer_append_text(&buffer, "mine");

        _cleanup_(freep) char *text = buffer_take(&buffer);

        check_text(text, "mine", "the caller owns it");
        check(!buffer.data && buffer.length == 0, "the buffer is new");
}

static void test_memory(void **state)
{
        _cleanup_(freep) char *copy = memory_copy("ab\0c", 4);
        _cleanup_(freep) char *zeroes = memory_new(16);
        _cleanup_(freep) char *nothing = memory_new(0);
        _cleanup_(freep) int *numbers = memory_resize(NULL, 4, sizeof(int));
        _cleanup_(freep) char *text = memory_copy_text("text");

        (void)state;
        check(memcmp(copy, "ab\0c\0", 5) == 0, "a copy has a NUL behind it");
        for (int i = 0; i < 16; i++)
                check(zeroes[i] == 0, "new memory is zeroed");
        check(nothing && numbers, "never NULL");
        check_text(text, "text", "a text");
        check_text(memory_copy_text(NULL), NULL, "no text");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_append),
                cmocka_unit_test(test_growth),
                cmocka_unit_test(test_take),
                cmocka_unit_test(test_memory),
        };

        return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
