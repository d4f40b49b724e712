// Functions of the author that are large and called from several places are compiled once: as subprograms that calls refer to.
// The program is first compiled with all of them inlined, to see what that costs; where it costs too much, again without.

import { ProgramBuilder } from '../../ir/builder.ts';
import { operandsOf, terminatorOperands } from '../../ir/operands.ts';
import type { Instruction, Program, ValueId, ValueType } from '../../ir/types.ts';
import { contains, hull } from '../numbers/range.ts';
import { holdsLock, type Outcome, type Path } from '../path.ts';
import { mapRegisters, registersOf } from '../paths/registers.ts';
import type { FunctionNode } from '../syntax/function.ts';
import type { Range, Value } from '../value.ts';
import { shapeOf } from './call-shape.ts';
import type { Core } from './core.ts';

/** Instructions of the IR before any pass: of a function, and by which all its calls but one make the program larger. */
const LEAST_SIZE = 50;
const LEAST_SAVED = 200;
/** Arguments of a call are r1 to r5. */
const MOST_ARGUMENTS = 5;
/** Frames of the kernel's eight that functions of the author may nest in. */
const DEEPEST = 4;

/** A call that could be one of a subprogram. `key`: the same for calls of which one does for all. */
export interface PossibleCall {
  readonly key: string;
  readonly callee: FunctionNode;
  readonly operands: readonly Value[];
  readonly registers: readonly ValueId[];
  /** Of each register that holds a number. */
  readonly ranges: Ranges;
}

export type Ranges = readonly (Range | undefined)[];
/** Functions to make subprograms of, and what all their calls give. */
export type Wanted = ReadonlyMap<string, Ranges>;

/** What a subprogram gives: one number, or which of some values that are known. */
type Given =
  | { readonly kind: 'number'; readonly value: Value; readonly range: Range | undefined }
  | { readonly kind: 'choice'; readonly values: readonly Value[] };

interface Subprogram {
  readonly index: number;
  readonly given: Given;
}

export class Subprograms {
  readonly #wanted: Wanted;
  readonly #inlined: { readonly call: PossibleCall; readonly size: number }[] = [];
  /** `undefined`: it has to be inlined. */
  readonly #made = new Map<string, Subprogram | undefined>();
  readonly #programs: Program[] = [];
  #depth = 0;

  constructor(wanted: Wanted = new Map()) {
    this.#wanted = wanted;
  }

  /** By their index. */
  get programs(): readonly Program[] {
    return this.#programs;
  }

  /** How many inlined calls there are: what a try took back is not counted. */
  mark(): number {
    return this.#inlined.length;
  }

  rollback(mark: number): void {
    this.#inlined.length = mark;
  }

  note(call: PossibleCall, size: number): void {
    this.#inlined.push({ call, size });
  }

  /** Calls that had better not be inlined. */
  worthwhile(): Wanted {
    const groups = Map.groupBy(this.#inlined, ({ call }) => call.key);
    const chosen = [...groups].flatMap(([key, calls]) => {
      const size = Math.min(...calls.map((one) => one.size));
      if (size < LEAST_SIZE || size * (calls.length - 1) < LEAST_SAVED) return [];
      return [[key, calls.map(({ call }) => call.ranges).reduce(hulls)] as const];
    });
    return new Map(chosen);
  }

  /** `undefined`: the call is to be inlined. */
  call(core: Core, path: Path, call: PossibleCall, expand: Expand): readonly Outcome[] | undefined {
    const ranges = this.#wanted.get(call.key);
    if (ranges === undefined || this.#depth >= DEEPEST || !within(call.ranges, ranges)) return undefined;
    if (!this.#made.has(call.key)) this.#made.set(call.key, this.#make(core, path, { ...call, ranges }, expand));
    const made = this.#made.get(call.key);
    if (made === undefined) return undefined;
    const result = core.builder.callSubprogram(path.block, made.index, call.registers);
    return outcomesOf(core, path, made.given, result);
  }

  #make(core: Core, path: Path, call: PossibleCall, expand: Expand): Subprogram | undefined {
    const types = call.registers.map((id) => core.builder.typeOf(id));
    const builder = new ProgramBuilder(call.callee.name, core.target.hook, types);
    this.#depth++;
    const given = core.within(builder, () => compile(core, builder, path, call, expand));
    this.#depth--;
    if (given === undefined) return undefined;
    const program = builder.finish();
    return standsAlone(program) ? { index: this.#programs.push(program) - 1, given } : undefined;
  }
}

const hulls = (a: Ranges, b: Ranges): Ranges =>
  a.map((range, index) => {
    const other = b[index];
    return range === undefined || other === undefined ? undefined : hull(range, other);
  });

const within = (inner: Ranges, outer: Ranges): boolean =>
  inner.every((range, index) => {
    const around = outer[index];
    return range === undefined || around === undefined || contains(around, range);
  });

type Expand = (path: Path, operands: readonly Value[]) => readonly Outcome[];

/** `undefined`: the arguments are not numbers and entries, or too many. */
export function possibleCall(
  core: Core,
  path: Path,
  callee: FunctionNode,
  operands: readonly Value[],
): PossibleCall | undefined {
  // The verifier knows no calls while a lock is held.
  if (holdsLock(path)) return undefined;
  const shapes = operands.map(shapeOf);
  const registers: ValueId[] = [];
  const ranges: (Range | undefined)[] = [];
  for (const operand of operands) {
    mapRegisters(operand, '', (_, id, range) => {
      registers.push(id);
      ranges.push(range === undefined ? undefined : core.rangeOf(path, core.integer(id, range)));
      return id;
    });
  }
  const isPlain = registers.every((id) => isPassed(core.builder.typeOf(id)));
  if (shapes.includes(undefined) || !isPlain || registers.length > MOST_ARGUMENTS) return undefined;
  return { key: `${callee.file} ${callee.start} ${shapes.join()}`, callee, operands, registers, ranges };
}

const isPassed = (type: ValueType): boolean => type.kind === 'integer' || type.region.startsWith('value ');

function compile(
  core: Core,
  builder: ProgramBuilder,
  outer: Path,
  { operands, ranges }: PossibleCall,
  expand: Expand,
): Given | undefined {
  let next = 0;
  const own = operands.map((operand, index) =>
    mapRegisters(operand, `${index}`, (_, id, range): Value | ValueId => {
      const parameter = builder.parameters[next] ?? id;
      const known = ranges[next++];
      return range === undefined ? parameter : core.integer(parameter, known ?? range);
    }),
  );
  const { epoch } = outer;
  const path: Path = { block: builder.entry, scope: new Map(), ranges: new Map(), known: new Map(), epoch };
  const ends = core.joinAt('forced', expand(path, own));
  const given = givenBy(core, ends);
  if (given === undefined || ends.length === 0) return undefined;
  for (const [index, { path: end, value }] of ends.entries()) {
    const result = given.kind === 'number' && 'id' in value ? value.id : core.constant(end, BigInt(index));
    builder.terminate(end.block, { op: 'return', value: result });
  }
  return given;
}

function givenBy(core: Core, ends: readonly Outcome[]): Given | undefined {
  const values = ends.map(({ value }) => value);
  if (values.every((value) => registersOf(value, '').size === 0)) return { kind: 'choice', values };
  const [end, other] = ends;
  if (end === undefined || other !== undefined || !('id' in end.value)) return undefined;
  return { kind: 'number', value: end.value, range: core.rangeOf(end.path, end.value) };
}

function outcomesOf(core: Core, path: Path, given: Given, result: ValueId): readonly Outcome[] {
  if (given.kind === 'number') {
    const { value, range } = given;
    if (range !== undefined) return [{ path, value: core.integer(result, range) }];
    return 'id' in value ? [{ path, value: { ...value, id: result } }] : [];
  }
  const found: Outcome[] = [];
  let rest = path;
  for (const [index, value] of given.values.entries()) {
    if (index === given.values.length - 1) {
      found.push({ path: rest, value });
      break;
    }
    const isIt = core.builder.compare(rest.block, 'eq', result, core.constant(rest, BigInt(index)));
    const { then, otherwise } = core.split(rest, isIt);
    found.push({ path: then, value });
    rest = otherwise;
  }
  return found;
}

/** It looks at nothing but what it is given and tables, and ends in itself. */
function standsAlone({ blocks, context }: Program): boolean {
  return blocks.every(
    ({ instructions, terminator, rounds = 0 }) =>
      rounds <= MOST_ROUNDS &&
      terminator.op !== 'in-packet' &&
      !terminatorOperands(terminator).includes(context) &&
      instructions.every((one) => !LEAVING.has(nameOf(one)) && !operandsOf(one).includes(context)),
  );
}

/** Longer loops are callbacks of the program itself. */
const MOST_ROUNDS = 256;
const LEAVING: ReadonlySet<string> = new Set([
  'packet-start',
  'packet-end',
  'redirect',
  'redirect_map',
  'redirect_peer',
  'tail_call',
]);
const nameOf = (one: Instruction): string => (one.op === 'call' ? one.helper : one.op);
