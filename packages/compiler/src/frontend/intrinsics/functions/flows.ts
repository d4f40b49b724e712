// reverse, canonical and isCanonical of flows, as packet's flow/flow.ts.
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import { constant, type Value, type Word } from '../../value.ts';
import { Code } from '../code.ts';
import { asRecord } from '../tables/record.ts';

type Fields = ReadonlyMap<string, Value>;

function fieldsOf(lowering: Lowering, flow: Value | undefined, site: Site): Fields {
  if (flow?.kind !== 'record') return lowering.fail(site, 'TP3005', 'a flow', flow?.kind ?? 'nothing');
  return flow.fields;
}

function reversed(fields: Fields): Value {
  const swapped = new Map(fields);
  for (const [a, b] of [
    ['src', 'dst'],
    ['sport', 'dport'],
  ] as const) {
    const [first, second] = [fields.get(a), fields.get(b)];
    if (first !== undefined) swapped.set(b, first);
    if (second !== undefined) swapped.set(a, second);
  }
  return { kind: 'record', fields: swapped };
}

export function reverse(lowering: Lowering, path: Path, [flow]: readonly Value[], site: Site): readonly Outcome[] {
  return asRecord(lowering, path, flow).map((one) => ({
    path: one.path,
    value: reversed(fieldsOf(lowering, one.value, site)),
  }));
}

export function isCanonical(lowering: Lowering, path: Path, [flow]: readonly Value[], site: Site): readonly Outcome[] {
  const { yes, no } = order(lowering, path, fieldsOf(lowering, flow, site), site);
  return [
    ...yes.map((on) => ({ path: on, value: constant(true) })),
    ...no.map((on) => ({ path: on, value: constant(false) })),
  ];
}

export function canonical(lowering: Lowering, path: Path, [flow]: readonly Value[], site: Site): readonly Outcome[] {
  const fields = fieldsOf(lowering, flow, site);
  const { yes, no } = order(lowering, path, fields, site);
  return lowering.join([
    ...yes.map((on) => ({ path: on, value: { kind: 'record', fields } as const })),
    ...no.map((on) => ({ path: on, value: reversed(fields) })),
  ]);
}

/** The paths on which the source is the numerically lower end, address before port, or both ends are the same. */
function order(
  lowering: Lowering,
  path: Path,
  fields: Fields,
  site: Site,
): { readonly yes: readonly Path[]; readonly no: readonly Path[] } {
  const [src, dst] = [fields.get('src'), fields.get('dst')];
  const [sport, dport] = [fields.get('sport'), fields.get('dport')];
  if (src?.kind !== 'bytes' || dst?.kind !== 'bytes' || sport === undefined || dport === undefined) {
    return lowering.fail(site, 'TP3005', 'a flow', 'a record with other fields');
  }
  if (src.type !== dst.type) return lowering.fail(site, 'TP3005', 'a flow of one family', 'one of two');
  const yes: Path[] = [];
  const no: Path[] = [];
  let code = new Code(lowering, path);
  for (const [index, word] of src.words.entries()) {
    const [low, high] = [numeric(code, word), numeric(code, dst.words[index])];
    const below = code.when('ult', low, high);
    const above = below.otherwise.when('ult', high, low);
    yes.push(below.then.path);
    no.push(above.then.path);
    code = above.otherwise;
  }
  const ports = code.when('ule', lowering.register(code.path, sport, site), lowering.register(code.path, dport, site));
  yes.push(ports.then.path);
  no.push(ports.otherwise.path);
  return { yes: lowering.joinPaths(yes), no: lowering.joinPaths(no) };
}

/** A word of an address as the number that it is. */
function numeric(code: Code, word: Word | undefined): number {
  if (word === undefined || word.width === 8)
    throw new Error('addresses of one family have equal words of 32 or 64 bits');
  return code.swap(word.id, word.width);
}
