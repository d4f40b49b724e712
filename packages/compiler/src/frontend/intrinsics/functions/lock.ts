// `lock(entry.guard)` and what `using` does where its block is left.
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';

export function lock(lowering: Lowering, path: Path, [guard]: readonly Value[], site: Site): readonly Outcome[] {
  const place = guard?.kind === 'entry' ? guard.prefix.join('.') : undefined;
  const field = guard?.kind === 'entry' ? guard.layout.fields.find((one) => one.path.join('.') === place) : undefined;
  if (guard?.kind !== 'entry' || field?.type.kind !== 'guard') {
    return lowering.fail(site, 'TP3005', 'the guard of an entry', guard?.kind ?? 'nothing');
  }
  // The kernel keeps locks in plain hash maps and arrays.
  if (guard.table.perCpu || guard.table.whenFull === 'evict') return lowering.fail(site, 'TP4010', guard.table.path);
  const code = new Code(lowering, path);
  const pointer = code.offset(guard.pointer, n(field.offset));
  code.call('spin_lock', [pointer]);
  return [{ path, value: { kind: 'lock', pointer } }];
}

export function release(lowering: Lowering, path: Path, held: Value, site: Site): readonly Path[] {
  if (held.kind !== 'lock') return lowering.fail(site, 'TP3005', 'a lock', held.kind);
  new Code(lowering, path).call('spin_unlock', [held.pointer]);
  return [path];
}
