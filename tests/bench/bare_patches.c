/* tests/bench/bare_patches.c
 *
 * What libcurl alone can do: PATCHes to the urls of standard input, one a line, always IN_FLIGHT at
 * a time on kept connections, each answer read and thrown away. No queue, no ledger, no Kafka: the
 * measure for dplsync-writer (writer_throughput.py).
 *
 *     dplsync-bare-patches IN_FLIGHT USER:PASSWORD < urls
 *
 * Prints CPU seconds. Ends with 1 if an answer was not 200.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { URL_BYTES = 512, IN_FLIGHT_MAX = 1024, WAIT_MS = 1000 };

static const char body[] = "{\"state\":\"SoldOut\"}";

static size_t throw_away(char *data, size_t size, size_t count, void *context)
{
        (void)data;
        (void)context;
        return size * count;
}

static CURL *easy_new(const char *login, struct curl_slist *headers)
{
        CURL *easy = curl_easy_init();

        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PATCH");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_USERPWD, login);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, throw_away);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        return easy;
}

/* False at the end of the urls. */
static int start_next(CURLM *multi, CURL *easy)
{
        char url[URL_BYTES];

        if (!fgets(url, sizeof(url), stdin))
                return 0;
        url[strcspn(url, "\n")] = '\0';
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_multi_add_handle(multi, easy);
        return 1;
}

/* The ended ones; each is started again with the next url. How many were no 200. */
static unsigned collect(CURLM *multi, int *running)
{
        unsigned bad = 0;
        CURLMsg *message;
        int left;

        while ((message = curl_multi_info_read(multi, &left))) {
                CURL *easy = message->easy_handle;
                long status = 0;

                curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
                bad += status != 200;
                curl_multi_remove_handle(multi, easy);
                *running += start_next(multi, easy);
        }
        return bad;
}

static double cpu_seconds(void)
{
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
        int in_flight = argc == 3 ? atoi(argv[1]) : 0, running = 0;
        CURL *easies[IN_FLIGHT_MAX];
        unsigned bad = 0;

        if (in_flight < 1 || in_flight > IN_FLIGHT_MAX) {
                fprintf(stderr, "usage: dplsync-bare-patches IN_FLIGHT USER:PASSWORD < urls\n");
                return 2;
        }
        curl_global_init(CURL_GLOBAL_DEFAULT);

        struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
        CURLM *multi = curl_multi_init();

        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)IN_FLIGHT_MAX);
        for (int i = 0; i < in_flight; i++) {
                easies[i] = easy_new(argv[2], headers);
                start_next(multi, easies[i]);
        }
        do {
                curl_multi_perform(multi, &running);
                bad += collect(multi, &running);
                if (running > 0)
                        curl_multi_poll(multi, NULL, 0, WAIT_MS, NULL);
        } while (running > 0);
        for (int i = 0; i < in_flight; i++)
                curl_easy_cleanup(easies[i]);
        curl_multi_cleanup(multi);
        curl_slist_free_all(headers);
        printf("%.3f\n", cpu_seconds());
        return bad > 0;
}
