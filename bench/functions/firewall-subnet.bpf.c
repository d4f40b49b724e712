// By the subnet of the sender: the kernel's LPM trie.
#include "firewall.h"

MAP(subnets, "twin");

INLINE __u32 *rule_of(const struct iphdr *ip, const struct transport *transport, struct ports ports)
{
	struct {
		__u32 bits;
		__be32 address;
	} key = { 32, ip->saddr };

	return lookup(&subnets, &key);
}

PROGRAM(body)
