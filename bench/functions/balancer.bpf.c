// The path of a known flow, with NAT: what the library's balancer keeps, looked up and written in the same maps.
#include "../fast-path/flow4.h"

enum { FORWARD = 5 };
enum server_state { NONE, UP, DOWN, DRAINED };

/* An address of either family; with this tag one of IPv4. */
struct tagged {
	__be64 tag;
	__be32 zero;
	__be32 address4;
};

struct session {
	__u8 state;
	__u8 mode;
	__u8 from_server;
	__u8 pad;
	__u16 server;
	__be16 port;
	struct tagged address;
	__u32 touched;
};

struct server {
	struct tagged address;
	__be16 port;
	__u8 of[22];
	__u8 state;
	__u8 pad[15];
};

struct traffic {
	__u64 packets;
	__u64 bytes;
};

MAP(sessions, "sessions.4");
MAP(servers, "servers");
MAP(carried, "carried");
MAP(state, "value:state");

static long (*const fib_lookup)(void *ctx, struct bpf_fib_lookup *params, int size, __u32 flags) = (void *)69;
static long (*const redirect)(__u32 ifindex, __u64 flags) = (void *)23;

/* To the next hop, one hop less. */
INLINE int route(struct xdp_md *ctx, struct frame frame, const struct packet4 *packet, __u64 *count)
{
	struct bpf_fib_lookup params = {
		.family = 2,
		.tos = packet->ip->tos,
		.tot_len = ntohs(packet->ip->tot_len),
		.ifindex = ctx->ingress_ifindex,
		.ipv4_src = packet->ip->saddr,
		.ipv4_dst = packet->ip->daddr,
	};
	struct eth *eth = frame.start;

	if (packet->ip->ttl <= 1 || fib_lookup(ctx, &params, sizeof(params), 0)) {
		count[0]++;
		count[STACK]++;
		return XDP_PASS;
	}
	__builtin_memcpy(eth->dst, params.dmac, 6);
	__builtin_memcpy(eth->src, params.smac, 6);
	packet->ip->check = checksum_with(packet->ip->check, delta16(htons(0x0100), 0));
	packet->ip->ttl--;
	count[0]++;
	count[FORWARD]++;
	return redirect(params.ifindex, 0);
}

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct packet4 packet;
	struct session *session;
	struct server *server;
	struct traffic *traffic;
	struct flow4 key;
	__u64 *count, more;
	__u32 index, zero = 0, second = *(__u32 *)&state;
	__be32 *address;
	__be16 *port;

	if (read_packet4(frame, &packet) != FOUND)
		END(NEXT);
	key = flow4_of(packet.ip, *packet.ports);
	session = lookup(&sessions, &key);
	if (!session)
		END(NEXT);
	if (session->touched != second)
		session->touched = second;
	index = session->server;
	if (!session->from_server) {
		server = lookup(&servers, &index);
		if (server && server->state == DOWN)
			END(NEXT);
	}
	if (packet.is_tcp) {
		struct tcphdr *tcp = (void *)packet.ports;

		if (tcp->syn || tcp->fin || tcp->rst)
			END(NEXT);
	} else {
		END(NEXT);
	}
	count = lookup(&counters, &zero);
	if (!count)
		return XDP_ABORTED;
	count[SLOT_COUNT_KNOWN]++;
	traffic = lookup(&carried, &index);
	if (traffic) {
		traffic->packets++;
		traffic->bytes += frame.end - frame.start;
	}
	if (session->address.tag != 0xff || session->mode != 0)
		END(DROP);
	address = session->from_server ? &packet.ip->saddr : &packet.ip->daddr;
	port = session->from_server ? &packet.ports->sport : &packet.ports->dport;
	more = delta(*address, session->address.address4);
	packet.ip->check = checksum_with(packet.ip->check, more);
	update_transport(&packet, more + delta16(*port, session->port));
	*address = session->address.address4;
	*port = session->port;
	return route(ctx, frame, &packet, count);
}

PROGRAM(body)
