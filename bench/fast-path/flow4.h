// The key of an IPv4 flow: field by field with its padding cleared, or as whole words.
#pragma once
#include "packet.h"

struct flow4 {
#ifdef KEY_WORDS
	__u64 addresses;
	__u64 rest;
#else
	__be32 src;
	__be32 dst;
	__be16 sport;
	__be16 dport;
	__u8 protocol;
	__u8 zero[3];
#endif
};

INLINE struct flow4 flow4_of(const struct iphdr *ip, struct ports ports)
{
#ifdef KEY_WORDS
	return (struct flow4){
		ip->saddr | (__u64)ip->daddr << 32,
		ports.sport | (__u64)ports.dport << 16 | (__u64)ip->protocol << 32,
	};
#else
	return (struct flow4){ ip->saddr, ip->daddr, ports.sport, ports.dport, ip->protocol, { 0 } };
#endif
}

/* An IPv4 packet with a whole TCP or UDP header. */
struct packet4 {
	struct iphdr *ip;
	struct ports *ports;
	_Bool is_tcp;
};

enum found { NO_IPV4, NO_TRANSPORT, FOUND };

INLINE enum found read_packet4(struct frame frame, struct packet4 *packet)
{
	struct datagram datagram;
	struct transport transport;
	__be16 type;
	int offset = read_link(frame, &type);

	if (offset < 0 || type != htons(ETH_P_IP) || !read_ipv4(frame, offset, &datagram))
		return NO_IPV4;
	transport = ipv4_transport(&datagram);
	packet->ip = datagram.at;
	packet->ports = transport.at;
	packet->is_tcp = transport.protocol == IPPROTO_TCP;
	if (packet->is_tcp ? !read_tcp(frame, &datagram, &transport) : !read_udp(frame, &datagram, &transport))
		return NO_TRANSPORT;
	return FOUND;
}

/* Checksums of transport headers cover addresses and ports. */
INLINE void update_transport(const struct packet4 *packet, __u64 more)
{
	if (packet->is_tcp) {
		struct tcphdr *tcp = (void *)packet->ports;

		tcp->check = checksum_with(tcp->check, more);
	} else {
		struct udphdr *udp = (void *)packet->ports;
		__u16 check = checksum_with(udp->check, more);

		if (udp->check)
			udp->check = check ? check : 0xffff;
	}
}
