// Firewall and balancer as one writes them in C for tc on veths: a set of refused senders, flows in a hash, partial checksums left
// to the kernel's helpers, and out by redirect_peer, which hands the packet to the other end at once.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#define SEC(name) __attribute__((section(name), used))
#define htons(x) ((__be16)__builtin_bswap16(x))
#define likely(x) __builtin_expect(!!(x), 1)

static void *(*const lookup)(void *map, const void *key) = (void *)1;
static long (*const update)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static long (*const l3_csum_replace)(struct __sk_buff *skb, __u32 at, __u64 from, __u64 to, __u64 flags) = (void *)10;
static long (*const l4_csum_replace)(struct __sk_buff *skb, __u32 at, __u64 from, __u64 to, __u64 flags) = (void *)11;
static long (*const redirect_peer)(__u32 ifindex, __u64 flags) = (void *)155;

extern char refused, flows, ends, turns;

struct end {
	__u32 ifindex;
	__be32 address;
	/* As a frame to it begins. */
	__u8 macs[12];
};

struct flow {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
};

struct way {
	/* Of `ends`; 0: to the client. */
	__u32 end;
	/* The destination's, of what goes to a server; else the source's. */
	__be32 address;
};

#define IP_AT ETH_HLEN
#define TCP_AT (ETH_HLEN + sizeof(struct iphdr))

static inline __attribute__((always_inline)) int place(const struct flow *flow, struct way *way)
{
	__u32 zero = 0, number, *turn = lookup(&turns, &zero);
	struct way back = { 0, SERVICE };
	struct end *server;
	struct flow answer;

	if (!turn)
		return -1;
	number = 1 + (__sync_fetch_and_add(turn, 1) & 1);
	server = lookup(&ends, &number);
	if (!server)
		return -1;
	*way = (struct way){ number, server->address };
	answer = (struct flow){ server->address, flow->saddr, flow->dport, flow->sport };
	if (update(&flows, flow, way, BPF_ANY) || update(&flows, &answer, &back, BPF_ANY))
		return -1;
	return 0;
}

SEC("tc") int program(struct __sk_buff *skb)
{
	void *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = (void *)(long)skb->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct way *known, way;
	struct flow flow;
	struct end *to;
	__be32 before;

	if ((void *)(tcp + 1) > end)
		return TC_ACT_OK;
	if (eth->h_proto != htons(ETH_P_IP) || ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_TCP ||
	    ip->frag_off & htons(0x3fff) || ip->ttl <= 1)
		return TC_ACT_OK;
	flow = (struct flow){ ip->saddr, ip->daddr, tcp->source, tcp->dest };
	/* 0: all ends are on one link, and answers are what is not for the service. */
	if (CLIENTS ? skb->ingress_ifindex == CLIENTS : flow.daddr == SERVICE) {
		if (lookup(&refused, &flow.saddr))
			return TC_ACT_SHOT;
		if (flow.daddr != SERVICE || flow.dport != htons(80))
			return TC_ACT_SHOT;
	}
	known = lookup(&flows, &flow);
	if (likely(known))
		way = *known;
	else if (flow.daddr != SERVICE || place(&flow, &way))
		return TC_ACT_OK;
	to = lookup(&ends, &way.end);
	if (!to)
		return TC_ACT_SHOT;
	__builtin_memcpy(eth, to->macs, sizeof(to->macs));
	before = way.end ? ip->daddr : ip->saddr;
	if (way.end)
		ip->daddr = way.address;
	else
		ip->saddr = way.address;
	{
		/* TTL and protocol are one word of the sum. */
		__be16 *word = (void *)&ip->ttl;
		__be16 old = *word;

		ip->ttl--;
		__be16 now = *word;

		l3_csum_replace(skb, IP_AT + __builtin_offsetof(struct iphdr, check), old, now, 2);
	}
	l3_csum_replace(skb, IP_AT + __builtin_offsetof(struct iphdr, check), before, way.address, 4);
	l4_csum_replace(skb, TCP_AT + __builtin_offsetof(struct tcphdr, check), before, way.address, BPF_F_PSEUDO_HDR | 4);
	return redirect_peer(to->ifindex, 0);
}
