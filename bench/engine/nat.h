// The logic that all run: a UDP packet's flow is looked up in a hash, counted, and its destination rewritten with both
// checksums; with PREFIXES, an address must lie in an allowed prefix, too. So that one packet stands for many flows, a cell
// says which flow is next.
#include <linux/types.h>

struct flow {
	__be32 source;
	__u32 number;
	__be16 ports[2];
	__u32 zero;
};
struct target {
	__u64 packets, bytes;
	__be32 address;
	__u32 zero;
};
struct prefix {
	__u32 length;
	__u8 address[4];
};
/** Which flow is next, how many there are less one, and packets done. */
struct cell {
	__u64 next, mask, done;
};

static inline __attribute__((always_inline)) __u16 updated(__u16 sum, __u32 before, __u32 after)
{
	__u64 total = (__u64)(__u16)~sum + (__u32)~before + after;

	total = (total & 0xffffffff) + (total >> 32);
	total = (total & 0xffffffff) + (total >> 32);
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	return ~total;
}

/** 3: send back (XDP_TX), 1: drop, 2: not ours. */
static inline __attribute__((always_inline)) int nat(__u8 *data, __u8 *end)
{
	struct flow flow = {0};
	struct target *target;
	struct cell *cell;
	__u32 number, before;
	__u16 mac[3];

	if (data + 42 > end)
		return 1;
	if (*(__u16 *)(data + 12) != 0x0008 || data[14] != 0x45 || data[23] != 17)
		return 2;
	cell = cell_of();
	if (!cell)
		return 1;
	number = cell->next * 0x9e3779b1 & cell->mask;
	cell->next++;
	flow.source = *(__u32 *)(data + 26);
	flow.number = number;
	flow.ports[0] = *(__u16 *)(data + 34);
	flow.ports[1] = *(__u16 *)(data + 36);
	target = target_of(&flow);
	if (!target)
		return 1;
	target->packets++;
	target->bytes += end - data;
#ifdef PREFIXES
	struct prefix prefix = {.length = 32};
	__u32 *allowed;

	number *= 0x9e3779b1;
	prefix.address[0] = 10;
	prefix.address[1] = number >> 8;
	prefix.address[2] = number >> 16;
	prefix.address[3] = number >> 24;
	allowed = allowed_of(&prefix);
	if (!allowed || !*allowed)
		return 1;
#endif
	before = *(__u32 *)(data + 30);
	*(__u32 *)(data + 30) = target->address;
	*(__u16 *)(data + 24) = updated(*(__u16 *)(data + 24), before, target->address);
	*(__u16 *)(data + 40) = updated(*(__u16 *)(data + 40), before, target->address);
	mac[0] = *(__u16 *)data;
	mac[1] = *(__u16 *)(data + 2);
	mac[2] = *(__u16 *)(data + 4);
	*(__u16 *)data = *(__u16 *)(data + 6);
	*(__u16 *)(data + 2) = *(__u16 *)(data + 8);
	*(__u16 *)(data + 4) = *(__u16 *)(data + 10);
	*(__u16 *)(data + 6) = mac[0];
	*(__u16 *)(data + 8) = mac[1];
	*(__u16 *)(data + 10) = mac[2];
	cell->done++;
	return 3;
}
