import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CompiledFunction, compileFunction } from './compile.ts';
import { inFiles } from './frontend/fixtures/compile-source.ts';
import { type ImportedVnf, importVnf } from './frontend/modules/import-vnf.ts';
import { CompileError } from './frontend/report/compile-error.ts';
import { validate } from './ir/validate.ts';
import { verifierRejection } from './verifier-rejection.ts';

const SOURCE = `import { counters, lpm, next, drop, packetIn, prefix, ruleSet, classifier, oneOf, slowPath, tally, text, u32, vnf } from '@twinpath/vnf';
import { z } from 'zod';
const networks = lpm({ key: prefix, value: { country: text(2) }, max: 1000 });
const countries = tally({ by: { country: text(2) }, max: 256, help: 'traffic by country' });
const rules = ruleSet({ ordered: classifier({ match: { src: prefix }, value: { action: oneOf('allow', 'drop') }, max: 10 }) });
const strange = packetIn({ metadata: { length: u32 }, limit: '10/s', backlog: 8 << 20 });
const count = counters({ dropped: 'packets dropped' });

export default vnf({
  name: 'countries',
  config: z.object({ strict: z.boolean().default(false) }),
  tables: { networks, countries, rules },
  counters: count,
  reasons: { strange },
  fastPath(packet, config) {
    const ip = packet.ip();
    if (!ip) return config.strict ? slowPath(strange, { length: packet.length }) : next;
    if (rules.ordered.first({ src: ip.src })?.action === 'drop') {
      count.dropped();
      return drop;
    }
    countries.count(packet, { country: networks.lookup(ip.src)?.country ?? '??' });
    return next;
  },
  slowPath: () => ({ strange: (packet) => packet.drop() }),
});
`;

const target = { clock: 'kernel', cpus: 2, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;
let imported: ImportedVnf;
let strict: CompiledFunction;
let lax: CompiledFunction;

beforeAll(() =>
  inFiles({ 'countries.vnf.ts': SOURCE }, async (directory) => {
    imported = await importVnf(join(directory, 'countries.vnf.ts'));
    strict = compileFunction(imported, { config: { strict: true }, target });
    lax = compileFunction(imported, { config: { strict: false }, target });
  }),
);

describe('compileFunction', () => {
  it('makes the ring as large as a reason wants it, where nobody says otherwise', () => {
    const ring = ({ maps }: CompiledFunction) => maps.find(({ type }) => type === 'ringbuf')?.maxEntries;
    expect(ring(strict)).toBe(8 << 20);
    const options = { config: { strict: true }, target, eventBytes: 4096 };
    expect(ring(compileFunction(imported, options))).toBe(4096);
  });

  it('gives a function with one fast path what enters', () => {
    const choices = strict.programs.map(({ direction, hook }) => [direction, hook]);
    expect(choices).toEqual([['ingress', 'xdp']]);
    for (const { ir, compiled } of strict.programs) {
      validate(ir);
      expect(compiled.spec.code.length).toBe(8 * compiled.statistics.instructions);
    }
  });

  it('folds the configuration in: what it rules out is not there', () => {
    const size = ({ programs }: CompiledFunction) => programs[0]?.compiled.statistics.instructions ?? 0;
    const maps = ({ programs }: CompiledFunction) => programs[0]?.compiled.spec.relocations.map(({ map }) => map);
    expect(size(lax)).toBeLessThan(size(strict));
    expect(maps(strict)).toContain('events');
    expect(maps(lax)).not.toContain('events');
  });

  it('has room for a CPU of every number, though fewer share a limit', () => {
    const gaps = compileFunction(imported, { config: { strict: true }, target: { ...target, cpuNumbers: 12 } });
    const room = ({ maps }: CompiledFunction) => maps.find(({ name }) => name === 'capture')?.maxEntries;
    expect([room(strict), room(gaps)]).toEqual([2, 12]);
    expect(gaps.programs[0]?.compiled.spec.code).toEqual(strict.programs[0]?.compiled.spec.code);
  });

  it('gives the maps of the tables and of the instance, among them all that the programs refer to', () => {
    const shown = strict.maps.map(({ name, type, keySize, valueSize, maxEntries, flags = [] }) =>
      [name, type, keySize, valueSize, maxEntries, ...flags].join(' '),
    );
    expect(shown).toMatchInlineSnapshot(`
      [
        "networks.4 lpm-trie 8 8 1000 no-prealloc",
        "networks.6 lpm-trie 20 8 1000 no-prealloc",
        "countries percpu-hash 2 16 256",
        "countries.overflow percpu-array 4 16 1",
        "rules.ordered@0 array 4 66072 1 mmapable",
        "rules.ordered@1 array 4 66072 1 mmapable",
        "rules.ordered.hits percpu-array 4 8 10",
        "counters percpu-array 4 136 2",
        "state array 4 64 1 mmapable",
        "events ringbuf 0 0 8388608",
        "scratch percpu-array 4 16928 1",
        "capture array 4 66544 2",
        "trips percpu-array 4 8 1",
        "limits percpu-array 4 8 1",
      ]
    `);
    const names = new Set(strict.maps.map(({ name }) => name));
    const used = strict.programs.flatMap(({ compiled }) => compiled.spec.relocations.map(({ map }) => map));
    expect(used.filter((name) => !names.has(name))).toEqual([]);
  });

  it('knows the line of each instruction', () => {
    const lines = strict.programs[0]?.compiled.locations.flatMap((location) => location?.line ?? []) ?? [];
    const first = SOURCE.split('\n').findIndex((line) => line.includes('fastPath')) + 1;
    expect(Math.min(...lines)).toBe(first);
    expect(Math.max(...lines)).toBeLessThan(SOURCE.split('\n').length);
  });
});

describe('verifierRejection', () => {
  it('shows the author the line that the verifier refused, and whose fault it is', () => {
    const [program] = strict.programs;
    if (program === undefined) throw new Error('there is a program');
    const line = SOURCE.split('\n').findIndex((text) => text.includes('countries.count')) + 1;
    const slot = program.compiled.locations.findIndex((location) => location?.line === line);
    const rejected = verifierRejection(
      imported,
      program.compiled,
      { summary: 'invalid access to packet', slot },
      '/tmp/a.json',
    );
    expect(rejected).toBeInstanceOf(CompileError);
    const [diagnostic] = rejected.diagnostics;
    expect(diagnostic).toMatchObject({ code: 'TP9001', severity: 'error', line });
    expect(diagnostic?.message).toBe('the kernel verifier rejected this: invalid access to packet');
    expect(diagnostic?.hint).toBe(
      'this is a bug of the compiler, not of your function; please report it with /tmp/a.json',
    );
    expect(diagnostic?.frame).toContain('countries.count(packet');
  });

  it('points at the fast path where the log names no instruction', () => {
    const [program] = strict.programs;
    if (program === undefined) throw new Error('there is a program');
    const [diagnostic] = verifierRejection(imported, program.compiled, {
      summary: 'too many',
      slot: undefined,
    }).diagnostics;
    expect(diagnostic?.frame).toContain('fastPath(packet, config)');
  });
});
