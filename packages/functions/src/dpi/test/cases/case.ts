import { canonical } from '@twinpath/packet';
import type { CaseOf } from '@twinpath/testing';
import type dpi from '../../dpi.vnf.ts';

export type Case = CaseOf<typeof dpi>;
export type Config = NonNullable<Case['config']>;
export type Step = Case['steps'][number];
export type Counts = NonNullable<Step['counts']>;
export type Tables = Parameters<NonNullable<Case['given']>>[0];

export const passes = (send: Step['send'], counts: Counts = {}): Step => ({ send, verdict: 'next', counts });
export const drops = (send: Step['send'], counts: Counts = { dropped: 1 }): Step => ({ send, verdict: 'drop', counts });
/** The first packet of a flow, and those behind it. */
export const opens = (send: Step['send']): Step => passes(send, { opened: 1, shown: 1 });
export const shown = (send: Step['send']): Step => passes(send, { shown: 1 });
export const after = (time: NonNullable<Step['after']>, step: Step): Step => ({ ...step, after: time });

/** One family and protocol, and two ends. */
export interface Setting {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly client: string;
  readonly server: string;
}
const ends = [
  { family: 'IPv4', client: '198.51.100.5', server: '192.0.2.80' },
  { family: 'IPv6', client: '2001:db8:c::5', server: '2001:db8::80' },
] as const;

export const settings: readonly Setting[] = (['tcp', 'udp'] as const).flatMap((protocol) =>
  ends.map(({ family, client, server }) => ({
    name: `${protocol.toUpperCase()} over ${family}`,
    protocol,
    client,
    server,
  })),
);
export const tcpSettings = settings.filter(({ protocol }) => protocol === 'tcp');
export const udpSettings = settings.filter(({ protocol }) => protocol === 'udp');

export const [CLIENT_PORT, SERVER_PORT] = [40_000, 443];

/** The packets of one flow, and its entries. */
export function conversation({ protocol, client, server }: Setting, { sport = CLIENT_PORT, vlan = 0 } = {}) {
  const front = vlan === 0 ? '' : `eth / vlan ${vlan} / `;
  const rest = (flags: string) => `${protocol === 'tcp' ? ` ${flags}` : ''} / "0123456789"`;
  const { src, dst, ...ports } = canonical({ src: client, dst: server, sport, dport: SERVER_PORT, protocol });
  return {
    key: { src, dst, ...ports, vlan },
    asks: (flags = 'ack', more = '') =>
      `${front}ip ${client} > ${server}${more} / ${protocol} ${sport} > ${SERVER_PORT}${rest(flags)}`,
    answers: (flags = 'ack', more = '') =>
      `${front}ip ${server} > ${client}${more} / ${protocol} ${SERVER_PORT} > ${sport}${rest(flags)}`,
    /** Segments that carry nothing. */
    bare: (flags = 'ack') => `${front}ip ${client} > ${server} / tcp ${sport} > ${SERVER_PORT} ${flags}`,
  };
}

/** The application that policies of cases are about. */
export const VIDEO = 7;
/** One that they are not about. */
export const OTHER = 8;
const VIDEO_NAMED = { name: 'YouTube', protocol: 'TLS', category: 'Media' };
const OTHER_NAMED = { name: 'Mail', protocol: 'TLS', category: 'Email' };

type Policy = NonNullable<Config['policies']>[number];
/** In line, with the policies in force for the two applications, as the slow path enters them. */
export function acting(action: 'drop' | 'mark' | 'limit' | 'allow'): {
  config: Config;
  given: (tables: Tables) => void;
} {
  const about = { applications: ['YouTube'] };
  const policies: Readonly<Record<typeof action, Policy>> = {
    allow: { ...about, action: 'allow' },
    drop: { ...about, action: 'drop' },
    // Expedited forwarding (RFC 3246).
    mark: { ...about, action: 'mark', dscp: 46 },
    // 10,000 bytes a second, and 1000 at once.
    limit: { ...about, action: 'limit', rate: '80 kbit/s', burst: '100 ms' },
  };
  return {
    config: { mode: 'inline', packets: { tcp: 3, other: 3 }, policies: [policies[action]] },
    given({ applications, policies: acts }) {
      applications.set(VIDEO, VIDEO_NAMED);
      applications.set(OTHER, OTHER_NAMED);
      acts.set(VIDEO, { action, mark: action === 'mark' ? 46 << 2 : 0, limit: 0 });
      acts.set(OTHER, { action: 'allow', mark: 0, limit: 0 });
    },
  };
}

export const sniffing: Config = { mode: 'sniff', packets: { tcp: 3, other: 3 } };
export const holding: Config = { mode: 'hold', packets: { tcp: 3, other: 3 } };

/** The slow path's verdict on a flow. */
export function decided({ flows }: Tables, key: ReturnType<typeof conversation>['key'], application = VIDEO): void {
  flows.set(key, { application, state: key.protocol === 'tcp' ? 'tcp' : 'other', risks: 0n, riskPolicy: 0 });
}

/** What the tables hold must be so. */
export function holds(what: string, wanted: unknown, seen: unknown): void {
  const [a, b] = [JSON.stringify(wanted), JSON.stringify(seen)];
  if (a !== b) throw new Error(`${what}: expected ${a}, seen ${b}`);
}
export const statesAre =
  (...wanted: readonly string[]): NonNullable<Case['finally']> =>
  ({ flows }) =>
    holds('states', wanted, [...flows].map(([, { state }]) => state).toSorted());
export const carriedIs =
  (packets: number, application = VIDEO): NonNullable<Case['finally']> =>
  ({ carried }) =>
    holds('packets', packets, carried.get(application)?.traffic.packets);
