// Packets in user space as the kernel offers them: by a UDP socket, by the rings of a packet socket. Both send back what comes.
// Arguments: namespace; `socket`, an address and a port, or `packet` and an interface; or `costs` alone: nanoseconds of CPU
// time for a system call and for a switch to another process. Prints "ready"; at SIGUSR1 what was received and sent so far, and CPU time in nanoseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../wire/standing.h"

#define FRAME 2048
#define FRAMES 2048

static void echo(const char *address, int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, address, &own.sin_addr);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  // A signal that comes in front of recvfrom does not end it.
  struct timeval patience = {.tv_usec = 20000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  check(bind(fd, (void *)&own, sizeof own), "bind");
  ready();
  for (;;) {
    char bytes[FRAME];
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    answer();
    ssize_t size = recvfrom(fd, bytes, sizeof bytes, 0, (void *)&from, &length);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    check(size, "recvfrom");
    received++;
    if (sendto(fd, bytes, size, 0, (void *)&from, length) == size) sent++;
  }
}

static struct tpacket2_hdr *at(char *ring, uint32_t number) { return (void *)(ring + (size_t)(number % FRAMES) * FRAME); }

static int reflect(int fd, char *rx, char *tx, uint32_t *in, uint32_t *out) {
  const size_t behind = TPACKET2_HDRLEN - sizeof(struct sockaddr_ll);
  int count = 0;
  for (; count < BURST; count++, ++*in) {
    struct tpacket2_hdr *from = at(rx, *in), *to = at(tx, *out);
    if (!(__atomic_load_n(&from->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) break;
    if (__atomic_load_n(&to->tp_status, __ATOMIC_ACQUIRE) == TP_STATUS_AVAILABLE) {
      const char *frame = (char *)from + from->tp_mac;
      char *copy = (char *)to + behind;
      memcpy(copy, frame + ETH_ALEN, ETH_ALEN);
      memcpy(copy + ETH_ALEN, frame, ETH_ALEN);
      memcpy(copy + 2 * ETH_ALEN, frame + 2 * ETH_ALEN, from->tp_snaplen - 2 * ETH_ALEN);
      to->tp_len = from->tp_snaplen;
      __atomic_store_n(&to->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
      ++*out;
      sent++;
    }
    __atomic_store_n(&from->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  }
  received += count;
  if (count > 0) send(fd, 0, 0, MSG_DONTWAIT);
  return count;
}

static void rings(const char *link) {
  int fd = socket(AF_PACKET, SOCK_RAW, 0), version = TPACKET_V2, one = 1;
  struct tpacket_req request = {.tp_block_size = 16 * FRAME, .tp_block_nr = FRAMES / 16, .tp_frame_size = FRAME, .tp_frame_nr = FRAMES};
  check(fd, "socket");
  check(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version), "version");
  check(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one), "outgoing");
  check(setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one), "bypass");
  check(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request), "rx");
  check(setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof request), "tx");
  char *rx = mmap(0, 2ul * FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (rx == MAP_FAILED) check(-1, "mmap");
  struct sockaddr_ll own = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex(link)};
  check(bind(fd, (void *)&own, sizeof own), "bind");
  ready();
  uint32_t in = 0, out = 0;
  for (uint64_t empty = 0;;) {
    answer();
    if (reflect(fd, rx, rx + (size_t)FRAMES * FRAME, &in, &out) > 0) { empty = 0; continue; }
    if (empty == 0) { empty = now(CLOCK_MONOTONIC); continue; }
    if (now(CLOCK_MONOTONIC) - empty > PATIENCE_NS) {
      struct pollfd wait = {.fd = fd, .events = POLLIN};
      poll(&wait, 1, 20);
    }
  }
}

#define CALLS 1000000
#define SWITCHES 100000

static void costs(void) {
  uint64_t begun = now(CLOCK_PROCESS_CPUTIME_ID);
  for (int i = 0; i < CALLS; i++) syscall(SYS_getppid);
  double call = (double)(now(CLOCK_PROCESS_CPUTIME_ID) - begun) / CALLS;
  int there[2], back[2];
  char byte = 0;
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  check(sched_setaffinity(0, sizeof first, &first), "affinity");
  check(pipe(there), "pipe");
  check(pipe(back), "pipe");
  pid_t child = fork();
  check(child, "fork");
  if (child == 0) {
    close(there[1]);
    while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1);
    _exit(0);
  }
  begun = now(CLOCK_PROCESS_CPUTIME_ID);
  for (int i = 0; i < SWITCHES; i++)
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) exit(1);
  struct rusage other;
  double own = now(CLOCK_PROCESS_CPUTIME_ID) - begun;
  close(there[1]);
  waitpid(child, 0, 0);
  check(getrusage(RUSAGE_CHILDREN, &other), "getrusage");
  double others = (other.ru_utime.tv_sec + other.ru_stime.tv_sec) * 1e9 + (other.ru_utime.tv_usec + other.ru_stime.tv_usec) * 1e3;
  // There and back, with a read and a write each.
  double each = (own + others) / SWITCHES / 2;
  printf("%f %f\n", call, each);
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_handler = ask};
  if (argc == 2) {
    costs();
    return 0;
  }
  enter(argv[1]);
  // Without SA_RESTART: what waits comes back to answer.
  check(sigaction(SIGUSR1, &action, 0), "signal");
  if (!strcmp(argv[2], "socket")) echo(argv[3], atoi(argv[4]));
  rings(argv[3]);
}
