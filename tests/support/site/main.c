/* site/main.c
 *
 * dplsync-site: simulated DPL CMS sites for tests, benchmarks and the demonstration. One process
 * serves many sites on one port of the loopback interface, each under its own path prefix:
 * http://127.0.0.1:PORT/<site>/api/v1/events, or https with a certificate. Sites are created over
 * /_control/ (site/control.h). Every address of 127.0.0.0/8 leads here, so that sites can have hosts of
 * their own.
 *
 * Here is the wiring and the loop: one thread, the HTTP library's epoll descriptor, and timers.
 */
#include "site/clock.h"
#include "site/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LEDGER_ENTRIES = 1000000, CONNECTIONS_MAX = 4000, MEMORY_PER_CONNECTION_BYTES = 32768 };

struct options {
        uint16_t port;
        const char *port_file;
        size_t ledger_entries;
        bool any_address; /* not the loopback interface's alone */
        char *certificate; /* texts, owned; NULL: no TLS */
        char *key;
};

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
        (void)number;
        stopping = 1;
}

static const char usage[] =
        "usage: dplsync-site [--port N] [--port-file FILE] [--ledger-entries N] [--any-address]\n"
        "                    [--certificate FILE --key FILE]\n"
        "\n"
        "  --port N            port of 127.0.0.0/8; 0, the default, takes a free one\n"
        "  --port-file FILE    write the port there once requests are served\n"
        "  --ledger-entries N  requests remembered, 1000000 by default\n"
        "  --any-address       serve every address of the machine: for a container\n"
        "  --certificate FILE  serve https with this chain (PEM) and the key of --key\n"
        "\n"
        "The port is also the first line of standard output. What can be asked of it stands in\n"
        "control.h beside the source.\n";

/* A PEM file as a text; NULL if it cannot be read. */
static char *read_file(const char *path)
{
        char text[65536];
        FILE *file = fopen(path, "r");
        size_t bytes = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

        if (file)
                fclose(file);
        text[bytes] = '\0';
        return bytes > 0 ? strdup(text) : NULL;
}

static int read_options(int count, char **arguments, struct options *options)
{
        static const struct option known[] = {
                { "port", required_argument, NULL, 'p' },
                { "port-file", required_argument, NULL, 'f' },
                { "ledger-entries", required_argument, NULL, 'l' },
                { "any-address", no_argument, NULL, 'a' },
                { "certificate", required_argument, NULL, 'c' },
                { "key", required_argument, NULL, 'k' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int option;

        *options = (struct options){ .ledger_entries = LEDGER_ENTRIES };
        while ((option = getopt_long(count, arguments, "", known, NULL)) != -1) {
                if (option == 'p') {
                        options->port = (uint16_t)atoi(optarg);
                } else if (option == 'f') {
                        options->port_file = optarg;
                } else if (option == 'l') {
                        options->ledger_entries = strtoull(optarg, NULL, 10);
                } else if (option == 'a') {
                        options->any_address = true;
                } else if (option == 'c') {
                        options->certificate = read_file(optarg);
                } else if (option == 'k') {
                        options->key = read_file(optarg);
                } else {
                        fputs(usage, option == 'h' ? stdout : stderr);
                        return option == 'h' ? 0 : 2;
                }
        }
        if (options->ledger_entries == 0)
                options->ledger_entries = 1;
        return -1;
}

/* Only who comes from this machine. */
static enum MHD_Result is_local(void *context, const struct sockaddr *peer, socklen_t bytes)
{
        const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)peer;

        (void)context;
        (void)bytes;
        return ntohl(address->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ? MHD_YES : MHD_NO;
}

static struct MHD_Daemon *start_daemon(const struct options *options, struct exchanges *exchanges)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(options->port),
                                       .sin_addr = { htonl(INADDR_ANY) } };
        struct MHD_OptionItem tls[] = {
                { MHD_OPTION_HTTPS_MEM_CERT, 0, options->certificate },
                { MHD_OPTION_HTTPS_MEM_KEY, 0, options->key },
                { MHD_OPTION_END, 0, NULL },
        };
        unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME |
                         MHD_USE_ERROR_LOG;

        if (options->certificate && options->key)
                flags |= MHD_USE_TLS;
        else
                tls[0] = tls[2];
        return MHD_start_daemon(
                flags, options->port, options->any_address ? NULL : is_local, NULL, exchange_handle,
                exchanges, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                MHD_OPTION_URI_LOG_CALLBACK, exchange_new, exchanges,
                MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, exchanges,
                MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION_BYTES,
                MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

/* The file appears under its name only when it is whole. */
static int announce(struct MHD_Daemon *daemon, const char *port_file)
{
        unsigned port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
        char part[4096];
        FILE *file;

        printf("%u\n", port);
        fflush(stdout);
        if (!port_file)
                return 0;
        snprintf(part, sizeof(part), "%s.part", port_file);
        file = fopen(part, "w");
        if (!file)
                return -1;
        fprintf(file, "%u\n", port);
        if (fclose(file) != 0)
                return -1;
        return rename(part, port_file);
}

/* How long the loop may sleep; NULL: until something comes. */
static const struct timespec *sleep_time(struct MHD_Daemon *daemon, const struct timers *timers,
                                         struct timespec *storage)
{
        int64_t wait_us = timers_next_us(timers);
        MHD_UNSIGNED_LONG_LONG library_ms;

        if (wait_us != INT64_MAX)
                wait_us -= clock_steady_us();
        if (MHD_get_timeout(daemon, &library_ms) == MHD_YES && (int64_t)library_ms * 1000 < wait_us)
                wait_us = (int64_t)library_ms * 1000;
        if (wait_us == INT64_MAX)
                return NULL;
        if (wait_us < 0)
                wait_us = 0;
        *storage = (struct timespec){ wait_us / SECOND_US, wait_us % SECOND_US * 1000 };
        return storage;
}

static void loop(struct MHD_Daemon *daemon, struct exchanges *exchanges, const sigset_t *unblocked)
{
        struct pollfd ready = { .events = POLLIN };

        ready.fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
        while (!stopping) {
                struct timespec storage;

                if (ppoll(&ready, 1, sleep_time(daemon, &exchanges->timers, &storage), unblocked) <
                            0 &&
                    errno != EINTR)
                        break;
                timers_run(&exchanges->timers, clock_steady_us());
                MHD_run(daemon);
        }
}

/* SIGINT and SIGTERM come only while the loop sleeps, so none is missed before it does. */
static void catch_signals(sigset_t *unblocked)
{
        struct sigaction action = { .sa_handler = on_signal };
        sigset_t blocked;

        sigemptyset(&blocked);
        sigaddset(&blocked, SIGINT);
        sigaddset(&blocked, SIGTERM);
        sigprocmask(SIG_BLOCK, &blocked, unblocked);
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        signal(SIGPIPE, SIG_IGN);
}

int main(int count, char **arguments)
{
        struct options options;
        struct sites sites;
        struct exchanges exchanges = { .sites = &sites };
        struct MHD_Daemon *daemon;
        sigset_t unblocked;
        int code = read_options(count, arguments, &options);

        if (code >= 0)
                return code;
        catch_signals(&unblocked);
        daemon = start_daemon(&options, &exchanges);
        if (!daemon) {
                fprintf(stderr, "dplsync-site: port %u: %s\n", options.port, strerror(errno));
                return 1;
        }
        sites_init(&sites, options.ledger_entries);
        if (announce(daemon, options.port_file) < 0) {
                fprintf(stderr, "dplsync-site: %s: %s\n", options.port_file, strerror(errno));
                code = 1;
        } else {
                loop(daemon, &exchanges, &unblocked);
                code = 0;
        }
        exchanges_close(&exchanges);
        MHD_run(daemon);
        MHD_stop_daemon(daemon);
        timers_deinit(&exchanges.timers);
        sites_deinit(&sites);
        free(options.certificate);
        free(options.key);
        return code;
}
