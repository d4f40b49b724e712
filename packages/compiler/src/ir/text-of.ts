/** Plain data as text, to compare it: equal for what was made with equal properties in the same order. */
export function textOf(item: object, without: ReadonlySet<string>): string {
  let text = '';
  for (const [key, value] of Object.entries(item)) {
    if (value === undefined || without.has(key)) continue;
    text += `${key}:${typeof value === 'object' && value !== null ? `{${textOf(value, without)}}` : value},`;
  }
  return text;
}
