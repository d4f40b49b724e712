import { describe, expect, it } from 'vitest';
import { lower, makeSourceExperiment, seeEvaluator, seeTwin } from './experiment.ts';
import { moduleText } from './module.ts';
import { render, same, without } from './text.ts';
import { TwinArray, TwinTable } from './twin.ts';

describe('generated fast paths', () => {
  it('do in the evaluator what JavaScript does', async () => {
    for (let seed = 1000; seed < 1030; seed++) {
      const experiment = makeSourceExperiment(seed);
      const lowered = await lower(experiment);
      expect(seeEvaluator(lowered, experiment.packets), `seed ${seed}`).toEqual(seeTwin(experiment));
    }
  });

  it('are the same for the same seed', () => {
    const [one, other] = [makeSourceExperiment(7), makeSourceExperiment(7)];
    expect(moduleText(other.body)).toBe(moduleText(one.body));
    expect(other.packets).toEqual(one.packets);
  });

  it('give different results on different packets', () => {
    const varied = Array.from(
      { length: 40 },
      (_, seed) => new Set(seeTwin(makeSourceExperiment(seed)).slice(0, -4)).size > 1,
    );
    expect(varied.filter(Boolean).length).toBeGreaterThan(12);
  });
});

describe('the twin', () => {
  it('keeps the low bits of what is stored, in keys too', () => {
    const table = new TwinTable({ a: 8 }, { n: 16, on: 'flag' }, 2);
    expect(table.put({ a: 257n }, { n: -1n, on: true })).toBe(true);
    const entry = table.lookup({ a: 1n });
    expect(entry).toMatchObject({ n: 0xffffn, on: true });
    if (entry !== undefined) entry.n = 65537n;
    expect(table.rows()).toEqual(['a 1 = n 1 on true']);
  });

  it('inserts only what is new, and puts either way, while there is room', () => {
    const table = new TwinTable({ a: 8 }, { n: 8 }, 1);
    expect([
      table.insert({ a: 1n }, { n: 1n }),
      table.insert({ a: 1n }, { n: 2n }),
      table.put({ a: 1n }, { n: 3n }),
    ]).toEqual([true, false, true]);
    expect([table.put({ a: 2n }, { n: 1n }), table.remove({ a: 2n }), table.remove({ a: 1n })]).toEqual([
      false,
      false,
      true,
    ]);
    expect(new TwinArray({ n: 8 }, 2).at(2n)).toBeUndefined();
  });
});

describe('without', () => {
  it('leaves out each statement, or a block around what it holds', () => {
    const leaf = (text: string) => ({ parts: [same(text)] });
    const tree = [leaf('a'), { parts: [same('{'), [leaf('b'), leaf('c')], same('}')] }];
    const texts = [...without(tree)].map((less) => render(less).ts.replaceAll('\n', ' ').trim());
    expect(texts).toEqual(['{b c }', 'a', 'a b c', 'a {c }', 'a {b }']);
  });
});
