// Moves the beginning of the packet, with its Ethernet header and tags.
#pragma once
#include "packet.h"

/* `by` bytes are taken away, or added if it is negative; `type` announces what follows then. `size`: of Ethernet and tags, of a
 * packet with an IP datagram behind. */
INLINE _Bool move_link(struct xdp_md *ctx, int by, __be16 type, __u32 size)
{
	struct frame frame = frame_of(ctx);
	__u64 first, behind;
	__u32 second;

	if (frame.start + 22 > frame.end)
		return 0;
	first = *(__u64 *)frame.start;
	second = *(__u32 *)(frame.start + 8);
	behind = *(__u64 *)(frame.start + 12);
	if (adjust_head(ctx, by))
		return 0;
	frame = frame_of(ctx);
	if (frame.start + 22 > frame.end)
		return 0;
	*(__u64 *)frame.start = first;
	*(__u32 *)(frame.start + 8) = second;
	if (likely(size == 14)) {
		*(__u16 *)(frame.start + 12) = type;
	} else if (size == 18) {
		*(__u32 *)(frame.start + 12) = behind;
		*(__u16 *)(frame.start + 16) = type;
	} else {
		*(__u64 *)(frame.start + 12) = behind;
		*(__u16 *)(frame.start + 20) = type;
	}
	return 1;
}
