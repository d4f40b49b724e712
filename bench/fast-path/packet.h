// What the C twins share: the same rules for headers as the views of packets (packages/packet/src/dissect), the counters that
// every function keeps, and the Internet checksum. Written as a C author writes for speed: early exits, fixed offsets where
// they are known, everything inlined.
#pragma once
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define htons(x) ((__be16)__builtin_bswap16(x))
#define ntohs(x) __builtin_bswap16(x)
#define ntohl(x) __builtin_bswap32(x)

// Maps are symbols without a definition; the loader finds them by name. Names have characters that C has not.
#define MAP(variable, name) extern char variable __asm__(name)

static void *(*const lookup)(void *map, const void *key) = (void *)1;
static long (*const update)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static __u64 (*const monotonic_ns)(void) = (void *)5;
static long (*const tail_call)(void *ctx, void *programs, __u32 index) = (void *)12;
static long (*const adjust_head)(struct xdp_md *ctx, int delta) = (void *)44;

// Slots of the counters in the order of every function's plan.
enum verdict { DROP = 1, NEXT = 2, STACK = 3, BOUNCE = 4, VERDICTS = 8 };

MAP(counters, "counters");

#ifdef NEXT_PROGRAM
MAP(path, "path of the chain");
#endif

INLINE int finish(struct xdp_md *ctx, enum verdict verdict)
{
	__u32 zero = 0;
	__u64 *count = lookup(&counters, &zero);

	if (!count)
		return XDP_ABORTED;
	count[0]++;
	count[verdict]++;
	switch (verdict) {
	case DROP:
		return XDP_DROP;
	case BOUNCE:
		return XDP_TX;
	case NEXT:
#ifdef NEXT_PROGRAM
		tail_call(ctx, &path, NEXT_PROGRAM);
		return XDP_ABORTED;
#endif
	default:
		return XDP_PASS;
	}
}

// With ONE_END the verdict is counted behind the function, by index; else where it is found, by constant.
#ifdef ONE_END
#define END(verdict) return (verdict)
#define PROGRAM(body)                                                                                                          \
	SEC("xdp") int program(struct xdp_md *ctx)                                                                             \
	{                                                                                                                      \
		return finish(ctx, body(ctx));                                                                                 \
	}
#else
#define END(verdict) return finish(ctx, verdict)
#define PROGRAM(body)                                                                                                          \
	SEC("xdp") int program(struct xdp_md *ctx)                                                                             \
	{                                                                                                                      \
		return body(ctx);                                                                                              \
	}
#endif

struct frame {
	void *start;
	void *end;
};

INLINE struct frame frame_of(struct xdp_md *ctx)
{
	return (struct frame){ (void *)(long)ctx->data, (void *)(long)ctx->data_end };
}

/* Not packed as the kernel's, whose type clang reads byte by byte. */
struct eth {
	__u8 dst[6];
	__u8 src[6];
	__be16 type;
};

struct tag {
	__be16 tci;
	__be16 type;
};

/* Behind Ethernet and up to two tags: the type and where the next header begins; -1 for less than an Ethernet header. */
INLINE int read_link(struct frame frame, __be16 *type)
{
	struct eth *eth = frame.start;
	int offset = sizeof(*eth);

	if ((void *)(eth + 1) > frame.end)
		return -1;
	*type = eth->type;
#pragma unroll
	for (int tags = 0; tags < 2; tags++) {
		struct tag *tag = frame.start + offset;

		if (likely(*type != htons(ETH_P_8021Q) && *type != htons(ETH_P_8021AD)))
			break;
		if ((void *)(tag + 1) > frame.end)
			break;
		*type = tag->type;
		offset += sizeof(*tag);
	}
	return offset;
}

/* Offsets are from the beginning of the frame. */
struct datagram {
	void *at;
	__u32 offset;
	__u32 end;
	__u32 header_length;
};

INLINE _Bool read_ipv4(struct frame frame, __u32 offset, struct datagram *found)
{
	struct iphdr *ip = frame.start + offset;
	__u32 header_length, length;

	if ((void *)(ip + 1) > frame.end)
		return 0;
	if (ip->version != 4 || ip->ihl < 5)
		return 0;
	header_length = ip->ihl * 4;
	length = ntohs(ip->tot_len);
	if (length < header_length || offset + length > frame.end - frame.start)
		return 0;
	*found = (struct datagram){ ip, offset, offset + length, header_length };
	return 1;
}

/* ff00::/64: tables take such addresses for IPv4. */
INLINE _Bool is_reserved(const struct in6_addr *address)
{
	return *(const __u64 *)address == 0xff;
}

INLINE _Bool read_ipv6(struct frame frame, __u32 offset, struct datagram *found)
{
	struct ipv6hdr *ip = frame.start + offset;
	__u32 length;

	if ((void *)(ip + 1) > frame.end)
		return 0;
	if (ip->version != 6 || is_reserved(&ip->saddr) || is_reserved(&ip->daddr))
		return 0;
	length = sizeof(*ip) + ntohs(ip->payload_len);
	if (offset + length > frame.end - frame.start)
		return 0;
	*found = (struct datagram){ ip, offset, offset + length, sizeof(*ip) };
	return 1;
}

struct transport {
	void *at;
	__u32 offset;
	__u8 protocol;
	_Bool is_fragment;
	_Bool has_options;
	/* The transport header may be read: no later fragment, and nothing before it was left unread. */
	_Bool is_readable;
};

INLINE struct transport ipv4_transport(const struct datagram *datagram)
{
	struct iphdr *ip = datagram->at;

	return (struct transport){
		.at = (void *)ip + datagram->header_length,
		.offset = datagram->offset + datagram->header_length,
		.protocol = ip->protocol,
		.is_fragment = (ip->frag_off & htons(0x3fff)) != 0,
		.has_options = datagram->header_length > sizeof(*ip),
		.is_readable = (ip->frag_off & htons(0x1fff)) == 0,
	};
}

INLINE _Bool is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ||
	       protocol == IPPROTO_AH || protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_MH;
}

struct extension {
	__u8 next;
	__u8 units;
	__be16 fragment;
	__be32 identification;
};

/* Up to six extension headers. */
INLINE struct transport ipv6_transport(struct frame frame, const struct datagram *datagram)
{
	struct ipv6hdr *ip = datagram->at;
	__u32 offset = sizeof(*ip);
	__u8 protocol = ip->nexthdr;
	_Bool is_fragment = 0, has_options = 0, is_readable = 1;

#pragma clang loop unroll(disable)
	for (int turn = 0; is_extension(protocol); turn++) {
		struct extension *extension = datagram->at + offset;
		__u32 size;

		if (turn == 6 || datagram->offset + offset + sizeof(*extension) > datagram->end ||
		    (void *)(extension + 1) > frame.end) {
			is_readable = 0;
			break;
		}
		if (protocol == IPPROTO_FRAGMENT)
			size = 8;
		else if (protocol == IPPROTO_AH)
			size = 4 * (extension->units + 2);
		else
			size = 8 * (extension->units + 1);
		if (datagram->offset + offset + size > datagram->end) {
			is_readable = 0;
			break;
		}
		has_options |= protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS;
		offset = (offset + size) & 0x7fff;
		if (protocol == IPPROTO_FRAGMENT) {
			is_fragment |= (extension->fragment & htons(0xfff9)) != 0;
			if (extension->fragment & htons(0xfff8)) {
				protocol = extension->next;
				is_readable = 0;
				break;
			}
		}
		protocol = extension->next;
	}
	return (struct transport){ datagram->at + offset, datagram->offset + offset, protocol, is_fragment, has_options, is_readable };
}

INLINE _Bool can_read(struct frame frame, const struct datagram *datagram, const struct transport *transport, __u32 size)
{
	return transport->is_readable && transport->offset + size <= datagram->end &&
	       (size == 0 || transport->at + size <= frame.end);
}

struct ports {
	__be16 sport;
	__be16 dport;
};

struct icmp {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be16 identifier;
	__be16 sequence;
};

/* Both ports, or of an ICMP echo the identifier twice; zeros for protocols without. 0: cannot be read. */
INLINE _Bool read_flow(struct frame frame, const struct datagram *datagram, const struct transport *transport, int version,
		       struct ports *ports)
{
	*ports = (struct ports){ 0, 0 };
	if (transport->protocol == IPPROTO_TCP) {
		if (!can_read(frame, datagram, transport, 20))
			return 0;
		*ports = *(struct ports *)transport->at;
	} else if (transport->protocol == IPPROTO_UDP) {
		if (!can_read(frame, datagram, transport, 8))
			return 0;
		*ports = *(struct ports *)transport->at;
	} else if (transport->protocol == IPPROTO_SCTP) {
		if (!can_read(frame, datagram, transport, 12))
			return 0;
		*ports = *(struct ports *)transport->at;
	} else if (transport->protocol == (version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		struct icmp *icmp = transport->at;
		_Bool is_echo;

		if (!can_read(frame, datagram, transport, sizeof(*icmp)))
			return 0;
		is_echo = version == 4 ? icmp->type == 8 || icmp->type == 0 : icmp->type == 128 || icmp->type == 129;
		if (is_echo)
			*ports = (struct ports){ icmp->identifier, icmp->identifier };
	} else if (!can_read(frame, datagram, transport, 0)) {
		return 0;
	}
	return 1;
}

/* A whole TCP header. */
INLINE struct tcphdr *read_tcp(struct frame frame, const struct datagram *datagram, const struct transport *transport)
{
	struct tcphdr *tcp = transport->at;

	if (transport->protocol != IPPROTO_TCP || !can_read(frame, datagram, transport, sizeof(*tcp)))
		return 0;
	if (tcp->doff < 5 || transport->offset + tcp->doff * 4 > datagram->end)
		return 0;
	return tcp;
}

INLINE struct udphdr *read_udp(struct frame frame, const struct datagram *datagram, const struct transport *transport)
{
	struct udphdr *udp = transport->at;
	__u16 length;

	if (transport->protocol != IPPROTO_UDP || !can_read(frame, datagram, transport, sizeof(*udp)))
		return 0;
	length = ntohs(udp->len);
	if (length < sizeof(*udp) || (transport->offset + length > datagram->end && !transport->is_fragment))
		return 0;
	return udp;
}

/* What one word of 32 bits adds to a one's complement sum (RFC 1624, equation 3). */
INLINE __u64 delta(__u32 before, __u32 after)
{
	return (__u64)(__u32)~before + after;
}

INLINE __u64 delta16(__u16 before, __u16 after)
{
	return (__u64)(__u16)~before + after;
}

/* The checksum with so much more in the sum, below 2^35. */
INLINE __u16 checksum_with(__u16 checksum, __u64 more)
{
	__u64 sum = (__u16)~checksum + more;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}
