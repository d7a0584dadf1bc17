/* services/operator/command_manual.c
 *
 * See the header. In roff a line must not begin with a dot or a quote that is meant as one, and a
 * hyphen that is to be copied is "\-".
 */
#include "operator/command_manual.h"

#include "operator/command.h"
#include "operator/invocation.h"

static void text(struct buffer *out, const char *from)
{
        if (*from == '.' || *from == '\'')
                buffer_append_text(out, "\\&");
        for (; *from; from++) {
                if (*from == '-')
                        buffer_append_text(out, "\\-");
                else if (*from == '\\')
                        buffer_append_text(out, "\\e");
                else if (*from == '`')
                        buffer_append_text(out, "\\(aq");
                else
                        buffer_append_byte(out, *from);
        }
}

static void write_option(struct buffer *out, const struct invocation_option *option)
{
        buffer_append_text(out, ".TP\n.B ");
        text(out, option->name);
        if (option->value)
                buffer_append_format(out, " \\fI%s\\fR", option->value);
        buffer_append_byte(out, '\n');
        text(out, option->text);
        buffer_append_byte(out, '\n');
}

static void write_common_options(struct buffer *out)
{
        struct invocation_option option;

        for (size_t at = 0; invocation_option_at(NULL, &at, &option);)
                write_option(out, &option);
}

/* Those that every command has, too, are told once: both lists are in the table's order. */
static void write_own_options(struct buffer *out, const struct command *command)
{
        struct invocation_option option, common;
        size_t common_at = 0;
        bool more = invocation_option_at(NULL, &common_at, &common);

        for (size_t at = 0; invocation_option_at(command, &at, &option);) {
                if (more && common.name == option.name) {
                        more = invocation_option_at(NULL, &common_at, &common);
                        continue;
                }
                buffer_append_text(out, ".RS\n");
                write_option(out, &option);
                buffer_append_text(out, ".RE\n");
        }
}

static void write_command(struct buffer *out, const struct command *command)
{
        buffer_append_text(out, ".TP\n.B dplsync ");
        text(out, command->words);
        if (command->operands)
                buffer_append_format(out, " \\fI%s\\fR", command->operands);
        buffer_append_byte(out, '\n');
        text(out, command->summary);
        buffer_append_text(out, ".\n");
        text(out, command->text);
        buffer_append_byte(out, '\n');
        write_own_options(out, command);
}

void command_manual(struct buffer *out)
{
        buffer_append_format(
                out,
                ".TH DPLSYNC 1 \"\" \"dplsync %s\"\n"
                ".SH NAME\n"
                "dplsync \\- looks after the topics, municipalities and events of "
                "dplsync\n"
                ".SH SYNOPSIS\n"
                ".B dplsync\n"
                "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
                ".SH DESCRIPTION\n"
                "Keeps the events of libraries' DPL CMS sites and a ticket vendor's "
                "system in step:\nthis command shows how that goes, and puts right what "
                "does not.\nEverything is safe to repeat.\n"
                ".SH OPTIONS\n"
                "Every command has these.\n",
                DPLSYNC_VERSION);
        write_common_options(out);
        buffer_append_text(out, ".SH COMMANDS\n");
        for (size_t i = 0; i < commands_count; i++)
                write_command(out, &commands[i]);
        buffer_append_text(out, ".SH EXIT STATUS\n"
                                ".TP\n.B 0\nDone.\n"
                                ".TP\n.B 1\nFailed, or not as it must be.\n"
                                ".TP\n.B 2\nWrong use, or a wrong configuration.\n"
                                ".SH FILES\n"
                                ".TP\n.I /etc/dplsync/config.json\nThe configuration.\n");
}
