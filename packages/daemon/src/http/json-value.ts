/** What goes deeper, or round in a circle, is cut off. */
const DEEPEST = 32;

/** What a function gave, as JSON: numbers above 2^53 as decimal texts, bytes as hexadecimal ones. */
export function jsonValue(value: unknown, levels = DEEPEST): unknown {
  if (levels === 0) return '…';
  const inside = (inner: unknown) => jsonValue(inner, levels - 1);
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return inside(Object.fromEntries(value));
  if (value instanceof Set || Array.isArray(value)) return [...value].map(inside);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inside(inner)]));
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value === undefined || typeof value === 'function' || typeof value === 'symbol' ? null : value;
}
