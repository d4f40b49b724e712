// The engine's AF_XDP work written by hand in C: receive, reflect or forward on queue 0, with the same frames, ring sizes,
// bursts and sleeping. Arguments: namespace, mode, interface, and another one to forward to. Descriptor 3 is the xskmap of the
// first. Prints "ready"; at SIGUSR1 what it received and sent so far, and its CPU time in nanoseconds.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../wire/standing.h"

#define FRAMES 8192
#define FRAME 2048
#define RING 2048
#define WAKES 8

struct ring {
  uint32_t *producer, *consumer, *flags;
  void *entries;
  uint32_t head;
};
struct port {
  int fd;
  struct ring rx, tx, fill, completion;
};

static char *umem;
static uint32_t spare[FRAMES], spares;

static uint32_t load(uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static void store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

static struct ring map(int fd, struct xdp_ring_offset at, size_t entry, uint64_t offset) {
  int size = RING;
  char *base = mmap(0, at.desc + size * entry, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
  if (base == MAP_FAILED) check(-1, "mmap");
  return (struct ring){(void *)(base + at.producer), (void *)(base + at.consumer), (void *)(base + at.flags), base + at.desc, 0};
}

static void open_port(struct port *port, const char *link, int shared) {
  int fd = socket(AF_XDP, SOCK_RAW, 0), size = RING;
  check(fd, "socket");
  if (shared < 0) {
    struct xdp_umem_reg reg = {.addr = (uint64_t)umem, .len = (uint64_t)FRAMES * FRAME, .chunk_size = FRAME};
    check(setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof reg), "umem");
  }
  int options[] = {XDP_RX_RING, XDP_TX_RING, XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING};
  for (int i = 0; i < 4; i++) check(setsockopt(fd, SOL_XDP, options[i], &size, sizeof size), "ring");
  struct xdp_mmap_offsets at;
  socklen_t length = sizeof at;
  check(getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length), "offsets");
  port->fd = fd;
  port->rx = map(fd, at.rx, 16, XDP_PGOFF_RX_RING);
  port->tx = map(fd, at.tx, 16, XDP_PGOFF_TX_RING);
  port->fill = map(fd, at.fr, 8, XDP_UMEM_PGOFF_FILL_RING);
  port->completion = map(fd, at.cr, 8, XDP_UMEM_PGOFF_COMPLETION_RING);
  // XDP_MAX_TX_SKB_BUDGET, since 6.18: as many frames with one system call as there are.
  setsockopt(fd, SOL_XDP, 9, &size, sizeof size);
  struct sockaddr_xdp address = {.sxdp_family = AF_XDP, .sxdp_ifindex = if_nametoindex(link)};
  address.sxdp_flags = shared < 0 ? XDP_USE_NEED_WAKEUP : XDP_SHARED_UMEM;
  address.sxdp_shared_umem_fd = shared < 0 ? 0 : shared;
  // The kernel lets go of a queue a little after its last socket is gone.
  for (int tries = 0; tries < 200; tries++) {
    if (bind(fd, (void *)&address, sizeof address) == 0) return;
    if (errno != EBUSY) break;
    usleep(1000);
  }
  check(-1, "bind");
}

static void refill(struct port *port) {
  uint32_t room = RING - (port->fill.head - load(port->fill.consumer));
  if (room > spares) room = spares;
  if (room < 32) return;
  uint64_t *entries = port->fill.entries;
  for (uint32_t i = 0; i < room; i++) entries[port->fill.head++ & (RING - 1)] = (uint64_t)spare[--spares] * FRAME;
  store(port->fill.producer, port->fill.head);
  if (load(port->fill.flags) & XDP_RING_NEED_WAKEUP) recv(port->fd, 0, 0, MSG_DONTWAIT);
}

static void flush(struct port *port) {
  store(port->tx.producer, port->tx.head);
  for (int i = 0; i < WAKES && load(port->tx.consumer) != port->tx.head && (load(port->tx.flags) & XDP_RING_NEED_WAKEUP); i++) {
    sendto(port->fd, 0, 0, MSG_DONTWAIT, 0, 0);
  }
  uint32_t count = load(port->completion.producer) - port->completion.head;
  uint64_t *entries = port->completion.entries;
  for (uint32_t i = 0; i < count; i++) spare[spares++] = entries[port->completion.head++ & (RING - 1)] / FRAME;
  store(port->completion.consumer, port->completion.head);
}

static void swap(char *frame) {
  char mac[6];
  memcpy(mac, frame, 6);
  memcpy(frame, frame + 6, 6);
  memcpy(frame + 6, mac, 6);
}

static int work(struct port *from, struct port *to) {
  uint32_t count = load(from->rx.producer) - from->rx.head;
  if (count > BURST) count = BURST;
  struct xdp_desc *in = from->rx.entries;
  for (uint32_t i = 0; i < count; i++) {
    struct xdp_desc one = in[from->rx.head++ & (RING - 1)];
    if (one.len < 14) { spare[spares++] = one.addr / FRAME; continue; }
    swap(umem + one.addr);
    if (to && to->tx.head - load(to->tx.consumer) < RING) {
      ((struct xdp_desc *)to->tx.entries)[to->tx.head++ & (RING - 1)] = (struct xdp_desc){one.addr, one.len, 0};
      sent++;
    } else {
      spare[spares++] = one.addr / FRAME;
    }
  }
  store(from->rx.consumer, from->rx.head);
  received += count;
  refill(from);
  if (to) flush(to);
  return count;
}

int main(int argc, char **argv) {
  (void)argc;
  enter(argv[1]);
  umem = mmap(0, (size_t)FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  for (spares = 0; spares < FRAMES; spares++) spare[spares] = FRAMES - 1 - spares;
  struct port from, other, *to = 0;
  open_port(&from, argv[3], -1);
  if (!strcmp(argv[2], "reflect")) to = &from;
  if (!strcmp(argv[2], "forward")) {
    open_port(&other, argv[4], from.fd);
    to = &other;
  }
  refill(&from);
  uint32_t key = 0;
  union bpf_attr attr = {.map_fd = 3, .key = (uint64_t)&key, .value = (uint64_t)&from.fd};
  check(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof attr), "xskmap");
  signal(SIGUSR1, ask);
  ready();
  uint64_t empty = 0;
  for (;;) {
    answer();
    if (work(&from, to) > 0) { empty = 0; continue; }
    if (empty == 0) { empty = now(CLOCK_MONOTONIC); continue; }
    if (now(CLOCK_MONOTONIC) - empty > PATIENCE_NS) {
      struct pollfd wait = {.fd = from.fd, .events = POLLIN};
      poll(&wait, 1, 20);
    }
  }
}
