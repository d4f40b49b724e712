import { createVeth, getLink, inNewNamespace, Netlink } from '@twinpath/linux';
import { describe, expect, test } from 'vitest';
import { attachXdp } from '../links/xdp.ts';
import { BpfMap } from '../maps/map.ts';
import { assembleProgram } from './from-assembly.ts';
import { LiveFrames } from './live-frames.ts';
import { BpfProgram } from './program.ts';

const MAP = { name: 'seen', type: 'array', keySize: 4, valueSize: 16, maxEntries: 1, flags: ['mmapable'] } as const;

/** Counts frames, and notes where the last one came from, and its length. */
const COUNT = `
  r2 = map[seen][0]+0
  r3 = *(u32 *)(r2 +0)
  r3 += 1
  *(u32 *)(r2 +0) = r3
  r3 = *(u32 *)(r1 +12)
  *(u32 *)(r2 +4) = r3
  r3 = *(u32 *)(r1 +4)
  r4 = *(u32 *)(r1 +0)
  r3 -= r4
  *(u32 *)(r2 +8) = r3
  r0 = 1
  exit`;

describe('live frames', () => {
  test('run so often as is asked, from the interface that is named', () => {
    inNewNamespace(() => {
      using seen = BpfMap.create(MAP);
      using memory = seen.mapMemory();
      const words = new Uint32Array(memory.buffer, 0, 3);
      using program = BpfProgram.load(assembleProgram('count', 'xdp', COUNT), { maps: { seen } });
      using netlink = new Netlink();
      createVeth(netlink, { name: 'idle', queues: 1, peer: { name: 'peer', queues: 1 } });
      const { ifindex } = getLink(netlink, 'idle');
      using _link = attachXdp({ program, ifindex, mode: 'native' });
      const frames = new LiveFrames(program);
      frames.run(1, ifindex);
      frames.run(LiveFrames.most, ifindex);
      expect([...words]).toEqual([257, ifindex, 64]);
      new LiveFrames(program, { length: 1514 }).run(1, ifindex);
      expect([...words]).toEqual([258, ifindex, 1514]);
      expect(() => frames.run(1, 4242)).toThrow(/live frames of program "count".*E(INVAL|NODEV)/);
    });
  });
});
