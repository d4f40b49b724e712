import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../../abi/index.ts';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import type { Hook } from '../../../ir/types.ts';
import { compileTagging, FRAMES, METADATA_SIZE, type Seen, seenIn, takeOut } from './fixtures/tagging.ts';
import { TAGGINGS } from './fixtures/tagging.vnf.ts';

function run(what: (typeof TAGGINGS)[number], hook: Hook) {
  const { programs, maps: specs } = compileTagging(what, hook);
  const [program] = programs;
  if (program === undefined) throw new Error('there is a program');
  return (frame: Uint8Array, isBeside = hook !== 'xdp'): Seen | 'dropped' => {
    const maps = new EvaluatorMaps(specs);
    const { bytes, tag } = isBeside ? takeOut(frame) : { bytes: frame, tag: undefined };
    const context = tag && { vlan_present: 1, vlan_proto: tag.protocol, vlan_tci: tag.control };
    evaluate(program.ir, { packet: bytes, maps, ...(context && { context }) });
    const [event] = maps.ring(EVENTS).records();
    return event === undefined ? 'dropped' : seenIn(event, METADATA_SIZE);
  };
}

describe('tags beside the packet', () => {
  it.each(TAGGINGS)('are to tcx what tags of the bytes are to XDP: %s', (what) => {
    const there = run(what, 'xdp');
    const expected = FRAMES.map((frame) => there(frame));
    expect(expected.filter((one) => one !== 'dropped').length).toBeGreaterThanOrEqual(4);
    for (const hook of ['tcx-ingress', 'tcx-egress'] as const) {
      const here = run(what, hook);
      expect(FRAMES.map((frame) => here(frame))).toEqual(expected);
      // What a packet socket sends has all its tags in the bytes.
      expect(FRAMES.map((frame) => here(frame, false))).toEqual(expected);
    }
  });
});
