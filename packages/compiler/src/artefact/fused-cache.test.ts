import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { compileProgram } from '../backend/index.ts';
import { FIRST, fused, type Link, lowerChain } from '../fuse/fixtures/chain.ts';
import { fuseChain } from '../fuse/index.ts';
import { FusedCache, type FuseOnceOptions, serialiseIr } from './fused-cache.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'twinpath-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

/** Another process, whose memory knows of nothing; with the number of chains that it fused. */
function anew() {
  const fuse = vi.fn(fuseChain);
  const cache = new FusedCache(fuse);
  return { fuseOnce: (options: FuseOnceOptions) => cache.once(options), fuse };
}

const links = (drops: number): readonly Link[] => [
  { does: 'count', drops },
  { does: 'count', drops: 9 },
];
const options = (of: readonly Link[]): FuseOnceOptions => {
  const parts = [...lowerChain('xdp', of).parts.values()];
  return {
    name: 'fused',
    hook: 'xdp',
    first: FIRST,
    parts: parts.map((part) => ({ ...part, ir: serialiseIr(part.ir) })),
  };
};
const hex = (code: Uint8Array) => Buffer.from(code).toString('hex');
const codeOf = (of: readonly Link[]) => hex(compileProgram(fused(lowerChain('xdp', of)).program).spec.code);

it('fuses chains whose configurations differ in numbers once, in memory and from files, and puts in the numbers of each', () => {
  const first = anew();
  const before = hex(first.fuseOnce(options(links(64))).compiled.spec.code);
  const code = hex(first.fuseOnce(options(links(63))).compiled.spec.code);
  expect(code).toBe(codeOf(links(63)));
  expect(code).not.toBe(before);
  expect(first.fuse).toHaveBeenCalledTimes(1);
  const second = anew();
  const { compiled, positions, ways, lines } = second.fuseOnce(options(links(63)));
  expect(second.fuse).not.toHaveBeenCalled();
  expect(hex(compiled.spec.code)).toBe(code);
  const { program: _, left: __, ...wanted } = fused(lowerChain('xdp', links(63)));
  expect({ positions, ways, lines }).toEqual(wanted);
});

it('fuses again where a number decides what the programs are', () => {
  const { fuseOnce, fuse } = anew();
  fuseOnce(options(links(64)));
  // Without hops that are dropped nobody asks for them.
  fuseOnce(options(links(0)));
  expect(fuse).toHaveBeenCalledTimes(2);
});
