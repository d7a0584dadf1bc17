/* services/operator/invocation.c
 *
 * Options may stand before, between and behind the words of the command. One table says which there
 * are; a command says which of them it has.
 */
#include "operator/invocation.h"

#include <stdio.h>
#include <string.h>

#include "base/settings.h"

#define CONFIG_PATH "/etc/dplsync/config.json"

enum { EVERY = 0, WORDS_MAX = 8, NAME_BYTES = 64, REPLICATION_MAX = 99 };
enum id { ID_CONFIG, ID_JSON, ID_DRY_RUN, ID_REPLICATION, ID_HELP, ID_VERSION };

struct option {
        enum id id;
        const char *name;
        const char *value; /* how --help calls it; NULL: takes none */
        unsigned needs;    /* the bit that a command must have, EVERY: none */
        const char *text;
};

static const struct option table[] = {
        { ID_CONFIG, "--config", "FILE", EVERY, "configuration (default: " CONFIG_PATH ")" },
        { ID_JSON, "--json", NULL, EVERY, "print JSON, for programs" },
        { ID_DRY_RUN, "--dry-run", NULL, INVOCATION_DRY_RUN,
          "say what would be done, and do nothing" },
        { ID_REPLICATION, "--replication", "N", INVOCATION_REPLICATION,
          "copies of each topic (default: 3, or as many as there are brokers)" },
        { ID_HELP, "--help", NULL, EVERY, "this text" },
        { ID_VERSION, "--version", NULL, EVERY, "the program's version" },
};

/* "--config" and "--config=FILE" */
static const struct option *option_of(const char *argument)
{
        size_t bytes = strcspn(argument, "=");

        for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
                if (strlen(table[i].name) == bytes && strncmp(table[i].name, argument, bytes) == 0)
                        return &table[i];
        return NULL;
}

static int say_unknown(const char *argument, struct error *error)
{
        const char *names[ARRAY_LENGTH(table) + 1] = { NULL };
        char name[NAME_BYTES];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument, "="), argument);
        for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
                names[i] = table[i].name;

        const char *nearest = settings_nearest(name, names);

        if (nearest)
                return error_set(error, "%s: no such option; did you mean %s?", name, nearest);
        return error_set(error, "%s: no such option; `dplsync --help` lists them", name);
}

static int read_replication(struct invocation *invocation, const char *value, struct error *error)
{
        char *end;
        long number = strtol(value, &end, 10);

        if (end == value || *end != '\0' || number < 1 || number > REPLICATION_MAX)
                return error_set(
                        error,
                        "--replication: \"%.40s\" is no whole number from 1 to %d, such as 3",
                        value, REPLICATION_MAX);
        invocation->replication = (int32_t)number;
        return 0;
}

static int take(struct invocation *invocation, const struct option *option, const char *value,
                struct error *error)
{
        switch (option->id) {
        case ID_CONFIG:
                invocation->config_path = value;
                return 0;
        case ID_JSON:
                invocation->json = true;
                return 0;
        case ID_DRY_RUN:
                invocation->dry_run = true;
                return 0;
        case ID_REPLICATION:
                return read_replication(invocation, value, error);
        case ID_HELP:
                invocation->help = true;
                return 0;
        case ID_VERSION:
                invocation->version = true;
                return 0;
        }
        return -1;
}

/* One option, and the argument behind it where it holds the value. */
static int read_option(struct invocation *invocation, unsigned *needs, int count,
                       char *const *arguments, int *at, struct error *error)
{
        const char *argument = strcmp(arguments[*at], "-h") == 0 ? "--help" : arguments[*at];
        const struct option *option = option_of(argument);
        const char *equals = strchr(argument, '=');

        if (!option)
                return say_unknown(argument, error);
        if (!option->value && equals)
                return error_set(error, "%s takes no value; write %s alone", option->name,
                                 option->name);

        const char *value = equals ? equals + 1 : NULL;

        if (option->value && !value && *at + 1 < count)
                value = arguments[++*at];
        if (option->value && (!value || *value == '\0'))
                return error_set(error, "%s needs a value: %s %s", option->name, option->name,
                                 option->value);
        *needs |= option->needs;
        return take(invocation, option, value, error);
}

static int check_options(const struct command *command, unsigned needs, struct error *error)
{
        for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
                if (table[i].needs & needs & ~command->options)
                        return error_set(error,
                                         "%s: has no %s; `dplsync %s --help` lists its options",
                                         command->words, table[i].name, command->words);
        return 0;
}

/* `dplsync --help` and `dplsync --version` need no command, and `dplsync topics --help` no whole
 * one. */
static int read_command(struct invocation *invocation, int count, char *const *words,
                        unsigned needs, struct error *error)
{
        int used;

        if (invocation->version || (invocation->help && count == 0))
                return 0;
        invocation->command = command_find(count, words, &used, error);
        if (!invocation->command)
                return invocation->help && count == 1 ? 0 : -1;
        if (count > used)
                return error_set(error,
                                 "%s: nothing more is expected behind it, but there is \"%.40s\"",
                                 invocation->command->words, words[used]);
        return check_options(invocation->command, needs, error);
}

int invocation_read(struct invocation *invocation, int count, char *const *arguments,
                    struct error *error)
{
        char *words[WORDS_MAX];
        int word_count = 0;
        unsigned needs = 0;

        *invocation = (struct invocation){ .config_path = CONFIG_PATH };
        for (int i = 0; i < count; i++) {
                if (arguments[i][0] == '-' && arguments[i][1] != '\0') {
                        if (read_option(invocation, &needs, count, arguments, &i, error) < 0)
                                return -1;
                        continue;
                }
                if (word_count == WORDS_MAX)
                        return error_set(
                                error,
                                "there are too many words; `dplsync --help` lists the commands");
                words[word_count++] = arguments[i];
        }
        return read_command(invocation, word_count, words, needs, error);
}

void invocation_help(const struct command *command, struct buffer *out)
{
        char shown[NAME_BYTES];

        for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
                if (table[i].needs != EVERY && command && !(table[i].needs & command->options))
                        continue;
                snprintf(shown, sizeof(shown), "%s%s%s", table[i].name, table[i].value ? " " : "",
                         table[i].value ? table[i].value : "");
                buffer_append_format(out, "  %-20s %s\n", shown, table[i].text);
        }
}
