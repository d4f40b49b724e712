import { completePartialChecksum, packetFromText, packetView, textOf, verifyChecksums } from '@twinpath/packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEnvironment } from '../../../evaluate/environment.ts';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { frames, isWholeSctp } from './fixtures/frames.ts';
import { compileWrite, EVALUATED_STATE, written } from './fixtures/load.ts';
import { WRITES } from './fixtures/rewriting.vnf.ts';

const XDP_DROP = 1n;
const wrongBefore = (frame: Uint8Array) => verifyChecksums(frame).some(({ isRight }) => !isRight);

describe.each(WRITES)('writing %s', (what) => {
  it.each(['xdp', 'tcx-egress'] as const)('makes the same bytes as Node does, on %s', (hook) => {
    const { programs, maps } = compileWrite(what, hook);
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    let changed = 0;
    fc.assert(
      fc.property(frames, (frame) => {
        const expected = written(what, frame);
        if (isWholeSctp(frame) && changesPorts(frame, expected)) return;
        const { packet } = evaluate(program.ir, { packet: frame, maps: new EvaluatorMaps(maps) });
        if (Buffer.compare(packet, expected) !== 0) expect(hexAndText(packet)).toBe(hexAndText(expected));
        if (!wrongBefore(frame)) expect(verifyChecksums(packet).filter(({ isRight }) => !isRight)).toEqual([]);
        if (Buffer.compare(packet, frame) !== 0) changed++;
      }),
      { numRuns: 150 },
    );
    expect(changed).toBeGreaterThan(0);
  });
});

describe('an SCTP packet whose ports would change', () => {
  it.each(['ports', 'swap'] as const)('is dropped, for its CRC would be wrong: %s', (what) => {
    const { programs, maps } = compileWrite(what, 'xdp');
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    const packet = packetFromText('ip 10.0.0.1 > 10.0.0.2 / sctp 5 > 7');
    expect(evaluate(program.ir, { packet, maps: new EvaluatorMaps(maps) }).returned).toBe(XDP_DROP);
  });
});

const PARTIAL = [
  'ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 syn checksum partial / "data"',
  'ip fd00::1 > fd00::2 / tcp 1 > 2 checksum partial',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 checksum partial / hex 01',
  'ip fd00::1 > fd00::2 / udp 1 > 2 checksum partial / "abc"',
];

describe.each(['both addresses', 'ports', 'source port', 'tcp', 'udp', 'everything', 'swap', 'rewrite twice'] as const)(
  'writing %s to a packet whose checksum the hardware is to finish',
  (what) => {
    it.each(PARTIAL)('leaves what it finishes as on Node: %s', (text) => {
      const { programs, maps } = compileWrite(what, 'tcx-egress');
      const [program] = programs;
      if (program === undefined) throw new Error('there is a program');
      const kernelByte = (offset: number) => (offset === EVALUATED_STATE.byte ? 3 << EVALUATED_STATE.shift : 0);
      const environment = createEnvironment({ kernelByte });
      const { packet } = evaluate(program.ir, {
        packet: packetFromText(text),
        maps: new EvaluatorMaps(maps),
        environment,
      });
      completePartialChecksum(packet);
      expect(hexAndText(packet)).toBe(hexAndText(written(what, packetFromText(text.replace(' checksum partial', '')))));
    });
  },
);

describe('what lies behind the linear part of a tc packet', () => {
  it.each(['tcx-ingress', 'tcx-egress'] as const)('is read as if it were in front, on %s', (hook) => {
    const { programs, maps } = compileWrite('payload at', hook);
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    const bodies = fc.tuple(
      fc.constantFrom('tcp 1 > 2', 'udp 1 > 2'),
      fc.uint8Array({ minLength: 150, maxLength: 400 }),
    );
    fc.assert(
      fc.property(bodies, fc.nat(400), ([transport, body], linear) => {
        const hex = Buffer.from(body).toString('hex');
        const frame = packetFromText(`ip 10.0.0.1 > 10.0.0.2 / ${transport} / hex ${hex}`);
        const input = { packet: frame, linear: Math.min(linear, frame.length), maps: new EvaluatorMaps(maps) };
        expect(hexAndText(evaluate(program.ir, input).packet)).toBe(hexAndText(written('payload at', frame)));
      }),
      { numRuns: 60 },
    );
  });
});

const hexAndText = (bytes: Uint8Array) => `${textOf(bytes)}\n${Buffer.from(bytes).toString('hex')}`;

const changesPorts = (before: Uint8Array, after: Uint8Array) => {
  const ports = (bytes: Uint8Array) => JSON.stringify(packetView(bytes, { port: 'port', now: 0 }).ip()?.flow());
  return ports(before) !== ports(after);
};
