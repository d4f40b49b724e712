#include "move-link.h"

#define PORT 2152
#define USER_DATA 255
#define PDU_SESSION 0x85

struct gtpu {
	__u8 flags;
	__u8 type;
	__be16 length;
	__be32 teid;
};

struct options {
	__be16 sequence;
	__u8 number;
	__u8 extension;
};

struct pdu_session {
	__u8 words;
	__u8 direction;
	__u8 qfi;
	__u8 extension;
};

struct tunnel {
	__u64 packets;
	__u64 bytes;
};

struct key {
#ifdef KEY_WORDS
	__u64 all;
#else
	__be32 teid;
	__u8 qfi;
	__u8 zero[3];
#endif
};

MAP(tunnels, "tunnels");

INLINE struct key key_of(__be32 teid, __u8 qfi)
{
#ifdef KEY_WORDS
	return (struct key){ teid | (__u64)qfi << 32 };
#else
	return (struct key){ teid, qfi, { 0 } };
#endif
}

/* The datagram that begins at `offset` and ends before `end`; its type, or 0. */
INLINE __be16 inner_type(struct frame frame, __u32 offset, __u32 end)
{
	struct iphdr *ip = frame.start + offset;
	__u32 length;

	if ((void *)(ip + 1) > frame.end)
		return 0;
	if (ip->version == 4) {
		length = ntohs(ip->tot_len);
		return ip->ihl >= 5 && length >= ip->ihl * 4 && offset + length <= end ? htons(ETH_P_IP) : 0;
	}
	if (ip->version == 6) {
		struct ipv6hdr *ip6 = (void *)ip;

		if ((void *)(ip6 + 1) > frame.end || is_reserved(&ip6->saddr) || is_reserved(&ip6->daddr))
			return 0;
		length = sizeof(*ip6) + ntohs(ip6->payload_len);
		return offset + length <= end ? htons(ETH_P_IPV6) : 0;
	}
	return 0;
}

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct transport transport;
	struct udphdr *udp;
	struct gtpu *gtpu;
	struct tunnel *known;
	struct key key;
	__u32 inner, end;
	__u8 qfi = 0;
	__be16 type;
	int link = read_link(frame, &type);

	if (link < 0 || type != htons(ETH_P_IP) || !read_ipv4(frame, link, &datagram))
		END(NEXT);
	transport = ipv4_transport(&datagram);
	udp = read_udp(frame, &datagram, &transport);
	if (!udp || udp->dest != htons(PORT))
		END(NEXT);
	end = transport.offset + ntohs(udp->len);
	if (end > datagram.end)
		end = datagram.end;
	gtpu = (void *)(udp + 1);
	inner = transport.offset + sizeof(*udp) + sizeof(*gtpu);
	if (inner > end || (void *)(gtpu + 1) > frame.end)
		END(DROP);
	if ((gtpu->flags & 0xf0) != 0x30)
		END(DROP);
	if (gtpu->type != USER_DATA)
		END(STACK);
	if (gtpu->flags & 7) {
		struct options *options = (void *)(gtpu + 1);
		struct pdu_session *session = (void *)(options + 1);

		inner += sizeof(*options) + sizeof(*session);
		if (inner > end || (void *)(session + 1) > frame.end)
			END(DROP);
		if (options->extension != PDU_SESSION || session->extension != 0)
			END(DROP);
		qfi = session->qfi & 0x3f;
	}
	type = inner_type(frame, inner, end);
	if (!type)
		END(DROP);
	key = key_of(gtpu->teid, qfi);
	known = lookup(&tunnels, &key);
	if (!known)
		END(DROP);
	__sync_fetch_and_add(&known->packets, 1);
	__sync_fetch_and_add(&known->bytes, frame.end - frame.start);
	if (!move_link(ctx, inner - link, type, link))
		END(DROP);
	END(BOUNCE);
}

PROGRAM(body)
