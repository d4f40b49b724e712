// Ordered rules. The walk through the trees is the classifier package's; here are the key, the generation and the rule's value.
import { emitLookup, MAX_RULES, SIZE_CLASSES, type SizeClass } from '@twinpath/classifier';
import type { TablePlan } from '@twinpath/vnf/plan';
import type { TypeSpec } from '@twinpath/vnf/spec';
import { classifierMap, classifierMax, classifierShape, hitsMap, ruleValueOffset } from '../../../abi/classifier.ts';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { encodeField, familyOf } from '../memory/encode.ts';
import { storePieces } from '../memory/piece.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';
import { isView, part, view } from '../view.ts';
import { eachGeneration } from './generation.ts';
import { entryOf, operand, type TableCall } from './table.ts';

/** `classifier.first(fields)`: the value of the first rule that matches, to read, and its `ruleNumber`. */
export function first(call: TableCall): readonly Outcome[] {
  const { lowering, path, receiver, site } = call;
  const { plan } = receiver;
  const fields = operand(call, 0, 'the fields');
  if (fields.kind !== 'record') return lowering.fail(site, 'TP3005', 'a record of the fields to match', fields.kind);
  const sizeClass = sizeClassOf(lowering, plan);
  return currentTable(lowering, path, plan).flatMap(({ code, table }) => {
    const key = matchKey(code, plan, fields.fields, site);
    const shape = classifierShape(plan);
    const walked = emitLookup(lowering.builder, code.path.block, { shape, sizeClass, table, ...key });
    const on = code.on({ ...code.path, block: walked.block });
    const { number } = walked;
    // None is a number above all.
    const match = on.when('ult', number, n(Math.min(classifierMax(plan), MAX_RULES)), 'then');
    const found = countHit(match.then, plan, number);
    const rules = found.map((after) => rule(code.on(after), plan, { table, number, sizeClass }));
    return [...rules, none(match.otherwise.path)];
  });
}

const none = (path: Path): Outcome => ({ path, value: UNDEFINED });

function sizeClassOf(lowering: Lowering, plan: TablePlan): SizeClass {
  const chosen = lowering.target.classifiers.get(plan.path) ?? SIZE_CLASSES[0];
  if (chosen === undefined) throw new Error('there is a smallest class');
  return chosen;
}

/** The element of the generation that this packet sees: an address, without a lookup. */
function currentTable(
  lowering: Lowering,
  path: Path,
  plan: TablePlan,
): readonly { readonly code: Code; readonly table: ValueId }[] {
  const outcomes = eachGeneration(lowering, path, plan).map(({ path: on, generation }) => {
    const table = new Code(lowering, on).mapValue(classifierMap(plan, generation ?? 0), 0, `value ${plan.path}`);
    return { path: on, value: view('classifier', on.epoch, {}, { table }) };
  });
  return lowering.join(outcomes).map(({ path: on, value }) => {
    if (!isView(value, 'classifier')) throw new Error('a join keeps a view a view');
    return { code: new Code(lowering, on), table: part(value, 'table') };
  });
}

function matchKey(code: Code, plan: TablePlan, fields: ReadonlyMap<string, Value>, site: Site) {
  let family: 4 | 6 | undefined;
  const values = (plan.match ?? []).map(({ name, type }) => {
    const value = fields.get(name) ?? code.lowering.fail(site, 'TP3003', name);
    if (type.kind !== 'prefix') return numberOf(code, name, type, value, site);
    const own = familyOf(value);
    if (own === undefined) return code.lowering.fail(site, 'TP4001', plan.path);
    if (family !== undefined && family !== own) return code.lowering.fail(site, 'TP4002', plan.path);
    family = own;
    return hostWords(code, value, site);
  });
  return { family: family ?? 4, fields: values } as const;
}

/** `undefined`: it is always 0. */
function numberOf(code: Code, name: string, type: TypeSpec, value: Value, site: Site): ValueId | undefined {
  if (code.lowering.rangeOf(code.path, value)?.high === 0n) return undefined;
  if (type.kind === 'portRange') return code.lowering.register(code.path, value, site);
  const [piece] = encodeField(code, { path: [name], type, offset: 0, size: type.size }, value, site);
  if (piece === undefined) throw new Error(`the field ${name} has a value`);
  if (piece.value === 0n) return undefined;
  return typeof piece.value === 'bigint' ? code.id(n(piece.value)) : piece.value;
}

/** An address in 32-bit words of host order, most significant first. */
function hostWords(code: Code, value: Value, site: Site): readonly ValueId[] {
  if (value.kind !== 'bytes') return code.lowering.fail(site, 'TP3005', 'an address of a packet or table', value.kind);
  return value.words.flatMap(({ id, width }) => {
    if (width === 8 || width === 16) throw new Error('addresses have words of 32 or 64 bits');
    const number = code.swap(id, width);
    return width === 32 ? [number] : [code.alu('shr', number, n(32)), code.truncate(number, 32)];
  });
}

function countHit(code: Code, plan: TablePlan, number: ValueId): readonly Path[] {
  const key = scratchSlot(code, 'key', 4);
  storePieces(code, key, 0, 4, [{ offset: 0, bits: 32, value: number }]);
  const hits = code.lookup(hitsMap(plan), key);
  const there = code.when('ne', hits, n(0), 'then');
  there.then.store(hits, 0, 64, there.then.alu('add', there.then.load(hits, 0, 64), n(1)));
  return code.lowering.joinPaths([there.then.path, there.otherwise.path]);
}

function rule(code: Code, plan: TablePlan, { table, number, sizeClass }: Rule): Outcome {
  const start = code.alu('mul', number, n(plan.value.size));
  const pointer = code.offset(table, code.alu('add', start, n(ruleValueOffset(plan, sizeClass, 0))));
  const ruleNumber: Value = { kind: 'integer', id: number, range: { low: 0n, high: BigInt(classifierMax(plan) - 1) } };
  return { path: code.path, value: { ...entryOf(plan, pointer, false), extra: new Map([['ruleNumber', ruleNumber]]) } };
}

interface Rule {
  readonly table: ValueId;
  /** From 0, below the classifier's maximum. */
  readonly number: ValueId;
  readonly sizeClass: SizeClass;
}
