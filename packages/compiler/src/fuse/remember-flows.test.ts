import { packetFromText } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { PATH } from '../abi/chain.ts';
import { STATE } from '../abi/state.ts';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { makePacket } from '../fuzz/packets.ts';
import { Random } from '../fuzz/random.ts';
import type { Hook, Program } from '../ir/types.ts';
import { optimise } from '../optimise/index.ts';
import { alone, counted, FIRST, fused, type Link, type LoweredChain, lowerChain, mapsFor } from './fixtures/chain.ts';
import type { Fused } from './fuse.ts';

/** Rules, then a table that is written in place, then one that packets add to. */
const LINKS: readonly Link[] = [{ does: 'ask', drops: 64 }, { does: 'remember' }, { does: 'pin' }, { does: 'count' }];
const HOOKS: readonly Hook[] = ['xdp', 'tcx-ingress'];

const bytes = (...values: number[]) => Uint8Array.from(values);
const first = bytes(0, 0, 0, 0);

/** All that packets and the runtime meet: evaluator's maps, and the program that packets begin with. */
class World {
  readonly maps: EvaluatorMaps;
  readonly #chain: LoweredChain;
  readonly #program: Program;
  readonly #ways: Fused['ways'];
  readonly #environment: ReturnType<typeof createEnvironment>;

  constructor(chain: LoweredChain, program: Program, { ways = [], lines = 0 }: Partial<Fused> = {}) {
    const standing = new Map([...chain.parts.keys()].map((position) => [position, alone(chain, position)] as const));
    this.#chain = chain;
    this.#program = program;
    this.#ways = ways;
    this.maps = new EvaluatorMaps([...chain.maps, ...mapsFor({ ways, lines })]);
    const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
    for (const position of standing.keys()) this.maps.store(PATH).update(word(position), word(position), 'any');
    this.#environment = createEnvironment({ program: (position) => standing.get(position) });
  }

  send(packet: Uint8Array): string {
    const given = { packet, maps: this.maps, environment: this.#environment };
    const { returned, packet: after } = evaluate(this.#program, given);
    return `${returned} ${Buffer.from(after).toString('hex')}`;
  }

  /** As the runtime does. */
  change(map: string, key: Uint8Array, value: Uint8Array | undefined): void {
    this.write(map, key, value);
    const state = this.maps.store(`${map.slice(0, map.indexOf('/'))}/${STATE.map}`);
    const now = Uint8Array.from(state.lookup(first) ?? []);
    new DataView(now.buffer).setUint32(STATE.writes, new DataView(now.buffer).getUint32(STATE.writes, true) + 1, true);
    state.update(first, now, 'any');
  }

  /** Without saying so. */
  write(map: string, key: Uint8Array, value: Uint8Array | undefined): void {
    const store = this.maps.store(map);
    if (value === undefined) store.delete(key);
    else store.update(key, value, 'any');
  }

  held(): readonly string[] {
    const tables = this.#chain.maps.filter(({ name }) => /flows|pins|open|blocked/.test(name));
    const entries = tables.flatMap(({ name }) =>
      [...this.maps.store(name).entries()].map(
        ([key, value]) => `${name} ${Buffer.from(key).toString('hex')} ${Buffer.from(value).toString('hex')}`,
      ),
    );
    return [...entries.sort(), ...counted(this.#chain.maps, this.maps, this.#ways)];
  }
}

const FLOWS = [
  'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 ack / "abcd"',
  'ip 10.0.0.2 > 10.0.0.1 / tcp 80 > 4000 ack / "abcd"',
  'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80 / "abcd"',
  'ip 10.0.0.3 > 10.0.0.2 / udp 4001 > 81 / "abcd"',
  'ip 10.0.0.3 > 10.0.0.2 hops 64 / udp 4001 > 81 / "abcd"',
  'ip 2001:db8::1 > 2001:db8::2 / tcp 4000 > 80 ack / "abcd"',
  'ip 10.0.0.1 > 10.0.0.2 / icmp echo-request id 7',
].map((text) => packetFromText(text));

const OPEN = 'link 0/open';
const BLOCKED = 'link 0/blocked.4';
const portKey = (port: number, protocol: number) => bytes(0, port, protocol, 0);
const verdict = (value: number) => bytes(value, 0, 0, 0, 0, 0, 0, 0);
const hostKey = (host: number) => bytes(32, 0, 0, 0, 10, 0, 0, host);

type Change = readonly [map: string, key: Uint8Array, value: Uint8Array | undefined];

function anyChange(random: Random, held: World): Change {
  const value = random.chance(0.5) ? verdict(random.integer(0, 2)) : undefined;
  if (random.chance(0.4)) return [OPEN, portKey(random.integer(80, 81), random.pick([6, 17])), value];
  if (random.chance(0.4)) return [BLOCKED, hostKey(random.integer(1, 3)), value];
  const pins = `link 2/pins.${random.pick([4, 6])}`;
  const keys = [...held.maps.store(pins).entries()].map(([key]) => key);
  // It is forgotten, or goes elsewhere.
  return keys.length === 0
    ? [OPEN, portKey(80, 6), value]
    : [pins, random.pick(keys), value && bytes(1, 7, 0, 0, 0, 0, 0, 0)];
}

describe.each(HOOKS)('what is remembered of flows on %s', (hook) => {
  const chain = lowerChain(hook, LINKS);
  const made = fused(chain);
  const standing = alone(chain, FIRST);

  it('changes nothing, whatever comes, is changed and is forgotten', () => {
    expect(made.lines).toBeGreaterThan(0);
    const random = new Random(11);
    const packets = [...FLOWS, ...FLOWS, ...Array.from({ length: 6 }, () => makePacket(random, hook))];
    const called = new World(chain, standing);
    const together = [made.program, optimise(made.program)].map((program) => new World(chain, program, made));
    for (let step = 0; step < 500; step++) {
      if (random.chance(0.15)) {
        const change = anyChange(random, called);
        for (const world of [called, ...together]) world.change(...change);
      } else {
        const packet = random.pick(packets);
        const wanted = called.send(packet);
        expect(together.map((world) => world.send(packet))).toEqual([wanted, wanted]);
      }
    }
    const wanted = called.held();
    expect(together.map((world) => world.held())).toEqual([wanted, wanted]);
  });

  it('is believed for as long as nobody says that he has written', () => {
    const world = new World(chain, made.program, made);
    const called = new World(chain, standing);
    for (const packet of FLOWS.slice(0, 3)) {
      const first = [world.send(packet), world.send(packet)].at(-1);
      world.write(BLOCKED, hostKey(1), verdict(1));
      expect(world.send(packet)).toBe(first);
      world.write(BLOCKED, hostKey(1), undefined);
      world.change(BLOCKED, hostKey(1), verdict(1));
      called.change(BLOCKED, hostKey(1), verdict(1));
      expect(world.send(packet)).toBe(called.send(packet));
      world.change(BLOCKED, hostKey(1), undefined);
      called.change(BLOCKED, hostKey(1), undefined);
    }
  });
});
