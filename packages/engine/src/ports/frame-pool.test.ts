import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import { createFramePool, FramePool, freeFramePool, HOLDER } from './frame-pool.ts';

const FRAMES = 16;
const FRAME_BYTES = 2048;

function makePool() {
  const engine = new Engine({ bytes: 1 << 20 });
  const image = createFramePool(engine, { frames: FRAMES, frameBytes: FRAME_BYTES });
  return { engine, image, pool: new FramePool(engine.memory, image) };
}

describe('a pool of frames', () => {
  it('knows where each frame is, whatever is taken, passed on, given and reclaimed', () => {
    const step = fc.record({
      what: fc.constantFrom('take', 'pass', 'give', 'reclaim'),
      holder: fc.integer({ min: 1, max: 3 }),
      other: fc.integer({ min: 1, max: 3 }),
      inside: fc.nat(FRAME_BYTES - 1),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { pool } = makePool();
        const held = new Map<number, number[]>([1, 2, 3].map((holder) => [holder, []]));
        for (const { what, holder, other, inside } of steps) {
          const own = held.get(holder) ?? [];
          if (what === 'take') {
            const offset = pool.take(holder);
            expect(offset < 0).toBe([...held.values()].flat().length === FRAMES);
            if (offset >= 0) own.push(offset);
          } else if (what === 'reclaim') {
            expect(pool.reclaim(holder)).toBe(own.length);
            own.length = 0;
          } else {
            const offset = own.pop();
            if (offset === undefined) continue;
            expect(pool.base(offset + inside)).toBe(offset);
            if (what === 'give') pool.give(offset + inside, holder);
            else {
              pool.pass(offset + inside, holder, other);
              held.get(other)?.push(offset);
            }
          }
          const counts = [...held].map(([one, offsets]) => [one, offsets.length] as const);
          const free = FRAMES - counts.reduce((sum, [, count]) => sum + count, 0);
          const expected = [[HOLDER.nobody, free] as const, ...counts].filter(([, count]) => count > 0);
          expect(new Map([...pool.audit()].sort(([a], [b]) => a - b))).toEqual(new Map(expected));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a frame that is somebody else’s, or given back already', () => {
    const { pool } = makePool();
    const offset = pool.take(1);
    expect(() => pool.give(offset, 2)).toThrow(`the frame at ${offset} should be held by 2, and is by 1`);
    pool.give(offset, 1);
    expect(() => pool.give(offset, 1)).toThrow('and is by 0');
  });

  it('finds a list of free frames that is not right', () => {
    const { engine, image, pool } = makePool();
    engine.memory.setU32(image.spare + 4, engine.memory.getU32(image.spare + 8));
    expect(() => pool.audit()).toThrow('16 frames are listed as free, 15 of them different');
  });

  it('gives its memory back', () => {
    const engine = new Engine({ bytes: 1 << 20 });
    const before = engine.available;
    freeFramePool(engine, createFramePool(engine, { frames: FRAMES }));
    expect(engine.available).toBe(before);
    expect(() => createFramePool(engine, { frameBytes: 1000 })).toThrow('2048 or 4096');
  });
});
