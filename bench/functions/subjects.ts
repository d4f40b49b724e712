// The library's functions as the scenario `functions` measures them: what they hold, and the packets that are known to them.
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
        put('flows', key, { application: 7, state: protocol === 'tcp' ? 'tcp' : 'other', risks: 0n });
      }
    }
  },
};

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'balancer',
    parts: [balancer],
    timed: [
      timed('known, 1 flow', ask(sourcePort(0))),
      timed(`known, ${FLOWS} flows`, ask(sourcePort(0)), FLOWS),
      timed('answer', answer),
      // As far as the kernel's routes are asked: published balancers have none.
      timed(`known, ${FLOWS} flows, not routed`, ask(sourcePort(0)).replace(SERVICE, `${SERVICE} hops 1`), FLOWS),
    ],
    others: ['arp who-has 10.0.0.2 tell 10.0.0.1', `vlan 5 / ${ask(sourcePort(1))}`],
    bar: { label: `known, ${FLOWS} flows, not routed`, ns: 34 },
  },
  {
    name: 'dpi',
    parts: [dpi],
    timed: [
      timed('verdict, 1 flow', ask(sourcePort(0))),
      timed(`verdict, ${FLOWS} flows`, ask(sourcePort(0)), FLOWS),
      timed('verdict, answer', `ip ${SERVICE} > ${CLIENT} / tcp 80 > ${sourcePort(0)} ack / "abcdefgh"`),
    ],
    others: [
      'arp who-has 10.0.0.2 tell 10.0.0.1',
      `ip ${CLIENT} > ${SERVICE} / udp ${sourcePort(1)} > 80 / "abcdefgh"`,
    ],
    bar: { label: 'verdict, 1 flow', ns: 23 },
  },
];
