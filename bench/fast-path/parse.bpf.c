#include "packet.h"

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct transport transport;
	struct ports ports;
	__be16 type;
	int offset = read_link(frame, &type);

	if (offset < 0)
		END(DROP);
	if (type == htons(ETH_P_IP)) {
		if (!read_ipv4(frame, offset, &datagram))
			END(DROP);
		transport = ipv4_transport(&datagram);
		if (!read_flow(frame, &datagram, &transport, 4, &ports))
			END(DROP);
	} else if (type == htons(ETH_P_IPV6)) {
		if (!read_ipv6(frame, offset, &datagram))
			END(DROP);
		transport = ipv6_transport(frame, &datagram);
		if (!read_flow(frame, &datagram, &transport, 6, &ports))
			END(DROP);
	} else {
		END(DROP);
	}
	END(ports.sport == ports.dport ? DROP : NEXT);
}

PROGRAM(body)
