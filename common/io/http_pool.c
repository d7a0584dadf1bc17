/* common/io/http_pool.c
 *
 * An origin without a handle takes the oldest only when the pool is full: until then a new one, so
 * that the others keep their sessions.
 */
#include "io/http_pool.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct http_pool *pool, size_t place)
{
        pool->count--;
        memmove(pool->handles + place, pool->handles + place + 1,
                (pool->count - place) * sizeof(pool->handles[0]));
}

static CURL *new_handle(void)
{
        CURL *easy = curl_easy_init();

        if (!easy)
                abort();
        return easy;
}

CURL *http_pool_take(struct http_pool *pool, uint64_t origin)
{
        size_t place = pool->count;

        for (size_t i = 0; i < pool->count; i++)
                if (pool->handles[i].origin == origin)
                        place = i;
        if (place == pool->count && pool->count < HTTP_POOL_HANDLES)
                return new_handle();
        if (place == pool->count)
                place = 0;

        CURL *easy = pool->handles[place].easy;

        forget(pool, place);
        return easy;
}

void http_pool_give_back(struct http_pool *pool, CURL *easy, uint64_t origin)
{
        curl_easy_reset(easy);
        if (pool->count == HTTP_POOL_HANDLES) {
                curl_easy_cleanup(pool->handles[0].easy);
                forget(pool, 0);
        }
        pool->handles[pool->count].easy = easy;
        pool->handles[pool->count].origin = origin;
        pool->count++;
}

void http_pool_deinit(struct http_pool *pool)
{
        while (pool->count > 0)
                curl_easy_cleanup(pool->handles[--pool->count].easy);
}
