// What the soak puts packets through: every verdict, every way to change a frame, and programs that the engine has to stop.
import { assembleProgram, type ProgramSpec } from '@twinpath/ebpf';

/** r6: the context; r7, r8: the packet's first byte and its end, 14 bytes or more; r9: a byte that says what to do. */
const begin = (data: number, end: number) => `
  r6 = r1
  r7 = *(u32 *)(r6 +${data})
  r8 = *(u32 *)(r6 +${end})
  r2 = r7
  r2 += 14
  if r2 > r8 goto drop
  call bpf_get_prandom_u32
  r9 = r0
  r9 &= 255`;
const end = (drop: number) => `
drop:
  r0 = ${drop}
  exit`;

const across = `
  r2 = *(u32 *)(r6 +12)
  r1 = map[next]
  r3 = 1
  call bpf_redirect_map
  exit`;

const bodies: Readonly<Record<string, string>> = {
  reflect: 'r0 = 3\nexit',
  forward: across,
  flood: 'r1 = map[all]\nr2 = 0\nr3 = 24\ncall bpf_redirect_map\nexit',
  // 0 to 5: with what no kernel knows.
  verdicts: 'r9 %= 6\nif r9 != 4 goto other\nr9 = 1\nother:\nr0 = r9\nexit',
  nowhere: 'r1 = 99999\nr2 = 0\ncall bpf_redirect\nexit',
  grow: `r1 = r6\nr2 = r9\nr2 = -r2\ncall bpf_xdp_adjust_head\n${across}`,
  shrink: `r1 = r6\nr2 = r9\ncall bpf_xdp_adjust_head\nr1 = r6\nr2 = r9\nr2 = -r2\ncall bpf_xdp_adjust_tail\n${across}`,
  lengthen: `r1 = r6\nr2 = r9\nr2 <<= 3\ncall bpf_xdp_adjust_tail\n${across}`,
  metadata: `r1 = r6\nr2 = -16\ncall bpf_xdp_adjust_meta\n${across}`,
  flows: `
    r2 = *(u32 *)(r7 +8)
    *(u32 *)(r10 -4) = r2
    *(u64 *)(r10 -16) = r9
    r1 = map[flows]
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = 0
    call bpf_map_update_elem
    ${across}`,
  // Reads where the packet says: most packets say nonsense.
  wild: `r2 = *(u32 *)(r7 +0)\nr7 += r2\nr0 = *(u64 *)(r7 +0)\n${across}`,
  endless: 'if r9 > 8 goto drop\nagain:\nr9 += 1\nif r9 != 0 goto again\nr0 = 3\nexit',
};

/** r7: the number of one of the interfaces, or of none. */
const number = `
  r2 = r9
  r2 &= 7
  *(u32 *)(r10 -4) = r2
  r2 = r10
  r2 += -4
  r1 = map[numbers]
  call bpf_map_lookup_elem
  if r0 == 0 goto drop
  r7 = *(u32 *)(r0 +0)`;
const pass = 'r0 = 0\nexit';

const tcBodies: Readonly<Record<string, string>> = {
  pass,
  verdicts: 'r9 %= 10\nr0 = r9\nexit',
  out: `${number}\nr1 = r7\nr2 = 0\ncall bpf_redirect\nexit`,
  into: `${number}\nr1 = r7\nr2 = 1\ncall bpf_redirect\nexit`,
  copies: `${number}\nr1 = r6\nr2 = r7\nr3 = r9\nr3 &= 1\ncall bpf_clone_redirect\n${pass}`,
  tags: `r1 = r6\nr2 = 129\nr3 = r9\ncall bpf_skb_vlan_push\n${pass}`,
  untags: `r1 = r6\ncall bpf_skb_vlan_pop\n${pass}`,
  room: `r1 = r6\nr2 = r9\nr2 -= 128\nr3 = 1\nr4 = 0\ncall bpf_skb_adjust_room\n${pass}`,
  marks: `*(u32 *)(r6 +8) = r9\n*(u32 *)(r6 +48) = r9\n${pass}`,
  wildTc: `r2 = *(u32 *)(r7 +0)\nr7 += r2\nr0 = *(u64 *)(r7 +0)\n${pass}`,
};

/** Run in checked mode: no verifier has seen them. */
export const programs: readonly ProgramSpec[] = Object.entries(bodies).map(([name, body]) =>
  assembleProgram(name, 'xdp', `${begin(0, 4)}\n${body}${end(1)}`),
);
/** For the tc hooks of interfaces. */
export const tcPrograms: readonly ProgramSpec[] = Object.entries(tcBodies).map(([name, body]) =>
  assembleProgram(name, 'sched-cls', `${begin(76, 80)}\n${body}${end(2)}`),
);
