import { describe, expect, it } from 'vitest';
import { moduleOf, refusal } from '../fixtures/compile-source.ts';

/** The whole text of a refused fast path with this body. */
const refused = (body: string, before?: string, files?: Readonly<Record<string, string>>) =>
  refusal(moduleOf(body, before), { config: { list: [1] }, ...(files && { files }) });

/** Sources beyond the one example that each message has (../../explanations). */
const BODIES: Readonly<Record<string, readonly [body: string, before?: string]>> = {
  'TP1011 try': ['try { return give(1); } catch { return give(2); }'],
  'TP1012 declaration': ['function f() { return 1; } return give(f());'],
  'TP1013 await': ['return give(await 1);'],
  'TP1015 this': ['return give(this.x);'],
  'TP1016 joining': ["return give('a' + packet.input(0, 0, 1));"],
  'TP1016 method': ["const s = 'abc'; return give(s.startsWith('a'));"],
  'TP1018 for-in': ['for (const k in config) return give(1); return give(0);'],
  'TP1021 delete': ['delete config.list; return give(0);'],
  'TP1021 in': ["return give('list' in config ? 1 : 0);"],
  'TP1021 comma': ['return give((1, 2));'],
  'TP1023 spread': ['return give(...config.list);'],
  'TP1023 pattern': ['const [x] = config.list; return give(x);'],
  'TP1027 ??=': ['let x = 1; x ??= 2; return give(x);'],
  'TP1028 element': ['return give(packet[0]);'],
  'TP1041 not known': ['return give(LATER);', 'const LATER = [1, 2].map((x) => x);'],
  'TP1041 awaited': ['return give(LATER);', 'const LATER = [await 1];'],
  'TP1043 foreign': ['return give(hostname());', "import { hostname } from 'node:os';"],
  'TP1044 recursion': [
    'return give(odd(3));',
    'function odd(n) { return even(n); }\nfunction even(n) { return odd(n); }',
  ],
  'TP2004 shift': ['const n = packet.input(0, 0, 255); return give(n << 24);'],
  'TP2008 truth': ['return give(packet.text(0) ? 1 : 0);'],
  'TP2009 order': ["return give('a' < 'b' ? 1 : 0);"],
  'TP2020 endless': ['while (true) { if (packet.flag(0)) break; } return give(0);'],
  'TP2020 skipped': ['let i = 0; while (i < 100) { if (packet.flag(0)) continue; i++; } return give(0);'],
  'TP2023 list': ['for (const x of packet) return give(x); return give(0);'],
  'TP2024 resize': ['for (let i = 0; i < 20; i++) packet.resize(); return give(0);'],
};

describe('diagnostics', () => {
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
