/** Where a packet is another one than before: `30-33: c0000201 → 0a000001`, one for each run of bytes; its new length first,
 *  if it has one. Empty: nowhere. */
export function changedBytes(before: Uint8Array, after: Uint8Array): string {
  const resized = before.length === after.length ? [] : [`${before.length} → ${after.length} bytes`];
  return [...resized, ...runs(before, after).map(([start, end]) => runText(before, after, start, end))].join(', ');
}

function runs(before: Uint8Array, after: Uint8Array): readonly (readonly [start: number, end: number])[] {
  const found: [number, number][] = [];
  for (let at = 0; at < Math.min(before.length, after.length); at++) {
    if (before[at] === after[at]) continue;
    const last = found.at(-1);
    if (last?.[1] === at) last[1] = at + 1;
    else found.push([at, at + 1]);
  }
  return found;
}

function runText(before: Uint8Array, after: Uint8Array, start: number, end: number): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes.subarray(start, end)).toString('hex');
  return `${end - start === 1 ? start : `${start}-${end - 1}`}: ${hex(before)} → ${hex(after)}`;
}
