import type { CaseOf } from '@twinpath/testing';
import type loadBalancer from '../../load-balancer.vnf.ts';

export type Case = CaseOf<typeof loadBalancer>;
export type Config = NonNullable<Case['config']>;
export type Step = Case['steps'][number];
export type Counts = NonNullable<Step['counts']>;
export type Service = NonNullable<Config['services']>[number];

/** Few slots, so that tests are quick. */
export const SLOTS = 251;
export const withServices = (...services: Service[]): Config => ({ services, slots: SLOTS });

/** Where there are no routes, what is sent on its way is handed to the host. */
export const goesTo = (send: string, becomes: NonNullable<Step['becomes']>, counts: Counts = { known: 1 }): Step => ({
  send,
  verdict: 'stack',
  becomes,
  counts,
});
export const passes = (send: Step['send'], counts: Counts = {}): Step => ({ send, verdict: 'next', counts });
export const drops = (send: Step['send'], counts: Counts): Step => ({ send, verdict: 'drop', counts });
export const after = (time: NonNullable<Step['after']>, step: Step): Step => ({ ...step, after: time });
export const slowPaths = (
  send: Step['send'],
  reason: 'tooBig' | 'unresolved',
  metadata: object,
  counts: Counts,
): Step => ({
  send,
  verdict: `slowPath ${reason}`,
  metadata: { ...metadata },
  counts,
});

/** One family and protocol: a client, a service with one backend, and what passes between them. */
export interface Setting {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly client: string;
  readonly vip: string;
  readonly backends: readonly [string, string, string];
  readonly stranger: string;
  readonly isIp4: boolean;
}

const [ip4, ip6] = [
  {
    client: '198.51.100.5',
    vip: '192.0.2.80',
    // Of other /16 networks, and of other bytes, than the service.
    backends: ['10.77.0.1', '10.0.200.2', '172.16.3.3'],
    stranger: '203.0.113.9',
    isIp4: true,
  },
  {
    client: '2001:db8:c::5',
    vip: '2001:db8::80',
    backends: ['fd00:77::1', 'fd00::200:2', 'fc00:16::3'],
    stranger: '2001:db8:f::9',
    isIp4: false,
  },
] as const;

export const settings: readonly Setting[] = [
  { name: 'TCP over IPv4', protocol: 'tcp', ...ip4 },
  { name: 'TCP over IPv6', protocol: 'tcp', ...ip6 },
  { name: 'UDP over IPv4', protocol: 'udp', ...ip4 },
  { name: 'UDP over IPv6', protocol: 'udp', ...ip6 },
];
export const tcpSettings = settings.filter(({ protocol }) => protocol === 'tcp');

/** A packet of the setting's protocol; `flags` are TCP's. */
export function packet(
  { protocol }: Pick<Setting, 'protocol'>,
  [src, sport]: readonly [string, number],
  [dst, dport]: readonly [string, number],
  flags = 'ack',
): string {
  return `ip ${src} > ${dst} / ${protocol} ${sport} > ${dport}${protocol === 'tcp' ? ` ${flags}` : ' / "0123456789"'}`;
}

export const PORT = 80;
export const BACKEND_PORT = 8080;
export const CLIENT_PORT = 40_000;

/** The packets of one client's flow to the only backend. */
export function conversation(setting: Setting, sport = CLIENT_PORT) {
  const { client, vip, backends } = setting;
  const [backend] = backends;
  const ends = { client: [client, sport], vip: [vip, PORT], backend: [backend, BACKEND_PORT] } as const;
  const asks = (flags: string, counts: Counts = { known: 1 }) =>
    goesTo(packet(setting, ends.client, ends.vip, flags), packet(setting, ends.client, ends.backend, flags), counts);
  const answers = (flags: string, counts: Counts = { known: 1 }) =>
    goesTo(packet(setting, ends.backend, ends.client, flags), packet(setting, ends.vip, ends.client, flags), counts);
  const opens = [asks('syn', { placed: 1 }), answers('syn ack'), asks('ack', { known: 1, opened: 1 })];
  return { ...ends, asks, answers, opens };
}

export function oneBackend({ protocol, vip, backends }: Setting, more: Partial<Service> = {}): Config {
  const backend = { address: backends[0], port: BACKEND_PORT };
  return withServices({ address: vip, port: PORT, protocol, backends: [backend], ...more });
}

/** What the tables hold must be so. */
export function holds(what: string, wanted: unknown, seen: unknown): void {
  const [a, b] = [JSON.stringify(wanted), JSON.stringify(seen)];
  if (a !== b) throw new Error(`${what}: expected ${a}, seen ${b}`);
}
