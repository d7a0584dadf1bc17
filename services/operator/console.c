/* services/operator/console.c
 *
 * What the console is made of: a feed of what is, searches for what was, deeds, and the pages. One
 * line on standard output says where it is; the log follows there.
 */
#include "operator/console.h"

#include <stdio.h>

#include "operator/console_web.h"
#include "operator/invocation.h"

struct console {
        struct desk desk;
        struct console_parts parts;
        struct console_web *web;
};

static int set_up(struct console *console, struct error *error)
{
        struct console_parts *parts = &console->parts;
        const struct config *config = console->desk.config;

        parts->desk = &console->desk;
        parts->logger =
                logger_new(console->desk.loop, "console", (enum log_format)config->log_format,
                           (enum log_level)config->log_level);
        parts->feed = console_feed_new(&console->desk, parts->logger, error);
        if (!parts->feed)
                return -1;
        parts->search = console_search_new(&console->desk, parts->feed, error);
        if (!parts->search)
                return -1;
        parts->deeds = console_deeds_new(&console->desk, parts->logger, parts->feed);
        console->web = console_web_new(parts, error);
        return console->web ? 0 : -1;
}

/* Deeds look at the feed until the last one is given up; searches get their last answers from the
 * feed's Redis when it goes. */
static void tear_down(struct console *console)
{
        console_web_free(console->web);
        console_deeds_free(console->parts.deeds);
        console_feed_free(console->parts.feed);
        console_search_free(console->parts.search);
        if (console->parts.logger)
                logger_free(console->parts.logger);
        desk_close(&console->desk);
}

static bool never(void *context)
{
        (void)context;
        return false;
}

static int serve(struct console *console, struct error *error)
{
        const struct config *config = console->desk.config;

        if (set_up(console, error) < 0)
                return EXIT_FAILED;
        logger_say(console->parts.logger, LOG_INFO, "the console is open",
                   FIELD_TEXT("address", config->console.address),
                   FIELD_NUMBER("port", console_web_port(console->web)),
                   FIELD_TEXT("actions", config->console.actions ? "on" : "off"));
        desk_wait(&console->desk, never, NULL, 0, "a signal", NULL);
        logger_say(console->parts.logger, LOG_INFO, "the console is closed", FIELD_END);
        return EXIT_DONE;
}

int console_run(const struct invocation *invocation, struct error *error)
{
        struct console console = { .web = NULL };
        int code = EXIT_USAGE;

        if (desk_open(&console.desk, invocation->config_path, error) == 0)
                code = serve(&console, error);
        tear_down(&console);
        return code;
}
