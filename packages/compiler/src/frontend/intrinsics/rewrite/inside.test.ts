import { textOf, verifyChecksums } from '@twinpath/packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { carriedFrames, compileInside, writtenInside } from './fixtures/inside.ts';
import { INSIDE } from './fixtures/inside.vnf.ts';

const DROP = 1n;
const shown = (bytes: Uint8Array) => `${textOf(bytes)}\n${Buffer.from(bytes).toString('hex')}`;

describe('writing inside of a tunnel', () => {
  it.each(INSIDE)('makes the same bytes as Node does, and leaves the tunnel its checksum: %s', (what) => {
    const { programs, maps } = compileInside(what);
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    let changed = 0;
    fc.assert(
      fc.property(carriedFrames, (frame) => {
        const expected = writtenInside(what, frame);
        // Zero is allowed in tunnels, over IPv6 too (RFC 6935).
        const wrong = verifyChecksums(expected).filter(({ isRight, found }) => !isRight && found !== 0);
        expect(wrong).toEqual([]);
        const { returned, packet } = evaluate(program.ir, { packet: frame, maps: new EvaluatorMaps(maps) });
        if (returned === DROP) return; // SCTP whose ports would change
        if (Buffer.compare(packet, expected) !== 0) expect(shown(packet)).toBe(shown(expected));
        if (Buffer.compare(packet, frame) !== 0) changed++;
      }),
      { numRuns: what === 'quoted' || what === 'twice inside' ? 300 : 100 },
    );
    expect(changed).toBeGreaterThan(0);
  });
});
