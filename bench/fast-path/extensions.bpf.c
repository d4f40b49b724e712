#include "packet.h"

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct transport transport;
	__be16 type;
	__u32 size;
	int offset = read_link(frame, &type);

	if (offset < 0 || type != htons(ETH_P_IPV6) || !read_ipv6(frame, offset, &datagram))
		END(NEXT);
	transport = ipv6_transport(frame, &datagram);
	if (transport.is_fragment)
		END(DROP);
	if (transport.protocol == IPPROTO_TCP)
		size = 20;
	else if (transport.protocol == IPPROTO_UDP)
		size = 8;
	else if (transport.protocol == IPPROTO_SCTP)
		size = 12;
	else
		END(DROP);
	if (!can_read(frame, &datagram, &transport, size))
		END(DROP);
	if (transport.has_options && ntohs(((struct ports *)transport.at)->dport) < 1024)
		END(STACK);
	END(NEXT);
}

PROGRAM(body)
