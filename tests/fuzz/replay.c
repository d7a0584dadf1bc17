/* tests/fuzz/replay.c
 *
 * The main function of a fuzz target where there is no libFuzzer: runs every file of its corpus,
 * then so many mutations of them, always the same ones (the dice start at a fixed number), so that
 * what fails here fails again.
 *
 *         fuzz_update CORPUS [MUTATIONS]
 *
 * A mutation that ends the program is kept as it was in "fuzz_update.crash", in the directory it
 * runs in: put it into the corpus under a name that says what it is.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/dice.h"
#include "base/memory.h"

enum { SEEDS_MAX = 1000, SEED_BYTES_MAX = 64 * 1024, CHANGES_MAX = 5 };

/* What readers of JSON and of headers look at twice. */
static const char *const tokens[] = {
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u0000",
        "\\ud800",
        "\\u00e6",
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1e999",
        "75.0",
        "\n",
        " ",
        "\"uuid\"",
        "\xff",
        "\xc3\xa6",
        "\xf4\x90\x80\x80",
        "99999999999999999999",
        "%00",
        "@",
        "/",
};

struct seeds {
        struct buffer texts[SEEDS_MAX];
        size_t count;
};

/* The input under way, for the handler of a crash. */
static struct slice running;
static char crash_path[256];

static void run(struct slice input)
{
        uint8_t *copy =
                memory_new(input.length + (input.length == 0)); /* exact: no byte behind it */

        memcpy(copy, input.length > 0 ? input.data : "", input.length);
        running = input;
        LLVMFuzzerTestOneInput(copy, input.length);
        free(copy);
}

static void keep_crash(int number)
{
        int file = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

        if (file >= 0 && write(file, running.data, running.length) == (ssize_t)running.length)
                (void)!write(STDERR_FILENO, crash_path, strlen(crash_path));
        signal(number, SIG_DFL);
        raise(number);
}

static void watch_for_crashes(const char *program)
{
        const char *slash = strrchr(program, '/');

        snprintf(crash_path, sizeof(crash_path), "%s.crash", slash ? slash + 1 : program);
        signal(SIGABRT, keep_crash);
        signal(SIGSEGV, keep_crash);
        signal(SIGBUS, keep_crash);
        signal(SIGFPE, keep_crash);
}

static int by_bytes(const void *a, const void *b)
{
        const struct buffer *left = a, *right = b;
        size_t least = left->length < right->length ? left->length : right->length;
        int order = least > 0 ? memcmp(left->data, right->data, least) : 0;

        return order != 0 ? order : (left->length > right->length) - (left->length < right->length);
}

static void read_seed(struct seeds *seeds, const char *directory, const char *name)
{
        struct buffer *text = &seeds->texts[seeds->count];
        char path[1024], block[4096];
        size_t bytes;

        snprintf(path, sizeof(path), "%s/%s", directory, name);

        FILE *file = fopen(path, "rb");

        fuzz_check(file);
        while ((bytes = fread(block, 1, sizeof(block), file)) > 0 && text->length < SEED_BYTES_MAX)
                buffer_append(text, block, bytes);
        fclose(file);
        seeds->count++;
}

/* In an order of their own: that of a directory differs between machines. */
static void read_seeds(struct seeds *seeds, const char *path)
{
        DIR *directory = opendir(path);
        struct dirent *entry;

        if (!directory)
                return;
        while ((entry = readdir(directory)) && seeds->count < SEEDS_MAX)
                if (entry->d_name[0] != '.')
                        read_seed(seeds, path, entry->d_name);
        closedir(directory);
        qsort(seeds->texts, seeds->count, sizeof(seeds->texts[0]), by_bytes);
}

static size_t below(struct dice *dice, size_t bound)
{
        return (size_t)dice_below(dice, (int64_t)bound);
}

/* `bytes` of `text` become `new`. */
static void replace(struct buffer *text, size_t at, size_t bytes, struct slice new)
{
        struct buffer whole = BUFFER_NULL;

        buffer_append(&whole, text->data, at);
        buffer_append(&whole, new.data, new.length);
        buffer_append(&whole, text->data + at + bytes, text->length - at - bytes);
        buffer_deinit(text);
        *text = whole;
}

static void change(struct buffer *text, const struct seeds *seeds, struct dice *dice)
{
        size_t at = below(dice, text->length + 1), left = text->length - at;
        const struct buffer *other = &seeds->texts[below(dice, seeds->count)];
        size_t from = below(dice, other->length + 1);
        char byte = (char)dice_next(dice);

        switch (below(dice, 5)) {
        case 0: /* another byte */
                replace(text, at, left > 0, (struct slice){ &byte, 1 });
                break;
        case 1: /* less */
                replace(text, at, below(dice, left + 1), SLICE_NULL);
                break;
        case 2: /* a token */
                replace(text, at, 0, slice_of(tokens[below(dice, ARRAY_LENGTH(tokens))]));
                break;
        case 3: /* a token instead of some bytes */
                replace(text, at, below(dice, left < 8 ? left + 1 : 8),
                        slice_of(tokens[below(dice, ARRAY_LENGTH(tokens))]));
                break;
        default: /* a piece of another seed, or of itself */
                if (text->length < SEED_BYTES_MAX)
                        replace(text, at, 0,
                                (struct slice){ other->data + from,
                                                below(dice, other->length - from + 1) });
        }
}

static void run_mutations(const struct seeds *seeds, long count)
{
        struct dice dice = { 1 };

        for (long i = 0; i < count; i++) {
                struct buffer text = BUFFER_NULL;
                const struct buffer *seed = &seeds->texts[below(&dice, seeds->count)];

                buffer_append(&text, seed->data, seed->length);
                for (size_t changes = 1 + below(&dice, CHANGES_MAX); changes > 0; changes--)
                        change(&text, seeds, &dice);
                run(buffer_slice(&text));
                buffer_deinit(&text);
        }
}

int main(int argc, char **argv)
{
        static struct seeds seeds;
        long mutations = argc > 2 ? strtol(argv[2], NULL, 10) : 10000;

        if (argc < 2 || argc > 3) {
                fprintf(stderr, "%s CORPUS [MUTATIONS]\n", argv[0]);
                return 2;
        }
        watch_for_crashes(argv[0]);
        read_seeds(&seeds, argv[1]);
        if (seeds.count == 0) {
                fprintf(stderr, "%s: no seeds in %s\n", argv[0], argv[1]);
                return 2;
        }
        for (size_t i = 0; i < seeds.count; i++)
                run(buffer_slice(&seeds.texts[i]));
        run_mutations(&seeds, mutations);
        for (size_t i = 0; i < seeds.count; i++)
                buffer_deinit(&seeds.texts[i]);
        printf("%zu seeds, %ld mutations\n", seeds.count, mutations);
        return 0;
}
