import { describe, expect, it } from 'vitest';
import { compileModule, give, moduleOf, run } from '../fixtures/compile-source.ts';

const N = 'const n = packet.input(0, 0, 100);';
const cases = (body: string, inputs: readonly number[], before?: string) =>
  inputs.map((input) => Number(give(body, [input], before)));

describe('statements', () => {
  it('branches, returns early and joins', () => {
    const body = `${N} let x = 1; if (n > 50) { x = 2; } else if (n > 20) x = 3; if (n === 99) return give(9); return give(x * 10 + 1);`;
    expect(cases(body, [0, 21, 60, 99])).toEqual([11, 31, 21, 9]);
  });

  it('switches with fall-through, default and break', () => {
    const body = `${N} let x = 0;
      switch (n) {
        case 1: case 2: x = 10; break;
        default: x = 40;
        case 3: x += 5; break;
        case 4: return give(77);
      }
      return give(x);`;
    expect(cases(body, [1, 2, 3, 4, 5])).toEqual([10, 10, 5, 77, 45]);
  });

  it('passes a switch that nothing matches', () => {
    expect(cases(`${N} let x = 1; switch (n) { case 5: x = 2; } return give(x);`, [5, 6])).toEqual([2, 1]);
  });

  it('inlines functions with several returns, undefined among them', () => {
    const before = `function half(n) { if (n % 2 !== 0) return; return Math.floor(n / 2); }`;
    const body = `${N} const h = half(n); if (h === undefined) return give(1000); return give(h + (half(h) ?? 500));`;
    expect(cases(body, [7, 8, 10], before)).toEqual([1000, 6, 505]);
  });

  it('joins what only registers tell apart, so that code behind is compiled once', () => {
    const blocks = (count: number) => {
      const ifs = Array.from({ length: count }, (_, index) => `if (n > ${index}) x += ${index};`).join('\n');
      return compileModule(moduleOf(`${N} let x = 0; ${ifs} return give(x);`)).blocks.length;
    };
    expect(blocks(20) - blocks(19)).toBe(blocks(10) - blocks(9));
  });

  it('keeps families apart while a variable tells them apart, and joins them behind its last use', () => {
    const body = (uses: string) =>
      `const v = packet.choice(0); if (!v) return give(0); let x = v.value; ${uses} x += 1; x += 2; x += 3; return give(x);`;
    const apart = compileModule(moduleOf(body('').replace('give(x)', 'give(x + v.value)')));
    const joined = compileModule(moduleOf(body('')));
    expect(joined.blocks.length).toBeGreaterThan(1);
    expect(instructions(joined)).toBeLessThan(instructions(apart));
    expect(run(joined, [5]).given).toBe(11n);
  });

  it('forces booleans into registers where too many paths would stay apart', () => {
    const flags = Array.from({ length: 6 }, (_, index) => `const f${index} = n > ${index * 10} ? true : false;`).join(
      '\n',
    );
    const sum = Array.from({ length: 6 }, (_, index) => `(f${index} ? ${2 ** index} : 0)`).join(' + ');
    const body = `${N} ${flags} return give(${sum});`;
    expect(cases(body, [0, 15, 35, 100])).toEqual([0, 3, 15, 63]);
  });

  it('releases what using holds on every way out, the last first', () => {
    const body = `${N}
      for (let i = 0; i < 3; i++) {
        using _held = packet.hold();
        if (n === 1) break;
        if (n === 2) continue;
        if (n === 3) return give(packet.word(15).value);
      }
      return give(100 + packet.word(15).value);`;
    const program = compileModule(moduleOf(body));
    const results = [0, 1, 2, 3].map((n) => {
      const { given, words } = run(program, [n]);
      return [given, words[14], words[15]];
    });
    expect(results).toEqual([
      [103n, 3n, 3n],
      [101n, 1n, 1n],
      [103n, 3n, 3n],
      // The value is worked out before the release.
      [0n, 1n, 1n],
    ]);
  });

  it('goes through constant lists', () => {
    const body = `${N} let sum = 0; for (const { a, b } of LIST) { if (a === 3) continue; sum += a * b + n; } for (const x of [n, 1]) sum += x; return give(sum);`;
    expect(cases(body, [5], 'const LIST = [{ a: 1, b: 10 }, { a: 3, b: 9 }, { a: 2, b: 5 }];')).toEqual([36]);
  });
});

const instructions = ({ blocks }: { blocks: readonly { instructions: readonly unknown[] }[] }) =>
  blocks.reduce((sum, block) => sum + block.instructions.length, 0);

describe('loops', () => {
  it('writes short loops out', () => {
    const program = compileModule(
      moduleOf(`${N} let sum = 0; for (let i = 0; i < 5; i++) sum += i * n; return give(sum);`),
    );
    expect(run(program, [7]).given).toBe(70n);
    expect(program.blocks.flatMap(({ phis }) => phis)).toEqual([]);
  });

  it('makes a loop of more rounds, with sums whose range follows from the number of rounds', () => {
    const body = `${N} let sum = 1; for (let i = 0; i < 50; i++) sum += n; const small = sum % 1; return give(sum * 1000000000000 + small);`;
    const program = compileModule(moduleOf(body));
    expect(run(program, [7]).given).toBe(351n * 1_000_000_000_000n);
    expect(program.blocks.length).toBeLessThan(8);
  });

  it('counts to a bound of the packet, up and down, in steps', () => {
    expect(cases(`${N} let s = 0; for (let i = 3; i <= n; i += 2) s += i; return give(s);`, [0, 3, 10])).toEqual([
      0, 3, 24,
    ]);
    expect(cases(`${N} let s = 0; for (let i = n; i > 0; i--) s += i; return give(s);`, [0, 4])).toEqual([0, 10]);
    expect(cases(`${N} let s = 0, i = 0; while (i < n) { s += i; i++; } return give(s);`, [0, 5])).toEqual([0, 10]);
  });

  it('knows the range of the counter in the body', () => {
    const body = `${N} let hit = 0; for (let i = 1; i < n; i++) { hit = Math.floor(1000 / i); } return give(hit);`;
    expect(cases(body, [0, 3, 11])).toEqual([0, 500, 100]);
  });

  it('finds ranges of variables that are narrowed each time around', () => {
    const body = `${N} let h = 1; for (let i = 0; i < n; i++) { h = (h * 31 + i) % 1009; } const table = h << 20; return give(table);`;
    let h = 1;
    for (let i = 0; i < 20; i++) h = (h * 31 + i) % 1009;
    expect(cases(body, [20])).toEqual([h << 20]);
  });

  it('breaks, continues and returns out of loops', () => {
    const body = `${N} let s = 0;
      for (let i = 0; i < 40; i++) { if (i === n) break; if (i % 2 === 0) continue; if (s > 300) return give(s); s += i; }
      return give(1000 + s);`;
    const js = (n: number) => {
      let s = 0;
      for (let i = 0; i < 40; i++) {
        if (i === n) break;
        if (i % 2 === 0) continue;
        if (s > 300) return s;
        s += i;
      }
      return 1000 + s;
    };
    expect(cases(body, [0, 9, 100])).toEqual([js(0), js(9), js(100)]);
  });

  it('nests', () => {
    const body = `${N} let s = 0; for (let i = 0; i < n; i++) { let row = 0; for (let j = 0; j < 12; j++) { row = (row + i * j) % 1000; } s = (s + row) % 5000; } return give(s);`;
    let s = 0;
    for (let i = 0; i < 30; i++) {
      let row = 0;
      for (let j = 0; j < 12; j++) row = (row + i * j) % 1000;
      s = (s + row) % 5000;
    }
    expect(cases(body, [30])).toEqual([s]);
  });

  it('carries records and flags around', () => {
    const body = `${N} let pair = { a: 0, b: 1 }; let odd = false;
      for (let i = 0; i < 20; i++) { pair = { a: pair.b, b: (pair.a + pair.b) % 10007 }; odd = !odd; if (i === n) break; }
      return give(pair.b * 10 + (odd ? 1 : 0));`;
    let [a, b, odd] = [0, 1, false];
    for (let i = 0; i < 20; i++) {
      [a, b] = [b, (a + b) % 10007];
      odd = !odd;
      if (i === 8) break;
    }
    expect(cases(body, [8])).toEqual([b * 10 + (odd ? 1 : 0)]);
  });
});
