import { describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import { contextLayout, REDIRECT } from '../memory/frame-context.ts';
import { createFramePool, FramePool, HOLDER } from './frame-pool.ts';
import { XDP } from './xdp-verdict.ts';

const { xdp } = contextLayout;
const FRAMES = 16;
const BYTES = 2048;
const HEADROOM = 256;
const SLOT = 3;
const OTHER = 4;

/** Entries of the rings; the last one is used first. */
const MASK = 7;
const FIRST = 7;

/** A pool, four frames of which lie in a receive ring of slot 3, and contexts. */
function setUp(frames = 4) {
  const engine = new Engine({ bytes: 4 << 20 });
  const image = createFramePool(engine, { frames: FRAMES });
  const pool = new FramePool(engine.memory, image);
  const [rx, tx, offsets, contexts] = [128, 128, 64, 16 * xdp.stride].map((bytes) => engine.allocate(bytes, 'a ring'));
  if (rx === undefined || tx === undefined || offsets === undefined || contexts === undefined) throw new Error();
  const { memory } = engine;
  for (let index = 0; index < frames; index++) {
    const entry = rx + 16 * ((FIRST + index) & MASK);
    memory.setU32(entry, pool.take(SLOT) + HEADROOM);
    memory.setU32(entry + 8, 60 + index);
  }
  const field = (index: number, offset: number) => memory.getU32(contexts + index * xdp.stride + offset);
  const judge = (index: number, verdict: number, kind: number = REDIRECT.none, target = 0) => {
    const context = contexts + index * xdp.stride;
    memory.setU32(context + xdp.verdict, verdict);
    memory.setU32(context + xdp.redirectKind, kind);
    memory.setU32(context + xdp.redirectTarget, target);
  };
  const receive = (count = frames) => pool.moves.receive(contexts, count, rx, FIRST, MASK, SLOT, 11, 2);
  const send = (from: number, verdict: number, target = 0) =>
    pool.moves.send(contexts + from * xdp.stride, frames - from, verdict, target, tx, FIRST, MASK, OTHER);
  return { memory, image, pool, rx, tx, offsets, contexts, field, judge, receive, send };
}

describe('frames that move in bursts', () => {
  it('get contexts, with their lengths and room, around the end of a ring', () => {
    const { image, pool, field, receive } = setUp();
    expect(receive()).toBe(4);
    for (let index = 0; index < 4; index++) {
      const base = image.start + index * BYTES;
      expect(field(index, xdp.data)).toBe(base + HEADROOM);
      expect(field(index, xdp.dataEnd)).toBe(base + HEADROOM + 60 + index);
      expect([field(index, xdp.head), field(index, xdp.tail)]).toEqual([base, base + BYTES]);
      expect([field(index, 12), field(index, 16)]).toEqual([11, 2]);
    }
    expect(pool.audit().get(HOLDER.worker)).toBe(4);
  });

  it('are sent as long as verdict and target are the same', () => {
    const { memory, pool, tx, field, judge, receive, send } = setUp();
    receive();
    judge(0, XDP.redirect, REDIRECT.interface, 5);
    judge(1, XDP.redirect, REDIRECT.entry, 5);
    judge(2, XDP.redirect, REDIRECT.interface, 6);
    judge(3, XDP.redirect, REDIRECT.broadcast, 6);
    expect(send(0, XDP.redirect, 5)).toBe(2);
    expect(memory.getU32(tx + 16 * FIRST)).toBe(HEADROOM);
    expect(memory.getU32(tx + 8)).toBe(61);
    expect(send(2, XDP.redirect, 6)).toBe(1);
    expect(send(3, XDP.redirect, 6)).toBe(0);
    judge(3, XDP.tx, REDIRECT.none, field(3, xdp.redirectTarget));
    expect(send(3, XDP.tx, 999)).toBe(1);
    expect(pool.audit().get(OTHER)).toBe(4);
  });

  it('go back to the pool and come out of it again', () => {
    const { memory, pool, contexts, offsets, judge, receive } = setUp();
    receive();
    for (let index = 0; index < 3; index++) judge(index, XDP.drop);
    judge(3, XDP.pass);
    expect(pool.moves.drop(contexts, 4)).toBe(3);
    expect(pool.free).toBe(FRAMES - 1);
    expect(pool.moves.fill(offsets, FIRST, MASK, 5, OTHER)).toBe(5);
    expect(memory.getU32(offsets + 8 * FIRST)).toBe(2 * BYTES);
    expect(pool.audit().get(OTHER)).toBe(5);
    expect(pool.moves.complete(offsets, FIRST, MASK, 5, OTHER)).toBe(5);
    expect(pool.free).toBe(FRAMES - 1);
    pool.audit();
  });

  it('stop in front of one that is not where it has to be', () => {
    const { memory, pool, rx, contexts, judge, receive, send, offsets } = setUp();
    // The third entry names the first one's frame again.
    memory.setU32(rx + 16 * ((FIRST + 2) & MASK), HEADROOM);
    expect(receive()).toBe(2);
    judge(0, XDP.drop);
    judge(1, XDP.drop);
    expect(pool.moves.drop(contexts, 2)).toBe(2);
    expect(pool.moves.drop(contexts, 2)).toBe(0);
    judge(0, XDP.tx);
    expect(send(0, XDP.tx)).toBe(0);
    expect(pool.moves.complete(offsets, 0, MASK, 1, SLOT)).toBe(0);
  });
});
