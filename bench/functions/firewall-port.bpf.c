// By port: an array that the port of the destination is the index of.
#include "firewall.h"

MAP(ports_of_rules, "twin");

INLINE __u32 *rule_of(const struct iphdr *ip, const struct transport *transport, struct ports ports)
{
	__u32 port = ntohs(ports.dport);

	return transport->protocol == IPPROTO_TCP ? lookup(&ports_of_rules, &port) : 0;
}

PROGRAM(body)
