import { packetFromText } from '@twinpath/packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { frames } from '../frontend/intrinsics/rewrite/fixtures/frames.ts';
import { EVALUATED_STATE } from '../frontend/intrinsics/rewrite/fixtures/load.ts';
import type { Hook, Program } from '../ir/types.ts';
import { optimise } from '../optimise/index.ts';
import { alone, FIRST, fused, type Link, lowerChain, mapsFor } from './fixtures/chain.ts';

const REWRITING = ['pin', 'hop', 'rewrite', 'mark'] as const;
const FINISHED = 0;
const PARTIAL = 3;
const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

type Kind = 'tcp' | 'udp';

function prepared(hook: Hook, expects: Kind) {
  const chain = lowerChain(
    hook,
    REWRITING.map((does): Link => ({ does, expects })),
  );
  const made = fused(chain);
  const standing = new Map([...chain.parts.keys()].map((position) => [position, alone(chain, position)] as const));
  const maps = [...chain.maps, ...mapsFor(made)];
  /** The second packet of a flow, which all functions rewrite. */
  const run = (program: Program, packet: Uint8Array, state = FINISHED, trace = false) => {
    const own = new EvaluatorMaps(maps);
    for (const position of standing.keys())
      own.store('path of the chain').update(word(position), word(position), 'any');
    const kernelByte = (offset: number) => (offset === EVALUATED_STATE.byte ? state << EVALUATED_STATE.shift : 0);
    const environment = createEnvironment({ program: (position) => standing.get(position), kernelByte });
    evaluate(program, { packet, maps: own, environment });
    return evaluate(program, { packet, maps: own, environment, trace });
  };
  const called = standing.get(FIRST);
  if (called === undefined) throw new Error('there is a first place');
  return { called, fused: made.program, run };
}

const CHAINS: readonly (readonly [Kind, Hook])[] = [
  ['tcp', 'xdp'],
  ['udp', 'xdp'],
  ['tcp', 'tcx-ingress'],
  ['udp', 'tcx-ingress'],
];

describe.each(CHAINS)('functions that rewrite %s one behind the other, fused on %s', (kind, hook) => {
  const { called, fused: whole, run } = prepared(hook, kind);
  const optimised = optimise(whole);

  it('leave each packet as their tail calls do, whatever its checksums are', () => {
    let changed = 0;
    fc.assert(
      fc.property(
        frames,
        fc.constantFrom(FINISHED, PARTIAL),
        fc.constantFrom(undefined, 0, 0xffff),
        (frame, state, sum) => {
          const packet = Uint8Array.from(frame);
          // Also sums that mean something of their own, right or wrong: of the first header behind one of IPv4.
          const view = new DataView(packet.buffer);
          if (sum !== undefined && packet.length >= 52) view.setUint16(packet[23] === 17 ? 40 : 50, sum);
          const wanted = run(called, packet, state);
          for (const program of [whole, optimised]) {
            const found = run(program, packet, state);
            expect(Buffer.from(found.packet).toString('hex')).toBe(Buffer.from(wanted.packet).toString('hex'));
            expect(found.returned).toBe(wanted.returned);
          }
          if (Buffer.compare(wanted.packet, packet) !== 0) changed++;
        },
      ),
      { numRuns: 150 },
    );
    expect(changed).toBeGreaterThan(20);
  });

  it('ask for headers once, and fold and store each checksum once', () => {
    const packet = packetFromText(`ip 10.0.0.1 > 10.0.0.2 / ${kind} 4000 > 80 / "abcdefgh"`);
    const counts = (program: Program) =>
      [/call probe_read_kernel/, / = mul /, /store16/].map(
        (what) => run(program, packet, FINISHED, true).trace.filter(({ text }) => what.test(text)).length,
      );
    // On tc the state of the checksum is asked for, and masks what is added and the field: three multiplications more.
    const [probes, products, stores] = counts(optimised);
    expect({ probes, folds: (products ?? 0) - (hook === 'xdp' ? 0 : 3) }).toEqual({
      probes: hook === 'xdp' ? 0 : 1,
      folds: 2,
    });
    // Both checksums, both ports, two words of the header; called, the functions store 12.
    expect(stores).toBe(6);
    expect(counts(called)).toEqual(hook === 'xdp' ? [0, 6, 12] : [2, 10, 12]);
  });
});
