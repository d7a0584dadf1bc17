/* common/io/daemon_options.c
 *
 * One table of options; getopt and --help both come from it.
 */
#include "io/daemon_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { NONE = no_argument, NEEDED = required_argument, MAY_BE = optional_argument };

static const struct {
        const char *name;
        int argument;
        char letter;
        const char *shown;
        const char *text;
} table[] = {
        { "config", NEEDED, 'c', "--config FILE",
          "configuration (default: " DAEMON_CONFIG_PATH ")" },
        { "check", NONE, 'k', "--check",
          "say whether configuration, credentials, Kafka and Redis are right; exit" },
        { "help", MAY_BE, 'h', "--help[=metrics]", "this text, or the table of metrics; exit" },
        { "version", NONE, 'v', "--version", "exit" },
};

static void say_wrong(struct daemon_options *options, const struct daemon_program *program,
                      const char *what, const char *which, const char *instead)
{
        if (instead)
                fprintf(stderr, "dplsync-%s: %s %s; did you mean --%s?\n", program->name, what,
                        which, instead);
        else
                fprintf(stderr, "dplsync-%s: %s %s; see --help\n", program->name, what, which);
        options->task = DAEMON_WRONG;
}

static void say_unknown(struct daemon_options *options, const struct daemon_program *program,
                        const char *option)
{
        const char *names[ARRAY_LENGTH(table) + 1] = { NULL };
        char name[64];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(option, "="), option);
        for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
                names[i] = table[i].name;
        say_wrong(options, program, "unknown option", option,
                  settings_nearest(name + strspn(name, "-"), names));
}

static void say_help(const struct daemon_program *program)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        buffer_append_format(&text, "dplsync-%s [--config FILE] [--check]\n\n%s\n\nOptions:\n",
                             program->name, program->summary);
        for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
                buffer_append_format(&text, "  %-18s %s\n", table[i].shown, table[i].text);
        buffer_append_text(
                &text, "\nExit codes: 0 drained, 1 failed, 2 usage or configuration.\n"
                       "SIGTERM drains, a second one exits at once; SIGHUP reads the configuration "
                       "anew.\n\n");
        config_help(program->name, &text);
        fputs(text.data, stdout);
}

static void say_metrics(const struct daemon_program *program)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        metrics_document(program->metrics, program->metric_count, &text);
        fputs(text.data, stdout);
}

static void handle_help(struct daemon_options *options, const struct daemon_program *program,
                        const char *topic)
{
        options->task = DAEMON_SAID;
        if (!topic)
                say_help(program);
        else if (strcmp(topic, "metrics") == 0)
                say_metrics(program);
        else
                say_wrong(options, program, "no help about", topic, "help=metrics");
}

static void handle(struct daemon_options *options, const struct daemon_program *program, int letter,
                   const char *argument, const char *written)
{
        switch (letter) {
        case 'c':
                options->config_path = argument;
                break;
        case 'k':
                options->task = DAEMON_CHECK;
                break;
        case 'h':
                handle_help(options, program, argument);
                break;
        case 'v':
                printf("dplsync-%s %s\n", program->name, DPLSYNC_VERSION);
                options->task = DAEMON_SAID;
                break;
        case ':':
                say_wrong(options, program, "nothing follows", written, NULL);
                break;
        default:
                say_unknown(options, program, written);
        }
}

void daemon_options_read(struct daemon_options *options, const struct daemon_program *program,
                         int argc, char **argv)
{
        struct option longs[ARRAY_LENGTH(table) + 1] = { { 0 } };
        int letter;

        for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
                longs[i] =
                        (struct option){ table[i].name, table[i].argument, NULL, table[i].letter };
        *options = (struct daemon_options){ DAEMON_RUN, DAEMON_CONFIG_PATH };
        opterr = 0;
        while (options->task != DAEMON_WRONG && options->task != DAEMON_SAID &&
               (letter = getopt_long(argc, argv, ":h", longs, NULL)) != -1)
                handle(options, program, letter, optarg, argv[optind - 1]);
        if ((options->task == DAEMON_RUN || options->task == DAEMON_CHECK) && optind < argc)
                say_wrong(options, program, "unexpected argument", argv[optind], NULL);
}
