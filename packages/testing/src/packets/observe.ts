import { counterValues, type PacketEvent } from '@twinpath/runtime';
import { DECIDED_BY } from '@twinpath/vnf/plan';
import type { PacketIn } from './executor.ts';
import type { Instance } from './instance.ts';

/** What a packet did. */
export interface Seen {
  /** As a step writes it; `undefined`: the program counted none, so it gave up. */
  readonly verdict: string | undefined;
  readonly returned: number;
  /** The port that the packet leaves by, where the executor can tell. */
  readonly leavesBy?: string | undefined;
  readonly packet: Uint8Array;
  /** The event that a `slowPath` verdict sent up. */
  readonly handedUp: PacketEvent | undefined;
  readonly notices: readonly PacketEvent[];
  /** By how much each of the author's counters rose, of those that did. */
  readonly counts: Readonly<Record<string, number>>;
  /** What the function told `decidedBy`. */
  readonly decision: number | undefined;
}

const VERDICT = 'verdict ';
const COUNT = 'count ';

export function observe(instance: Instance, packet: PacketIn): Seen {
  const { plan, maps, loaded, ports } = instance;
  const before = counterValues(plan, maps);
  const { bytes, returned, leavesBy: ifindex } = loaded.run(packet);
  const leavesBy = ports.find((port) => port.ifindex === ifindex)?.name;
  const risen = rises(before, counterValues(plan, maps));
  const events = loaded.takeEvents().map((record) => decoded(instance, record));
  const handedUp = events.find(({ reason }) => reason.kind === 'packetIn');
  const notices = events.filter(({ reason }) => reason.kind === 'notice');
  const verdict = verdictOf(risen, handedUp);
  const decided = risen.get(DECIDED_BY);
  const decision = decided === undefined ? undefined : decided - 1;
  return { verdict, returned, leavesBy, packet: bytes, handedUp, notices, counts: named(risen, COUNT), decision };
}

function decoded({ events }: Instance, record: Uint8Array): PacketEvent {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const event = events.decode(view, 0, record.length);
  if (event === undefined) throw new Error('the ring buffer holds a record that is no event of the function');
  return event;
}

function rises(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const moved = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  return new Map(moved.filter(([, rise]) => rise !== 0));
}

function named(risen: ReadonlyMap<string, number>, prefix: string): Record<string, number> {
  const found = [...risen].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, rise]) => [name.slice(prefix.length), rise]));
}

/** @throws Error when the counters of verdicts contradict one another */
function verdictOf(risen: ReadonlyMap<string, number>, handedUp: PacketEvent | undefined): string | undefined {
  const verdicts = Object.entries(named(risen, VERDICT));
  const [[name, rise] = []] = verdicts;
  if (name === undefined) return undefined;
  if (verdicts.length > 1 || rise !== 1 || risen.get('packets') !== 1) {
    throw new Error(`one packet raised the counters ${[...risen].map((counter) => counter.join(' by ')).join(', ')}`);
  }
  return name === 'slowPath' ? `slowPath ${handedUp?.reason.name}` : name;
}
