#include "packet.h"

struct prefix4 {
	__u32 bits;
	__be32 address;
};

struct prefix6 {
	__u32 bits;
	__be32 address[4];
};

struct route {
	__u8 src[6];
	__u8 dst[6];
	__u32 mtu;
};

MAP(routes4, "routes.4");
MAP(routes6, "routes.6");

INLINE void copy_mac(void *to, const void *from)
{
	*(__u32 *)to = *(const __u32 *)from;
	((__u16 *)to)[2] = ((const __u16 *)from)[2];
}

INLINE void set_addresses(struct eth *eth, const struct route *route)
{
	copy_mac(eth->src, route->src);
	copy_mac(eth->dst, route->dst);
}

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct route *route;
	__be16 type;
	int offset = read_link(frame, &type);

	if (offset < 0)
		END(NEXT);
	if (type == htons(ETH_P_IP)) {
		struct prefix4 key = { .bits = 32 };
		struct iphdr *ip;

		if (!read_ipv4(frame, offset, &datagram))
			END(NEXT);
		ip = datagram.at;
		if (ip->ttl <= 1)
			END(STACK);
		key.address = ip->daddr;
		route = lookup(&routes4, &key);
		if (!route)
			END(DROP);
		if (datagram.end - datagram.offset > route->mtu)
			END(STACK);
		ip->ttl--;
		// RFC 1141: one less in the high half of a word is one more in the sum's high half.
		ip->check = checksum_with(ip->check, (__u16)~htons(0x0100));
	} else if (type == htons(ETH_P_IPV6)) {
		struct prefix6 key = { .bits = 128 };
		struct ipv6hdr *ip;

		if (!read_ipv6(frame, offset, &datagram))
			END(NEXT);
		ip = datagram.at;
		if (ip->hop_limit <= 1)
			END(STACK);
		__builtin_memcpy(key.address, &ip->daddr, 16);
		route = lookup(&routes6, &key);
		if (!route)
			END(DROP);
		if (datagram.end - datagram.offset > route->mtu)
			END(STACK);
		ip->hop_limit--;
	} else {
		END(NEXT);
	}
	set_addresses(frame.start, route);
	END(BOUNCE);
}

PROGRAM(body)
