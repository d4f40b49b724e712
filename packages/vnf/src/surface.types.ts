// What the types refuse. Every line below `@ts-expect-error` must not compile.

import { z } from 'zod';
import {
  array,
  bits,
  bytesAfter,
  type Contents,
  counters,
  drop,
  flag,
  forward,
  type HeldPacket,
  header,
  type IpHeader,
  ip,
  ip4,
  lpm,
  migration,
  net,
  next,
  notice,
  notify,
  type Packet,
  packetCopy,
  packetIn,
  port,
  portGroup,
  portName,
  prefix,
  ruleSet,
  slowPath,
  table,
  tally,
  traffic,
  u8,
  u16,
  u32,
  type Verdict,
  vnf,
} from './index.ts';

const flows = table({ key: { address: ip }, value: { state: u8, wide: u32 }, max: 10 });
const newFlow = packetIn({ metadata: { address: ip }, limit: '10/s' });
const sample = packetCopy({ limit: '10/s' });
const gone = notice({ metadata: { n: u32 }, limit: '10/s' });
const count = counters({ hit: 'packets' });
const inside = port('inside');
const outside = port('outside');

export const fixture = vnf({
  name: 'fixture',
  config: z.object({
    servers: z.array(z.string()),
    mode: z.enum(['on', 'off']),
    limit: z.number(),
    inner: z.object({ network: net.prefix() }),
  }),
  tables: { flows },
  counters: count,
  reasons: { newFlow, sample, gone },
  ports: [inside, outside],
  fastPath(packet, config) {
    const ip = packet.ip();
    // @ts-expect-error the header may be missing
    ip.src;
    if (!ip) return drop;
    const entry = flows.lookup({ address: ip.src });
    // @ts-expect-error the entry may be missing
    entry.state = 1;
    // @ts-expect-error a table's slow-path side is not here
    flows.set({ address: ip.src }, { state: 1, wide: 1 });
    // @ts-expect-error a new entry needs all fields
    flows.insert({ address: ip.src }, { state: 1 });
    // @ts-expect-error a MAC address is no IP address
    flows.lookup({ address: packet.ethernet()?.src ?? ip.src });
    // @ts-expect-error 32 bits do not fit into 8
    if (entry) entry.state = entry.wide;
    // @ts-expect-error what was only peeked at cannot be written
    if (entry) flows.peek({ address: ip.src }).state = 1;
    // @ts-expect-error lists are no constants
    config.servers.length;
    config.inner.network satisfies string;
    // @ts-expect-error no such mode
    if (config.mode === 'offf') return drop;
    // @ts-expect-error no such counter
    count.hits();
    // @ts-expect-error metadata is declared
    if (config.limit > 1) return slowPath(newFlow);
    // @ts-expect-error metadata has other fields
    if (config.limit > 2) return slowPath(newFlow, { addr: ip.src });
    // @ts-expect-error a copy is not handed over
    if (config.limit > 3) return slowPath(sample);
    // @ts-expect-error a notice is no verdict
    const verdict: Verdict = notify(gone, { n: 1 });
    if (config.limit > 4) return verdict;
    // @ts-expect-error no such protocol name
    if (ip.protocol === 'tpc') return drop;
    return packet.port === inside ? forward(outside) : forward(inside);
  },
  slowPath({ tables, ports, counters }) {
    // @ts-expect-error the fast path's side is not here
    tables.flows.lookup({ address: '10.0.0.1' });
    // @ts-expect-error no such port
    ports.get('left');
    // @ts-expect-error no such counter
    counters.hits;
    tables.flows.set({ address: '10.0.0.1' }, { state: 1, wide: counters.hit });
    return {
      newFlow(packet, { address }) {
        packet.forward(address === '10.0.0.1' ? 'inside' : 'outside');
      },
      sample(packet) {
        // @ts-expect-error a copy needs no answer
        packet.resume();
      },
      gone({ n }) {
        n.toFixed();
      },
    };
  },
});

export const together = vnf({
  name: 'together',
  reasons: { newFlow, gone },
  fastPath: () => drop,
  slowPath: () => ({
    newFlow: {
      batch(packets) {
        for (const [packet, { address }] of packets) {
          // @ts-expect-error no such field
          address.port;
          packet.resume();
        }
      },
    },
    gone: { batch: (notices) => void notices.map(({ n }) => n.toFixed()) },
  }),
});

export const unhandled = vnf({
  name: 'unhandled',
  reasons: { newFlow, sample },
  fastPath: () => drop,
  // @ts-expect-error `sample` has no handler
  slowPath() {
    return {
      newFlow(packet) {
        packet.drop();
      },
    };
  },
});

// @ts-expect-error a verdict is not made by hand
export const handmade = vnf({ name: 'handmade', fastPath: () => ({ verdict: 'drop' }) });
// @ts-expect-error a table is made by table()
export const listed = vnf({ name: 'listed', tables: { flows: { key: u32, value: {}, max: 1 } }, fastPath: () => drop });
// @ts-expect-error counters are made by counters()
export const raw = vnf({ name: 'raw', counters: { hit: 'packets' }, fastPath: () => drop });

// @ts-expect-error a timeout for each state
table({ key: u32, value: { state: u8 }, max: 1, idleTimeout: { state: { a: '1 s' } } });
// @ts-expect-error no unit
table({ key: u32, value: { state: u8 }, max: 1, idleTimeout: '30' });
// @ts-expect-error no such unit
table({ key: u32, value: { state: u8 }, max: 1, timeout: '30 seconds' });
// @ts-expect-error a shape is made of types
table({ key: u32, value: { state: 5 }, max: 1 });
// @ts-expect-error Node writes prefixes, the fast path cannot
lpm({ key: prefix, value: { n: u16 }, max: 1 }).insert('10.0.0.0/8', { n: 1 });
// @ts-expect-error nobody writes a tally whole
ruleSet({ seen: tally({ by: { n: u8 }, max: 1, help: 'x' }) });
// @ts-expect-error no rate
notice({ limit: '10 per second' });
// @ts-expect-error the step gives a value of another shape
migration({ from: 1, was: { n: u8 }, becomes: { m: u8 }, upgrade: ({ n }) => ({ n }) });

export const helper = (packet: Packet) => array({ value: { a: ip4 }, max: 1 }).at(packet.cpu)?.a;
export const tag = header({ a: u8 })({ a: 1 });
// @ts-expect-error no such field
export const other = header({ a: u8 })({ b: 1 });
const tunnel = header({ version: bits(3), extended: flag, spare: bits(4), length: bytesAfter, teid: u32 });
export function teidOf(held: HeldPacket): u32 | undefined {
  const found = held.ip()?.udp()?.next(tunnel);
  // @ts-expect-error the header may be missing
  found.teid;
  const inner: IpHeader | undefined = found?.ip()?.icmp()?.quoted();
  // @ts-expect-error a flag is no number
  found?.extended.toFixed();
  return inner && found?.extended ? found.teid : undefined;
}

// Both sides of what other functions declare, as their authors use it.
const links = portGroup({ max: 4 });
const plan = ruleSet({
  routes: lpm({ key: prefix, value: { port: portName, gateway: ip }, max: 10 }),
  ring: array({ value: { server: u16 }, max: 7 }),
});
const stations = table({ key: { vlan: u16 }, value: { port: portName, traffic }, max: 1, idleTimeout: '5 min' });

export const contents: Contents<typeof plan> = {
  routes: [['10.0.0.0/8', { port: 'left', gateway: '10.0.0.1' }]],
  // @ts-expect-error no such field
  ring: [{ servers: 1 }],
};

export const router = vnf({
  name: 'router',
  ports: links,
  tables: { plan, stations },
  fastPath(packet) {
    const eth = packet.ethernet();
    const route = packet.ip()?.dst === undefined ? undefined : plan.routes.lookup(packet.ip()?.dst ?? '::');
    const link = route && links.at(route.port);
    if (!eth || !link) return next;
    const station = stations.lookupOrInsert({ vlan: eth.vlan?.id ?? 1 }, { port: packet.port });
    station?.traffic.count(packet);
    // @ts-expect-error what the runtime keeps current is not written
    link.mtu = 5;
    eth.src = link.mac;
    return forward(route.port);
  },
  configure({ tables, previous }) {
    // @ts-expect-error this function has no configuration
    previous?.mode;
    tables.plan.replace({ ring: [{ server: 1 }] });
    tables.plan.routes.replace([['::/0', { port: 'left', gateway: '::' }]]);
    for (const [{ vlan }, { traffic }] of tables.stations) traffic.bytes satisfies typeof vlan | number;
  },
});
