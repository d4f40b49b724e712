// Moves the beginning of the packet, with its Ethernet header and tags.
#pragma once
#include "packet.h"

/* `by` bytes are taken away, or added if it is negative; `type` announces what follows then. `size`: of Ethernet and tags. */
INLINE _Bool move_link_of(struct xdp_md *ctx, int by, __be16 type, __u32 size)
{
	struct frame frame = frame_of(ctx);
	__u64 first, second = 0;
	__u32 third = 0, word;
	__u16 half;

	if (frame.start + size > frame.end)
		return 0;
	first = *(__u64 *)frame.start;
	word = *(__u32 *)(frame.start + 8);
	half = *(__u16 *)(frame.start + 12);
	if (size == 18)
		third = *(__u16 *)(frame.start + 14);
	if (size == 22)
		second = *(__u16 *)(frame.start + 14) | (__u64)*(__u32 *)(frame.start + 16) << 16;
	if (adjust_head(ctx, by))
		return 0;
	frame = frame_of(ctx);
	if (frame.start + size > frame.end)
		return 0;
	*(__u64 *)frame.start = first;
	*(__u32 *)(frame.start + 8) = word;
	if (size != 14)
		*(__u16 *)(frame.start + 12) = half;
	if (size == 18)
		*(__u16 *)(frame.start + 14) = third;
	if (size == 22) {
		*(__u16 *)(frame.start + 14) = second;
		*(__u32 *)(frame.start + 16) = second >> 16;
	}
	*(__u16 *)(frame.start + size - 2) = type;
	return 1;
}

INLINE _Bool move_link(struct xdp_md *ctx, int by, __be16 type, __u32 size)
{
	if (likely(size == 14))
		return move_link_of(ctx, by, type, 14);
	if (size == 18)
		return move_link_of(ctx, by, type, 18);
	return move_link_of(ctx, by, type, 22);
}
