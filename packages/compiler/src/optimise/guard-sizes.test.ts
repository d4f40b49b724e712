import { expect, it } from 'vitest';
import { ProgramBuilder } from '../ir/builder.ts';
import type { Program } from '../ir/types.ts';
import { validate } from '../ir/validate.ts';
import { guardSizes } from './guard-sizes.ts';
import { optimise } from './index.ts';

/** Reads as many bytes as a word of the context says, behind a comparison with a constant or with another word. */
function reading(other: 'constant' | 'word'): Program {
  const b = new ProgramBuilder('reading', 'tcx-egress');
  const [size, least] = [0, 4].map((offset) => b.load(b.entry, b.context, offset, 32));
  if (size === undefined || least === undefined) throw new Error('two words');
  const [tall, exit, read] = [b.block(), b.block(), b.block()];
  b.terminate(exit, { op: 'return', value: b.constant(exit, 0n) });
  const floor = b.constant(b.entry, 14n);
  const isTall = b.compare(b.entry, 'uge', least, floor);
  b.terminate(b.entry, { op: 'branch', condition: isTall, then: tall, otherwise: exit });
  const fits = b.compare(tall, 'uge', size, other === 'word' ? least : floor);
  b.terminate(tall, { op: 'branch', condition: fits, then: read, otherwise: exit });
  const slot = b.stack(read, b.slot(64, 'bytes'));
  b.call(read, 'skb_load_bytes', [b.context, b.constant(read, 0n), slot, size]);
  b.terminate(read, { op: 'return', value: b.constant(read, 0n) });
  const program = b.finish();
  validate(program);
  return program;
}
const tests = ({ blocks }: Program) =>
  blocks.flatMap(({ instructions }) => instructions.filter(({ op }) => op === 'compare')).length;

it('guards a size that only a comparison of two registers keeps from being 0', () => {
  const before = reading('word');
  const after = guardSizes(before);
  validate(after);
  expect(tests(after) - tests(before)).toBe(1);
  expect(guardSizes(after)).toBe(after);
});

it('leaves what the verifier sees by itself', () => {
  const before = reading('constant');
  expect(guardSizes(before)).toBe(before);
});

it('is done behind all that could take the guard away', () => {
  expect(tests(optimise(reading('word')))).toBe(3);
});
