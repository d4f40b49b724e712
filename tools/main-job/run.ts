// The main job in the kernel, from the first namespace to the last: what it saw, and what is left of it.
import { logTo } from '@twinpath/cli';
import { type ChainStatistics, type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Lab } from '@twinpath/testing/lab';
import { CASES } from './cases.ts';
import { allServed, placeHolds } from './expectations.ts';
import { leftoversOf } from './leftovers.ts';
import { buildNetwork, type Network, SERVERS } from './network.ts';
import { startResolver } from './resolver.ts';
import { NAME } from './rules.ts';
import { fromHost, sendOnce, startServers } from './traffic.ts';
import { firewallOn, InterruptedError, type MainJobRun, say, watch } from './watch.ts';

const CHAIN = `main-job-${process.pid}`;
const PLACE = 'xdp (native), tcx egress';

/** @throws what went wrong in the middle; nothing is left then either, or the error says what. */
export async function runMainJob(told: AbortSignal, seconds: number): Promise<MainJobRun> {
  const lab = createLab('tp-main-job');
  const programs = new Set<number>();
  try {
    const { statistics, ...seen } = await inLab(lab, { told, seconds, programs });
    await lab[Symbol.asyncDispose]();
    return { result: { ...seen, leftovers: await leftoversOf({ lab, chain: CHAIN, programs }) }, statistics };
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    const left = await leftoversOf({ lab, chain: CHAIN, programs });
    if (left.length > 0)
      say(`Left behind: ${left.join(', ')}. \`npx twinpath down --all\` removes what is Twinpath's.`);
    throw error;
  }
}

interface Task {
  readonly told: AbortSignal;
  readonly seconds: number;
  /** Receives the numbers of all programs that are loaded. */
  readonly programs: Set<number>;
}

async function inLab(lab: Lab, task: Task) {
  say('Building a network of namespaces: a client, a router in the middle, two servers …');
  const network = buildNetwork(lab);
  await startServers(network.servers);
  using _resolver = await startResolver(NAME, { v4: SERVERS.v4.shop, v6: SERVERS.v6.shop });
  if (task.told.aborted) throw new InterruptedError();
  const request = fromHost(network.client);
  const before = allServed('before Twinpath starts', await sendOnce(request, CASES));
  const watched = await withFirewall(network, task);
  const after = allServed('after Twinpath has gone', await sendOnce(request, CASES));
  return { ...watched, expectations: [before, ...watched.expectations, after] };
}

async function withFirewall(network: Network, { told, seconds, programs }: Task) {
  await using chain = await startFirewall(network);
  const { spec, mode } = chain;
  for (const one of (await chain.statistics()).functions) for (const { id } of one.programs) programs.add(id);
  say(`Chain ${spec.name} sits on eth0 of namespace ${chain.ports[0]?.namespace ?? ''}. Sending HTTP requests …`);
  const seen = await watch(chain, fromHost(network.client), { told, seconds });
  const hook = hookText(mode, seen.statistics);
  return { where: 'kernel' as const, hook, ...seen, expectations: [placeHolds(PLACE, hook), ...seen.expectations] };
}

function startFirewall({ middle }: Network): Promise<RunningChain> {
  const port = { interface: 'eth0', namespace: middle.namespace, mode: 'native' } as const;
  return startChain(firewallOn(CHAIN, port), { log: logTo(process.stderr), runTimeStatistics: true });
}

/** Where packets meet programs; those for packets that are sent again are attached nowhere. */
function hookText(mode: string, { functions }: ChainStatistics): string {
  const hooks = new Set(functions.flatMap(({ programs }) => programs.map(({ hook }) => hook)));
  const texts = { xdp: `xdp (${mode})`, 'tcx-egress': 'tcx egress' };
  return Object.entries(texts)
    .flatMap(([hook, text]) => (hooks.has(hook) ? [text] : []))
    .join(', ');
}
