#include "packet.h"

struct prefix4 {
	__u32 bits;
	__be32 address;
};

struct prefix6 {
	__u32 bits;
	__be32 address[4];
};

MAP(blocked4, "blocked.4");
MAP(blocked6, "blocked.6");
MAP(open_ports, "open");

INLINE _Bool is_open(__be16 port, __u8 protocol)
{
#ifdef KEY_WORDS
	__u32 key = port | (__u32)protocol << 16;
#else
	struct {
		__be16 port;
		__u8 protocol;
		__u8 zero;
	} key = { port, protocol, 0 };
#endif
	return lookup(&open_ports, &key) != 0;
}

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct transport transport;
	struct ports ports;
	__be16 type;
	int offset = read_link(frame, &type);

	if (offset < 0)
		END(NEXT);
	if (type == htons(ETH_P_IP)) {
		struct prefix4 key = { .bits = 32 };

		if (!read_ipv4(frame, offset, &datagram))
			END(NEXT);
		transport = ipv4_transport(&datagram);
		if (!read_flow(frame, &datagram, &transport, 4, &ports))
			END(DROP);
		key.address = ((struct iphdr *)datagram.at)->saddr;
		if (lookup(&blocked4, &key))
			END(DROP);
	} else if (type == htons(ETH_P_IPV6)) {
		struct prefix6 key = { .bits = 128 };

		if (!read_ipv6(frame, offset, &datagram))
			END(NEXT);
		transport = ipv6_transport(frame, &datagram);
		if (!read_flow(frame, &datagram, &transport, 6, &ports))
			END(DROP);
		__builtin_memcpy(key.address, &((struct ipv6hdr *)datagram.at)->saddr, 16);
		if (lookup(&blocked6, &key))
			END(DROP);
	} else {
		END(NEXT);
	}
	if (is_open(ports.dport, transport.protocol))
		END(NEXT);
	END(DROP);
}

PROGRAM(body)
