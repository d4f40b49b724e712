import { expect, it } from 'vitest';
import { ProgramBuilder } from '../ir/builder.ts';
import { compileProgram } from './compile.ts';

/** Two ways that ask one map each, and go on alike. */
function lookups(left: string, right: string): string {
  const b = new ProgramBuilder('two', 'xdp');
  const zero = b.constant(b.entry, 0n);
  const key = b.stack(b.entry, b.slot(8, 'key'));
  b.store(b.entry, key, 0, 64, zero);
  const which = b.call(b.entry, 'get_prandom_u32', []);
  const [one, other, end] = [b.block(), b.block(), b.block()];
  b.terminate(b.entry, { op: 'branch', condition: which, then: one, otherwise: other });
  const found = [one, other].map((block, index) => {
    const map = b.map(block, index === 0 ? left : right);
    const value = b.call(block, 'map_lookup_elem', [map, key], { kind: 'pointer', region: 'value both' });
    b.terminate(block, { op: 'jump', target: end });
    return { block, value };
  });
  const value = b.phi(end, found, { kind: 'pointer', region: 'value both' });
  b.terminate(end, { op: 'return', value: b.compare(end, 'eq', value, zero) });
  return compileProgram(b.finish()).listing();
}

const callsIn = (listing: string): number => listing.match(/map_lookup_elem/g)?.length ?? 0;

it('shares a call of the same map, and lets each map have its own: the kernel puts its code there', () => {
  expect(callsIn(lookups('same', 'same'))).toBe(1);
  expect(callsIn(lookups('left', 'right'))).toBe(2);
});
