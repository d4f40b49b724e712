// What is assumed of a loop's variables when a round begins, and how the assumptions become true.

import type { ValueId } from '../../ir/types.ts';
import type { Evaluation } from '../core/evaluation.ts';
import { contains, hull, maximum, minimum, point } from '../numbers/range.ts';
import type { Path } from '../path.ts';
import { fingerprint, inRegisters, mapRegisters, registersOf } from '../paths/registers.ts';
import type { Expression } from '../syntax/expression.ts';
import { type Assigned, assignedIn, type Induction, inductionsOf } from '../syntax/induction.ts';
import type { Loop } from '../syntax/statement.ts';
import type { Range, Value } from '../value.ts';

/** More rounds no program may make. */
const MOST_ROUNDS = 1_000_000n;
/** Bounds to try, from narrow to wide. */
const LIMITS = [8n, 16n, 24n, 32n, 40n, 53n].map((bits) => 2n ** bits - 1n);
const WIDEST = 2n ** 53n;

/** The head of one try at a loop. */
export interface Header {
  readonly path: Path;
  /** Gives the variables what the entry and the end of a round bring. */
  complete(entry: Path, back: Path | undefined): void;
}

export class Assumptions {
  readonly #e: Evaluation;
  readonly #entry: Path;
  readonly #loop: Loop;
  readonly #assigned: readonly Assigned[];
  readonly #induction: Induction | undefined;
  /** Ranges of the registers of the variables, by name. */
  readonly #ranges = new Map<string, Range>();
  readonly #steps = new Map<Expression, Range>();
  #known: ReadonlyMap<string, Value>;
  /** Values that the counting variable can have in the body. */
  #counted: Range | undefined;
  #unstable: Assigned | undefined;
  /** Ranges that hold, while narrower ones are tried. */
  #wider: ReadonlyMap<string, Range> | undefined;

  constructor(e: Evaluation, entry: Path, loop: Loop) {
    this.#e = e;
    this.#loop = loop;
    this.#known = entry.known;
    this.#assigned = assignedIn(loop).filter(({ declaration }) => entry.scope.has(declaration.key));
    const scope = new Map(entry.scope);
    for (const { declaration } of this.#assigned) {
      const value = inRegisters(e.builder, entry, scope.get(declaration.key) ?? { kind: 'undefined' });
      scope.set(declaration.key, value);
      for (const [name, range] of this.#rangesIn(entry, declaration.key, value)) this.#ranges.set(name, range);
    }
    this.#entry = { ...entry, scope };
    this.#induction = this.#findInduction();
  }

  /** Begins a try: a block with a phi for each register of each variable that the loop assigns. */
  enter(): Header {
    const { builder } = this.#e;
    this.#steps.clear();
    const block = builder.block();
    builder.terminate(this.#entry.block, { op: 'jump', target: block });
    const phis = new Map<string, ValueId>();
    const scope = new Map(this.#entry.scope);
    for (const { declaration } of this.#assigned) {
      const value = scope.get(declaration.key);
      if (value === undefined) continue;
      const repeated = mapRegisters(value, declaration.key, (name, id, range) => {
        const phi = builder.phi(block, [], builder.typeOf(id));
        phis.set(name, phi);
        return range === undefined ? phi : this.#e.integer(phi, this.#ranges.get(name) ?? range);
      });
      scope.set(declaration.key, repeated);
    }
    const path: Path = { ...this.#entry, block, scope, known: this.#known };
    return { path, complete: (_, back) => this.#complete(block, phis, back) };
  }

  noteStep(node: Expression, step: Range): void {
    const known = this.#steps.get(node);
    this.#steps.set(node, known === undefined ? step : hull(known, step));
  }

  /** `entered`: the paths on which the condition holds. */
  noteBound(entered: readonly Path[]): void {
    const { declaration } = this.#induction ?? {};
    if (declaration === undefined) return;
    const ranges = entered.flatMap((path) => {
      const value = path.scope.get(declaration.key);
      return (value === undefined ? undefined : this.#e.rangeOf(path, value)) ?? [];
    });
    this.#counted = ranges.length === 0 ? undefined : ranges.reduce(hull);
  }

  /** What came around is within what was assumed. If not, more is assumed. */
  hold(header: Header, back: Path | undefined): boolean {
    if (back === undefined) return true;
    const rounds = this.rounds();
    let holds = this.#keepKnown(header, back);
    const needed = new Map<string, Range>();
    for (const assigned of this.#assigned) {
      if (this.#holdsFor(assigned, back, rounds, needed)) continue;
      this.#unstable = assigned;
      holds = false;
    }
    return holds ? !this.#triesNarrower(needed) : this.#goesBackToWider();
  }

  /** What holds may be wider than it needs to be: once, what is needed is tried alone. */
  #triesNarrower(needed: ReadonlyMap<string, Range>): boolean {
    const isExact = [...needed].every(([name, { low, high }]) => {
      const assumed = this.#ranges.get(name);
      return assumed?.low === low && assumed.high === high;
    });
    if (this.#wider !== undefined || isExact) return false;
    this.#wider = new Map(this.#ranges);
    for (const [name, range] of needed) this.#ranges.set(name, range);
    return true;
  }

  #goesBackToWider(): false {
    for (const [name, range] of this.#wider ?? []) this.#ranges.set(name, range);
    return false;
  }

  fail(unstable = this.#unstable): never {
    const { declaration, nodes } = unstable ?? {};
    const [node] = nodes ?? [];
    return this.#e.fail(this.#e.at(node ?? this.#loop), 'TP2021', declaration?.name ?? '');
  }

  /** The first counter that the condition bounds. */
  #findInduction(): Induction | undefined {
    for (const induction of inductionsOf(this.#loop)) {
      const { key } = induction.declaration;
      const start = this.#ranges.get(key);
      if (start === undefined) continue;
      const up = induction.step > 0n;
      this.#ranges.set(
        key,
        up
          ? { low: start.low, high: maximum(start.high, WIDEST) }
          : { low: minimum(start.low, -WIDEST), high: start.high },
      );
      const counted = this.#probe(induction);
      if (counted !== undefined && (up ? counted.high < WIDEST : counted.low > -WIDEST)) {
        this.#ranges.set(key, this.#countedFrom(start, counted, induction.step));
        return induction;
      }
      this.#ranges.set(key, start);
    }
    return undefined;
  }

  /** What the condition leaves of a counter that starts anywhere. */
  #probe(induction: Induction): Range | undefined {
    const { condition } = this.#loop;
    if (condition === undefined) return undefined;
    const e = this.#e;
    const checkpoint = e.mark();
    const { path } = this.enter();
    const then = e.recover(() => e.condition(path, condition).then) ?? [];
    const ranges = then.flatMap((on) => {
      const value = on.scope.get(induction.declaration.key);
      return (value === undefined ? undefined : e.rangeOf(on, value)) ?? [];
    });
    e.rollback(checkpoint);
    return ranges.length === 0 ? undefined : ranges.reduce(hull);
  }

  /** Where a counter is at the head: where it starts, or one step behind where it was in the body. */
  #countedFrom(start: Range, counted: Range, step: bigint): Range {
    return hull(start, { low: counted.low + step, high: counted.high + step });
  }

  /** The most rounds that the counter allows. */
  rounds(): bigint {
    const e = this.#e;
    const { declaration, step } = this.#induction ?? {};
    const value = declaration === undefined ? undefined : this.#entry.scope.get(declaration.key);
    const start = value === undefined ? undefined : e.rangeOf(this.#entry, value);
    if (step === undefined || start === undefined) return e.fail(e.at(this.#loop), 'TP2020');
    const { low, high } = this.#counted ?? start;
    const rounds = (step > 0n ? high - start.low : start.high - low) / (step > 0n ? step : -step) + 1n;
    if (rounds > MOST_ROUNDS) e.fail(e.at(this.#loop), 'TP2022', String(rounds), String(MOST_ROUNDS));
    return rounds;
  }

  #holdsFor(assigned: Assigned, back: Path, rounds: bigint, allNeeded: Map<string, Range>): boolean {
    const { declaration, isSum } = assigned;
    const value = back.scope.get(declaration.key);
    if (value === undefined) return true;
    let holds = true;
    for (const [name, around] of this.#rangesIn(back, declaration.key, value)) {
      const assumed = this.#ranges.get(name);
      const needed = this.#needed(assigned, name, around, rounds);
      allNeeded.set(name, needed);
      if (assumed !== undefined && contains(assumed, needed)) continue;
      holds = false;
      if (assumed !== undefined && growsOn(assumed, needed)) this.fail(assigned);
      const isNew = isSum || declaration === this.#induction?.declaration;
      this.#ranges.set(name, isNew || assumed === undefined ? needed : widened(assumed, needed));
    }
    return holds;
  }

  /** What must have been assumed for `around` to be right in every round. */
  #needed({ declaration, nodes, isSum }: Assigned, name: string, around: Range, rounds: bigint): Range {
    const start = this.#startOf(name);
    if (declaration === this.#induction?.declaration) {
      return this.#countedFrom(start, this.#counted ?? start, this.#induction.step);
    }
    if (!isSum) return hull(start, around);
    // Each step runs at most once a round, forwards or backwards.
    const moves = nodes.map((node) => hull(point(0n), this.#steps.get(node) ?? point(0n)));
    const total = moves.reduce((a, b) => ({ low: a.low + b.low, high: a.high + b.high }), point(0n));
    return { low: start.low + rounds * total.low, high: start.high + rounds * total.high };
  }

  #startOf(name: string): Range {
    for (const { declaration } of this.#assigned) {
      const value = this.#entry.scope.get(declaration.key);
      const found = value === undefined ? undefined : this.#rangesIn(this.#entry, declaration.key, value).get(name);
      if (found !== undefined) return found;
    }
    throw new Error(`${name} is no variable of the loop`);
  }

  #rangesIn(path: Path, key: string, value: Value): ReadonlyMap<string, Range> {
    const ranges = new Map<string, Range>();
    const whole = this.#e.rangeOf(path, value);
    if (whole !== undefined) return ranges.set(key, whole);
    mapRegisters(inRegisters(this.#e.builder, path, value), key, (name, id, range) => {
      const integer = range === undefined ? undefined : this.#e.rangeOf(path, this.#e.integer(id, range));
      if (integer !== undefined) ranges.set(name, integer);
      return id;
    });
    return ranges;
  }

  /** Of the results known at the head, those that a round leaves as they are. */
  #keepKnown({ path }: Header, back: Path): boolean {
    const kept = [...path.known].filter(([key, value]) => {
      const around = back.known.get(key);
      return around !== undefined && fingerprint(around) === fingerprint(value);
    });
    this.#known = new Map(kept);
    return kept.length === path.known.size;
  }

  #complete(block: number, phis: ReadonlyMap<string, ValueId>, back: Path | undefined): void {
    const { builder } = this.#e;
    for (const { declaration } of this.#assigned) {
      const sources = [this.#entry, back].flatMap((path) => {
        const value = path?.scope.get(declaration.key);
        if (path === undefined || value === undefined) return [];
        return { block: path.block, registers: registersOf(inRegisters(builder, path, value), declaration.key) };
      });
      for (const [name, phi] of phis) {
        const inputs = sources.flatMap(({ block: from, registers }) => {
          const id = registers.get(name);
          return id === undefined ? [] : [{ block: from, value: id }];
        });
        if (inputs.length > 0) builder.completePhi(block, phi, inputs);
      }
    }
  }
}

/** Beyond all limits, and still not wide enough. */
const growsOn = (assumed: Range, needed: Range) =>
  (assumed.high > WIDEST && needed.high > assumed.high) || (assumed.low < -WIDEST && needed.low < assumed.low);

/** A range that is too narrow grows to the next limit at once. */
function widened(assumed: Range, needed: Range): Range {
  const up = (value: bigint) => (value <= 0n ? 0n : (LIMITS.find((limit) => limit >= value) ?? value));
  return {
    low: needed.low < assumed.low ? -up(-needed.low) : assumed.low,
    high: needed.high > assumed.high ? up(needed.high) : assumed.high,
  };
}
