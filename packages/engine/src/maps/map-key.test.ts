import type { MapSpec } from '@twinpath/ebpf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import { programText } from '../test/program-text.ts';

const sizes = [1, 2, 4, 8] as const;
type Size = (typeof sizes)[number];

/** Stores that fill a key: at each offset one of some size, in any order. */
const stores = (keySize: number) =>
  fc.infiniteStream(fc.constantFrom(...sizes)).chain((stream) => {
    const found: { readonly at: number; readonly size: Size }[] = [];
    for (let at = 0; at < keySize; ) {
      const { value } = stream.next();
      const size: Size = at + value <= keySize ? value : 1;
      found.push({ at, size });
      at += size;
    }
    return fc.shuffledSubarray(found, { minLength: found.length });
  });

const FRAME_OFFSET = -80;
/** Copies the packet's first bytes to the stack, piece by piece, the first one wrongly and then again through a pointer of which nothing
 *  is known; and looks up what is there. */
const text = (pieces: readonly { readonly at: number; readonly size: Size }[], isLate: boolean) => `
  r6 = *(u32 *)(r1 +0)
  r2 = r10
  r2 += ${FRAME_OFFSET - 8}
  ${isLate ? 'r2 += 8' : ''}
  ${pieces
    .map(({ at, size }, index) => {
      const place = index % 2 === 0 || !isLate ? `r10 ${FRAME_OFFSET + at}` : `r2 +${at}`;
      return `r3 = *(u${8 * size} *)(r6 +${at})\n*(u${8 * size} *)(${place}) = r3`;
    })
    .join('\n')}
  r3 = *(u8 *)(r6 +0)
  r3 ^= 1
  *(u8 *)(r10 ${FRAME_OFFSET}) = r3
  r3 ^= 1
  *(u64 *)(r10 -8) = r10
  r7 = *(u64 *)(r10 -8)
  *(u8 *)(r7 ${FRAME_OFFSET}) = r3
  ${isLate ? '' : 'r2 += 8'}
  r1 = map[table]
  call bpf_map_lookup_elem
  if r0 == 0 goto none
  r0 = *(u32 *)(r0 +0)
none:
  exit`;

const key = (bytes: Uint8Array, { type, keySize }: MapSpec): Uint8Array => {
  const own = bytes.slice(0, keySize);
  if (type === 'array') own.set([(own[0] ?? 0) % 8, 0, 0, 0]);
  if (type === 'lpm-trie') own.set([8 * (keySize - 4), 0, 0, 0]);
  return own;
};

describe('a key that a program puts together from pieces', () => {
  it.each([
    { name: 'table', type: 'hash', keySize: 13, valueSize: 4, maxEntries: 8 },
    { name: 'table', type: 'lru-hash', keySize: 40, valueSize: 4, maxEntries: 8 },
    { name: 'table', type: 'array', keySize: 4, valueSize: 4, maxEntries: 8 },
    { name: 'table', type: 'lpm-trie', keySize: 20, valueSize: 4, maxEntries: 8, flags: ['no-prealloc'] },
    { name: 'table', type: 'lpm-trie', keySize: 7, valueSize: 4, maxEntries: 8, flags: ['no-prealloc'] },
  ] as const satisfies readonly MapSpec[])('finds the entry in a $type with keys of $keySize bytes', (spec) => {
    const data = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(data, stores(spec.keySize), fc.boolean(), fc.boolean(), (bytes, pieces, isLate, checked) => {
        const engine = new Engine({ bytes: 1 << 20 });
        const table = engine.createMap(spec);
        const wanted = key(bytes, spec);
        table.update(wanted, new Uint8Array([1, 2, 3, 4]));
        const frame = bytes.slice();
        frame.set(wanted);
        const program = engine.load(programText(text(pieces, isLate)), { maps: { table }, checked });
        expect(program.testRun({ data: frame }).retval).toBe(0x0403_0201);
        frame[spec.keySize - 1] = (frame[spec.keySize - 1] ?? 0) ^ 0x80;
        expect(program.testRun({ data: frame }).retval).toBe(0);
      }),
      { numRuns: 25 },
    );
  });
});
