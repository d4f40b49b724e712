import { createHash } from 'node:crypto';
import type { Json } from './encode.ts';

/** SHA-256, as hex, over the JSON with sorted names and without blanks (RFC 8785 for what artefacts hold). */
export function contentHash(json: Json): string {
  return createHash('sha256').update(canonical(json)).digest('hex');
}

function canonical(json: Json): string {
  if (typeof json !== 'object' || json === null) return JSON.stringify(json);
  if (Array.isArray(json)) return `[${json.map(canonical).join(',')}]`;
  const members = Object.entries(json).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(',')}}`;
}
