// The library's functions as the scenario `functions` measures them: what they hold, and the packets that are known to them.
import { BpfMap } from '@twinpath/ebpf';
import type { Put } from '../fast-path/instance.ts';
import type { Timed } from '../fast-path/programs.ts';
import { sourcePort } from '../fast-path/stopwatch.ts';

export interface Part {
  /** In the library. */
  readonly name: string;
  /** A file beside this one, without its extension. */
  readonly twin: string;
  readonly config: object;
  /** What packets and slow path would have put there. */
  fill?(put: Put): void;
  /** See contenders.ts. */
  twinMap?(): BpfMap;
}

export interface Subject {
  readonly name: string;
  /** One behind the other, by tail calls. */
  readonly parts: readonly Part[];
  readonly timed: readonly Timed[];
  /** What else ours and the twins must agree on. */
  readonly others: readonly string[];
  /** Nanoseconds that the best published function of this kind takes on the scale of the reference machine. */
  readonly bar: { readonly label: string; readonly ns: number };
}

const FLOWS = 1024;
const [CLIENT, SERVICE, SERVER] = ['10.0.0.1', '10.0.0.2', '10.1.0.1'];
const HEADERS: readonly (readonly [number, 8])[] = [0, 8, 16, 24, 32, 40, 48].map((at) => [at, 8]);

const ask = (port: number) => `ip ${CLIENT} > ${SERVICE} / tcp ${port} > 80 ack / "abcdefgh"`;
const answer = `ip ${SERVER} > ${CLIENT} / tcp 8080 > ${sourcePort(0)} ack / "abcdefgh"`;

const timed = (label: string, packet: string, flows = 1): Timed => ({
  label,
  packet,
  restore: { bytes: HEADERS, ...(flows > 1 && { flows }) },
});

const balancer: Part = {
  name: 'load-balancer',
  twin: 'balancer',
  config: {
    services: ['tcp', 'udp'].map((protocol) => ({
      address: SERVICE,
      port: 80,
      protocol,
      backends: [1, 2, 3, 4].map((n) => ({ address: `10.1.0.${n}`, port: 8080 })),
    })),
  },
  fill(put) {
    const way = { mode: 'nat', server: 1 };
    for (const protocol of ['tcp', 'udp']) {
      for (let flow = 0; flow < FLOWS; flow++) {
        const sport = sourcePort(flow);
        const key = { src: CLIENT, dst: SERVICE, sport, dport: 80, protocol };
        const back = { src: SERVER, dst: CLIENT, sport: 8080, dport: sport, protocol };
        put('sessions', key, { ...way, state: protocol, fromServer: false, address: SERVER, port: 8080 });
        put('sessions', back, { ...way, state: protocol, fromServer: true, address: SERVICE, port: 80 });
      }
    }
  },
};

const dpi: Part = {
  name: 'dpi',
  twin: 'dpi',
  config: { mode: 'sniff' },
  fill(put) {
    for (const protocol of ['tcp', 'udp']) {
      for (let flow = 0; flow < FLOWS; flow++) {
        const key = { src: CLIENT, dst: SERVICE, sport: sourcePort(flow), dport: 80, protocol, vlan: 0 };
        put('flows', key, { application: 7, state: protocol === 'tcp' ? 'tcp' : 'other', risks: 0n, riskPolicy: 0 });
      }
    }
  },
};

const u32 = (...values: readonly number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const PORTS = [22, 25, 53, 80, 110, 143, 443, 993];

/** What has no use for flows keeps none. */
const byPort: Part = {
  name: 'firewall',
  twin: 'firewall-port',
  config: {
    stateful: false,
    rules: PORTS.map((port) => ({ action: 'allow', protocol: 'tcp', direction: 'in', port })),
  },
  twinMap() {
    const ports = BpfMap.create({ name: 'ports', type: 'array', keySize: 4, valueSize: 4, maxEntries: 65_536 });
    for (const [rule, port] of PORTS.entries()) ports.update(u32(port), u32(rule + 1));
    return ports;
  },
};

/** The same with what C does not need for the rules above: actions, and a second generation to change to. */
const byPortWithActions: Part = {
  ...byPort,
  twin: 'firewall-actions',
  twinMap() {
    const ports = BpfMap.create({ name: 'ports', type: 'array', keySize: 4, valueSize: 8, maxEntries: 2 * 65_536 });
    for (const [rule, port] of PORTS.entries())
      for (const generation of [0, 65_536]) ports.update(u32(generation + port), u32(rule + 1, 1));
    return ports;
  },
};

/** As many as the published measurement had; the client is in one of them. */
const SUBNETS = Array.from({ length: 101 }, (_, index) => [10, index, 0, 0] as const);

const bySubnet: Part = {
  name: 'firewall',
  twin: 'firewall-subnet',
  config: {
    stateful: false,
    rules: SUBNETS.map((subnet) => ({ action: 'allow', direction: 'in', from: `${subnet.join('.')}/24` })),
  },
  twinMap() {
    const spec = { name: 'subnets', type: 'lpm-trie', keySize: 8, valueSize: 4, maxEntries: 128 } as const;
    const subnets = BpfMap.create({ ...spec, flags: ['no-prealloc'] });
    for (const [rule, subnet] of SUBNETS.entries()) {
      subnets.update(Uint8Array.of(24, 0, 0, 0, ...subnet), u32(rule + 1));
    }
    return subnets;
  },
};

const one = 'known, 1 flow';
const many = `known, ${FLOWS} flows`;
const notRouted = `${many}, not routed`;
const known = [timed(one, ask(sourcePort(0))), timed(many, ask(sourcePort(0)), FLOWS)];
/** As far as the kernel's routes are asked: published balancers have none. */
const upToRoutes = timed(notRouted, ask(sourcePort(0)).replace(SERVICE, `${SERVICE} hops 1`), FLOWS);
const others = [`vlan 5 / ${ask(sourcePort(1))}`];

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'firewall by port',
    parts: [byPort],
    timed: [timed('allowed', ask(4000))],
    others: [...others, ask(4000).replace('> 80', '> 81'), `ip ${CLIENT} > ${SERVICE} / udp 4000 > 53`],
    bar: { label: 'allowed', ns: 14 },
  },
  {
    name: 'firewall by port, C with actions',
    parts: [byPortWithActions],
    timed: [timed('allowed', ask(4000))],
    others: [...others, ask(4000).replace('> 80', '> 81'), `ip ${CLIENT} > ${SERVICE} / udp 4000 > 53`],
    bar: { label: 'allowed', ns: 14 },
  },
  {
    name: 'firewall by subnet',
    parts: [bySubnet],
    timed: [timed('allowed', ask(4000))],
    others: [...others, ask(4000).replace(CLIENT, '192.0.2.1'), ask(4000).replace(CLIENT, '10.100.0.9')],
    bar: { label: 'allowed', ns: 27 },
  },
  {
    name: 'balancer',
    parts: [balancer],
    timed: [...known, timed('answer', answer), upToRoutes],
    others: [...others, 'arp who-has 10.0.0.2 tell 10.0.0.1'],
    bar: { label: notRouted, ns: 34 },
  },
  {
    name: 'firewall and balancer',
    parts: [byPort, balancer],
    timed: [...known, upToRoutes],
    others,
    bar: { label: notRouted, ns: 37 },
  },
  {
    name: 'dpi',
    parts: [dpi],
    timed: known,
    others: [
      `ip ${SERVICE} > ${CLIENT} / tcp 80 > ${sourcePort(0)} ack`,
      ask(sourcePort(0)).replace('tcp', 'udp').replace(' ack', ''),
    ],
    bar: { label: many, ns: 23 },
  },
];
