// Packets that go to the host by way of other CPUs.

import { readdirSync, readFileSync } from 'node:fs';
import { onlineCpus, openFds, traceFds } from '@twinpath/linux';
import { lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { payloads, Veth } from '../fixtures/veth.ts';
import { startChain } from './start-chain.ts';

const use = new URL('../fixtures/spread.vnf.ts', import.meta.url).pathname;
const FLOWS = 40;

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('spread');
});
afterAll(() => {
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

test.each([
  ['native', {}, /^spread\.vnf\.ts:\d+: the verdict 'spread' cannot be given on tcx-ingress$/],
  ['generic', { mode: 'generic' }, /^the port says mode generic$/],
] as const)('spreads flows over CPUs in %s mode, which it finds, and all packets arrive', async (mode, given, why) => {
  const port = { interface: 'port', namespace: veth.near, ...given };
  const chain = await startChain(lineChain('tp-runtime-spread', port, [{ name: 'spread', use }]), { log: silent });
  try {
    expect(chain.ports).toMatchObject([{ hook: 'xdp', mode, why: expect.stringMatching(why) }]);
    expect(cpuThreads()).toBeGreaterThanOrEqual(onlineCpus().length);
    for (let flow = 0; flow < FLOWS; flow++)
      veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp ${5000 + flow} > 7 / "${flow}"`);
    const came: string[] = [];
    await vi.waitFor(() => {
      came.push(...payloads(veth.takeIn()));
      expect(came.toSorted()).toEqual(Array.from({ length: FLOWS }, (_, flow) => `${flow}`).toSorted());
    });
    const [statistics] = (await chain.statistics()).functions;
    expect(statistics?.verdicts.stack).toBeGreaterThanOrEqual(FLOWS);
  } finally {
    await chain.stop();
  }
});

/** Threads of the kernel that take packets out of cpumaps. */
function cpuThreads(): number {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.filter((id) => commandOf(id).startsWith('cpumap/')).length;
}

function commandOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/comm`, 'utf8');
  } catch {
    return '';
  }
}
