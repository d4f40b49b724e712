import { availableParallelism } from 'node:os';
import {
  assembleProgram,
  BpfMap,
  BpfProgram,
  createMaps,
  RingBuffer,
  setTailCall,
  skbChecksumState,
} from '@twinpath/ebpf';
import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../../abi/index.ts';
import type { Hook } from '../../../ir/types.ts';
import { compileTagging, FRAMES, METADATA_SIZE, type Seen, seenIn, type Tag, takeOut } from './fixtures/tagging.ts';
import { TAGGINGS } from './fixtures/tagging.vnf.ts';

/** Puts a tag beside the packet, as the interface that it came by does, and goes on in the program under test. */
const entering = (tag: Tag | undefined) => `
  r6 = r1
  ${tag === undefined ? '' : `r2 = ${tag.protocol}\nr3 = ${tag.control}\ncall bpf_skb_vlan_push`}
  r1 = r6
  r2 = map[next]
  r3 = 0
  call bpf_tail_call
  r0 = 77
  exit`;

class Kernel implements Disposable {
  readonly #owned = new DisposableStack();
  readonly #program: BpfProgram;
  readonly #next: BpfMap | undefined;
  readonly #ring: RingBuffer;
  #seen: Seen | 'dropped' = 'dropped';

  constructor(what: (typeof TAGGINGS)[number], hook: Hook) {
    const { programs, maps: specs } = compileTagging(what, hook, skbChecksumState(), availableParallelism());
    const maps = createMaps(specs, this.#owned);
    const [made] = programs;
    const events = maps[EVENTS];
    if (made === undefined || events === undefined) throw new Error('there is a program with events');
    this.#program = this.#owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    this.#ring = this.#owned.use(
      new RingBuffer(events, (memory, offset, length) => {
        const event = new Uint8Array(memory.buffer, memory.byteOffset + offset, length).slice();
        this.#seen = seenIn(event, METADATA_SIZE);
      }),
    );
    if (hook === 'xdp') return;
    const table = { name: 'next', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: 1 } as const;
    this.#next = this.#owned.use(BpfMap.create(table));
    setTailCall(this.#next, 0, this.#program);
  }

  run(frame: Uint8Array, isBeside = true): Seen | 'dropped' {
    this.#seen = 'dropped';
    if (this.#next === undefined) this.#program.testRun({ data: frame });
    else {
      const { bytes, tag } = isBeside ? takeOut(frame) : { bytes: frame, tag: undefined };
      const spec = assembleProgram('entering', 'sched-cls', entering(tag));
      using entry = BpfProgram.load(spec, { maps: { next: this.#next } });
      entry.testRun({ data: bytes });
    }
    this.#ring.drain();
    return this.#seen;
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

describe('tags beside the packet, in the kernel', () => {
  it.each(TAGGINGS)('are to tcx what tags of the bytes are to XDP: %s', (what) => {
    using there = new Kernel(what, 'xdp');
    const expected = FRAMES.map((frame) => there.run(frame));
    expect(expected.filter((one) => one !== 'dropped').length).toBeGreaterThanOrEqual(4);
    for (const hook of ['tcx-ingress', 'tcx-egress'] as const) {
      using here = new Kernel(what, hook);
      expect(FRAMES.map((frame) => here.run(frame))).toEqual(expected);
      // What a packet socket sends has all its tags in the bytes.
      expect(FRAMES.map((frame) => here.run(frame, false))).toEqual(expected);
    }
  });
});
