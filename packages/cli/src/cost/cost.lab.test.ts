import { join } from 'node:path';
import { expect, test } from 'vitest';
import { twinpath } from '../fixtures/twinpath.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/01-count-and-drop/count-and-drop.vnf.ts');
interface Cost {
  readonly instructions: number;
  readonly verifierSteps: number;
  readonly lines: readonly { line: number; instructions: number; stackBytes: number; verifierSteps: number }[];
}

test('the lines make up the whole: instructions and steps as check and the kernel count them', async () => {
  const [cost, check] = await Promise.all([
    twinpath(['cost', EXAMPLE, '--json']),
    twinpath(['check', EXAMPLE, '--json']),
  ]);
  const programs: readonly Cost[] = JSON.parse(cost.stdout).programs;
  const sums = programs.map(({ lines, ...of }) => {
    const sum = (name: 'instructions' | 'verifierSteps') => lines.reduce((total, line) => total + line[name], 0);
    expect({ instructions: sum('instructions'), verifierSteps: sum('verifierSteps') }).toEqual({
      instructions: of.instructions,
      verifierSteps: of.verifierSteps,
    });
    return { instructions: of.instructions, steps: of.verifierSteps };
  });
  const checked: readonly { instructions: number; verifier: { steps: number } }[] = JSON.parse(check.stdout).programs;
  expect(sums).toEqual(checked.map(({ instructions, verifier }) => ({ instructions, steps: verifier.steps })));
  const dropping = programs[0]?.lines.find(({ line }) => line === 28);
  expect(dropping?.instructions).toBeGreaterThan(0);
});

test('without privilege it says that the verifier was not asked', async () => {
  const through = [
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ];
  const { stdout, status } = await twinpath(['cost', EXAMPLE], { through });
  expect(status).toBe(0);
  expect(stdout).toMatch(/count-and-drop\.vnf\.ts:28 +\d+ +\d+ +- +count\.dropped\(\);/);
  expect(stdout).toContain('The verifier was not asked: this process lacks CAP_BPF');
});

test('a function with ports of its own is checked alone, before any chain says where they lead', async () => {
  const bridge = join(import.meta.dirname, '../../../runtime/src/fixtures/bridge.vnf.ts');
  const ended = await twinpath(['check', bridge, '--json']);
  expect(JSON.parse(ended.stdout)).toMatchObject({ ok: true, programs: [{ function: 'bridge' }] });
});
