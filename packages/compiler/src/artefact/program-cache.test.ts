import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compileProgram } from '../backend/index.ts';
import { lowerPrograms } from '../compile.ts';
import { importVnf } from '../frontend/modules/import-vnf.ts';
import { ProgramBuilder } from '../ir/builder.ts';
import type { Program } from '../ir/types.ts';
import { ProgramCache } from './program-cache.ts';

/** A chain of additions: `instructions` and a few. */
function program(instructions: number, start = 1n): Program {
  const builder = new ProgramBuilder('chain', 'xdp');
  builder.at = { file: 'chain.vnf.ts', line: 1, column: 1 };
  const length = builder.load(builder.entry, builder.context, 12, 32);
  let sum = builder.constant(builder.entry, start);
  for (let count = 0; count < instructions; count++) sum = builder.alu(builder.entry, 'xor', length, sum);
  builder.terminate(builder.entry, { op: 'return', value: sum });
  return builder.finish();
}

/** Sums up a seed, and something of it. */
function seeded(seed: bigint): Program {
  const builder = new ProgramBuilder('seeded', 'xdp');
  const { entry } = builder;
  let sum = builder.load(entry, builder.context, 12, 32);
  for (let count = 0; count < 300; count++) {
    for (const name of ['seed', 'low'] as const) {
      sum = builder.alu(entry, 'add', sum, builder.relocation(entry, name, name === 'seed' ? 64 : 32));
      sum = builder.alu(entry, 'xor', sum, builder.constant(entry, BigInt(count)));
    }
  }
  const isLow = builder.compare(entry, 'eq', builder.truncate(entry, sum, 32), builder.relocation(entry, 'low', 32));
  builder.terminate(entry, { op: 'return', value: builder.alu(entry, 'add', sum, isLow) });
  return { ...builder.finish(), relocated: { seed, low: BigInt.asUintN(32, seed) } };
}

const sources = new Map([['chain.vnf.ts', 'let sum = 1;']]);
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'twinpath-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(home, { recursive: true });
});

const entries = () => readdirSync(join(home, 'twinpath')).map((name) => join(home, 'twinpath', name));

/** Another process, whose memory knows of nothing; with the number of programs that it compiled. */
function anew() {
  const compile = vi.fn(compileProgram);
  const cache = new ProgramCache(compile);
  return { compileOnce: (...what: Parameters<typeof cache.once>) => cache.once(...what), compile };
}

/** Asks for all that differs from instance to instance: the seed, the mark, interfaces. */
const SPREADING = `import { hash, next, portGroup, route, vnf } from '@twinpath/vnf';
const ports = portGroup({ max: 4 });
export default vnf({
  name: 'spreading',
  ports,
  fastPath(packet) {
    const flow = packet.ip()?.flow();
    if (!flow) return next;
    return packet.port === 'b' || hash(flow) % 4 === 0 ? next : route(packet);
  },
});
`;
const target = (number: number) => ({
  ...({ clock: 'kernel', cpus: 2, classifiers: new Map() } as const),
  ...{ seed: number, key: number + 1, checksumState: { byte: 128, shift: 5 } },
  ports: ['a', 'b'].map((name, index) => ({ name, ifindex: number + 2 + index })),
});

describe('compileOnce', () => {
  it('compiles a program once in a process, and once for all of them', () => {
    const first = anew();
    const made = first.compileOnce(program(600), { sources });
    expect(first.compileOnce(program(600), { sources }).spec).toBe(made.spec);
    expect(first.compile).toHaveBeenCalledTimes(1);
    const second = anew();
    const { listing, ...read } = second.compileOnce(program(600), { sources });
    expect(second.compile).not.toHaveBeenCalled();
    const { spec, relocations, locations, statistics } = made;
    expect(read).toEqual({ spec, relocations, locations, statistics });
    expect(listing()).toBe(made.listing());
  });

  it('tells apart what differs in a number, in the options or in the lines that it quotes', () => {
    const { compileOnce, compile } = anew();
    compileOnce(program(600), { sources });
    compileOnce(program(600, 2n), { sources });
    compileOnce(program(600), { sources, optimise: false });
    compileOnce(program(600), { sources: new Map([['chain.vnf.ts', 'let sum = 2;']]) });
    expect(compile).toHaveBeenCalledTimes(4);
    expect(entries()).toHaveLength(4);
  });

  it('compiles programs that differ in relocated numbers once, in memory and from files, and puts in the numbers of each', () => {
    const first = anew();
    expect(first.compileOnce(seeded(1n), {}).spec).toEqual(compileProgram(seeded(1n)).spec);
    expect(first.compileOnce(seeded(-2n), {}).spec).toEqual(compileProgram(seeded(-2n)).spec);
    expect(first.compile).toHaveBeenCalledTimes(1);
    const second = anew();
    const made = second.compileOnce(seeded(0x1234_5678_9abc_def0n), {});
    expect(second.compile).not.toHaveBeenCalled();
    expect(made.spec).toEqual(compileProgram(seeded(0x1234_5678_9abc_def0n)).spec);
    expect(made.listing()).toContain('= 0x123456789abcdef0 ll');
  });

  it('compiles nothing of a function that another process has compiled for another seed, mark and interfaces', async () => {
    const file = join(home, 'spreading.vnf.ts');
    writeFileSync(file, SPREADING);
    const imported = await importVnf(file);
    const hooks = [{ hook: 'xdp' }, { hook: 'tcx-ingress' }] as const;
    const made = [10, 1000].map((number) => {
      const { compileOnce, compile } = anew();
      const { programs } = lowerPrograms(imported, { target: target(number), programs: hooks });
      const codes = programs.map(({ ir }) => Buffer.from(compileOnce(ir, {}).spec.code).toString('hex'));
      expect(codes).toEqual(programs.map(({ ir }) => Buffer.from(compileProgram(ir).spec.code).toString('hex')));
      return { codes, compiled: compile.mock.calls.length };
    });
    expect(made.map(({ compiled }) => compiled)).toEqual([hooks.length, 0]);
    expect(new Set(made.flatMap(({ codes }) => codes)).size).toBe(2 * hooks.length);
  });

  it('warns of a damaged entry and compiles', () => {
    const made = anew().compileOnce(program(600), {});
    for (const entry of entries()) {
      const bytes = readFileSync(entry);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      writeFileSync(entry, bytes);
    }
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { compileOnce, compile } = anew();
    expect(compileOnce(program(600), {}).spec).toEqual(made.spec);
    expect(compile).toHaveBeenCalledTimes(1);
    expect(String(warning.mock.calls[0]?.[0])).toMatch(/damaged and was not used: its digest is another/);
  });

  it('keeps no files of small programs', () => {
    anew().compileOnce(program(20), {});
    expect(readdirSync(home)).toEqual([]);
  });
});
