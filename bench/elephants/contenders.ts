import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { missingReader, readerOperands } from '@twinpath/testing/captures';
import type { LabProcess } from '@twinpath/testing/lab';
import { CLIENTS, type Network } from '../network/network.ts';
import { LineProcess } from '../wire/line-process.ts';
import { PORTS } from './iperf.ts';
import type { Inspected } from './messages.ts';
import { refused } from './refused.ts';

export interface Standing extends AsyncDisposable {
  /** Who looks at packets. */
  readonly process: LabProcess;
  /** `undefined`: it does not say. */
  inspected(): Promise<Inspected | undefined>;
}
export interface Contender {
  readonly name: string;
  /** Of the flows, in percent, how many are let alone. `undefined`: it looks at all of them. */
  readonly offloaded: number | undefined;
  readonly isFirewall: boolean;
  /** Why it cannot run here. */
  missing(): string | undefined;
  open(network: Network): Promise<Standing>;
}

/** As nDPI's reader has them. */
const PACKETS = { tcp: 80, other: 24 } as const;

export const contenders: readonly Contender[] = [
  {
    name: 'kernel forwarding, ndpiReader',
    offloaded: undefined,
    isFirewall: false,
    missing: missingReader,
    open: ndpiReader,
  },
  {
    name: 'iptables, ndpiReader',
    offloaded: undefined,
    isFirewall: true,
    missing: () => missingReader() ?? absent('iptables-legacy-restore'),
    open: iptables,
  },
  ...PORTS.map((_, index) => ours(index)),
  ours(PORTS.length),
];

function ours(alone: number): Contender {
  const offloaded = (100 * alone) / PORTS.length;
  return {
    name: `ours, ${offloaded} % offloaded`,
    offloaded,
    isFirewall: true,
    missing: () => undefined,
    async open({ middle }) {
      const file = new URL('subject.ts', import.meta.url).pathname;
      const started = middle.spawn(process.execPath, [file, PORTS.slice(0, alone).join(',')]);
      const lines = new LineProcess(started.child);
      await started.saying(/^ready$/m, 120_000);
      await lines.line();
      return {
        process: started,
        async inspected() {
          lines.tell('inspected');
          return JSON.parse(await lines.line());
        },
        async [Symbol.asyncDispose]() {
          lines.tell('stop');
          await started.exited;
        },
      };
    },
  };
}

async function ndpiReader({ middle, folder }: Network): Promise<Standing> {
  const started = middle.spawn('ndpiReader', readerOperands(CLIENTS, join(folder, 'live'), PACKETS));
  // It listens as soon as there is a packet socket below the line of titles.
  const listens = async () => (await middle.exec('cat', ['/proc/net/packet'])).stdout.trim().includes('\n');
  while (!(await listens())) await delay(20);
  return {
    process: started,
    inspected: () => Promise.resolve(undefined),
    async [Symbol.asyncDispose]() {
      started.child.kill('SIGINT');
      await started.exited;
    },
  };
}

async function iptables(network: Network): Promise<Standing> {
  const { middle } = network;
  const drops = refused.map((from) => `-A FORWARD -i ${CLIENTS} -s ${from} -j DROP`);
  await middle.exec('iptables-legacy-restore', [], { input: ['*filter', ...drops, 'COMMIT', ''].join('\n') });
  const reader = await ndpiReader(network);
  return {
    ...reader,
    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]();
      await middle.exec('iptables-legacy', ['-F', 'FORWARD']);
    },
  };
}

function absent(command: string): string | undefined {
  return spawnSync(command, ['-V']).error === undefined ? undefined : `${command} is not installed`;
}
