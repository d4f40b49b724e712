import type { BlockId, ValueId } from '../../ir/types.ts';
import type { Scope, Sketch } from '../sketch.ts';
import { comparison } from './arithmetic.ts';

const MANY = 1000;

interface Break {
  readonly block: BlockId;
  readonly scope: Scope;
}

/** A loop of a few rounds, with values carried from round to round; it may be left early. */
export function loop(sketch: Sketch, body: () => void): void {
  const { builder, random } = sketch;
  const [zero, limit] = [sketch.constant(0n), bound(sketch)];
  const first = Array.from({ length: random.integer(0, 3) }, () => sketch.integer());
  const header = builder.block();
  const before = sketch.block;
  sketch.terminate({ op: 'jump', target: header });
  sketch.block = header;
  // As far as anyone is told, it may go round for long.
  if (random.chance(0.4)) builder.limitRounds(header, MANY);
  const counter = builder.phi(header, []);
  const carried = first.map(() => builder.phi(header, []));
  const walking = random.chance(0.35) ? walk(sketch) : undefined;
  // Entries may be others in the next round.
  sketch.scope = { ...sketch.scope, values: [] };
  for (const value of [counter, ...carried]) sketch.define(value);
  const around = sketch.scope;
  const condition = builder.compare(header, 'ult', counter, limit);
  const [inside, exit] = [builder.block(), builder.block()];
  sketch.terminate({ op: 'branch', condition, then: inside, otherwise: exit });
  sketch.block = inside;
  sketch.loops++;
  const breaks: Break[] = [];
  body();
  if (!sketch.ended && random.chance(0.4)) leave(sketch, exit, breaks, body);
  sketch.loops--;
  complete(sketch, { header, before, counter, zero, carried, first, walking });
  sketch.block = exit;
  sketch.scope = around;
  sketch.ended = false;
  const outer = breaks.map(({ block, scope }) => ({ block, value: random.pick(scope.integers) }));
  if (outer.length > 0) sketch.define(builder.phi(exit, [{ block: header, value: counter }, ...outer]));
}

function bound(sketch: Sketch): ValueId {
  const { random } = sketch;
  return random.chance(0.7) ? sketch.constant(BigInt(random.integer(1, 6))) : sketch.masked(random.pick([1, 3, 7]));
}

/** Leaves the loop on a condition, else goes on with `more`. */
function leave(sketch: Sketch, exit: BlockId, breaks: Break[], more: () => void): void {
  const condition = comparison(sketch);
  sketch.fork(
    (then, otherwise) => ({ op: 'branch', condition, then, otherwise }),
    () => {
      breaks.push({ block: sketch.block, scope: sketch.scope });
      sketch.terminate({ op: 'jump', target: exit });
      sketch.ended = true;
    },
    more,
  );
}

/** A packet pointer that goes on from round to round, as over options and extension headers. */
interface Walking {
  readonly first: ValueId;
  readonly phi: ValueId;
}

function walk(sketch: Sketch): Walking | undefined {
  const { builder, random, scope, block } = sketch;
  if (scope.packets.length === 0) return undefined;
  const first = random.pick(scope.packets).pointer;
  const phi = builder.phi(block, [], builder.typeOf(first));
  sketch.addPacket(phi);
  return { first, phi };
}

/** Where the next round's pointer stands. */
function stepOn(sketch: Sketch, { phi }: Walking): ValueId {
  const { builder, random } = sketch;
  const by = random.chance(0.5)
    ? sketch.constant(BigInt(random.integer(1, 8)))
    : sketch.masked(random.pick([3, 7, 15]));
  return builder.offset(sketch.block, phi, by);
}

interface Carried {
  readonly header: BlockId;
  readonly before: BlockId;
  readonly counter: ValueId;
  readonly zero: ValueId;
  readonly carried: readonly ValueId[];
  readonly first: readonly ValueId[];
  readonly walking: Walking | undefined;
}

/** The way back to the header, unless every way in the body ended. */
function complete(sketch: Sketch, { header, before, counter, zero, carried, first, walking }: Carried): void {
  const { builder } = sketch;
  const back = sketch.ended ? undefined : sketch.block;
  const next = (value: () => ValueId) => (back === undefined ? [] : [{ block: back, value: value() }]);
  const phis = [counter, ...carried].map((phi, index) => ({
    phi,
    inputs: [
      { block: before, value: [zero, ...first][index] ?? zero },
      ...next(() => (index === 0 ? builder.alu(sketch.block, 'add', counter, sketch.constant(1n)) : sketch.integer())),
    ],
  }));
  for (const { phi, inputs } of phis) builder.completePhi(header, phi, inputs);
  if (walking !== undefined) {
    const inputs = [{ block: before, value: walking.first }, ...next(() => stepOn(sketch, walking))];
    builder.completePhi(header, walking.phi, inputs);
  }
  if (back !== undefined) sketch.terminate({ op: 'jump', target: header });
}
