/* services/operator/main.c
 *
 * The command `dplsync`: reads what is asked for, does it, and ends with a code: 0 done, 1 failed
 * or not as it must be, 2 usage or configuration. Whatever fails is one line on standard error.
 */
#include <signal.h>
#include <stdio.h>

#include "operator/invocation.h"

static int complain(const char *words, const struct error *error, int code)
{
        fprintf(stderr, "dplsync%s%s: %s\n", words ? " " : "", words ? words : "", error->text);
        return code;
}

static int help(const struct command *command)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (command)
                command_help(command, &text);
        else
                command_help_all(&text);
        fputs(text.data, stdout);
        return EXIT_DONE;
}

int main(int argc, char **argv)
{
        struct invocation invocation;
        struct error error = ERROR_NULL;

        signal(SIGPIPE, SIG_IGN);
        if (invocation_read(&invocation, argc > 0 ? argc - 1 : 0, argv + 1, &error) < 0)
                return complain(NULL, &error, EXIT_USAGE);
        if (invocation.version) {
                printf("dplsync %s\n", DPLSYNC_VERSION);
                return EXIT_DONE;
        }
        if (invocation.help)
                return help(invocation.command);

        int code = invocation.command->run(&invocation, &error);

        return code == EXIT_DONE ? code : complain(invocation.command->words, &error, code);
}
