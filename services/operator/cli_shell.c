/* services/operator/cli_shell.c
 *
 * `dplsync completion` and `dplsync man`: what the shell and the manual know of the command,
 * written by the command itself, so that they know of the same ones.
 */
#include <string.h>

#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/command_completion.h"
#include "operator/command_manual.h"
#include "operator/invocation.h"

int cli_completion(const struct invocation *invocation, struct error *error)
{
        const char *shell = invocation->operands[0];
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (strcmp(shell, "bash") == 0)
                command_completion_bash(&text);
        else if (strcmp(shell, "zsh") == 0)
                command_completion_zsh(&text);
        else {
                error_set(error, "\"%.40s\" is none of bash and zsh", shell);
                return EXIT_USAGE;
        }
        cli_print(&text);
        return EXIT_DONE;
}

int cli_man(const struct invocation *invocation, struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        (void)invocation;
        (void)error;
        command_manual(&text);
        cli_print(&text);
        return EXIT_DONE;
}
