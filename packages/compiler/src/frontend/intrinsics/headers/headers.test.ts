import { textOf } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { evaluate, type Outcome } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { CASES, compileWork, withoutTag } from './fixtures/load.ts';
import { WORKS } from './fixtures/tunnels.vnf.ts';

const DROP = 1n;
const DROPPED_ON_TC = 2n;
const shown = (bytes: Uint8Array) => `${textOf(bytes)}\n${Buffer.from(bytes).toString('hex')}`;

/** The frame with the tag that is beside it. */
function whole({ packet, context }: Outcome): Uint8Array {
  if (!context.vlan_present) return packet;
  const [protocol = 0, control = 0] = [context.vlan_proto, context.vlan_tci];
  const tag = [protocol & 255, protocol >> 8, control >> 8, control & 255];
  return Uint8Array.from([...packet.slice(0, 12), ...tag, ...packet.slice(12)]);
}

describe.each(WORKS)('%s', (what) => {
  it('makes the bytes that Node makes, behind no tag, one and two', () => {
    const { programs, maps } = compileWork(what);
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    const cases = CASES.filter((one) => one.what === what);
    expect(cases.length).toBe(27);
    for (const { frame, becomes } of cases) {
      const { returned, packet } = evaluate(program.ir, { packet: frame, maps: new EvaluatorMaps(maps) });
      if (becomes === undefined) expect(returned).toBe(DROP);
      else expect(shown(packet)).toBe(shown(becomes));
    }
  });

  it.each(['tcx-ingress', 'tcx-egress'] as const)(
    'makes the same bytes on %s, with a tag beside the packet',
    (hook) => {
      const { programs, maps } = compileWork(what, hook);
      const [program] = programs;
      if (program === undefined) throw new Error('there is a program');
      for (const { frame, becomes } of CASES.filter((one) => one.what === what)) {
        for (const isBeside of [true, false]) {
          const packet = isBeside ? withoutTag(frame) : frame;
          const tag = new DataView(frame.buffer, frame.byteOffset + 12);
          const context =
            packet === frame ? {} : { vlan_present: 1, vlan_proto: tag.getUint16(0, true), vlan_tci: tag.getUint16(2) };
          const outcome = evaluate(program.ir, {
            packet,
            context,
            linear: packet.length,
            maps: new EvaluatorMaps(maps),
          });
          if (becomes === undefined) expect(outcome.returned & 0xffn).toBe(DROPPED_ON_TC);
          else expect(shown(whole(outcome))).toBe(shown(becomes));
        }
      }
    },
  );

  it('survives frames cut at every length', () => {
    const { programs, maps } = compileWork(what);
    const [program] = programs;
    const [first] = CASES.filter((one) => one.what === what);
    if (program === undefined || first === undefined) throw new Error('there is a program and a case');
    for (let length = 14; length < first.frame.length; length++) {
      const { returned } = evaluate(program.ir, {
        packet: first.frame.slice(0, length),
        maps: new EvaluatorMaps(maps),
      });
      expect([1n, 2n]).toContain(returned);
    }
  });
});
