/* common/policy/address.h
 *
 * Which addresses a site may resolve to. A municipality's host name is foreign data in the end: it
 * may point, today or tomorrow, at this machine, the cluster's inside or a cloud's metadata service
 * (server-side request forgery). So the address is judged when a connection is made, not the name.
 *
 * Rules: the IANA special-purpose registries of IPv4 and IPv6 (RFC 6890 and its updates). An IPv6
 * address that carries an IPv4 one (mapped, NAT64, 6to4) is judged by that.
 */
#ifndef POLICY_ADDRESS_H
#define POLICY_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

enum address_verdict {
        ADDRESS_PUBLIC,
        ADDRESS_INTERNAL, /* loopback, private, ...: only where the municipality allows it */
        ADDRESS_UNUSABLE, /* link-local, where no site lives, but a cloud's metadata service does;
                             unspecified, multicast, documentation, reserved, not IP: never */
};

/* `bytes` is the length of what `address` points to. `*what` (may be NULL) becomes a word for
 * people, static: "public", "loopback", "private", ... */
enum address_verdict address_judge(const struct sockaddr *address, size_t bytes, const char **what);

#endif
