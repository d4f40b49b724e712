// The keyed hash of vnf's functions/hash.ts, word for word: ((k0 + Σ ki·wi) mod 2⁶⁴) >> 32 over the little-endian 32-bit words
// of the value's key layout.

import { fiveTuple } from '@twinpath/vnf';
import { layoutOf } from '@twinpath/vnf/layout';
import { hashKeys } from '@twinpath/vnf/spec';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { encode, familyOf } from '../memory/encode.ts';
import { word } from '../memory/piece.ts';

const HASH = { low: 0n, high: 0xffff_ffffn };

/** `hash(flow, seed?)`; without a seed that of the instance. */
export function hash(lowering: Lowering, path: Path, [flow, seed]: readonly Value[], site: Site): readonly Outcome[] {
  const source = flow?.kind === 'record' ? flow.fields.get('src') : undefined;
  const family = source === undefined ? undefined : familyOf(source);
  if (flow === undefined || family === undefined)
    return lowering.fail(site, 'TP3005', 'a flow', flow?.kind ?? 'nothing');
  const layout = layoutOf(fiveTuple, { family });
  const code = new Code(lowering, path);
  const pieces = encode(code, layout, flow, site);
  const words = layout.size / 4;
  const [first = 0n, ...keys] = hashKeys(seedOf(lowering, seed, site), words + 1);
  const sum = keys.reduce(
    (total, key, index) => {
      const value = code.truncate(word(code, pieces, 4 * index, 32), 32);
      return code.alu('add', total, code.alu('mul', value, n(BigInt.asIntN(64, key))));
    },
    code.id(n(BigInt.asIntN(64, first))),
  );
  return [{ path, value: lowering.integer(code.alu('shr', sum, n(32)), HASH) }];
}

function seedOf(lowering: Lowering, seed: Value | undefined, site: Site): number {
  if (seed === undefined) return lowering.target.seed;
  if (seed.kind === 'constant' && typeof seed.value === 'number') return seed.value;
  return lowering.fail(site, 'TP3005', 'a constant seed', seed.kind);
}
