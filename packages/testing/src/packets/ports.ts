import { LINK, LINKS, PORTS } from '@twinpath/compiler/abi';
import { macToBytes } from '@twinpath/packet';
import type { InstanceMaps } from '@twinpath/runtime';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { TestPort } from './executor.ts';

const MTU = 1500;

/** What the runtime tells programs of a function's ports: all are up, with MAC addresses 02:00:00:00:01:00, 01 and so on. */
export function fillPorts(plan: FunctionPlan, maps: InstanceMaps, ports: readonly TestPort[]): void {
  if (plan.ports.kind === 'transparent') return;
  for (const [index, { ifindex }] of ports.entries()) {
    const key = word(index);
    const link = new Uint8Array(LINK.size);
    link.set(word(ifindex), LINK.ifindex);
    link.set(word(MTU), LINK.mtu);
    link.set(macToBytes(`02:00:00:00:01:${index.toString(16).padStart(2, '0')}`), LINK.mac);
    link[LINK.isUp] = 1;
    maps.store(PORTS).update(key, word(ifindex), 'any');
    maps.store(LINKS).update(key, link, 'any');
  }
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
