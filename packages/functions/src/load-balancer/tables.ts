import {
  array,
  be16,
  bool,
  counters,
  fiveTuple,
  guard,
  instant,
  ip,
  oneOf,
  packetIn,
  protocol,
  ruleSet,
  table,
  traffic,
  u16,
  u32,
} from '@twinpath/vnf';
import { ringElement, SLOTS_OF_ELEMENT } from './ring-slots.ts';
import { HALF_OPEN, SERVER_IDS, SERVICE_PORTS, SERVICES, SESSIONS, SLOTS } from './sizes.ts';

const mode = oneOf('nat', 'direct', 'tunnel');

export const serviceOf = {
  service: u16,
  mode,
  choice: oneOf('hash', 'source', 'turn', 'least'),
  isSticky: bool,
  toStack: bool,
  firstSlot: u32,
  slots: u32,
  newFlows: u32,
};

/** Which services there are, and whose each slot of their rings is. */
export const plan = ruleSet({
  services: table({
    key: { address: ip, port: be16, protocol },
    value: serviceOf,
    max: SERVICE_PORTS,
  }),
  /** Addresses of services: what of their fragments is not known is dropped. */
  addresses: table({ key: { address: ip }, value: { services: u16 }, max: SERVICES }),
  ring: array({ value: ringElement, max: SLOTS / SLOTS_OF_ELEMENT }),
});

/** By number, which a backend keeps as long as it is there; and which the slow path writes. */
export const servers = array({
  value: {
    address: ip,
    /** 0: the port that the client asked for. */
    port: be16,
    /** The service, by its first port. */
    of: { address: ip, port: be16, protocol },
    state: oneOf('none', 'up', 'down', 'drained'),
    /** Weight as health and load leave it, in thousandths. */
    share: u32,
    /** What load leaves of the weight, in thousandths. */
    factor: u16,
  },
  max: SERVER_IDS + 1,
});

/** Sessions of each backend, about: both paths write it. */
export const active = array({ value: { flows: u32 }, max: SERVER_IDS + 1 });

/** What backends sent and received through here. */
export const carried = array({ value: { traffic }, max: SERVER_IDS + 1, perCpu: true });

/** Where a packet of a flow goes: to `address` and `port`, or, from the server, out in their name. */
const way = { mode, fromServer: bool, server: u16, port: be16, address: ip };

export const sessionOf = { state: oneOf('tcp', 'udp', 'half-closed', 'closing'), ...way };
/** `isAnswered`: of the client's entry, that the server has spoken. */
export const halfOpenFlow = { isAnswered: bool, ...way };

/** Flows that both ends have spoken in. They are never pushed out: others have to wait. One entry for each direction. */
export const sessions = table({
  key: fiveTuple,
  value: sessionOf,
  max: 2 * SESSIONS,
  idleTimeout: { state: { tcp: '2 h', udp: '3 min', 'half-closed': '10 min', closing: '10 s' } },
});

/** Flows that only one end has spoken in, or that are not proved: a flood of them pushes out nothing but its like. */
export const halfOpen = table({
  key: fiveTuple,
  value: halfOpenFlow,
  max: 2 * HALF_OPEN,
  whenFull: 'evict',
  idleTimeout: '1 min',
});

/** Where the first fragment went, for those behind it, which show no ports. */
export const fragments = table({
  key: { src: ip, dst: ip, identification: u32, protocol },
  value: way,
  max: 8192,
  whenFull: 'evict',
  timeout: '30 s',
});

export const affinities = table({
  key: { service: u16, client: ip },
  value: { server: u16 },
  max: 65_536,
  whenFull: 'evict',
  idleTimeout: '30 min',
});

/** Whose turn it is. */
export const turns = array({ value: { turn: u32 }, max: SERVICES, perCpu: true });

/** New flows of this second. */
export const newFlowLimits = array({ value: { guard, flows: u32, since: instant }, max: SERVICES });

export const tooBig = packetIn({ metadata: { mtu: u32 }, limit: '1000/s', overLimit: 'drop', unanswered: 'drop' });
export const unresolved = packetIn({
  metadata: { address: ip },
  limit: '1000/s',
  overLimit: 'drop',
  unanswered: 'drop',
});

export const count = counters({
  known: 'packets of flows that were placed, both directions',
  placed: 'flows given to a backend',
  opened: 'flows that both ends have spoken in',
  errors: 'ICMP errors brought to the end that they are for',
  fragments: 'later fragments that followed their first',
  lostFragments: 'later fragments dropped for want of their first',
  noServer: 'packets to a service without a backend',
  limited: 'packets dropped because there were too many new flows',
  collided: 'packets dropped because two flows would be one at the backend',
  full: 'packets of flows that found the table of sessions full',
  tooBig: 'packets too big for the tunnel',
  unresolved: 'packets that waited for the address of a backend on the link',
});
