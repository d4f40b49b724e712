// The keyed hash of vnf's functions/hash.ts, word for word: ((k0 + Σ ki·wi) mod 2⁶⁴) >> 32 over the little-endian 32-bit words
// of the value's key layout.

import { fiveTuple, type KeyShape } from '@twinpath/vnf';
import { holdsIp, type Layout, layoutOf } from '@twinpath/vnf/layout';
import { hashKeys } from '@twinpath/vnf/spec';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { encode, familyOf, member } from '../memory/encode.ts';
import { word } from '../memory/piece.ts';

const HASH = { low: 0n, high: 0xffff_ffffn };

/** `hash(flow, seed?)`; without a seed that of the instance. */
export function hash(lowering: Lowering, path: Path, [flow, seed]: readonly Value[], site: Site): readonly Outcome[] {
  const source = flow?.kind === 'record' ? flow.fields.get('src') : undefined;
  const family = source === undefined ? undefined : familyOf(source);
  if (flow === undefined || family === undefined)
    return lowering.fail(site, 'TP3005', 'a flow', flow?.kind ?? 'nothing');
  return hashed(lowering, path, layoutOf(fiveTuple, { family }), flow, seed, site);
}

/** `hashOf(shape, value, seed?)`; addresses of the value are all of one family. */
export function hashOf(
  lowering: Lowering,
  path: Path,
  [shape, value, seed]: readonly Value[],
  site: Site,
): readonly Outcome[] {
  const known = shape?.kind === 'object' ? shape.value : undefined;
  if (!isShape(known)) return lowering.fail(site, 'TP3005', 'a shape', shape?.kind ?? 'nothing');
  if (value === undefined) return lowering.fail(site, 'TP4006', 'the value');
  if (!holdsIp(known)) return hashed(lowering, path, layoutOf(known), value, seed, site);
  const code = new Code(lowering, path);
  const addresses = layoutOf(known, { family: 4 }).fields.filter(({ type }) => type.kind === 'ip');
  const families = addresses.map((field) => {
    const address = member(code, value, field, site);
    return address === undefined ? undefined : familyOf(address);
  });
  const [family] = families;
  if (family === undefined || families.some((other) => other !== family)) {
    return lowering.fail(site, 'TP3005', 'addresses of one family', 'others');
  }
  return hashed(lowering, path, layoutOf(known, { family }), value, seed, site);
}

function isShape(value: unknown): value is KeyShape {
  if (typeof value !== 'object' || value === null) return false;
  return ('kind' in value && typeof value.kind === 'string') || Object.values(value).every(isShape);
}

function hashed(
  lowering: Lowering,
  path: Path,
  layout: Layout,
  value: Value,
  seed: Value | undefined,
  site: Site,
): readonly Outcome[] {
  const code = new Code(lowering, path);
  const pieces = encode(code, layout, value, site);
  const words = Math.ceil(layout.size / 4);
  const ids = hashKeys(seedOf(lowering, seed, site), words + 1).map((key, index) =>
    lowering.relocation(path, `hash key ${index}`, key, 64),
  );
  const sum = ids.reduce((total, key, index) => {
    const value = code.truncate(word(code, pieces, 4 * (index - 1), 32), 32);
    return code.alu('add', total, code.alu('mul', value, key));
  });
  return [{ path, value: lowering.integer(code.alu('shr', sum, n(32)), HASH) }];
}

function seedOf(lowering: Lowering, seed: Value | undefined, site: Site): number {
  if (seed === undefined) return lowering.target.seed;
  if (seed.kind === 'constant' && typeof seed.value === 'number') return seed.value;
  return lowering.fail(site, 'TP3005', 'a constant seed', seed.kind);
}
