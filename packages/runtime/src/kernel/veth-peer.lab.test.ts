import { getOffload, inNamespace } from '@twinpath/linux';
import { lineChain } from '@twinpath/vnf/chain';
import { expect, test } from 'vitest';
import { startChain } from '../chain/start-chain.ts';
import { silent } from '../fixtures/silent.ts';
import { Veth } from '../fixtures/veth.ts';

const SMALL = new URL('../fixtures/small.vnf.ts', import.meta.url).pathname;

test('while a chain has one end of a veth, the other sends finished checksums and tags in the bytes', async () => {
  using veth = new Veth('peer');
  const offloads = () =>
    inNamespace(veth.far, () => (['tx-checksum', 'tx-vlan', 'gro'] as const).map((one) => getOffload('far', one)));
  const before = offloads();
  expect(before).toEqual([true, true, false]);
  const port = { interface: 'port', namespace: veth.near, hook: 'xdp' } as const;
  {
    const spec = lineChain('tp-runtime-peer', port, [{ name: 'held', use: SMALL }]);
    await using _chain = await startChain(spec, { log: silent });
    expect(offloads()).toEqual([false, false, true]);
  }
  expect(offloads()).toEqual(before);
});
