import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GATEKEEPER } from '../fixtures/gatekeeper.ts';
import { Inspector } from './inspector.ts';

let folder: string;
const inspector = new Inspector({ patienceMs: 10_000 });
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tp-inspector-'));
});
afterAll(async () => {
  await inspector[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function written(name: string, text: string): string {
  const file = join(folder, `${name}.vnf.ts`);
  writeFileSync(file, text);
  return file;
}

test('a function is described by what it declares, and its configurations are checked', async () => {
  const file = written('good', GATEKEEPER);
  const { info, face } = await inspector.ask({ kind: 'describe', file });
  expect(info).toMatchObject({ name: 'gatekeeper', ports: 'transparent', counters: [{ name: 'refused' }] });
  expect(face).toMatchObject({ ports: { kind: 'transparent' } });
  const check = (config: unknown) => inspector.ask({ kind: 'check', file, name: 'mine', config, compile: true });
  await expect(check({ closed: [{ port: 1 }] })).resolves.toEqual({ info, face });
  await expect(check({ closed: [{ port: 0 }], other: 1 })).rejects.toMatchObject({
    refusal: { status: 422, faults: [{ path: ['closed', 0, 'port'] }, { path: ['other'] }] },
  });
});

test.for([
  ['never ends', 'for (;;);', 'does not come to an end within 10 s'],
  ['ends the process', 'process.exit(0);', 'it has ended its thread'],
  ['takes all memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(0));', 'memory'],
  ['throws', "throw new Error('no');", 'no'],
  ['is no function', 'export default 5;', 'vnf'],
] as const)('a module that %s is refused, and the next one is looked at', async ([name, text, why]) => {
  const file = written(name.replaceAll(' ', '-'), name === 'is no function' ? text : `${GATEKEEPER}\n${text}`);
  await expect(inspector.ask({ kind: 'describe', file })).rejects.toThrow(why);
  const good = written(`after-${name.replaceAll(' ', '-')}`, GATEKEEPER);
  expect((await inspector.ask({ kind: 'describe', file: good })).info.name).toBe('gatekeeper');
});
