// What each contender does with a packet, for XDP and tc. ACTION: 0 drop, 1 send back, 2 send out of OUT, 3 forward as a router.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#define SEC(name) __attribute__((section(name), used))
#define htons(x) ((__be16)__builtin_bswap16(x))
#define AF_INET 2

static long (*const redirect)(__u32 ifindex, __u64 flags) = (void *)23;
static long (*const fib_lookup)(void *ctx, struct bpf_fib_lookup *params, int size, __u32 flags) = (void *)69;

static inline __attribute__((always_inline)) int swap(void *data, void *end)
{
	struct ethhdr *eth = data;
	__u8 mac[ETH_ALEN];

	if ((void *)(eth + 1) > end)
		return 0;
	__builtin_memcpy(mac, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
	return 1;
}

/** The interface to send by; 0: drop. */
static inline __attribute__((always_inline)) __u32 route(void *ctx, void *data, void *end, __u32 ifindex)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct bpf_fib_lookup params = {.family = AF_INET, .ifindex = ifindex};
	__u32 sum;

	if ((void *)(ip + 1) > end || eth->h_proto != htons(ETH_P_IP) || ip->ttl <= 1)
		return 0;
	params.l4_protocol = ip->protocol;
	params.tot_len = __builtin_bswap16(ip->tot_len);
	params.tos = ip->tos;
	params.ipv4_src = ip->saddr;
	params.ipv4_dst = ip->daddr;
	if (fib_lookup(ctx, &params, sizeof params, 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return 0;
	ip->ttl--;
	sum = ip->check + htons(0x0100);
	ip->check = sum + (sum >= 0xffff);
	__builtin_memcpy(eth->h_source, params.smac, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, params.dmac, ETH_ALEN);
	return params.ifindex;
}

SEC("xdp") int on_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 out;

#if ACTION == 1
	return swap(data, end) ? XDP_TX : XDP_DROP;
#elif ACTION == 2
	return swap(data, end) ? redirect(OUT, 0) : XDP_DROP;
#elif ACTION == 3
	out = route(ctx, data, end, ctx->ingress_ifindex);
	return out ? redirect(out, 0) : XDP_DROP;
#endif
	return XDP_DROP;
}

SEC("tc") int on_tc(struct __sk_buff *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 out;

#if ACTION == 1
	return swap(data, end) ? redirect(ctx->ifindex, 0) : TC_ACT_SHOT;
#elif ACTION == 2
	return swap(data, end) ? redirect(OUT, 0) : TC_ACT_SHOT;
#elif ACTION == 3
	out = route(ctx, data, end, ctx->ingress_ifindex);
	return out ? redirect(out, 0) : TC_ACT_SHOT;
#endif
	return TC_ACT_SHOT;
}
