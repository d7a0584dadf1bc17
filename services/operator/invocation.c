/* services/operator/invocation.c
 *
 * Options may stand before, between and behind the words of the command. One table says which there
 * are and where their values go; a command says which of them it has.
 */
#include "operator/invocation.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/settings.h"
#include "base/timestamp.h"
#include "model/municipality.h"
#include "operator/wrapped.h"

#define CONFIG_PATH "/etc/dplsync/config.json"

enum {
        EVERY = 0,
        WORDS_MAX = COMMAND_OPERANDS_MAX + 2,
        NAME_BYTES = 64,
        TEXT_COLUMN = 23,
        REPLICATION_MAX = 99
};
#define RUN_MAX ((INT64_C(1) << 52) - 1)

enum kind { FLAG, TEXT, NUMBER, MUNICIPALITY, UUID, MOMENT, REPLICATION };

struct option {
        const char *name;
        const char *value; /* how --help calls it; NULL: takes none */
        unsigned needs;    /* the bit that a command must have, EVERY: none */
        enum kind kind;
        size_t at;       /* where the value goes in struct invocation */
        int64_t maximum; /* of a number, which begins at 1 */
        const char *text;
};

#define AT(member) offsetof(struct invocation, member)

static const struct option table[] = {
        { "--config", "FILE", EVERY, TEXT, AT(config_path), 0,
          "configuration (default: " CONFIG_PATH ")" },
        { "--json", NULL, INVOCATION_JSON, FLAG, AT(json), 0, "print JSON, for programs" },
        { "--municipality", "ID", INVOCATION_MUNICIPALITY, MUNICIPALITY, AT(municipality), 0,
          "only this municipality" },
        { "--uuid", "UUID", INVOCATION_UUID, UUID, AT(uuid_text), 0, "only this event" },
        { "--event", "UUID", INVOCATION_EVENT, UUID, AT(uuid_text), 0,
          "all that happened to this event, across all topics" },
        { "--reason", "CODE", INVOCATION_REASON, TEXT, AT(reason), 0,
          "only this reason, such as rejected-by-cms" },
        { "--from", "TIME", INVOCATION_FROM, MOMENT, AT(from), 0,
          "from then on: 2026-03-01T09:00:00Z, 2026-03-01, or how long ago, as 2h" },
        { "--to", "TIME", INVOCATION_TO, MOMENT, AT(to), 0, "until then, not included" },
        { "--all", NULL, INVOCATION_ALL, FLAG, AT(all), 0, "all of them" },
        { "--handled", NULL, INVOCATION_HANDLED, FLAG, AT(handled), 0,
          "also those that were replayed or discarded" },
        { "--full", NULL, INVOCATION_FULL, FLAG, AT(full), 0,
          "publish the list whole, even where nothing changed" },
        { "--fresh", NULL, INVOCATION_FRESH, FLAG, AT(fresh), 0, "read past the site's cache" },
        { "--limit", "N", INVOCATION_LIMIT, NUMBER, AT(limit), 1000000, "at most so many" },
        { "--undo", NULL, INVOCATION_UNDO, FLAG, AT(undo), 0,
          "wish again what stood before --from, where it was replaced in the span" },
        { "--message", "TYPE", INVOCATION_MESSAGE, TEXT, AT(message), 0,
          "what the file has: update (default), change, result, control or snapshot" },
        { "--rate", "N", INVOCATION_RATE, NUMBER, AT(rate), 100000,
          "records a second (default: 200)" },
        { "--run", "N", INVOCATION_RUN, NUMBER, AT(run), RUN_MAX,
          "go on with an interrupted run, whose number it said" },
        { "--replication", "N", INVOCATION_REPLICATION, REPLICATION, AT(replication),
          REPLICATION_MAX, "copies of each topic (default: 3, or as many as there are brokers)" },
        { "--force", NULL, INVOCATION_FORCE, FLAG, AT(force), 0,
          "even if a service was at work for it a moment ago" },
        { "--dry-run", NULL, INVOCATION_DRY_RUN, FLAG, AT(dry_run), 0,
          "say what would be done, and do nothing" },
        { "--help", NULL, EVERY, FLAG, AT(help), 0, "this text" },
        { "--version", NULL, EVERY, FLAG, AT(version), 0, "the program's version" },
};

/* NULL: what can be written without a command. */
static unsigned options_of(const struct command *command)
{
        if (!command)
                return INVOCATION_JSON;
        return command->without_json ? command->options : command->options | INVOCATION_JSON;
}

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

/* ---- values ---- */

static int read_number(const struct option *option, const char *value, int64_t *number,
                       struct error *error)
{
        char *end;
        long long read = strtoll(value, &end, 10);

        if (end == value || *end != '\0' || read < 1 || read > option->maximum)
                return error_set(error,
                                 "%s: \"%.40s\" is no whole number from 1 to %lld, such as 3",
                                 option->name, value, (long long)option->maximum);
        *number = read;
        return 0;
}

/* A day is its beginning in UTC. */
static bool parse_day(const char *value, int64_t *ms)
{
        char text[TIMESTAMP_TEXT_BYTES];

        if (strlen(value) != strlen("2026-03-01"))
                return false;
        snprintf(text, sizeof(text), "%.10sT00:00:00Z", value);
        return timestamp_parse(text, strlen(text), ms);
}

static int read_moment(const struct option *option, const char *value, struct moment *moment,
                       struct error *error)
{
        moment->given = true;
        if (timestamp_parse(value, strlen(value), &moment->ms) || parse_day(value, &moment->ms))
                return 0;
        moment->ago = duration_parse(value, &moment->ms) && moment->ms > 0;
        if (moment->ago)
                return 0;
        return error_set(error,
                         "%s: \"%.40s\" is no time; write it as 2026-03-01T09:00:00Z, or how long "
                         "ago it was, such as 2h",
                         option->name, value);
}

static int read_municipality(const struct option *option, const char *value, struct error *error)
{
        if (municipality_id_valid(value, strlen(value)))
                return 0;
        return error_set(error,
                         "%s: \"%.40s\" is no municipality's id; such an id is of a-z, 0-9 and -, "
                         "as aarhus",
                         option->name, value);
}

static int read_uuid(struct invocation *invocation, const struct option *option, const char *value,
                     struct error *error)
{
        if (uuid_parse(value, strlen(value), &invocation->uuid))
                return 0;
        return error_set(error,
                         "%s: \"%.40s\" is no uuid, such as 0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b",
                         option->name, value);
}

static int take(struct invocation *invocation, const struct option *option, const char *value,
                struct error *error)
{
        void *place = (char *)invocation + option->at;
        int64_t number;

        invocation->given |= option->needs;
        switch (option->kind) {
        case FLAG:
                *(bool *)place = true;
                return 0;
        case TEXT:
                *(const char **)place = value;
                return 0;
        case NUMBER:
                return read_number(option, value, place, error);
        case REPLICATION:
                if (read_number(option, value, &number, error) < 0)
                        return -1;
                *(int32_t *)place = (int32_t)number;
                return 0;
        case MOMENT:
                return read_moment(option, value, place, error);
        case MUNICIPALITY:
                *(const char **)place = value;
                return read_municipality(option, value, error);
        case UUID:
                *(const char **)place = value;
                return read_uuid(invocation, option, value, error);
        }
        return -1;
}

int64_t moment_ms(const struct moment *moment, int64_t now_ms, int64_t otherwise)
{
        if (!moment->given)
                return otherwise;
        return moment->ago ? now_ms - moment->ms : moment->ms;
}

/* ---- the line ---- */

/* One option, and the argument behind it where it holds the value. */
static int read_option(struct invocation *invocation, int count, char *const *arguments, int *at,
                       struct error *error)
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
        return take(invocation, option, value, error);
}

static int check_options(const struct invocation *invocation, struct error *error)
{
        const struct command *command = invocation->command;

        for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
                if (table[i].needs & invocation->given & ~options_of(command))
                        return error_set(error,
                                         "%s: has no %s; `dplsync %s --help` lists its options",
                                         command->words, table[i].name, command->words);
        return 0;
}

static int take_operands(struct invocation *invocation, int count, char *const *words,
                         struct error *error)
{
        const struct command *command = invocation->command;

        if ((size_t)count > command->operands_max)
                return error_set(error,
                                 "%s: nothing more is expected behind it, but there is \"%.40s\"",
                                 command->words, words[command->operands_max]);
        if ((size_t)count < command->operands_min && !invocation->help)
                return error_set(error, "%s: something is missing; write dplsync %s %s",
                                 command->words, command->words, command->operands);
        for (int i = 0; i < count; i++)
                invocation->operands[invocation->operand_count++] = words[i];
        return 0;
}

/* `dplsync --help` and `dplsync --version` need no command, and `dplsync topics --help` no whole
 * one. */
static int read_command(struct invocation *invocation, int count, char *const *words,
                        struct error *error)
{
        int used;

        if (invocation->version || (invocation->help && count == 0))
                return 0;
        invocation->command = command_find(count, words, &used, error);
        if (!invocation->command)
                return invocation->help && count == 1 ? 0 : -1;
        if (take_operands(invocation, count - used, words + used, error) < 0)
                return -1;
        return check_options(invocation, error);
}

int invocation_read(struct invocation *invocation, int count, char *const *arguments,
                    struct error *error)
{
        char *words[WORDS_MAX];
        int word_count = 0;

        *invocation = (struct invocation){ .config_path = CONFIG_PATH };
        for (int i = 0; i < count; i++) {
                if (arguments[i][0] == '-' && arguments[i][1] != '\0') {
                        if (read_option(invocation, count, arguments, &i, error) < 0)
                                return -1;
                        continue;
                }
                if (word_count == WORDS_MAX)
                        return error_set(
                                error,
                                "there are too many words; `dplsync --help` lists the commands");
                words[word_count++] = arguments[i];
        }
        return read_command(invocation, word_count, words, error);
}

/* ---- for people ---- */

bool invocation_option_at(const struct command *command, size_t *at,
                          struct invocation_option *option)
{
        for (; *at < ARRAY_LENGTH(table); ++*at) {
                const struct option *row = &table[*at];

                if (row->needs != EVERY && !(row->needs & options_of(command)))
                        continue;
                *option = (struct invocation_option){ row->name, row->value, row->text };
                ++*at;
                return true;
        }
        return false;
}

void invocation_help(const struct command *command, struct buffer *out)
{
        struct invocation_option option;
        char shown[NAME_BYTES];

        for (size_t at = 0; invocation_option_at(command, &at, &option);) {
                snprintf(shown, sizeof(shown), "%s%s%s", option.name, option.value ? " " : "",
                         option.value ? option.value : "");
                buffer_append_format(out, "  %-20s ", shown);
                wrapped_append(out, option.text, TEXT_COLUMN);
        }
}
