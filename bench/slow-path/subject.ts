// The chain under load, in this process's network namespace.
import { BpfMap, mapIds } from '@twinpath/ebpf';
import { startChain } from '@twinpath/runtime';
import { lineChain } from '@twinpath/vnf/chain';
import { FIRST_KNOWN } from './generator-flows.ts';
import type { SubjectState, ToSubject } from './messages.ts';

const FUNCTION = new URL('reactive.vnf.ts', import.meta.url).pathname;
const [, , hook = 'xdp'] = process.argv;

const port = { interface: 'port', hook: hook === 'tcx' ? 'tcx' : 'xdp' } as const;
const chain = await startChain(lineChain('bench-slow-path', port, [{ name: 'reactive', use: FUNCTION }]));

process.on('message', async (message: ToSubject) => {
  if (message === 'state') process.send?.(await state());
  if (message === 'forget') {
    await chain.functions[0]?.operate('forget', FIRST_KNOWN);
    process.send?.('forgotten');
  }
  if (message === 'stop') process.disconnect();
});
// Also where who owns the arena has ended.
process.once('disconnect', () => void chain.stop());
process.send?.('ready');

async function state(): Promise<SubjectState> {
  const { functions } = await chain.statistics();
  const [{ reasons, slowPath } = {}] = functions;
  const { up = 0, overLimit = 0, lost = 0 } = reasons?.unknown ?? {};
  const { user, system } = process.cpuUsage();
  const { undelivered = 0 } = slowPath ?? {};
  return { up, overLimit, lost, undelivered, bytesPerFlow: bytesPerFlow(), cpu: user + system, system };
}

/** The table is made with room for all of its flows. */
function bytesPerFlow(): number {
  for (const id of mapIds()) {
    using map = BpfMap.fromId(id);
    if (map.name === 'flows_4' || map.name === 'flows.4') return map.info().memoryBytes / map.maxEntries;
  }
  throw new Error('the table of flows is not there');
}
