// In chains of the kernel: what stands in front of tables when a process was killed, and when another goes on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FRONT, FRONT_CONTROL } from '@twinpath/compiler/abi';
import { BpfLink, BpfMap, BpfProgram } from '@twinpath/ebpf';
import { packetFromText } from '@twinpath/packet';
import { type ChainSpec, lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startChain } from '../chain/start-chain.ts';
import { silent } from '../fixtures/silent.ts';
import { Veth } from '../fixtures/veth.ts';
import { pinDirectory, pinName } from '../host/paths.ts';
import { MAPS, pinnedLinks } from '../host/pins.ts';
import { takeDown } from '../host/take-down.ts';

const CHAIN = 'tp-runtime-hot';
const main = new URL('../fixtures/chain-main.ts', import.meta.url).pathname;
const use = new URL('./fixtures/routed.vnf.ts', import.meta.url).pathname;
const stateDirectory = mkdtempSync(join(tmpdir(), 'tp-state-'));

let veth: Veth;
beforeAll(() => {
  veth = new Veth('hot');
});
afterAll(() => {
  takeDown({ chain: CHAIN });
  veth[Symbol.dispose]();
  rmSync(stateDirectory, { recursive: true });
});

function specOf(digit: number, specialise: 'off' | 'traffic' = 'traffic'): ChainSpec {
  const functions = [{ name: 'routed', use, config: { to: `02:00:00:00:00:0${digit}` } }];
  return { ...lineChain(CHAIN, { interface: 'port', namespace: veth.near }, functions), specialise };
}

/** By what packets begin, once or often: the digit that the last one shows. */
function shown(host: number, repeat = 1): number | undefined {
  const [pin = ''] = pinnedLinks(CHAIN);
  using link = BpfLink.fromPin(pin);
  using program = BpfProgram.fromId(link.info().programId);
  const data = packetFromText(`ip 10.0.0.200 > 10.0.0.${host} / udp 9 > 9`);
  return program.testRun({ data, repeat }).data[5];
}

/** Whoever keeps it. */
function isOpen(): boolean {
  using front = BpfMap.fromPin(join(pinDirectory(CHAIN), MAPS, 'routed', pinName('routes.4.front')));
  using memory = front.mapMemory();
  return (new DataView(memory.buffer).getBigUint64(FRONT.control, true) & FRONT_CONTROL.open) !== 0n;
}

test('the process that goes on writes what packets see, though entries stood in front of the table', async () => {
  const spec = JSON.stringify(specOf(1));
  const child = spawn(process.execPath, [main, spec, stateDirectory], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await vi.waitFor(
    () => {
      for (let host = 0; host < 4; host++) expect(shown(host, 500)).toBe(1);
      expect(isOpen()).toBe(true);
    },
    { timeout: 20_000, interval: 10 },
  );
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  expect(shown(1)).toBe(1);
  expect(isOpen()).toBe(true);
  const chain = await startChain(specOf(2), { log: silent, stateDirectory });
  const front = async () => (await chain.functions[0]?.measures())?.fronts['routes.4'];
  for (let host = 0; host < 4; host++) expect(shown(host)).toBe(2);
  await vi.waitFor(
    async () => {
      for (let host = 0; host < 4; host++) shown(host, 500);
      expect(await front()).toMatchObject({ isOpen: true, entries: 4 });
    },
    { timeout: 20_000, interval: 10 },
  );
  await chain.configure('routed', { to: '02:00:00:00:00:03' });
  for (let host = 0; host < 4; host++) expect(shown(host)).toBe(3);
  await chain.change(specOf(4, 'off'));
  for (let host = 0; host < 4; host++) expect(shown(host)).toBe(4);
  expect(await front()).toBeUndefined();
  await chain.stop();
});
