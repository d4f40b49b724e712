#include "packet.h"

struct vlan {
	__u16 id;
	__u8 priority;
	__u8 zero;
};

MAP(vlans, "vlans");

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct eth *eth = frame.start;
	struct tag *tag = (void *)(eth + 1);
	struct vlan *to;
	__u32 index;
	__u16 tci;

	if ((void *)(eth + 1) > frame.end)
		END(NEXT);
	if (eth->type != htons(ETH_P_8021Q) && eth->type != htons(ETH_P_8021AD))
		END(NEXT);
	if ((void *)(tag + 1) > frame.end)
		END(NEXT);
	tci = ntohs(tag->tci);
	index = tci & 0xfff;
	to = lookup(&vlans, &index);
	if (!to || to->id == 0)
		END(DROP);
	tag->tci = htons((__u16)((tci & 0x1000) | (to->id & 0xfff) | to->priority << 13));
	END(BOUNCE);
}

PROGRAM(body)
