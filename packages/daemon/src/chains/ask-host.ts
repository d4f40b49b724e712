// What this machine would say to chains, for a dry run.

import { type PortAnswer, pointerText } from '@twinpath/api';
import type { FunctionFace } from '@twinpath/vnf/chain';
import { type Refusal, RefusedError, within } from '../control/refusal.ts';
import { type ChainHost, inOrder, type Targets } from './chain-host.ts';
import type { WantedChain } from './wanted-chain.ts';

export interface HostQuestion {
  readonly wanted: WantedChain;
  /** Of its own functions, by name. */
  readonly faces: ReadonlyMap<string, FunctionFace>;
}

/**
 * Where packets would meet chains in the kernel. Nothing changes. The engine is not asked: it takes what an interface offers.
 * @throws RefusedError as bringing them would, with the faults of all from the document's root.
 */
export async function askHost(
  host: ChainHost,
  questions: readonly HostQuestion[],
  targets: Targets,
): Promise<readonly PortAnswer[]> {
  const order = inOrder(targets);
  const asked = questions
    .filter(({ wanted }) => wanted.on === 'kernel')
    .toSorted((a, b) => order.indexOf(a.wanted) - order.indexOf(b.wanted));
  if (asked.length === 0) return [];
  // A daemon without chains is small.
  const { askHost: ask } = await import('@twinpath/runtime');
  const chains = asked.map(({ wanted: { spec }, faces }) => ({ spec, faces }));
  const refusals: Refusal[] = [];
  const ports = ask({ chains, letGo: letGo(host, targets) }).flatMap((answer, index): readonly PortAnswer[] => {
    const wanted = asked[index]?.wanted;
    if (wanted === undefined) return [];
    const { name } = wanted;
    refusals.push(...answer.errors.map((error) => within(['chains', name], wanted.refusal(error))));
    return answer.ports.map(({ port, interface: link, namespace, hook, why, notes }) => ({
      chain: name,
      pointer: pointerText(wanted.locate(['ports', port, 'interface'])),
      interface: link,
      ...(namespace !== undefined && { namespace }),
      ...(hook !== undefined && { hook }),
      why,
      notes: [...notes],
    }));
  });
  const [first] = refusals;
  if (first === undefined) return ports;
  throw new RefusedError({ ...first, faults: refusals.flatMap(({ faults = [] }) => faults) });
}

/** Interfaces on which chains that run have XDP, and would not have it any more. */
function letGo({ running }: ChainHost, targets: Targets): readonly { interface: string; namespace?: string }[] {
  return [...running].flatMap(([name, { chain, wanted }]) => {
    if (!targets.has(name)) return [];
    const after = targets.get(name);
    const stays = after?.on === wanted.on ? Object.values(after.spec.ports) : [];
    return chain.ports
      .filter(({ hook }) => wanted.on === 'engine' || hook === 'xdp')
      .filter((port) => !stays.some((one) => one.interface === port.interface && one.namespace === port.namespace))
      .map(({ interface: link, namespace }) => ({ interface: link, ...(namespace !== undefined && { namespace }) }));
  });
}
