import { macToBytes, packetFromText, textOf } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { CPUS, LINK, LINKS, PATH, PORTS } from '../../../abi/index.ts';
import { createEnvironment } from '../../../evaluate/environment.ts';
import { evaluate, type Outcome } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import type { Hook } from '../../../ir/types.ts';
import type { VERDICTS } from './fixtures/forwarding.vnf.ts';
import { compileVerdict, LAN, WAN } from './fixtures/load.ts';

const IPV4 =
  'eth 02:00:00:00:00:01 > 02:00:00:00:00:02 / ip 10.0.0.1 > 192.0.2.9 hops 9 class 8 / udp 4000 > 53 / "question"';
const IPV6 = 'eth 02:00:00:00:00:01 > 02:00:00:00:00:02 / ip fd00::1 > fd00:1::9 hops 2 flow 7 / tcp 4000 > 80 syn';

interface Given {
  readonly from?: number;
  readonly result?: number;
  readonly to?: number;
  readonly cpus?: number;
}

/** The parameters of the last lookup, and what came out. */
function run(
  what: (typeof VERDICTS)[number],
  hook: Hook,
  text = IPV4,
  { from = LAN, result = 0, to = WAN, cpus = 1 }: Given = {},
): Outcome & { readonly asked: Uint8Array | undefined } {
  const { programs, maps: specs } = compileVerdict(what, hook, cpus);
  const maps = new EvaluatorMaps(specs);
  for (const [index, ifindex] of [LAN, WAN].entries()) {
    const key = new Uint8Array(Uint32Array.of(index).buffer);
    maps.store(PORTS).update(key, new Uint8Array(Uint32Array.of(ifindex).buffer), 'any');
    const link = new Uint8Array(LINK.size);
    new DataView(link.buffer).setUint32(LINK.ifindex, ifindex, true);
    new DataView(link.buffer).setUint32(LINK.mtu, 1500, true);
    link.set(macToBytes('02:00:00:00:77:77'), LINK.mac);
    link[LINK.isUp] = 1;
    maps.store(LINKS).update(key, link, 'any');
  }
  // Of all but the first.
  for (let cpu = 1; cpu < cpus; cpu++) {
    const [key, queue] = [Uint32Array.of(cpu), Uint32Array.of(192)];
    maps.store(CPUS).update(new Uint8Array(key.buffer), new Uint8Array(queue.buffer), 'any');
  }
  let asked: Uint8Array | undefined;
  const environment = createEnvironment({
    fib(parameters) {
      asked = parameters.slice();
      const view = new DataView(parameters.buffer);
      view.setUint32(8, to, true);
      view.setUint16(6, 1500, true);
      parameters.set(macToBytes('02:aa:bb:cc:dd:01'), 52);
      parameters.set(macToBytes('02:aa:bb:cc:dd:02'), 58);
      return result;
    },
  });
  const context = hook === 'xdp' ? { ingress_ifindex: from } : { ifindex: from };
  const [program] = programs;
  if (program === undefined) throw new Error('there is a program');
  return { ...evaluate(program.ir, { packet: packetFromText(text), maps, environment, context }), asked };
}

const ROUTED =
  'eth 02:aa:bb:cc:dd:01 > 02:aa:bb:cc:dd:02 / ip 10.0.0.1 > 192.0.2.9 hops 8 class 8 / udp 4000 > 53 / "question"';
const same = (packet: Uint8Array, text: string) => expect(textOf(packet)).toBe(textOf(packetFromText(text)));

describe('forward', () => {
  it('sends XDP packets through the map of ports and tc packets to the interface', () => {
    expect(run('forward', 'xdp')).toMatchObject({
      returned: 4n,
      redirect: { kind: 'map', map: PORTS, key: 1, value: WAN },
    });
    expect(run('forward', 'tcx-ingress')).toMatchObject({
      returned: 7n,
      redirect: { kind: 'interface', ifindex: WAN },
    });
    expect(run('forward named', 'xdp', IPV4, { from: WAN }).redirect).toMatchObject({ key: 1 });
    expect(run('forward named', 'xdp', IPV4, { from: LAN }).redirect).toMatchObject({ key: 1 });
  });

  it('to a next hop writes both addresses and takes a hop', () => {
    const { packet, redirect, asked } = run('next hop', 'xdp');
    same(packet, ROUTED);
    expect(redirect).toMatchObject({ kind: 'map', key: 1 });
    // Family, length, interface, type of service, addresses.
    expect([asked?.[0], asked?.[6], asked?.[8], asked?.[12]]).toEqual([2, 36, LAN, 8]);
    expect([...(asked?.subarray(16, 20) ?? [])]).toEqual([10, 0, 0, 1]);
    expect([...(asked?.subarray(32, 36) ?? [])]).toEqual([192, 0, 2, 9]);
    expect(run('next hop', 'xdp', IPV4, { to: 99 }).returned).toBe(1n);
    expect(run('next hop', 'xdp', IPV4.replace('hops 9', 'hops 1')).returned).toBe(1n);
  });
});

describe('route', () => {
  it('does as the routing table says, for both families', () => {
    const four = run('route', 'xdp');
    same(four.packet, ROUTED);
    expect(four).toMatchObject({ returned: 4n, redirect: { kind: 'interface', ifindex: WAN } });
    const six = run('route', 'tcx-ingress', IPV6);
    same(
      six.packet,
      IPV6.replace('02:00:00:00:00:01 > 02:00:00:00:00:02', '02:aa:bb:cc:dd:01 > 02:aa:bb:cc:dd:02').replace(
        'hops 2',
        'hops 1',
      ),
    );
    expect([six.asked?.[0], six.asked?.[6], six.asked?.[15]]).toEqual([10, 0, 7]);
    expect(six).toMatchObject({ returned: 7n, redirect: { ifindex: WAN } });
  });

  it.each([
    ['no neighbour yet', IPV4, 7],
    ['hops run out', IPV4.replace('hops 9', 'hops 1'), 0],
    ['no IP', 'arp who-has 10.0.0.1 tell 10.0.0.2', 0],
  ])('leaves to the host: %s', (_, text, result) => {
    const { packet, returned, redirect } = run('route', 'xdp', text, { result });
    same(packet, text);
    expect([returned, redirect]).toEqual([2n, undefined]);
  });

  it('of what leaves the host writes addresses, and changes its way only if it must', () => {
    const onTheWay = run('route', 'tcx-egress', IPV4, { from: WAN });
    same(onTheWay.packet, ROUTED.replace('hops 8', 'hops 9'));
    expect([BigInt.asIntN(32, onTheWay.returned), onTheWay.redirect]).toEqual([-1n, undefined]);
    expect(run('route', 'tcx-egress', IPV4, { from: LAN }).redirect).toMatchObject({ ifindex: WAN });
  });
});

describe('with functions behind ports', () => {
  const to = (index: number) => ({ kind: 'tail-call', map: PATH, index }) as const;
  const listing = (...given: Parameters<typeof compileVerdict>) =>
    compileVerdict(...given).programs[0]?.compiled.listing() ?? '';

  it('route goes through those of the port by which it leaves', () => {
    const through = listing('route', 'xdp', 1, { routed: new Map([[WAN, to(77)]]) });
    expect(through).toMatch(/r3 = 77\n.*call bpf_tail_call/);
    expect(through).toMatch(/call bpf_redirect#/);
    expect(through).toMatch(new RegExp(`if w\\d [!=]= 0x${WAN} goto`));
    expect(listing('route', 'xdp')).not.toMatch(/tail_call/);
  });

  it('route hands over to the other end of those that do, on tc', () => {
    const peer = { kind: 'redirect', ifindex: WAN, peer: true } as const;
    const handed = listing('route', 'tcx-ingress', 1, { routed: new Map([[WAN, peer]]) });
    expect(handed).toMatch(/call bpf_redirect_peer#/);
    expect(handed).toMatch(/call bpf_redirect#/);
    expect(listing('route', 'tcx-ingress')).not.toMatch(/redirect_peer/);
  });

  it('flood goes on where copies are made, on tc in copies that come in once more', () => {
    const raised = listing('flood', 'xdp', 1, { flood: to(78) });
    expect(raised).toMatch(/r3 = 78\n.*call bpf_tail_call/);
    expect(raised).not.toMatch(/redirect_map/);
    const copied = listing('flood', 'tcx-ingress', 1, { exits: new Map([['wan', to(79)]]) });
    // The position in the mark's word, and none of it in the other copy.
    expect(copied).toMatch(new RegExp(`\\+48\\) = (r\\d|${79 << 16})`));
    expect(copied.match(/call bpf_clone_redirect/g)).toHaveLength(2);
    const entered = listing('flood', 'tcx-ingress', 1, { exits: new Map([['wan', to(79)]]), entry: 'wan' });
    expect(entered.match(/call bpf_clone_redirect/g)).toHaveLength(1);
  });
});

describe('flood', () => {
  it('is a broadcast over the map of ports, or a copy for each other port', () => {
    expect(run('flood', 'xdp')).toMatchObject({
      returned: 4n,
      redirect: { kind: 'broadcast', map: PORTS, flags: 24n },
    });
    const { returned, clones } = run('flood', 'tcx-ingress');
    expect([returned, clones.map(({ ifindex }) => ifindex)]).toEqual([2n, [WAN]]);
  });
});

describe('clone', () => {
  it('sends the packet as it is now, which goes on; views stay what they were', () => {
    const { returned, clones, packet } = run('clone', 'tcx-ingress');
    expect([returned, clones.map(({ ifindex }) => ifindex)]).toEqual([0n, [LAN, WAN]]);
    const changed = IPV4.replace('eth 02:00:00:00:00:01', 'eth 02:00:00:00:00:99');
    const [first, second] = clones;
    same(first?.packet ?? new Uint8Array(), IPV4);
    same(second?.packet ?? new Uint8Array(), changed);
    same(packet, changed);
    expect(run('clone', 'tcx-egress').clones).toHaveLength(2);
  });

  it('is refused where the hook cannot copy', () => {
    expect(() => compileVerdict('clone', 'xdp')).toThrow("'clone' cannot be done on xdp");
  });
});

describe('spread', () => {
  it('hands packets to the CPU that the number chooses, if it is there, and otherwise to the host here', () => {
    const redirect = { kind: 'map', map: CPUS, key: 4000 % 3, value: 192 };
    expect(run('spread', 'xdp', IPV4, { cpus: 3 })).toMatchObject({ returned: 4n, redirect });
    expect(run('spread', 'xdp', IPV6, { cpus: 3 })).toMatchObject({ returned: 2n, redirect: undefined });
  });

  it.each(['tcx-ingress', 'tcx-egress'] as const)('is refused on %s', (hook) => {
    expect(() => compileVerdict('spread', hook)).toThrow(`the verdict 'spread' cannot be given on ${hook}`);
  });
});

describe('bounce', () => {
  it('goes back where it came from', () => {
    expect(run('bounce', 'xdp').returned).toBe(3n);
    expect(run('bounce', 'tcx-ingress')).toMatchObject({ returned: 7n, redirect: { ifindex: LAN } });
  });

  it.each(['bounce', 'flood'] as const)('%s is refused for what leaves the host', (what) => {
    expect(() => compileVerdict(what, 'tcx-egress')).toThrow(`the verdict '${what}' cannot be given on tcx-egress`);
  });
});

describe('portGroup.at', () => {
  it('says what is known of a port that is up', () => {
    const { packet, redirect } = run('link', 'xdp');
    same(packet, IPV4.replace('eth 02:00:00:00:00:01', 'eth 02:00:00:00:77:77'));
    expect(redirect).toMatchObject({ key: 1 });
  });
});
