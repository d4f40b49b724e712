import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFds, traceFds } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import { lineChain, type OwnFunctionSpec } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Veth } from '../fixtures/veth.ts';
import { startChain } from './start-chain.ts';

const LEARNER = new URL('../fixtures/learner.vnf.ts', import.meta.url).pathname;
let veth: Veth;
let cache: string;

beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'tp-runtime-events-'));
  // Nothing was read before.
  vi.stubEnv('XDG_CACHE_HOME', cache);
  traceFds();
  veth = new Veth('events');
});
afterAll(() => {
  veth[Symbol.dispose]();
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
  expect(openFds()).toEqual([]);
});

const wanted = (change: Partial<OwnFunctionSpec> = {}) => {
  const port = { interface: 'port', namespace: veth.near };
  return lineChain('tp-runtime-events', port, [{ name: 'learner', use: LEARNER, config: {}, ...change }]);
};
const sendTo = (...ports: readonly number[]) => {
  for (const port of ports) veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp 5 > ${port} / "x"`);
};

test('tables tell of changes and of being full, batches come together, and a chain says otherwise of reasons', async () => {
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const log: Log = { debug: line, info: line, warn: line, error: line };
  await using chain = await startChain(wanted(), { log });
  const learner = () => {
    const [found] = chain.functions;
    if (found === undefined) throw new Error('there is one function');
    return found;
  };
  const told = () => learner().operate('told', undefined);
  const statistics = async () => (await chain.statistics()).functions[0];

  // The parser is most of what a worker would cost.
  const modules = await learner().operate('modules', undefined);
  expect(modules).toEqual(expect.arrayContaining([LEARNER]));
  expect(modules).not.toContainEqual(expect.stringContaining('/node_modules/typescript/'));

  sendTo(1, 2, 3, 4, 5, 6, 1);
  // Padded, as Ethernet has it.
  const length = 60;
  const four = [1, 2, 3, 4].map((port) => [port, length]);
  await vi.waitFor(async () => expect(await told()).toEqual({ told: four, together: 0 }));
  expect(await statistics()).toMatchObject({
    tablesFull: { seen: 2 },
    reasons: { 'seen changed': { up: 4, lost: 0 } },
  });
  await vi.waitFor(
    () => expect(lines).toContainEqual(expect.stringMatching(/^table seen is full: it holds 4 entries/)),
    3000,
  );

  await chain.configure('learner', { forget: 2 });
  expect(await told()).toEqual({ told: [...four, [2, undefined]], together: 0 });

  sendTo(7, 7, 7);
  await vi.waitFor(async () => expect(await told()).toMatchObject({ together: 3 }));
  await chain.change(wanted({ config: { forget: 2 }, reasons: { asked: { limit: '1/s' } } }));
  expect(await learner().entries('seen')).toHaveLength(3);
  sendTo(...Array.from({ length: 20 }, () => 7));
  await vi.waitFor(async () => {
    const asked = (await statistics())?.reasons.asked;
    expect((asked?.up ?? 0) + (asked?.overLimit ?? 0)).toBe(23);
  });
  expect((await statistics())?.reasons.asked?.overLimit).toBeGreaterThan(15);

  const nowhere = { asked: { way: 'interface', interface: 'nowhere' } } as const;
  await expect(chain.change(wanted({ reasons: nowhere }))).rejects.toMatchObject({
    code: 'TP_INTERFACE',
    path: ['functions', 0, 'reasons', 'asked', 'interface'],
  });
  const unknown = chain.change(wanted({ reasons: { other: {} } }));
  await expect(unknown).rejects.toThrow('the function has no such reason');
});
