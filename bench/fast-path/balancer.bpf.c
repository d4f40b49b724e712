#include "flow4.h"

#define RING 1024

struct service {
	__u32 first_slot;
};

struct slot {
	__u16 server;
};

struct server {
	__be32 address;
	__be16 port;
	__be16 zero;
};

MAP(services, "services");
MAP(ring, "ring");
MAP(servers, "servers");
MAP(flows, "flows");

struct service_key {
#ifdef KEY_WORDS
	__u64 all;
#else
	__be32 address;
	__be16 port;
	__u8 protocol;
	__u8 zero;
#endif
};

INLINE struct service_key service_of(const struct packet4 *packet)
{
#ifdef KEY_WORDS
	return (struct service_key){ packet->ip->daddr | (__u64)packet->ports->dport << 32 |
				     (__u64)packet->ip->protocol << 48 };
#else
	return (struct service_key){ packet->ip->daddr, packet->ports->dport, packet->ip->protocol, 0 };
#endif
}

INLINE __u32 hash_of(const struct packet4 *packet)
{
	__u32 ports = packet->ports->sport | (__u32)packet->ports->dport << 16;

	return (HASH_KEY_0 + HASH_KEY_1 * packet->ip->saddr + HASH_KEY_2 * packet->ip->daddr + HASH_KEY_3 * ports +
		HASH_KEY_4 * packet->ip->protocol) >> 32;
}

INLINE void send_to(const struct packet4 *packet, const struct server *server)
{
	__u64 address = delta(packet->ip->daddr, server->address);
	__u64 port = delta16(packet->ports->dport, server->port);

	packet->ip->daddr = server->address;
	packet->ports->dport = server->port;
	packet->ip->check = checksum_with(packet->ip->check, address);
	update_transport(packet, address + port);
}

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct packet4 packet;
	struct server *server, chosen;
	struct flow4 key;

	if (read_packet4(frame, &packet) != FOUND)
		END(NEXT);
	key = flow4_of(packet.ip, *packet.ports);
	server = lookup(&flows, &key);
	if (!server) {
		struct service_key wanted = service_of(&packet);
		struct service *service = lookup(&services, &wanted);
		struct slot *slot;
		__u32 index;

		if (!service)
			END(NEXT);
		index = service->first_slot + hash_of(&packet) % RING;
		slot = lookup(&ring, &index);
		if (!slot)
			END(DROP);
		index = slot->server;
		server = lookup(&servers, &index);
		if (!server)
			END(DROP);
		chosen = (struct server){ server->address, server->port, 0 };
		update(&flows, &key, &chosen, BPF_ANY);
		server = &chosen;
	}
	send_to(&packet, server);
	END(BOUNCE);
}

PROGRAM(body)
