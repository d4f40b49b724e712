import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../../fuzz/judge.ts';
import { KernelBench } from '../../fuzz/kernel-bench.ts';
import { makePacket } from '../../fuzz/packets.ts';
import { Random } from '../../fuzz/random.ts';
import { cases } from './cases.ts';

let bench: KernelBench;
beforeAll(() => {
  bench = new KernelBench();
});
afterAll(() => bench[Symbol.dispose]());

const random = new Random(1);
const packets = Array.from({ length: 20 }, () => makePacket(random, 'tcx-ingress'));
const skb = { mark: 0, priority: 0, cb: [0, 0, 0, 0, 0] };

describe('the kernel runs what compileProgram makes as the evaluator runs the IR', () => {
  for (const { title, program } of cases) {
    it.each(['optimised', 'unoptimised'] as const)(`${title}, %s`, (pipeline) => {
      expect(judge(bench, { program, packets, tableSeed: 5, skb }, pipeline)).toBe('agreed');
    });
  }
});
