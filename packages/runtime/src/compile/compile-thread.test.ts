import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import { CompileError, importVnf } from '@twinpath/compiler';
import { ModuleError, runModule } from '@twinpath/compiler/run';
import type { Placement } from '@twinpath/vnf/chain';
import { afterAll, expect, test } from 'vitest';
import { functionData } from '../instance/function-data.ts';
import { errorData } from '../threads/error-data.ts';
import { workerCompiler } from '../threads/worker-compiler.ts';
import { codeHere } from './compile-here.ts';
import { compileThread } from './compile-thread.ts';
import type { Compiled, CompileRequest } from './function-compiler.ts';

const folder = mkdtempSync(join(tmpdir(), 'tp-compile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GATE = new URL('../fixtures/gate.vnf.ts', import.meta.url).pathname;
const END = { kind: 'end' } as const;
const placement: Placement = {
  ...{ chain: 'c', function: 'gate', hook: 'xdp', direction: 'ingress' },
  ...{ position: 1, entry: 'a', next: END, back: END, out: END, exits: {} },
};
const ports = [{ name: 'a', ifindex: 4, namespace: undefined, hook: 'xdp' }] as const;
const target = { clock: 'kernel', cpus: 1, cpuNumbers: 1, ports, classifiers: new Map(), seed: 1, key: 1 } as const;
const request = (config: unknown): CompileRequest => ({ config, target, placements: [placement] });

/** What V8 writes for a number depends on how the number is kept. */
const textOf = (ir: unknown) =>
  JSON.stringify(ir, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value instanceof Map || value instanceof Set ? [...value] : value,
  );

/** Bytes as text: a comparison of hundreds of thousands of elements, and what is said of it, take long. */
const told = ({ programs, ...others }: Compiled) => ({
  ...others,
  programs: programs.map(({ ir, spec, ...program }) => {
    const code = Buffer.from(spec.code).toString('base64');
    return { ...program, ir: textOf(deserialize(ir.bytes)), code, relocations: spec.relocations };
  }),
});

test('makes of a function what the compiler makes beside it, and says of what of the configuration', async () => {
  const source = await compileThread.read(GATE);
  const { module, needsWorker, floods, routes } = source;
  expect({ module, needsWorker, floods, routes }).toEqual({
    module: GATE,
    needsWorker: true,
    floods: false,
    routes: false,
  });
  const here = codeHere(await importVnf(GATE));
  const spec = structuredClone(functionData(here.spec, here.sends));
  const config = here.spec.config?.parse({ otherwise: 'drop', rules: [{ action: 'drop' }] });
  const expected = here.compiler.compile(request(config));
  expect(told(await compileThread.compile({ source, spec, request: request(config) }))).toEqual(told(expected));
  expect(expected.reads.map(({ path }) => path.join('.'))).toContain('otherwise');
  expect(expected.reads.map(({ path }) => path.join('.'))).not.toContain('rules.0');
});

test('brings what the verifier says, and what a module throws, to the line that the author wrote', async () => {
  const file = join(folder, 'late.vnf.ts');
  const text = `import { next, vnf } from '@twinpath/vnf';
const none: string[] = [];
export default vnf({ name: String(none[0]?.length ?? missing()), fastPath: () => next });
function missing(): string {
  throw new Error('not today');
}
`;
  writeFileSync(file, text);
  const source = await compileThread.read(file);
  const thrown: unknown = await runModule(file).catch((error: unknown) => error);
  if (!(thrown instanceof ModuleError)) throw thrown;
  const failure = await compileThread.failure({ source, error: errorData(thrown) });
  expect(failure).toBeInstanceOf(CompileError);
  expect(failure).toMatchObject({
    diagnostics: [{ code: 'TP1005', file, line: 5, message: expect.stringContaining('not today') }],
  });

  const gate = await compileThread.read(GATE);
  const here = codeHere(await importVnf(GATE));
  const spec = functionData(here.spec, here.sends);
  const rejection = { summary: 'invalid access', slot: 3 };
  const given = { source: gate, spec, request: request({ otherwise: 'drop', rules: [] }), rejection };
  const { diagnostics } = here.compiler.rejected(given.request, rejection) as CompileError;
  expect(await compileThread.rejected(given)).toMatchObject({ name: 'CompileError', members: { diagnostics } });
});

test('says which file there is not, and goes on', async () => {
  await expect(compileThread.read(join(folder, 'nothing.vnf.ts'))).rejects.toBeInstanceOf(CompileError);
  expect((await compileThread.read(GATE)).module).toBe(GATE);
});

test('what a worker asks can go to another thread, whatever its configuration is', () => {
  const config = {
    mode: 'a',
    list: [1, { x: 2n }],
    at: new URL('http://x/'),
    call: () => 1,
    none: undefined,
    nil: null,
  };
  let asked: unknown;
  workerCompiler((question) => {
    asked = structuredClone(question);
  }).compile(request(config));
  const opaque = expect.any(Map);
  expect(asked).toMatchObject({
    kind: 'compile',
    request: { config: { mode: 'a', list: [1, { x: 2n }], at: opaque, call: opaque, none: undefined, nil: null } },
  });
});
