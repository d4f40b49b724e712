import { BtfBuilder } from '@twinpath/ebpf/btf';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import { packet, programText, words } from '../test/program-text.ts';
import type { Trap } from '../trap-report.ts';
import { FibTable } from './fib-table.ts';

const fib = new FibTable();
const engine = new Engine({
  bytes: 4 << 20,
  fib: (parameters, flags) => fib.lookup(parameters, flags),
  mtu: (ifindex) => (ifindex === 3 ? 1500 : 0),
});

describe('the head', () => {
  it('moves into zeros, and back to the bytes that it moved away from', () => {
    // Leaves something where the next run's headroom lies.
    const [used, bytes] = [engine.allocate(4096, 'test'), engine.memory.bytes];
    bytes.fill(0xff, used, used + 4096);
    engine.free(used);
    const move = (by: number) => `r1 = r6\nr2 = ${by}\ncall bpf_xdp_adjust_head\n`;
    using program = engine.load(programText(`r6 = r1\n${move(7)}${move(-8)}exit`));
    expect([...program.testRun({ data: packet() }).data]).toEqual([0, ...packet()]);
  });
});

describe('metadata', () => {
  it('lie in front of the packet and move with its head', () => {
    const text = `
      r6 = r1
      r2 = -8
      call bpf_xdp_adjust_meta
      if r0 != 0 goto out
      r1 = *(u32 *)(r6 +8)
      *(u32 *)(r1 +0) = 0x11223344
      r1 = r6
      r2 = -4
      call bpf_xdp_adjust_head
      if r0 != 0 goto out
      r1 = *(u32 *)(r6 +8)
      r2 = *(u32 *)(r6 +0)
      r0 = *(u32 *)(r1 +0)
      r2 -= r1
      r0 += r2
    out:
      exit`;
    using program = engine.load(programText(text), { checked: true });
    expect(program.testRun({ data: packet() }).retval).toBe(0x11223344 + 8);
  });

  it('are refused in lengths that the kernel has not', () => {
    const text = (by: number) => `r2 = ${by}\ncall bpf_xdp_adjust_meta\nexit`;
    const result = (by: number) => engine.load(programText(text(by))).testRun({ data: packet() }).retval | 0;
    expect([-4, -32].map(result)).toEqual([0, 0]);
    expect([-2, -36].map(result)).toEqual([-13, -13]);
    expect([4, -4000].map(result)).toEqual([-22, -22]);
  });
});

describe('tags on tc', () => {
  const tagged = Uint8Array.from({ length: 60 }, (_, index) => index);
  tagged.set([0x08, 0x00], 12);
  const context = new Uint8Array(192);

  it('stand beside the packet, and go into its bytes when another comes', () => {
    const push = (control: number) => `r1 = r6\nr2 = 0x81\nr3 = ${control}\ncall bpf_skb_vlan_push\n`;
    const text = (body: string) => `r6 = r1\n${body}\nr0 = *(u32 *)(r6 +24)\nexit`;
    const once = engine.load(programText(text(push(5)), 'sched-cls')).testRun({ data: tagged, ctx: context });
    expect([once.retval, once.data]).toEqual([5, tagged]);
    const twice = engine
      .load(programText(text(push(5) + push(7)), 'sched-cls'))
      .testRun({ data: tagged, ctx: context });
    expect(twice.retval).toBe(7);
    expect(twice.data).toEqual(Uint8Array.of(...tagged.subarray(0, 12), 0x81, 0, 0, 5, ...tagged.subarray(12)));
    const back = `${push(5)}${push(7)}r1 = r6\ncall bpf_skb_vlan_pop\n`;
    const popped = engine.load(programText(text(back), 'sched-cls')).testRun({ data: tagged, ctx: context });
    expect([popped.retval, popped.data]).toEqual([5, tagged]);
  });
});

describe('checksums', () => {
  it('follow a change of a field of an IP header', () => {
    const header = Uint8Array.of(0x45, 0, 0, 46, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2);
    const sum = (bytes: Uint8Array): number => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      let total = 0;
      for (let at = 0; at < 20; at += 2) total += view.getUint16(at);
      return (total >>> 16) + (total & 0xffff);
    };
    new DataView(header.buffer).setUint16(10, ~sum(header));
    const frame = new Uint8Array(60);
    frame.set([8, 0], 12);
    frame.set(header, 14);
    const text = `
      r6 = r1
      r2 = 24
      r3 = 0x0100000a
      r4 = 0x6300a8c0
      r5 = 4
      call bpf_l3_csum_replace
      *(u32 *)(r10 -4) = 0x6300a8c0
      r1 = r6
      r2 = 26
      r3 = r10
      r3 += -4
      r4 = 4
      r5 = 0
      call bpf_skb_store_bytes
      exit`;
    const { retval, data } = engine.load(programText(text, 'sched-cls')).testRun({ data: frame });
    expect(retval).toBe(0);
    expect([...data.subarray(26, 30)]).toEqual([192, 168, 0, 99]);
    expect(sum(data.slice(14, 34))).toBe(0xffff);
  });
});

describe('ring buffers', () => {
  const events = engine.createMap({ name: 'events', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 });
  const text = (size: number) => `
    r6 = *(u32 *)(r1 +0)
    r6 = *(u32 *)(r6 +0)
    r1 = map[events]
    r2 = ${size}
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto full
    *(u32 *)(r0 +0) = r6
    *(u32 *)(r0 +${size - 4}) = r6
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
    r0 = 2
    exit
  full:
    r0 = 1
    exit`;

  it('give records in order and in one piece, round after round, and are full when nobody reads', () => {
    using program = engine.load(programText(text(100)), { maps: { events }, checked: true });
    const read: number[] = [];
    const ring = engine.ringBuffer(events, (memory, offset, length) => {
      expect(length).toBe(100);
      expect(memory.getUint32(offset + 96, true)).toBe(memory.getUint32(offset, true));
      read.push(memory.getUint32(offset, true));
    });
    const write = (number: number) => {
      const data = packet();
      data.set(words(number));
      return program.testRun({ data }).retval;
    };
    for (let number = 0; number < 300; number++) {
      expect(write(number)).toBe(2);
      if (number % 7 === 0) ring.drain();
    }
    ring.drain();
    expect(read).toEqual(Array.from({ length: 300 }, (_, number) => number));
    let fits = 0;
    while (write(0) === 2) fits++;
    // 4095 bytes, of which each record takes 8 and 100, rounded up to 8.
    expect(fits).toBe(Math.floor(4095 / 112));
    expect(ring.available).toBe(112 * fits);
  });
});

describe('routes', () => {
  const mac = (last: number) => Uint8Array.of(2, 0, 0, 0, 0, last);
  fib.setPort({ ifindex: 3, mac: mac(3), mtu: 1400 });
  fib.setRoute({ prefix: Uint8Array.of(10, 0, 0, 0), length: 8, ifindex: 3, gateway: Uint8Array.of(10, 9, 9, 9) });
  fib.setRoute({ prefix: Uint8Array.of(10, 1, 0, 0), length: 16, ifindex: 3, kind: 'blackhole' });
  fib.setNeighbour({ ifindex: 3, address: Uint8Array.of(10, 9, 9, 9), mac: mac(9) });
  const lookup = (second: number, length: number) => {
    const text = `
      r6 = *(u32 *)(r1 +0)
      r2 = r6
      r3 = 64
      r4 = 0
      call bpf_fib_lookup
      exit`;
    const data = new Uint8Array(64);
    data[0] = 2;
    data.set([length & 0xff, length >> 8], 6);
    data.set([10, second, 0, 1], 32);
    return engine.load(programText(text), { checked: true }).testRun({ data });
  };

  it('give interface, next hop and addresses', () => {
    const { retval, data } = lookup(2, 1000);
    expect(retval).toBe(0);
    expect(data.subarray(8, 12)).toEqual(words(3));
    expect(data.subarray(32, 36)).toEqual(Uint8Array.of(10, 9, 9, 9));
    expect(data.subarray(52)).toEqual(Uint8Array.of(...mac(3), ...mac(9)));
  });

  it('say why not: blackhole, too long', () => {
    expect(lookup(1, 1000).retval).toBe(1);
    const tooLong = lookup(2, 1401);
    expect(tooLong.retval).toBe(8);
    expect(tooLong.data.subarray(6, 8)).toEqual(Uint8Array.of(1400 & 0xff, 1400 >> 8));
  });

  it('know interfaces by their MTU', () => {
    const text = (ifindex: number, length: number) => `
      *(u32 *)(r10 -4) = ${length}
      r2 = ${ifindex}
      r3 = r10
      r3 += -4
      r4 = 0
      r5 = 0
      call bpf_check_mtu
      r0 <<= 16
      r1 = *(u32 *)(r10 -4)
      r0 += r1
      exit`;
    const check = (ifindex: number, length: number) =>
      engine.load(programText(text(ifindex, length))).testRun({ data: packet() }).retval;
    expect(check(3, 1500)).toBe(1500);
    expect(check(3, 1501)).toBe((1 << 16) + 1500);
    expect(check(4, 100) >>> 16).toBe(0x10000 - 19);
  });
});

describe('a trap', () => {
  it('tells the instruction, and the line that it came from', () => {
    const traps: Trap[] = [];
    const own = new Engine({ bytes: 1 << 20, onTrap: (trap) => traps.push(trap) });
    const btf = new BtfBuilder();
    const first = { slot: 0, file: 'wild.vnf.ts', text: 'const at = 0x7fffffff;', line: 3, column: 7 };
    const second = { slot: 1, file: 'wild.vnf.ts', text: 'return at.value;', line: 4, column: 3 };
    const lines = btf.lineInfo([first, second]);
    const outside = programText('r1 = 0x7fffffff\nr0 = 0\nr0 = *(u64 *)(r1 +0)\nexit', 'xdp', 'wild');
    const spec = { ...outside, btf: { types: btf.bytes(), functions: new Uint8Array(), lines } };
    expect(own.load(spec).testRun({ data: packet() })).toMatchObject({ retval: 0, trapped: true });
    const reason = 'memory access out of bounds';
    expect(traps).toEqual([{ program: 'wild', slot: 2, reason, line: second }]);
  });
});
