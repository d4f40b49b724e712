// Which maps of a table hold a key, and the key's bytes on the stack.
import type { MapPlan, TablePlan } from '@twinpath/vnf/plan';
import type { ValueId } from '../../../ir/types.ts';
import type { Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import type { Code } from '../code.ts';
import { encode, familyOf, member, missing } from '../memory/encode.ts';
import { type Piece, storePieces } from '../memory/piece.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';

/** The maps of the family that the key's addresses have: one, or in a rule set one for each generation. */
export function mapsFor(code: Code, plan: TablePlan, key: Value, site: Site): readonly MapPlan[] {
  const [first] = plan.maps;
  if (first?.family === undefined) return plan.maps;
  const addresses = first.key.fields.filter(({ type }) => type.kind === 'ip' || type.kind === 'prefix');
  const families = new Set(
    addresses.map((field) => {
      const value = member(code, key, field, site) ?? missing(code, key, field, site);
      return familyOf(value);
    }),
  );
  const [family, ...others] = families;
  if (family === undefined) return code.lowering.fail(site, 'TP4001', plan.path);
  if (others.length > 0) return code.lowering.fail(site, 'TP4002', plan.path);
  return plan.maps.filter((map) => map.family === family);
}

/** The key in a stack slot: whole words, every byte written. */
export function storeKey(code: Code, map: MapPlan, key: Value, site: Site): ValueId {
  return storeEncoded(code, map, encode(code, map.key, key, site));
}

export function storeEncoded(code: Code, { key }: MapPlan, pieces: readonly Piece[]): ValueId {
  const slot = scratchSlot(code, 'key', key.size);
  storePieces(code, slot, 0, key.size, pieces);
  return slot;
}
