import { describe, expect, it } from 'vitest';
import { printProgram } from '../ir/print.ts';
import type { Program } from '../ir/types.ts';
import { validate } from '../ir/validate.ts';
import { difference, makeExperiment, observeEvaluator } from './experiment.ts';
import { smaller, tidy } from './simplify.ts';

const experiments = Array.from({ length: 120 }, (_, seed) => makeExperiment(seed));

/** Operations by name, helpers and ALU operations each on their own. */
function operations(program: Program): readonly string[] {
  return program.blocks.flatMap(({ instructions, terminator, phis }) => [
    ...instructions.map((one) => (one.op === 'call' ? one.helper : one.op === 'alu' ? one.operation : one.op)),
    terminator.op,
    ...phis.map(() => 'phi'),
  ]);
}

describe('generate', () => {
  it('gives the same experiment for the same seed', () => {
    for (const [seed, { program, packets }] of experiments.entries()) {
      const again = makeExperiment(seed);
      expect(printProgram(again.program)).toBe(printProgram(program));
      expect(again.packets).toEqual(packets);
    }
  });

  it('makes valid programs that the evaluator runs without an objection', () => {
    for (const experiment of experiments) {
      validate(experiment.program);
      expect(observeEvaluator(experiment, 2)).toEqual(observeEvaluator(experiment, 2));
    }
  });

  it('uses everything that the IR has', () => {
    const used = new Set(experiments.flatMap(({ program }) => operations(program)));
    const wanted = [
      ...[
        'add',
        'sub',
        'mul',
        'div',
        'mod',
        'and',
        'or',
        'xor',
        'shl',
        'shr',
        'sar',
        'constant',
        'truncate',
        'swap',
        'compare',
      ],
      ...['load', 'store', 'offset', 'packet-start', 'packet-end', 'stack', 'map', 'map-value', 'atomic', 'phi'],
      ...[
        'jump',
        'branch',
        'in-packet',
        'return',
        'map_lookup_elem',
        'map_update_elem',
        'map_delete_elem',
        'csum_diff',
      ],
      ...[
        'xdp_adjust_head',
        'xdp_adjust_tail',
        'xdp_load_bytes',
        'xdp_store_bytes',
        'skb_load_bytes',
        'skb_pull_data',
        'ktime_get_ns',
      ],
    ];
    expect(wanted.filter((name) => !used.has(name))).toEqual([]);
  });

  it('takes both sides of most branches', () => {
    const verdicts = experiments.map(
      (experiment) => new Set(observeEvaluator(experiment, 1).runs.map(({ verdict }) => verdict)),
    );
    const varied = verdicts.filter(({ size }) => size > 1).length;
    expect(varied).toBeGreaterThan(experiments.length / 2);
  });
});

describe('simplify', () => {
  it('tidies a program without changing what it does', () => {
    for (const experiment of experiments) {
      const program = tidy(experiment.program);
      validate(program);
      const tidied = { ...experiment, program };
      expect(difference(observeEvaluator(experiment, 1), observeEvaluator(tidied, 1))).toBeUndefined();
    }
  });

  it('only ever offers programs with less in them', () => {
    for (const { program } of experiments.filter(({ program }) => operations(program).length < 60).slice(0, 5)) {
      for (const less of smaller(program, { keepChecks: false })) {
        expect(operations(less).length).toBeLessThanOrEqual(operations(program).length);
      }
    }
  });
});
