/* common/io/kafka_socket.c
 *
 * While a request of librdkafka's admin interface waits for a broker, every change in the state of
 * a connection makes librdkafka connect at once, past reconnect.backoff.ms. A refused connection is
 * such a change: thousands of attempts a second and two busy threads for as long as Kafka is away.
 * Every broker has a thread of its own, which has nothing else to do while it is not connected: so
 * that is where the next attempt waits.
 *
 * In socket_cb and not in connect_cb, around which librdkafka holds the broker's lock.
 */
#include "io/kafka_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include "io/steady.h"

enum { APART_US = 100000 }; /* as librdkafka's own first reconnect.backoff.ms */

static _Thread_local int64_t next_us;

static int open_socket(int domain, int type, int protocol, void *opaque)
{
        int64_t early_us = next_us - steady_us();

        (void)opaque;
        if (early_us > 0)
                usleep((useconds_t)early_us);
        next_us = steady_us() + APART_US;
        return socket(domain, type | SOCK_CLOEXEC, protocol);
}

void kafka_socket_set(rd_kafka_conf_t *conf)
{
        rd_kafka_conf_set_socket_cb(conf, open_socket);
}
