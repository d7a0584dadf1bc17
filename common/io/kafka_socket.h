/* common/io/kafka_socket.h
 *
 * The sockets of librdkafka's connections, not more than ten a second from each of its threads.
 *
 * Internal to common/io/kafka_*.c.
 */
#ifndef IO_KAFKA_SOCKET_H
#define IO_KAFKA_SOCKET_H

#include <librdkafka/rdkafka.h>

/* Every connection of `conf` begins with a socket from here. */
void kafka_socket_set(rd_kafka_conf_t *conf);

#endif
