#include <linux/bpf.h>

extern char cells, flows, prefixes;

/** bpf_map_lookup_elem */
static void *(*const lookup)(void *map, const void *key) = (void *)1;

#define cell_of() lookup(&cells, &(__u32){0})
#define target_of(key) lookup(&flows, key)
#define allowed_of(key) lookup(&prefixes, key)
#include "nat.h"

__attribute__((section("xdp"), used)) int program(struct xdp_md *ctx)
{
	return nat((void *)(long)ctx->data, (void *)(long)ctx->data_end);
}
