#include "packet.h"

struct limit {
	__u32 bytes_per_second;
	__u32 burst;
	__u64 used_until;
};

MAP(senders, "senders");

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct limit *limit;
	__u64 needed, now, end;
	__be16 type;
	__be32 address;
	int offset = read_link(frame, &type);

	if (offset < 0 || type != htons(ETH_P_IP) || !read_ipv4(frame, offset, &datagram))
		END(NEXT);
	address = ((struct iphdr *)datagram.at)->saddr;
	limit = lookup(&senders, &address);
	if (!limit)
		END(NEXT);
	if (limit->bytes_per_second == 0)
		END(DROP);
	needed = (__u64)(frame.end - frame.start) * 1000000000 / limit->bytes_per_second;
	now = monotonic_ns();
	end = (limit->used_until > now ? limit->used_until : now) + needed;
	if (end - now > limit->burst)
		END(DROP);
	limit->used_until = end;
	END(NEXT);
}

PROGRAM(body)
