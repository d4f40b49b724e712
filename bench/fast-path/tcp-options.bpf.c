#include "packet.h"

enum { END_OF_OPTIONS = 0, NO_OPERATION = 1, SEGMENT_SIZE = 2 };

INLINE int body(struct xdp_md *ctx)
{
	struct frame frame = frame_of(ctx);
	struct datagram datagram;
	struct transport transport;
	struct tcphdr *tcp;
	__u32 at = sizeof(*tcp), size;
	__be16 type;
	int link = read_link(frame, &type);

	if (link < 0 || type != htons(ETH_P_IP) || !read_ipv4(frame, link, &datagram))
		END(NEXT);
	transport = ipv4_transport(&datagram);
	tcp = read_tcp(frame, &datagram, &transport);
	if (!tcp || !tcp->syn)
		END(NEXT);
	size = tcp->doff * 4;
	// One way around for all kinds: the verifier follows every way separately, at each of forty turns.
#pragma clang loop unroll(disable)
	for (int turn = 0; turn < 40 && at < size; turn++) {
		__u8 *option = (void *)tcp + (at & 63), *second;
		__u32 is_single, has_length, step;

		if ((void *)(option + 1) > frame.end || option[0] == END_OF_OPTIONS)
			break;
		is_single = ((option[0] ^ NO_OPERATION) + 255) >> 8 ^ 1;
		has_length = (at + 1 - size) >> 31;
		second = option + has_length;
		if ((void *)(second + 1) > frame.end)
			break;
		step = is_single | (second[0] * (has_length & (is_single ^ 1)));
		if (step + is_single < 2 || at + step > size)
			break;
		if (option[0] == SEGMENT_SIZE) {
			if (step < 4 || (void *)(option + 4) > frame.end)
				break;
			END(ntohs(*(__be16 *)(option + 2)) < 536 ? DROP : NEXT);
		}
		at = (at + step) & 63;
	}
	END(STACK);
}

PROGRAM(body)
