/* services/operator/command.c
 *
 * A command is one word or two. Who gets it wrong is told the nearest one, and who gives half of it
 * is told its second halves.
 */
#include "operator/command.h"

#include <stdio.h>
#include <string.h>

#include "base/settings.h"
#include "operator/cli.h"
#include "operator/console.h"
#include "operator/invocation.h"
#include "operator/wrapped.h"

enum { WORDS_BYTES = 64 };

const struct command commands[] = {
        { .words = "topics check",
          .summary = "Look whether the topics are at Kafka as dplsync needs them",
          .text = "Compares each topic with what it must be: its partitions, its cleanup policy "
                  "and the other settings that dplsync's promises hang on. What would only be "
                  "better otherwise is said, too. Writes nothing. Exit code 1 when something is "
                  "missing or wrong.",
          .run = cli_topics_check },
        { .words = "topics create",
          .options = INVOCATION_DRY_RUN | INVOCATION_REPLICATION,
          .summary = "Create the topics that are missing",
          .text = "Creates what is missing of the six topics, with topics.partitions partitions. "
                  "What stands is never changed, so it is safe to repeat. Exit code 1 when "
                  "afterwards one is missing or wrong.",
          .run = cli_topics_create },
        { .words = "status",
          .operands = "[MUNICIPALITY]",
          .operands_max = 1,
          .options = INVOCATION_ALL,
          .summary = "Show what is wrong, the worst first",
          .text = "All municipalities in numbers, and a line for each that is not as it should "
                  "be. Of one municipality all that is known, and what to do. Writes nothing.",
          .run = cli_status },
        { .words = "console",
          .summary = "Show all municipalities on a page, for the browser",
          .text = "What is wrong stands first, with what to do about it. The page is at "
                  "console.address; without console.actions it only shows. Runs until it is "
                  "interrupted.",
          .without_json = true,
          .run = console_run },
        { .words = "refresh",
          .operands = "MUNICIPALITY...",
          .operands_max = COMMAND_OPERANDS_MAX,
          .options = INVOCATION_DRY_RUN | INVOCATION_ALL | INVOCATION_FULL | INVOCATION_FRESH,
          .summary = "Read the lists of these sites now",
          .text = "Asks the fetcher to read now instead of at its next turn. Safe to repeat: it "
                  "costs the site a read.",
          .run = cli_refresh },
        { .words = "reassert",
          .operands = "MUNICIPALITY...",
          .operands_max = COMMAND_OPERANDS_MAX,
          .options = INVOCATION_DRY_RUN | INVOCATION_ALL,
          .summary = "Tell the vendor all events of these sites again",
          .text = "The next whole list is told as a whole, each event with `reassert`, whether it "
                  "changed or not. For a vendor who lost what it had. Safe to repeat.",
          .run = cli_reassert },
        { .words = "replay updates",
          .options = INVOCATION_REPLAY | INVOCATION_UNDO,
          .summary = "Send the vendor's updates of a span of time again",
          .text = "With their versions: what was replaced by a newer update stays replaced, what "
                  "still stands is sent to the site once more. With --undo it is the other way "
                  "round: what was wished in the span is taken back, each value to what was "
                  "wished before, unless it was wished anew since. Safe to repeat.",
          .run = cli_replay_updates },
        { .words = "replay results",
          .options = INVOCATION_REPLAY,
          .summary = "Send what should stand on the sites again",
          .text = "Each event's standing wish, links and state, of those that had a result since "
                  "--from. For a site that was restored from an older backup: the time of the "
                  "backup is the right --from. Safe to repeat.",
          .run = cli_replay_results },
        { .words = "retire",
          .operands = "MUNICIPALITY",
          .operands_min = 1,
          .operands_max = 1,
          .options = INVOCATION_FORCE | INVOCATION_DRY_RUN,
          .summary = "Tell the vendor that a municipality left for good",
          .text = "All its events are told as deleted, with the reason retired, and its state is "
                  "cleared. It must no longer be in the configuration of any pod. Its keys stay "
                  "in the topics for 30 days, and for ever unless the command is run once more "
                  "after that: it says when. Safe to repeat.",
          .run = cli_retire },
        { .words = "plan",
          .operands = "MUNICIPALITY",
          .operands_min = 1,
          .operands_max = 1,
          .summary = "Show what the vendor would be told now",
          .text = "Reads the site past its cache, compares its list with what is known, by the "
                  "rules "
                  "of this configuration, and lists what would be created, updated and deleted. "
                  "For "
                  "a new municipality, or a setting that is to be tried first. A log-in that the "
                  "writer found rejected is not sent again: the site is read without one. Writes "
                  "nothing.",
          .run = cli_plan },
        { .words = "validate",
          .operands = "FILE|TOPIC",
          .operands_min = 1,
          .operands_max = 1,
          .options = INVOCATION_MESSAGE | INVOCATION_FROM,
          .summary = "Check messages against the rules",
          .text = "Of a file (- is standard input), for a vendor's own tests: JSON documents one "
                  "a line, over several lines, or in one array; each wrong one is said with its "
                  "line. Of a topic (updates, changes, results, control, snapshots): every "
                  "record, with its partition and offset. Exit code 1 when one is wrong. Writes "
                  "nothing.",
          .run = cli_validate },
        { .words = "tail",
          .operands = "[TOPIC]",
          .operands_max = 1,
          .options = INVOCATION_MUNICIPALITY | INVOCATION_UUID | INVOCATION_TIMES |
                     INVOCATION_LIMIT | INVOCATION_EVENT,
          .summary = "Follow a topic, a line a record",
          .text = "From now on, or since --from; until it is interrupted, or --limit records were "
                  "shown, or up to --to. With --json each line is the whole record. With --event "
                  "instead of "
                  "a topic: what the site showed, what the vendor was told, what it wished and "
                  "what "
                  "became of it, in order of time.",
          .run = cli_tail },
        { .words = "completion",
          .operands = "bash|zsh",
          .operands_min = 1,
          .operands_max = 1,
          .summary = "Write the completion of this command for a shell",
          .text = "In bash and zsh: . <(dplsync completion bash), or zsh.",
          .without_json = true,
          .run = cli_completion },
        { .words = "man",
          .summary = "Write the manual page",
          .text = "To read it: dplsync man | man -l -. To install it: dplsync man > dplsync.1.",
          .without_json = true,
          .run = cli_man },
        { .words = "holds list",
          .summary = "List the deletions that wait for a decision",
          .text = "A site that suddenly lacks many events is not believed at once: the deletions "
                  "are held. Writes nothing.",
          .run = cli_holds_list },
        { .words = "holds show",
          .operands = "MUNICIPALITY",
          .operands_min = 1,
          .operands_max = 1,
          .summary = "Show which events a hold would delete",
          .text = "With their titles, as the vendor was told them last. Writes nothing.",
          .run = cli_holds_show },
        { .words = "holds approve",
          .operands = "MUNICIPALITY HOLD",
          .operands_min = 2,
          .operands_max = 2,
          .options = INVOCATION_DRY_RUN,
          .summary = "Let the deletions of a hold pass",
          .text = "HOLD is the id that `dplsync holds list` shows: it stands for exactly the "
                  "events that were looked at. The site is read once more, past its cache, and "
                  "what it still lacks is deleted. A hold that changed meanwhile is refused.",
          .run = cli_holds_approve },
        { .words = "holds reject",
          .operands = "MUNICIPALITY HOLD",
          .operands_min = 2,
          .operands_max = 2,
          .options = INVOCATION_DRY_RUN,
          .summary = "Keep the events of a hold",
          .text = "They stay known to the vendor, and nothing is said of them for 24 h; if the "
                  "site still lacks them then, they are held anew.",
          .run = cli_holds_reject },
        { .words = "dead-letters list",
          .options = INVOCATION_LETTERS | INVOCATION_HANDLED | INVOCATION_LIMIT,
          .summary = "List what could not be done",
          .text = "Updates that the sites refused, or that cannot be understood, the newest last; "
                  "without --limit the last 100 of those that still wait. Writes nothing.",
          .run = cli_dead_letters_list },
        { .words = "dead-letters show",
          .operands = "LETTER",
          .operands_min = 1,
          .operands_max = 1,
          .summary = "Show a dead letter whole",
          .text = "LETTER is the name that `dplsync dead-letters list` shows, such as 3/1042. "
                  "With the message itself and what the site answered. Writes nothing.",
          .run = cli_dead_letters_show },
        { .words = "dead-letters replay",
          .operands = "LETTER...",
          .operands_max = COMMAND_OPERANDS_MAX,
          .options = INVOCATION_LETTERS | INVOCATION_ALL | INVOCATION_RATE | INVOCATION_DRY_RUN,
          .summary = "Send dead letters to the sites again",
          .text = "In their order and with their versions: what was replaced by a newer update "
                  "since stays replaced. Each is marked when it was sent, so an interrupted run "
                  "goes on where it stopped when it is repeated. What would be refused again is "
                  "not sent, and said; then the exit code is 1.",
          .run = cli_dead_letters_replay },
        { .words = "dead-letters discard",
          .operands = "LETTER...",
          .operands_max = COMMAND_OPERANDS_MAX,
          .options = INVOCATION_LETTERS | INVOCATION_ALL | INVOCATION_RATE | INVOCATION_DRY_RUN,
          .summary = "Mark dead letters as settled",
          .text = "Nothing is sent to a site; they are no longer listed. Safe to repeat.",
          .run = cli_dead_letters_discard },
};
const size_t commands_count = ARRAY_LENGTH(commands);

static bool same_words(const char *words, const char *first, const char *second)
{
        size_t first_bytes = strlen(first);

        if (strncmp(words, first, first_bytes) != 0)
                return false;
        if (words[first_bytes] == '\0')
                return !second;
        return second && words[first_bytes] == ' ' && strcmp(words + first_bytes + 1, second) == 0;
}

/* "topics create, topics check": those that begin with `first`. */
static void list_second_words(const char *first, struct buffer *out)
{
        size_t first_bytes = strlen(first);

        for (size_t i = 0; i < commands_count; i++)
                if (strncmp(commands[i].words, first, first_bytes) == 0 &&
                    commands[i].words[first_bytes] == ' ')
                        buffer_append_format(out, "%s%s", out->length > 0 ? ", " : "",
                                             commands[i].words);
}

static void say_unknown(const char *first, const char *second, struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer list = BUFFER_NULL;
        const char *names[ARRAY_LENGTH(commands) + 1] = { NULL };
        char words[WORDS_BYTES];

        snprintf(words, sizeof(words), "%s%s%s", first, second ? " " : "", second ? second : "");
        for (size_t i = 0; i < commands_count; i++)
                names[i] = commands[i].words;
        list_second_words(first, &list);

        bool half = !second && list.length > 0; /* the first of two words, and right */
        const char *nearest = half ? NULL : settings_nearest(words, names);

        if (!nearest && list.length == 0)
                nearest = settings_nearest(first, names);
        if (nearest)
                error_set(error, "%s: no such command; did you mean %s?", words, nearest);
        else if (list.length > 0)
                error_set(error, "%s: %s; there is %s", words,
                          second ? "no such command" : "a second word is missing", list.data);
        else
                error_set(error, "%s: no such command; `dplsync --help` lists them", words);
}

const struct command *command_find(int count, char *const *words, int *used, struct error *error)
{
        if (count == 0) {
                error_set(error, "a command is missing; `dplsync --help` lists them");
                return NULL;
        }

        const char *second = count > 1 ? words[1] : NULL;

        for (size_t i = 0; i < commands_count; i++) {
                for (*used = 1; *used <= 2; ++*used)
                        if (same_words(commands[i].words, words[0], *used == 2 ? second : NULL))
                                return &commands[i];
        }
        say_unknown(words[0], second, error);
        return NULL;
}

void command_help_all(struct buffer *out)
{
        buffer_append_text(
                out,
                "dplsync COMMAND [OPTIONS]\n\n"
                "Looks after the topics, municipalities and events of dplsync.\n\nCommands:\n");
        for (size_t i = 0; i < commands_count; i++)
                buffer_append_format(out, "  %-20s %s\n", commands[i].words, commands[i].summary);
        buffer_append_text(out, "\nOptions:\n");
        invocation_help(NULL, out);
        buffer_append_text(
                out,
                "\nExit codes: 0 done, 1 failed or not as it must be, 2 usage or configuration.\n"
                "`dplsync COMMAND --help` says more about one.\n");
}

void command_help(const struct command *command, struct buffer *out)
{
        buffer_append_format(out, "dplsync %s%s%s [OPTIONS]\n\n%s.\n\n", command->words,
                             command->operands ? " " : "",
                             command->operands ? command->operands : "", command->summary);
        wrapped_append(out, command->text, 0);
        buffer_append_text(out, "\nOptions:\n");
        invocation_help(command, out);
}
