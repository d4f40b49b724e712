import { join } from 'node:path';
import { compileFunction, importVnf } from '@twinpath/compiler';
import { COUNTERS } from '@twinpath/compiler/abi';
import { attachTcx, type BpfMap, BpfProgram, createMaps, skbChecksumState } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import { planFunction } from '@twinpath/vnf/plan';
import { describe, expect, it } from 'vitest';
import { TUNNELS } from './fixtures/tunnel-ends.vnf.ts';
import { createLab, type Host } from './index.ts';

const imported = await importVnf(join(import.meta.dirname, 'fixtures/tunnel-ends.vnf.ts'));
const { slots } = planFunction(imported.spec).counters;

/** The function on both directions of an interface. */
class TunnelEnd implements Disposable {
  readonly #owned = new DisposableStack();
  readonly #counters: BpfMap;

  constructor(host: Host, how: (typeof TUNNELS)[number]) {
    const ifindex = host.ifindex('eth0');
    const ports = [{ name: 'port', ifindex }];
    const base = { clock: 'kernel', cpus: 1, ports, classifiers: new Map(), seed: 1, key: 7 } as const;
    const { programs, maps: specs } = compileFunction(imported, {
      config: { how },
      target: { ...base, checksumState: skbChecksumState() },
      programs: [{ hook: 'tcx-ingress' }, { hook: 'tcx-egress' }],
    });
    const maps = createMaps(specs, this.#owned);
    const counters = maps[COUNTERS];
    if (counters === undefined) throw new Error('there are counters');
    this.#counters = counters;
    for (const [index, direction] of (['ingress', 'egress'] as const).entries()) {
      const made = programs[index];
      if (made === undefined) throw new Error('there are two programs');
      const program = this.#owned.use(BpfProgram.load(made.compiled.spec, { maps }));
      inNamespace(host.namespace, () => this.#owned.use(attachTcx({ program, ifindex, direction })));
    }
  }

  count(name: string): number {
    let sum = 0;
    for (const value of this.#counters.lookupPerCpu(new Uint8Array(4)) ?? []) {
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
      sum += Number(view.getBigUint64(8 * slots.indexOf(`count ${name}`), true));
    }
    return sum;
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

const BODY = new Uint8Array(4_000_000).fill(0x41);

describe('bulk TCP through a tunnel between two fast paths on tc', () => {
  it.each(TUNNELS)('%s: packets of many segments, unfinished checksums, payload in pages', async (how) => {
    await using lab = createLab('tp-tunnel');
    const [client, server] = [lab.host('client'), lab.host('server')];
    lab.link(client, 'eth0', server, 'eth0', { addresses: [['10.0.0.1/24'], ['10.0.0.2/24']] });
    await server.http({ port: 80, body: BODY });
    // The kernel cuts segments before they go over the wire, which they fit.
    const cutting = ['tx-gre-segmentation', 'tx-udp_tnl-segmentation'].flatMap((name) => [name, 'off']);
    await server.exec('ethtool', ['-K', 'eth0', ...cutting]);
    const route = ['10.0.0.0/24', 'dev', 'eth0', 'src', '10.0.0.1', 'advmss', '1300'];
    await client.exec('ip', ['route', 'change', ...route]);
    using near = new TunnelEnd(client, how);
    using far = new TunnelEnd(server, how);
    const fetched = await client.fetch('http://10.0.0.2/');
    expect(fetched.ok && Buffer.compare(fetched.body, BODY)).toBe(0);
    expect(near.count('left')).toBeGreaterThan(0);
    expect(near.count('wrong')).toBe(0);
    expect(near.count('unread')).toBeLessThanOrEqual(1); // the one with the answer's header
    if (how === 'checked UDP') {
      // The kernel cannot cut it rightly: it goes beside the tunnel.
      expect(far.count('refused')).toBeGreaterThan(10);
      return;
    }
    expect(far.count('refused')).toBe(0);
    expect(far.count('large')).toBeGreaterThan(10);
    expect(near.count('left')).toBeGreaterThanOrEqual(BODY.length / 1300);
    expect(near.count('read')).toBeGreaterThan(1000);
  });
});
