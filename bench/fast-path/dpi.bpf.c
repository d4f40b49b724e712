#include "packet.h"

struct flow {
	__u8 verdict;
	__u8 zero;
	__u16 application;
	__u32 more_zero;
	__u64 packets;
	__u64 bytes;
};

enum { INSPECT, ALLOW, BLOCK };

MAP(flows4, "flows.4");
MAP(flows6, "flows.6");

struct key_end {
#ifdef KEY_WORDS
	__u64 all;
#else
	__be16 low_port;
	__be16 high_port;
	__u8 protocol;
	__u8 zero[3];
#endif
};

struct key4 {
#ifdef KEY_WORDS
	__u64 addresses;
#else
	__be32 low;
	__be32 high;
#endif
	struct key_end end;
};

struct key6 {
#ifdef KEY_WORDS
	__u64 low[2];
	__u64 high[2];
#else
	struct in6_addr low;
	struct in6_addr high;
#endif
	struct key_end end;
};

INLINE struct key_end end_of(struct ports ports, _Bool swapped, __u8 protocol)
{
	__be16 low = swapped ? ports.dport : ports.sport;
	__be16 high = swapped ? ports.sport : ports.dport;

#ifdef KEY_WORDS
	return (struct key_end){ low | (__u64)high << 16 | (__u64)protocol << 32 };
#else
	return (struct key_end){ low, high, protocol, { 0 } };
#endif
}

INLINE struct flow *find4(const struct iphdr *ip, struct ports ports, __u8 protocol)
{
	__u32 src = ntohl(ip->saddr), dst = ntohl(ip->daddr);
	_Bool swapped = src > dst || (src == dst && ntohs(ports.sport) > ntohs(ports.dport));
	__be32 low = swapped ? ip->daddr : ip->saddr;
	__be32 high = swapped ? ip->saddr : ip->daddr;
	struct key4 key = {
#ifdef KEY_WORDS
		low | (__u64)high << 32,
#else
		low,
		high,
#endif
		end_of(ports, swapped, protocol),
	};

	return lookup(&flows4, &key);
}

INLINE __u64 half_of(const struct in6_addr *address, int index)
{
	return address->in6_u.u6_addr32[2 * index] | (__u64)address->in6_u.u6_addr32[2 * index + 1] << 32;
}

INLINE struct flow *find6(const struct ipv6hdr *ip, struct ports ports, __u8 protocol)
{
	__u64 src[2] = { half_of(&ip->saddr, 0), half_of(&ip->saddr, 1) };
	__u64 dst[2] = { half_of(&ip->daddr, 0), half_of(&ip->daddr, 1) };
	_Bool swapped;
	struct key6 key;

	if (src[0] != dst[0])
		swapped = __builtin_bswap64(src[0]) > __builtin_bswap64(dst[0]);
	else if (src[1] != dst[1])
		swapped = __builtin_bswap64(src[1]) > __builtin_bswap64(dst[1]);
	else
		swapped = ntohs(ports.sport) > ntohs(ports.dport);
#ifdef KEY_WORDS
	key.low[0] = swapped ? dst[0] : src[0];
	key.low[1] = swapped ? dst[1] : src[1];
	key.high[0] = swapped ? src[0] : dst[0];
	key.high[1] = swapped ? src[1] : dst[1];
#else
	key.low = swapped ? ip->daddr : ip->saddr;
	key.high = swapped ? ip->saddr : ip->daddr;
#endif
	key.end = end_of(ports, swapped, protocol);
	return lookup(&flows6, &key);
}

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct transport transport;
	struct ports ports;
	struct flow *flow;
	__be16 type;
	int offset = read_link(frame, &type);

	if (offset < 0)
		END(NEXT);
	if (type == htons(ETH_P_IP)) {
		if (!read_ipv4(frame, offset, &datagram))
			END(NEXT);
		transport = ipv4_transport(&datagram);
		if (!read_flow(frame, &datagram, &transport, 4, &ports))
			END(NEXT);
		flow = find4(datagram.at, ports, transport.protocol);
	} else if (type == htons(ETH_P_IPV6)) {
		if (!read_ipv6(frame, offset, &datagram))
			END(NEXT);
		transport = ipv6_transport(frame, &datagram);
		if (!read_flow(frame, &datagram, &transport, 6, &ports))
			END(NEXT);
		flow = find6(datagram.at, ports, transport.protocol);
	} else {
		END(NEXT);
	}
	if (!flow)
		END(STACK);
	__sync_fetch_and_add(&flow->packets, 1);
	__sync_fetch_and_add(&flow->bytes, frame.end - frame.start);
	switch (flow->verdict) {
	case BLOCK:
		END(DROP);
	case ALLOW:
		END(NEXT);
	default:
		END(STACK);
	}
}

PROGRAM(body)
