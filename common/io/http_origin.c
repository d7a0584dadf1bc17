/* common/io/http_origin.c
 *
 * URLs are taken apart by libcurl itself: a second parser would disagree with it some day, and such
 * disagreements are how log-ins reach the wrong host.
 */
#include "io/http_origin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"

static char *part(CURLU *handle, CURLUPart what, unsigned flags)
{
        char *text = NULL;

        return curl_url_get(handle, what, &text, flags) == CURLUE_OK ? text : NULL;
}

static bool is_good(const struct http_origin *origin)
{
        return origin->scheme && origin->host && origin->port &&
               (strcmp(origin->scheme, "https") == 0 || strcmp(origin->scheme, "http") == 0);
}

bool http_origin_read(struct http_origin *origin, const char *url)
{
        *origin = (struct http_origin){ .url = curl_url() };
        if (!origin->url)
                abort();
        if (curl_url_set(origin->url, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK) {
                origin->scheme = part(origin->url, CURLUPART_SCHEME, 0);
                origin->host = part(origin->url, CURLUPART_HOST, 0);
                origin->port = part(origin->url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
        }
        if (is_good(origin))
                return true;
        http_origin_deinit(origin);
        return false;
}

void http_origin_deinit(struct http_origin *origin)
{
        curl_url_cleanup(origin->url);
        curl_free(origin->scheme);
        curl_free(origin->host);
        curl_free(origin->port);
        *origin = (struct http_origin){ 0 };
}

bool http_origin_is_https(const struct http_origin *origin)
{
        return strcmp(origin->scheme, "https") == 0;
}

uint64_t http_origin_hash(const struct http_origin *origin)
{
        uint64_t hash = hash64(origin->scheme, strlen(origin->scheme));

        hash = hash64_seed(origin->host, strlen(origin->host), hash);
        return hash64_seed(origin->port, strlen(origin->port), hash);
}

bool http_origin_may_lead_to(const struct http_origin *from, const struct http_origin *to)
{
        if (strcasecmp(from->host, to->host) != 0)
                return false;
        if (strcmp(from->scheme, to->scheme) == 0)
                return strcmp(from->port, to->port) == 0;
        return http_origin_is_https(to) && strcmp(from->port, "80") == 0 &&
               strcmp(to->port, "443") == 0;
}
