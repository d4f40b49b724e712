// One value from several that come together in a block. Where they differ, a phi.

import type { ProgramBuilder } from '../../ir/builder.ts';
import type { BlockId, ValueId } from '../../ir/types.ts';
import { hull } from '../numbers/range.ts';
import type { Path } from '../path.ts';
import type { Range, Value } from '../value.ts';
import { numberOfName } from './mergeable.ts';

export interface Incoming<V = Value> {
  readonly path: Path;
  readonly value: V;
}

type Of<K extends Value['kind']> = Extract<Value, { kind: K }>;
type RangeOf = (path: Path, value: Value) => Range | undefined;

/** Makes registers of one join's values in `block`. The incoming blocks are still open. */
export class Merge {
  readonly #builder: ProgramBuilder;
  readonly #block: BlockId;
  readonly #rangeOf: RangeOf;
  /** Phis made already: the same registers from everywhere are the same register here. */
  readonly #phis = new Map<string, ValueId>();

  constructor(builder: ProgramBuilder, block: BlockId, rangeOf: RangeOf) {
    this.#builder = builder;
    this.#block = block;
    this.#rangeOf = rangeOf;
  }

  /** The incoming values are mergeable, pair by pair. */
  values(incoming: readonly Incoming[]): Value {
    const [first, ...others] = incoming.map(({ value }) => value);
    if (first === undefined) throw new Error('a join of no paths');
    if (others.every((value) => value === first || isSameConstant(value, first))) return first;
    const model = incoming.find(({ value }) => value.kind !== 'constant')?.value ?? first;
    switch (model.kind) {
      case 'constant':
        return this.#constants(model, incoming);
      case 'integer':
        return this.#integer(incoming);
      case 'boolean':
      case 'opaque':
        return { kind: model.kind, id: this.#phi(incoming.map((one) => this.#scalar(one))) };
      case 'name':
        return { ...model, id: this.#phi(incoming.map((one) => this.#nameOf(model, one))) };
      case 'bytes':
        return this.#bytes(model, only(incoming, 'bytes'));
      case 'record':
        return { kind: 'record', fields: this.#fields(only(incoming, 'record'), model, (value) => value.fields) };
      case 'view':
        return this.#view(model, only(incoming, 'view'));
      case 'entry':
        return this.#entry(model, only(incoming, 'entry'));
      case 'lock':
        return { ...model, pointer: this.#phi(only(incoming, 'lock').map(({ path, value }) => [path, value.pointer])) };
      case 'verdict':
        return this.#verdict(model, only(incoming, 'verdict'));
      default:
        return model; // known while compiling, and the same everywhere
    }
  }

  #constants({ value }: Of<'constant'>, incoming: readonly Incoming[]): Value {
    if (typeof value === 'number') return this.#integer(incoming);
    const id = this.#phi(incoming.map((one) => this.#scalar(one)));
    return { kind: typeof value === 'boolean' ? 'boolean' : 'opaque', id };
  }

  #integer(incoming: readonly Incoming[]): Value {
    const ranges = incoming.map(({ path, value }) => {
      const range = this.#rangeOf(path, value);
      if (range === undefined) throw new Error('an integer has a range');
      return range;
    });
    const id = this.#phi(incoming.map((one) => this.#scalar(one)));
    return { kind: 'integer', id, range: ranges.reduce(hull) };
  }

  #bytes(model: Of<'bytes'>, incoming: readonly Incoming<Of<'bytes'>>[]): Value {
    const words = model.words.map((word, index) => ({
      width: word.width,
      id: this.#phi(incoming.map(({ path, value }) => [path, value.words[index]?.id])),
    }));
    return { ...model, words };
  }

  #view(model: Of<'view'>, incoming: readonly Incoming<Of<'view'>>[]): Value {
    const parts = Object.keys(model.parts).map((name) => [
      name,
      this.#phi(incoming.map(({ path, value }) => [path, value.parts[name]])),
    ]);
    return { ...model, parts: Object.fromEntries(parts) };
  }

  #entry(model: Of<'entry'>, incoming: readonly Incoming<Of<'entry'>>[]): Value {
    const pointer = this.#phi(incoming.map(({ path, value }) => [path, value.pointer]));
    if (model.extra === undefined) return { ...model, pointer };
    return { ...model, pointer, extra: this.#fields(incoming, model, (value) => value.extra ?? new Map()) };
  }

  #verdict(model: Of<'verdict'>, incoming: readonly Incoming<Of<'verdict'>>[]): Value {
    const operands = model.operands.map((operand, index) =>
      this.values(incoming.map(({ path, value }) => ({ path, value: value.operands[index] ?? operand }))),
    );
    return { ...model, operands };
  }

  #fields<V>(incoming: readonly Incoming<V>[], model: V, fieldsOf: (value: V) => ReadonlyMap<string, Value>) {
    const fields = new Map<string, Value>();
    for (const [name, field] of fieldsOf(model)) {
      const parts = incoming.map(({ path, value }) => ({ path, value: fieldsOf(value).get(name) ?? field }));
      fields.set(name, this.values(parts));
    }
    return fields;
  }

  /** The register of a scalar; a constant gets one in its own block. */
  #scalar({ path, value }: Incoming): readonly [Path, ValueId] {
    if ('id' in value) return [path, value.id];
    if (value.kind !== 'constant' || typeof value.value === 'string' || value.value === null) {
      throw new Error(`${value.kind} is no scalar`);
    }
    return [path, this.#builder.constant(path.block, BigInt(value.value))];
  }

  #nameOf({ domain }: Of<'name'>, { path, value }: Incoming): readonly [Path, ValueId] {
    if (value.kind !== 'constant') return this.#scalar({ path, value });
    const number = numberOfName(domain, value.value);
    if (number === undefined) throw new Error(`${value.value} is no name here`);
    return [path, this.#builder.constant(path.block, number)];
  }

  #phi(incoming: readonly (readonly [Path, ValueId | undefined])[]): ValueId {
    const inputs = incoming.map(([path, value]) => {
      if (value === undefined) throw new Error('values of a join have the same parts');
      return { block: path.block, value };
    });
    const [first] = inputs;
    if (first === undefined) throw new Error('a join of no paths');
    if (inputs.every(({ value }) => value === first.value)) return first.value;
    const key = inputs.map(({ value }) => value).join();
    const id = this.#phis.get(key) ?? this.#builder.phi(this.#block, inputs, this.#builder.typeOf(first.value));
    this.#phis.set(key, id);
    return id;
  }
}

function only<K extends Value['kind']>(incoming: readonly Incoming[], kind: K): readonly Incoming<Of<K>>[] {
  return incoming.map(({ path, value }) => {
    if (!isKind(value, kind)) throw new Error(`${value.kind} cannot join ${kind}`);
    return { path, value };
  });
}

const isKind = <K extends Value['kind']>(value: Value, kind: K): value is Of<K> => value.kind === kind;

const isSameConstant = (a: Value, b: Value) =>
  a.kind === 'constant' && b.kind === 'constant' && Object.is(a.value, b.value);
