import { describe, expect, it } from 'vitest';
import { moduleOf, refusal } from '../fixtures/compile-source.ts';
import { NUMBERS } from './numbers.ts';
import { SUBSET } from './subset.ts';

/** The whole text of a refused fast path with this body. */
const refused = (body: string, before?: string, files?: Readonly<Record<string, string>>) =>
  refusal(moduleOf(body, before), { config: { list: [1] }, ...(files && { files }) });

const BODIES: Readonly<Record<string, readonly [body: string, before?: string]>> = {
  'TP1011 try': ['try { return give(1); } catch { return give(2); }'],
  'TP1011 throw': ["throw new Error('no');"],
  'TP1012 closure': ['const f = (x) => x + 1; return give(f(1));'],
  'TP1012 declaration': ['function f() { return 1; } return give(f());'],
  'TP1013 await': ['return give(await 1);'],
  'TP1013 async': ['return give(f());', 'async function f() { return 1; }'],
  'TP1014 generator': ['return give(f());', 'function* f() { yield 1; }'],
  'TP1015 new': ['return give(new Map());'],
  'TP1015 this': ['return give(this.x);'],
  'TP1016 template': [`return give(\`\${packet}\`);`],
  'TP1016 joining': ["return give('a' + packet.input(0, 0, 1));"],
  'TP1016 method': ["const s = 'abc'; return give(s.startsWith('a'));"],
  'TP1017 ==': ['return give(packet == undefined ? 1 : 2);'],
  'TP1018 do': ['do { } while (packet.flag(0)); return give(0);'],
  'TP1018 for-in': ['for (const k in config) return give(1); return give(0);'],
  'TP1020 label': ['outer: for (let i = 0; i < 2; i++) break outer; return give(0);'],
  'TP1021 delete': ['delete config.list; return give(0);'],
  'TP1021 in': ["return give('list' in config ? 1 : 0);"],
  'TP1021 comma': ['return give((1, 2));'],
  'TP1022 claim': ['return give(packet.choice(0)!.value);'],
  'TP1023 list': ['const l = [1, 2]; return give(1);'],
  'TP1023 spread': ['return give(...config.list);'],
  'TP1023 pattern': ['const [x] = config.list; return give(x);'],
  'TP1024 rest': ['const { list, ...rest } = config; return give(rest);'],
  'TP1025 var': ['var x = 1; return give(x);'],
  'TP1026 computed': ["return give({ ['a']: 1 }.a);"],
  'TP1027 ??=': ['let x = 1; x ??= 2; return give(x);'],
  'TP1028 element': ['return give(packet[0]);'],
  'TP1040 unknown': ['return give(nothing);'],
  'TP1041 not known': ['return give(LATER);', 'const LATER = [1, 2].map((x) => x);'],
  'TP1042 let': ['return give(changing);', 'let changing = 1;'],
  'TP1043 foreign': ['return give(hostname());', "import { hostname } from 'node:os';"],
  'TP1043 global': ['return give(Date.now());'],
  'TP1044 recursion': [
    'return give(odd(3));',
    'function odd(n) { return even(n); }\nfunction even(n) { return odd(n); }',
  ],
  'TP1045 depth': [
    'return give(f0(1));',
    `${Array.from({ length: 40 }, (_, i) => `function f${i}(n) { return f${i + 1}(n); }`).join('\n')}\nfunction f40(n) { return n; }`,
  ],
  'TP1046 no function': ['const n = packet.input(0, 0, 9); return give(n());'],
  'TP1047 too early': ['const x = y; const y = 1; return give(x);'],
  'TP1048 const': ['const x = 1; x = 2; return give(x);'],
  'TP1049 record': ['const r = { a: 1 }; r.a = 2; return give(r.a);'],
  'TP1050 target': ['config.list[0] = 1; return give(0);'],
  'TP1051 paths': [
    `${Array.from({ length: 7 }, (_, i) => `const t${i} = packet.flag(${i}) ? 'a' : 'b';`).join('\n')}
${Array.from({ length: 7 }, (_, i) => `if (t${i} === 'a') return give(${i});`).join('\n')}
return give(0);`,
  ],
  'TP1052 loop': ["let s = 'a'; for (let i = 0; i < 20; i++) s = i; return give(0);"],
  'TP1053 unlisted': [
    'return give(flows);',
    "import { table, u32 } from '@twinpath/vnf';\nconst flows = table({ key: u32, value: { a: u32 }, max: 1 });",
  ],
  'TP1054 no verdict': ['if (packet.flag(0)) return give(1);'],
  'TP1055 Math': ['return give(Math.sqrt(4));'],
  'TP1056 undefined': ['return give(packet.choice(0).value);'],
  'TP1057 no fields': ['const n = packet.input(0, 0, 9); return give(n.bits);'],
  'TP1058 operands': ['return give(f(1, 2));', 'function f(a) { return a; }'],
  'TP2001 overflow': ['const n = packet.input(0, 0, 4294967295); return give(n * 9007199254740991);'],
  'TP2002 quotient': ['const n = packet.input(0, 0, 9); return give(n / 2);'],
  'TP2003 divisor': ['const n = packet.input(0, 0, 9); return give(10 % n);'],
  'TP2004 bit 31': ['const n = packet.input(0, 0, 4294967295); return give(n | 1);'],
  'TP2004 shift': ['const n = packet.input(0, 0, 255); return give(n << 24);'],
  'TP2005 shift': ['const n = packet.input(0, 0, 255); return give(1 << n);'],
  'TP2006 fraction': ['const n = packet.input(0, 0, 255); return give(n * 0.5);'],
  'TP2007 no number': ['const f = packet.flag(0); return give(f + 1);'],
  'TP2008 truth': ['return give(packet.text(0) ? 1 : 0);'],
  'TP2009 order': ["return give('a' < 'b' ? 1 : 0);"],
  'TP2020 endless': ['while (true) { if (packet.flag(0)) break; } return give(0);'],
  'TP2020 skipped': ['let i = 0; while (i < 100) { if (packet.flag(0)) continue; i++; } return give(0);'],
  'TP2021 growing': ['let x = 1; for (let i = 0; i < 90; i++) x = x * 2; return give(x);'],
  'TP2022 rounds': ['let x = 1; for (let i = 0; i < 2000000; i++) x = 2; return give(x);'],
  'TP2023 list': ['for (const x of packet) return give(x); return give(0);'],
  'TP2024 resize': ['for (let i = 0; i < 20; i++) packet.resize(); return give(0);'],
};

/** Of files and imports: modules/import-vnf.test.ts. */
const OF_MODULES = ['TP1001', 'TP1002', 'TP1003', 'TP1004', 'TP1005', 'TP1006', 'TP1007'];

describe('diagnostics', () => {
  it('each have a source that they are for', () => {
    const tested = new Set([...OF_MODULES, ...Object.keys(BODIES).map((title) => title.slice(0, 6))]);
    expect([...Object.keys(SUBSET), ...Object.keys(NUMBERS)].filter((code) => !tested.has(code))).toEqual([]);
  });

  for (const [title, [body, before]] of Object.entries(BODIES)) {
    it(`say what to write instead: ${title}`, () => {
      const message = refused(body, before);
      expect(message).toContain(title.slice(0, 6));
      expect(message).toMatchSnapshot();
    });
  }

  it('are all found at once, each at its place, and nothing follows from them', () => {
    const message = refused(
      `
      const a = packet.input(0, 0, 9) / 2;
      const b = a + 1;
      if (b === 2) return give(1 << packet.input(1, 0, 99));
      const c = nothing;
      return give(c + later(b));`,
      'function later(x) { return x == 1; }',
    );
    expect(message).toMatchSnapshot();
  });

  it('name the file of the function that they are in', () => {
    const files = { 'helper.ts': 'export function half(n: number) {\n  return n / 2;\n}\n' };
    expect(
      refused('return give(half(packet.input(0, 0, 9)));', "import { half } from './helper.ts';", files),
    ).toMatchSnapshot();
  });
});
