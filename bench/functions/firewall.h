// A firewall without flows: how a C author finds the rule is `rule_of`. The rest is what the library's firewall asks of a packet.
#pragma once
#include "../fast-path/packet.h"

MAP(hits, "rules.ordered.hits");

/* A rule that drops is told by what lies behind its number; without this there is none. */
#ifndef IS_ALLOWED
#define IS_ALLOWED(rule) 1
#endif

/* The number of the rule that decides; none: null. */
INLINE __u32 *rule_of(const struct iphdr *ip, const struct transport *transport, struct ports ports);

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct transport transport;
	struct ports ports;
	__u32 *rule, number, zero = 0;
	__u64 *hit, *count;
	__be16 type;
	int offset = read_link(frame, &type);

	if (offset < 0 || type != htons(ETH_P_IP) || !read_ipv4(frame, offset, &datagram))
		END(DROP);
	transport = ipv4_transport(&datagram);
	if (transport.has_options || !read_flow(frame, &datagram, &transport, 4, &ports))
		END(DROP);
	rule = rule_of(datagram.at, &transport, ports);
	count = lookup(&counters, &zero);
	if (!count)
		return XDP_ABORTED;
	if (!rule || !*rule || !IS_ALLOWED(rule)) {
		count[SLOT_COUNT_REFUSED]++;
		END(DROP);
	}
	number = *rule - 1;
	hit = lookup(&hits, &number);
	if (hit)
		++*hit;
	/* By which rule: its number stands for its name. */
	count[SLOT_DECIDED_BY] += *rule;
	END(NEXT);
}
