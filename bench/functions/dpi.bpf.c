// A packet of a flow that has a verdict: counted for its application.
#include "../fast-path/flow4.h"

struct flow {
	__u16 application;
	__u8 state;
	__u8 pad[5];
	__u64 risks;
	__u32 touched;
};

struct traffic {
	__u64 packets;
	__u64 bytes;
};

MAP(flows, "flows.4");
MAP(carried, "carried");
MAP(state, "value:state");

INLINE _Bool is_canonical(const struct iphdr *ip, struct ports ports)
{
	__u32 src = ntohl(ip->saddr), dst = ntohl(ip->daddr);

	return src == dst ? ntohs(ports.sport) <= ntohs(ports.dport) : src < dst;
}

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	__u32 second = *(__u32 *)&state;
	struct packet4 packet;
	struct traffic *traffic;
	struct flow *flow;
	struct iphdr ends;
	struct ports ports;
	struct flow4 key;
	__u32 application;

	if (read_packet4(frame, &packet) != FOUND)
		END(NEXT);
	ends = *packet.ip;
	ports = *packet.ports;
	if (!is_canonical(&ends, ports)) {
		ends.saddr = packet.ip->daddr;
		ends.daddr = packet.ip->saddr;
		ports = (struct ports){ ports.dport, ports.sport };
	}
	key = flow4_of(&ends, ports);
	flow = lookup(&flows, &key);
	if (!flow)
		END(NEXT);
	if (flow->touched != second)
		flow->touched = second;
	if (packet.is_tcp) {
		struct tcphdr *tcp = (void *)packet.ports;

		if (tcp->syn || tcp->fin || tcp->rst)
			END(NEXT);
	}
	application = flow->application;
	traffic = lookup(&carried, &application);
	if (traffic) {
		traffic->packets++;
		traffic->bytes += frame.end - frame.start;
	}
	END(NEXT);
}

PROGRAM(body)
