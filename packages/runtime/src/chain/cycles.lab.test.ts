// Chains come and go, and leave nothing. `npm run soak:chains` does it a thousand times.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfMap, BpfProgram, mapIds, programIds } from '@twinpath/ebpf';
import { isSyscallError, listNamespaces, openFds, traceFds } from '@twinpath/linux';
import { type ChainSpec, lineChain } from '@twinpath/vnf/chain';
import { expect, test, vi } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { Veth } from '../fixtures/veth.ts';
import { ourLinks } from '../host/links.ts';
import { pinDirectory, recordFile } from '../host/paths.ts';
import { startChain } from './start-chain.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const CHAIN = 'tp-runtime-cycles';
const CYCLES = Number(process.env.TWINPATH_CYCLES ?? 3);
/** What a process may grow by between a third of many cycles and their end: what V8 has not collected yet. */
const MOST_GROWTH = 48 * 2 ** 20;

test(`${CYCLES} times loaded, changed and unloaded, chains leave no descriptor, map, program, link, pin or memory`, {
  timeout: 60_000 + CYCLES * 5000,
}, async () => {
  traceFds();
  const stateDirectory = mkdtempSync(join(tmpdir(), 'tp-cycles-'));
  {
    using veth = new Veth('cycles');
    // Its workers, all that the pool shares, are those of all cycles: a thread costs more than all else.
    using other = new Veth('cycles-keeper');
    const port = { interface: 'port', namespace: other.near };
    const kept = Array.from({ length: Math.min(4, availableParallelism()) }, (_, index) => `flows-${index}`);
    const use = file('flows.vnf.ts');
    const keeper = lineChain(
      `${CHAIN}-keeper`,
      port,
      kept.map((name) => ({ name, use })),
    );
    await using _keeper = await startChain(keeper, { log: silent, stateDirectory });
    const namespaces = listNamespaces().filter((name) => name.startsWith('tp-runtime-cycles'));
    const cycle = () => once(specsOf(veth), stateDirectory);
    // What is made once stays: threads of the pool's watch, compiled code.
    await cycle();
    const [fds, descriptors] = [openFds().length, readdirSync('/proc/self/fd').length];
    let memory = process.memoryUsage().rss;
    for (let number = 1; number <= CYCLES; number++) {
      await cycle();
      if (number === Math.floor(CYCLES / 3)) memory = process.memoryUsage().rss;
      expect(openFds(), `after cycle ${number}`).toHaveLength(fds);
    }
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(descriptors);
    // Programs and maps go when no CPU is in them any more.
    await vi.waitFor(() => expect([...names(programIds(), BpfProgram), ...names(mapIds(), BpfMap)]).toEqual([]), 5000);
    expect(ourLinks().filter(({ program }) => program.startsWith('tp_cycle'))).toEqual([]);
    expect([pinDirectory(CHAIN), recordFile(CHAIN)].filter((path) => existsSync(path))).toEqual([]);
    expect(listNamespaces().filter((name) => name.startsWith('tp-runtime-cycles'))).toEqual(namespaces);
    // A few cycles say nothing: compiled code and heap spaces still come.
    if (CYCLES >= 100) expect(process.memoryUsage().rss - memory).toBeLessThan(MOST_GROWTH);
  }
  rmSync(stateDirectory, { recursive: true });
  expect(openFds()).toEqual([]);
});

function specsOf(veth: Veth): readonly [ChainSpec, ChainSpec] {
  const port = { interface: 'port', namespace: veth.near };
  const [a, b] = ['cycle-a', 'cycle-b'].map((name) => ({ name, use: file('cycle.vnf.ts') }));
  if (a === undefined || b === undefined) throw new Error('there are two');
  return [lineChain(CHAIN, port, [a, b]), lineChain(CHAIN, port, [b, a])];
}

async function once([first, second]: readonly [ChainSpec, ChainSpec], stateDirectory: string): Promise<void> {
  await using chain = await startChain(first, { log: silent, stateDirectory });
  await chain.change(second);
}

/** Of all on this machine, those that are the fixture's. */
function names(ids: Iterable<number>, kind: typeof BpfProgram | typeof BpfMap): readonly string[] {
  return [...ids].flatMap((id) => {
    try {
      using found = kind.fromId(id);
      return /^(tp_cycle_|cycle(Flow|Rule))/.test(found.name) ? [found.name] : [];
    } catch (error) {
      // Gone meanwhile, or of a kind that is not ours.
      if (isSyscallError(error, 'ENOENT') || error instanceof TypeError) return [];
      throw error;
    }
  });
}
