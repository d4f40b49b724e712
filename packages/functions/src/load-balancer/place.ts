// The first packet of a flow: which backend it gets.
import {
  duration,
  type FiveTuple,
  hash,
  hashOf,
  ip,
  lock,
  type Packet,
  type Ref,
  reverse,
  sameFamily,
} from '@twinpath/vnf';
import type { Way } from './carry.ts';
import type { Constants } from './fast-path.ts';
import { SLOTS_OF_ELEMENT, serverIn } from './ring-slots.ts';
import { SESSIONS } from './sizes.ts';
import {
  active,
  affinities,
  count,
  halfOpen,
  newFlowLimits,
  plan,
  servers,
  type serviceOf,
  sessions,
  turns,
} from './tables.ts';

interface NewFlow {
  readonly flow: FiveTuple;
  readonly service: Readonly<Ref<typeof serviceOf>>;
  readonly config: Constants;
}

const NOBODY = 0;
/** What `source` places flows by. */
export const bySource = { client: ip };

/** Where it goes from now on; `undefined`: nowhere, and why is counted. */
export function place({ flow, service, config }: NewFlow): Way | undefined {
  const { mode } = service;
  const number = choose(flow, service, config);
  const server = servers.at(number);
  if (!server || server.state === 'none' || !sameFamily(server.address, flow.dst)) {
    count.noServer();
    return undefined;
  }
  const { address } = server;
  const port = server.port === 0 ? flow.dport : server.port;
  const way = { mode, fromServer: false, server: number, address, port };
  if (mode === 'nat' && !expectAnswers(flow, way)) {
    count.collided();
    return undefined;
  }
  halfOpen.put(flow, { isAnswered: false, ...way });
  count.placed();
  return way;
}

interface Chosen {
  readonly server: number;
  readonly address: FiveTuple['dst'];
  readonly port: number;
}

/** `false`: answers could belong to another flow, of the same client to another service. */
function expectAnswers(flow: FiveTuple, { server, address, port }: Chosen): boolean {
  const answers = reverse({ ...flow, dst: address, dport: port });
  const back = { mode: 'nat', fromServer: true, server, address: flow.dst, port: flow.dport } as const;
  const open = sessions.peek(answers);
  if (open) {
    if (!isFor(open, flow)) return false;
    if (open.state !== 'closing') return true;
    // Left of a flow that is over, and whose other entry is gone: its time is not the new one's.
    sessions.remove(answers);
  }
  if (halfOpen.insert(answers, { isAnswered: false, ...back })) return true;
  const waiting = halfOpen.peek(answers);
  return waiting !== undefined && isFor(waiting, flow);
}

function isFor({ address, port }: Pick<Chosen, 'address' | 'port'>, { dst, dport }: FiveTuple): boolean {
  return sameFamily(address, dst) && address === dst && port === dport;
}

function choose(flow: FiveTuple, service: NewFlow['service'], config: Constants): number {
  const isSticky = config.uses.affinity && service.isSticky;
  const key = { service: service.service, client: flow.src };
  const last = isSticky ? (affinities.lookup(key)?.server ?? NOBODY) : NOBODY;
  if (isSticky && servers.at(last)?.state === 'up') return last;
  const server = chooseAnew(flow, service, config);
  if (isSticky) affinities.put(key, { server });
  return server;
}

function chooseAnew(flow: FiveTuple, service: NewFlow['service'], config: Constants): number {
  const { choice, firstSlot, slots } = service;
  if (slots === 0) return NOBODY;
  const one = at(firstSlot + slotFor(flow, service, config));
  if (!config.uses.least || choice !== 'least') return one;
  // The better of two: nearly as even as the best of all (Mitzenmacher 2001), and no crowd runs to one that has just come.
  const other = at(firstSlot + (hash(flow, config.seed ^ 1) % slots));
  return isBusier(one, other) ? other : one;
}

function slotFor(flow: FiveTuple, { choice, service, slots }: NewFlow['service'], config: Constants): number {
  if (slots === 0) return 0;
  if (config.uses.source && choice === 'source') return hashOf(bySource, { client: flow.src }, config.seed) % slots;
  if (config.uses.turns && choice === 'turn') return nextTurn(service, slots);
  return hash(flow, config.seed) % slots;
}

function at(slot: number): number {
  const element = plan.ring.at(Math.floor(slot / SLOTS_OF_ELEMENT));
  return element ? serverIn(element, slot % SLOTS_OF_ELEMENT) : NOBODY;
}

function nextTurn(service: number, slots: number): number {
  const own = turns.at(service);
  if (!own || slots === 0) return 0;
  const turn = own.turn % slots;
  own.turn = turn + 1;
  return turn;
}

/** By sessions for each unit of weight. */
function isBusier(one: number, other: number): boolean {
  const a = servers.at(one);
  const b = servers.at(other);
  const ofA = active.at(one);
  const ofB = active.at(other);
  if (!a || !b || !ofA || !ofB) return false;
  return Math.min(ofA.flows, SESSIONS) * b.share > Math.min(ofB.flows, SESSIONS) * a.share;
}

const SECOND = duration('1 s');

export function isOverLimit(packet: Packet, { service, newFlows }: NewFlow['service']): boolean {
  if (newFlows === 0) return false;
  const limit = newFlowLimits.at(service);
  if (!limit) return false;
  const { now } = packet;
  using _held = lock(limit.guard);
  if (now - limit.since >= SECOND) {
    limit.since = now;
    limit.flows = 0;
  }
  if (limit.flows >= newFlows) return true;
  limit.flows += 1;
  return false;
}
