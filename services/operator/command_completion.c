/* services/operator/command_completion.c
 *
 * Both shells get the same cases: by the words before the cursor, without options, what may come
 * next. zsh also shows what each of them does.
 */
#include "operator/command_completion.h"

#include <string.h>

#include "operator/command.h"
#include "operator/invocation.h"

/* "topics" of "topics create" */
static size_t first_word(const char *words)
{
        return strcspn(words, " ");
}

static bool is_first_of_its_kind(size_t number)
{
        size_t bytes = first_word(commands[number].words);

        for (size_t i = 0; i < number; i++)
                if (first_word(commands[i].words) == bytes &&
                    strncmp(commands[i].words, commands[number].words, bytes) == 0)
                        return false;
        return true;
}

static bool has_second_word(size_t number)
{
        return strchr(commands[number].words, ' ') != NULL;
}

/* What an operand can be, where that is a choice of words: "bash|zsh". */
static bool is_choice(const char *operands)
{
        return operands && strcspn(operands, "abcdefghijklmnopqrstuvwxyz") == 0;
}

static void append_choices(struct buffer *out, const char *operands)
{
        for (; *operands; operands++)
                buffer_append_byte(out, *operands == '|' ? ' ' : *operands);
}

/* ---- bash ---- */

static void bash_options(struct buffer *out, const struct command *command)
{
        struct invocation_option option;

        for (size_t at = 0; invocation_option_at(command, &at, &option);)
                buffer_append_format(out, "%s%s", at > 1 ? " " : "", option.name);
}

static void bash_first_words(struct buffer *out)
{
        buffer_append_text(out, "        '') words='");
        for (size_t i = 0; i < commands_count; i++)
                if (is_first_of_its_kind(i))
                        buffer_append_format(out, "%.*s ", (int)first_word(commands[i].words),
                                             commands[i].words);
        buffer_append_text(out, "' ;;\n");
}

static void bash_second_words(struct buffer *out, size_t number)
{
        const char *first = commands[number].words;
        size_t bytes = first_word(first);

        buffer_append_format(out, "        '%.*s ') words='", (int)bytes, first);
        for (size_t i = 0; i < commands_count; i++)
                if (has_second_word(i) && strncmp(commands[i].words, first, bytes + 1) == 0)
                        buffer_append_format(out, "%s ", commands[i].words + bytes + 1);
        buffer_append_text(out, "' ;;\n");
}

static void bash_command(struct buffer *out, const struct command *command)
{
        buffer_append_format(out, "        '%s '*) options='", command->words);
        bash_options(out, command);
        buffer_append_byte(out, '\'');
        if (is_choice(command->operands)) {
                buffer_append_text(out, " words='");
                append_choices(out, command->operands);
                buffer_append_byte(out, '\'');
        }
        buffer_append_text(out, " ;;\n");
}

void command_completion_bash(struct buffer *out)
{
        buffer_append_text(out, "# Completion of dplsync for bash: . <(dplsync completion bash)\n"
                                "_dplsync() {\n"
                                "    local current=${COMP_WORDS[COMP_CWORD]} so_far='' word\n"
                                "    local words='' options='--config --json --help --version'\n"
                                "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                                "        [[ $word == -* ]] || so_far+=\"$word \"\n"
                                "    done\n"
                                "    case \"$so_far\" in\n");
        bash_first_words(out);
        for (size_t i = 0; i < commands_count; i++)
                if (has_second_word(i) && is_first_of_its_kind(i))
                        bash_second_words(out, i);
        for (size_t i = 0; i < commands_count; i++)
                bash_command(out, &commands[i]);
        buffer_append_text(out,
                           "    esac\n"
                           "    [[ $current == -* ]] && words=$options\n"
                           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                           "}\n"
                           "complete -o default -F _dplsync dplsync\n");
}

/* ---- zsh ---- */

/* 'word:what it does', with what zsh would read in it escaped. */
static void zsh_item(struct buffer *out, const char *word, size_t bytes, const char *text)
{
        buffer_append_format(out, " '%.*s:", (int)bytes, word);
        for (; *text; text++) {
                if (*text == '\'')
                        buffer_append_text(out, "'\\'");
                if (*text == ':' || *text == '\\')
                        buffer_append_byte(out, '\\');
                buffer_append_byte(out, *text);
        }
        buffer_append_byte(out, '\'');
}

static void zsh_first_words(struct buffer *out)
{
        buffer_append_text(out, "        '') items=(");
        for (size_t i = 0; i < commands_count; i++) {
                size_t bytes = first_word(commands[i].words);

                if (is_first_of_its_kind(i))
                        zsh_item(out, commands[i].words, bytes,
                                 has_second_word(i) ? "..." : commands[i].summary);
        }
        buffer_append_text(out, ") ;;\n");
}

static void zsh_second_words(struct buffer *out, size_t number)
{
        const char *first = commands[number].words;
        size_t bytes = first_word(first);

        buffer_append_format(out, "        '%.*s ') items=(", (int)bytes, first);
        for (size_t i = 0; i < commands_count; i++) {
                const char *second = commands[i].words + bytes + 1;

                if (has_second_word(i) && strncmp(commands[i].words, first, bytes + 1) == 0)
                        zsh_item(out, second, strlen(second), commands[i].summary);
        }
        buffer_append_text(out, ") ;;\n");
}

static void zsh_command(struct buffer *out, const struct command *command)
{
        struct invocation_option option;

        buffer_append_format(out, "        '%s '*) options=(", command->words);
        for (size_t at = 0; invocation_option_at(command, &at, &option);)
                zsh_item(out, option.name, strlen(option.name), option.text);
        buffer_append_byte(out, ')');
        if (is_choice(command->operands)) {
                buffer_append_text(out, " items=(");
                append_choices(out, command->operands);
                buffer_append_byte(out, ')');
        }
        buffer_append_text(out, " ;;\n");
}

void command_completion_zsh(struct buffer *out)
{
        buffer_append_text(out, "#compdef dplsync\n"
                                "# Completion of dplsync for zsh: . <(dplsync completion zsh)\n"
                                "_dplsync() {\n"
                                "    local -a items options\n"
                                "    local so_far='' word\n"
                                "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
                                "        [[ $word == -* ]] || so_far+=\"$word \"\n"
                                "    done\n"
                                "    options=('--help:this text' '--version:the version')\n"
                                "    case \"$so_far\" in\n");
        zsh_first_words(out);
        for (size_t i = 0; i < commands_count; i++)
                if (has_second_word(i) && is_first_of_its_kind(i))
                        zsh_second_words(out, i);
        for (size_t i = 0; i < commands_count; i++)
                zsh_command(out, &commands[i]);
        buffer_append_text(out, "    esac\n"
                                "    if [[ ${words[CURRENT]} == -* ]]; then\n"
                                "        _describe option options\n"
                                "    elif (( ${#items} )); then\n"
                                "        _describe command items\n"
                                "    else\n"
                                "        _files\n"
                                "    fi\n"
                                "}\n"
                                "(( $+functions[compdef] )) && compdef _dplsync dplsync\n");
}
