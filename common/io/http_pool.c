/* common/io/http_pool.c
 *
 * An origin without a handle takes the oldest only when there are as many as the pool holds, those
 * in use included: until then a new one, so that the others keep their sessions. Beyond it none is
 * made while one is idle, else transfers that end and begin by the dozen would make and destroy
 * handles all the time.
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

static CURL *new_handle(struct http_pool *pool)
{
        CURL *easy = curl_easy_init();

        if (!easy)
                abort();
        pool->alive++;
        return easy;
}

CURL *http_pool_take(struct http_pool *pool, uint64_t origin)
{
        size_t place = pool->count;

        for (size_t i = 0; i < pool->count; i++)
                if (pool->handles[i].origin == origin)
                        place = i;
        if (place == pool->count && (pool->count == 0 || pool->alive < HTTP_POOL_HANDLES))
                return new_handle(pool);
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
                pool->alive--;
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
