import type { Path } from '../../path.ts';
import { FIELD } from '../memo.ts';

/** What was read of the packet and remembered may not hold behind a write: the ports of a flow, numbers of headers. Where headers lie still does,
 *  for no field that says so can be written. */
export function forget(path: Path): Path {
  const stale = [...path.known.keys()].filter((key) => key.startsWith('flow ') || key.startsWith(FIELD));
  if (stale.length === 0) return path;
  const known = new Map(path.known);
  for (const key of stale) known.delete(key);
  return { ...path, known };
}
