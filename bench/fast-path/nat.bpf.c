#include "flow4.h"

struct session {
	__be32 src;
	__be16 sport;
	__u8 zero[2];
};

MAP(sessions, "sessions");

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct packet4 packet;
	struct session *known;
	struct flow4 key;
	__u64 address, port;
	enum found found = read_packet4(frame, &packet);

	if (found != FOUND)
		END(found == NO_IPV4 ? NEXT : DROP);
	key = flow4_of(packet.ip, *packet.ports);
	known = lookup(&sessions, &key);
	if (!known)
		END(DROP);
	address = delta(packet.ip->saddr, known->src);
	port = delta16(packet.ports->sport, known->sport);
	packet.ip->saddr = known->src;
	packet.ports->sport = known->sport;
	packet.ip->check = checksum_with(packet.ip->check, address);
	update_transport(&packet, address + port);
	END(BOUNCE);
}

PROGRAM(body)
