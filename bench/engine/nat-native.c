// The same logic for this machine, over tables as simple as they can be: a hash with chains, a compressed binary trie.
// Standard input: u32 flows, u32 prefixes, u64 mask, the frame of 64 bytes, { struct flow, struct target } for each flow, { struct
// prefix, u32 } for each prefix. Argument: how many runs. Prints nanoseconds for a run, and the frame behind the first.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/types.h>

struct flow;
struct prefix;
static struct cell *cell_of(void);
static struct target *target_of(const struct flow *flow);
static __u32 *allowed_of(const struct prefix *prefix);
#include "nat.h"

#define BUCKETS (1 << 17)
#define BURST 64
#define ROOM 4096

struct entry {
	__u32 next;
	struct flow flow;
	struct target target;
} __attribute__((aligned(64)));
struct node {
	struct node *child[2];
	__u32 length, address, isValue, value;
};

static struct cell cell;
static struct entry *entries;
static __u32 buckets[BUCKETS];
static struct node *root;
static __u8 frames[BURST * ROOM];

static struct cell *cell_of(void) { return &cell; }

static inline __u32 bucket_of(const __u64 *words)
{
	__u64 hash = (words[0] ^ 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;

	hash = ((hash ^ hash >> 32) + words[1]) * 0xc4ceb9fe1a85ec53;
	return (hash ^ hash >> 32) & (BUCKETS - 1);
}

static inline __attribute__((always_inline)) struct target *target_of(const struct flow *flow)
{
	__u64 words[2], other[2];

	memcpy(words, flow, 16);
	for (__u32 index = buckets[bucket_of(words)]; index; index = entries[index].next) {
		memcpy(other, &entries[index].flow, 16);
		if (words[0] == other[0] && words[1] == other[1])
			return &entries[index].target;
	}
	return 0;
}

static inline __u32 common(const struct node *node, __u32 length, __u32 address)
{
	__u32 differ = node->address ^ address, same = differ ? __builtin_clz(differ) : 32;

	same = same < length ? same : length;
	return same < node->length ? same : node->length;
}

static inline __u32 *allowed_of(const struct prefix *prefix)
{
	__u32 address = __builtin_bswap32(*(__u32 *)prefix->address);
	struct node *found = 0;

	for (struct node *node = root; node;) {
		if (common(node, prefix->length, address) < node->length)
			break;
		if (node->isValue)
			found = node;
		if (node->length == 32)
			break;
		node = node->child[address >> (31 - node->length) & 1];
	}
	return found ? &found->value : 0;
}

static struct node *make(__u32 length, __u32 address)
{
	struct node *node = calloc(1, sizeof *node);

	node->length = length;
	node->address = length ? address & -(1u << (32 - length)) : 0;
	return node;
}

static void insert(__u32 length, __u32 address, __u32 value)
{
	struct node **slot = &root, *node, *made = make(length, address);
	__u32 same = 0;

	made->isValue = 1;
	made->value = value;
	while ((node = *slot) && (same = common(node, length, address)) == node->length && node->length < length)
		slot = &node->child[address >> (31 - node->length) & 1];
	if (!node) {
		*slot = made;
	} else if (same == length && node->length == length) {
		node->isValue = 1;
		node->value = value;
	} else if (same == length) {
		made->child[node->address >> (31 - length) & 1] = node;
		*slot = made;
	} else {
		struct node *branch = make(same, address);

		branch->child[node->address >> (31 - same) & 1] = node;
		branch->child[address >> (31 - same) & 1] = made;
		*slot = branch;
	}
}

static void take(void *bytes, size_t size)
{
	if (fread(bytes, size, 1, stdin) != 1)
		exit(1);
}

int main(int argc, char **argv)
{
	long runs = argc > 1 ? atol(argv[1]) : BURST;
	__u32 counts[2];
	__u8 frame[64];
	struct timespec from, to;

	take(counts, 8);
	take(&cell.mask, 8);
	take(frame, 64);
	entries = aligned_alloc(64, (counts[0] + 1) * sizeof *entries);
	for (__u32 index = 1; index <= counts[0]; index++) {
		struct entry *entry = &entries[index];

		take(&entry->flow, sizeof entry->flow);
		take(&entry->target, sizeof entry->target);
		__u64 words[2];

		memcpy(words, &entry->flow, 16);
		__u32 *bucket = &buckets[bucket_of(words)];
		entry->next = *bucket;
		*bucket = index;
	}
	for (__u32 index = 0; index < counts[1]; index++) {
		struct prefix prefix;
		__u32 value;

		take(&prefix, sizeof prefix);
		take(&value, 4);
		insert(prefix.length, __builtin_bswap32(*(__u32 *)prefix.address), value);
	}
	for (int index = 0; index < BURST; index++)
		memcpy(frames + index * ROOM + 256, frame, 64);
	__u32 verdict = nat(frames + 256, frames + 320);
	__u8 first[64];

	memcpy(first, frames + 256, 64);
	for (long run = 0; run < runs / 4; run++)
		verdict |= nat(frames + run % BURST * ROOM + 256, frames + run % BURST * ROOM + 320);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (long run = 0; run < runs; run++)
		verdict |= nat(frames + run % BURST * ROOM + 256, frames + run % BURST * ROOM + 320);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	printf("%f ", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / runs);
	printf("%u ", verdict);
	for (int index = 0; index < 64; index++)
		printf("%02x", first[index]);
	printf("\n");
	return 0;
}
