#include "move-link.h"

struct tunnel {
	__be32 src;
	__be32 dst;
};

MAP(tunnels, "tunnels");

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct tunnel *tunnel;
	struct iphdr *outer;
	__u32 *words;
	__u64 sum;
	__be16 type;
	__be32 to;
	int offset = read_link(frame, &type);

	if (offset < 0 || type != htons(ETH_P_IP) || !read_ipv4(frame, offset, &datagram))
		END(NEXT);
	to = ((struct iphdr *)datagram.at)->daddr;
	tunnel = lookup(&tunnels, &to);
	if (!tunnel)
		END(NEXT);
	if (!move_link(ctx, -(int)sizeof(*outer), htons(ETH_P_IP), offset))
		END(DROP);
	frame = frame_of(ctx);
	outer = frame.start + offset;
	if ((void *)(outer + 1) > frame.end)
		END(DROP);
	words = (__u32 *)outer;
	words[0] = 0x45 | (__u32)htons(datagram.end - datagram.offset + sizeof(*outer)) << 16;
	words[1] = 0;
	words[3] = tunnel->src;
	words[4] = tunnel->dst;
	sum = (__u64)words[0] + (64 | IPPROTO_IPIP << 8) + tunnel->src + tunnel->dst;
	words[2] = 64 | IPPROTO_IPIP << 8 | (__u32)checksum_with(0xffff, sum) << 16;
	END(BOUNCE);
}

PROGRAM(body)
