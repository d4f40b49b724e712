// By port, for rules that allow or drop and change as a whole, as ours do: the array has both generations, and actions.
#define IS_ALLOWED(rule) ((rule)[1] == 1)
#include "firewall.h"

MAP(state, "state");
MAP(ports_of_rules, "twin");

INLINE __u32 *rule_of(const struct iphdr *ip, const struct transport *transport, struct ports ports)
{
	__u32 zero = 0, port = ntohs(ports.dport);
	__u32 *words = lookup(&state, &zero);

	if (!words || transport->protocol != IPPROTO_TCP)
		return 0;
	port |= (words[GENERATIONS_WORD] & 1) << 16;
	return lookup(&ports_of_rules, &port);
}

PROGRAM(body)
