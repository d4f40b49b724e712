// Random programs that are valid, that the verifier accepts, and whose every value reaches something that can be seen.

import { callLongLoops } from '../frontend/long-loops/call-long-loops.ts';
import type { Hook, Program } from '../ir/types.ts';
import type { Random } from './random.ts';
import { Sketch } from './sketch.ts';
import * as arithmetic from './statements/arithmetic.ts';
import { loop } from './statements/loop.ts';
import * as packet from './statements/packet.ts';
import * as subprogram from './statements/subprogram.ts';
import * as table from './statements/table.ts';
import { OUT } from './tables.ts';

/** Arms and bodies get no deeper than this. */
const MAX_DEPTH = 4;
const MAX_LOOPS = 2;
/** Values that a program's end mixes into its result: what stays live to the end. */
const MAX_RESULTS = 24;

interface Statement {
  readonly weight: number;
  readonly make: (sketch: Sketch) => void;
  /** Holds other statements. */
  readonly nests?: 'arms' | 'loop';
}

const statements: readonly Statement[] = [
  { weight: 30, make: arithmetic.alu },
  { weight: 8, make: arithmetic.convert },
  { weight: 6, make: arithmetic.compare },
  { weight: 3, make: arithmetic.relocated },
  { weight: 2, make: arithmetic.readContext },
  { weight: 2, make: arithmetic.writeContext },
  { weight: 3, make: arithmetic.idleCall },
  { weight: 16, make: packet.read },
  { weight: 8, make: packet.write },
  { weight: 5, make: packet.step },
  { weight: 2, make: packet.measure },
  { weight: 2, make: packet.copyBytes },
  { weight: 1, make: packet.resize },
  {
    weight: 4,
    make: (sketch) =>
      packet.check(
        sketch,
        () => some(sketch),
        () => other(sketch),
      ),
    nests: 'arms',
  },
  {
    weight: 5,
    make: (sketch) =>
      packet.jump(
        sketch,
        () => some(sketch),
        () => other(sketch),
      ),
    nests: 'arms',
  },
  { weight: 2, make: subprogram.call },
  { weight: 5, make: table.update },
  { weight: 2, make: table.remove },
  { weight: 6, make: table.readValue },
  { weight: 5, make: table.writeValue },
  { weight: 3, make: table.atomic },
  { weight: 2, make: table.checksum },
  { weight: 2, make: table.output },
  { weight: 2, make: table.reserve },
  {
    weight: 6,
    make: (sketch) =>
      table.lookup(
        sketch,
        () => some(sketch),
        () => other(sketch),
      ),
    nests: 'arms',
  },
  { weight: 8, make: branch, nests: 'arms' },
  { weight: 3, make: (sketch) => loop(sketch, () => some(sketch)), nests: 'loop' },
];

export interface Shape {
  readonly hook: Hook;
  /** About how many statements. */
  readonly size: number;
}

export function generate(name: string, random: Random, { hook, size }: Shape): Program {
  const sketch = new Sketch(name, hook, random, size);
  packet.checkStart(sketch, () => finish(sketch));
  while (sketch.budget > 0) one(sketch);
  finish(sketch);
  return { ...callLongLoops(sketch.builder.finish()), relocated: sketch.numbers.all };
}

function one(sketch: Sketch): void {
  sketch.budget--;
  const possible = statements.filter(({ nests }) => isPossible(sketch, nests));
  let left = sketch.random.integer(
    1,
    possible.reduce((sum, { weight }) => sum + weight, 0),
  );
  for (const { weight, make } of possible) {
    left -= weight;
    if (left > 0) continue;
    make(sketch);
    return;
  }
}

function isPossible({ forks, loops }: Sketch, nests: Statement['nests']): boolean {
  if (nests === undefined) return true;
  return forks + loops < MAX_DEPTH && (nests === 'arms' || loops < MAX_LOOPS);
}

/** What an arm or a loop's body holds. */
function some(sketch: Sketch): void {
  const count = sketch.random.integer(1, 6);
  for (let made = 0; made < count && !sketch.ended && sketch.budget > 0; made++) one(sketch);
}

/** The side that is less often taken: it may return. */
function other(sketch: Sketch): void {
  if (sketch.random.chance(0.5)) some(sketch);
  if (!sketch.ended && sketch.loops === 0 && sketch.random.chance(0.4)) finish(sketch);
}

function branch(sketch: Sketch): void {
  const { random } = sketch;
  const condition = random.chance(0.85) ? arithmetic.comparison(sketch) : sketch.integer();
  const likely = random.pick(['then', 'otherwise', undefined] as const);
  sketch.fork(
    (then, otherwise) => ({ op: 'branch', condition, then, otherwise, ...(likely && { likely }) }),
    () => some(sketch),
    () => other(sketch),
  );
}

/** Mixes values into the result, which is returned, and in full written to the first word of `out`. */
function finish(sketch: Sketch): void {
  const { builder, random, scope } = sketch;
  const count = random.chance(0.1) ? MAX_RESULTS * 2 : random.integer(1, MAX_RESULTS);
  let result = sketch.constant(0n);
  for (const value of scope.integers.slice(-count)) {
    const spread = builder.alu(sketch.block, 'mul', result, sketch.constant(31n));
    result = builder.alu(sketch.block, 'add', spread, value);
  }
  builder.store(sketch.block, builder.mapValue(sketch.block, OUT.name, 0), 0, 64, result);
  sketch.terminate({ op: 'return', value: result });
  sketch.ended = true;
}
