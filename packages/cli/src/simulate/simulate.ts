import { missingForKernel, type SimulationExecutor } from '@twinpath/testing/simulation';
import { readTarget } from '../chain-file/read-target.ts';
import { CommandError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { entering, type LeavingPacket, portFile, writeLeft } from './captures.ts';
import { startChain } from './chain.ts';
import { changedBytes } from './changed-bytes.ts';
import type { Decided, LeftFrame } from './simulated.ts';

export interface SimulateOptions {
  /** Each with the name of its port in front, or without: `wan=a.pcap`. */
  readonly pcap: readonly string[];
  readonly out?: readonly string[];
  readonly config?: string;
  readonly on?: 'kernel' | 'engine' | 'evaluator';
  readonly json?: boolean;
}

/** Tables are kept from packet to packet, and the clock follows the capture's.
 *
 * @throws CompileError, ConfigError, CommandError, and what is wrong with the files */
export async function simulate(path: string, options: SimulateOptions): Promise<void> {
  const { pcap, out = [], config, on, json = false } = options;
  const target = readTarget(path, config === undefined ? {} : { config });
  const ports = Object.keys(target.chain.ports);
  const outs = out.map((one) => portFile(one, ports));
  const packets = entering(
    pcap.map((one) => portFile(one, ports)),
    ports,
  );
  await using chain = await startChain(target, executorFor(on));
  const left: LeavingPacket[] = [];
  let now: bigint | undefined;
  for (const [index, { port, bytes, time }] of packets.entries()) {
    const n = index + 1;
    // Captures of several interfaces are not always in order.
    if (time !== undefined && now !== undefined && time > now) chain.advance(Number(time - now));
    if (time !== undefined && (now === undefined || time > now)) now = time;
    const decided = await chain.send(port, bytes, n);
    if (json) printJson({ ...jsonOf(n, decided), ...(pcap.length > 1 && { from: port }) });
    else process.stdout.write(linesOf(n, bytes, decided));
    left.push(...decided.left.map((frame) => ({ ...frame, ...(time !== undefined && { time }) })));
  }
  for (const file of outs) writeLeft(file, left);
}

function executorFor(on: SimulateOptions['on']): SimulationExecutor {
  const missing = missingForKernel();
  if (on === 'kernel' && missing !== undefined) {
    throw new CommandError(
      `the kernel runs no programs for this process: ${missing} is missing`,
      'run it as root, or --on evaluator',
    );
  }
  return on ?? (missing === undefined ? 'kernel' : 'evaluator');
}

function jsonOf(n: number, { verdict, reason, port, decidedBy, bytes, left }: Decided) {
  const sent = left.filter(({ bySlowPath }) => bySlowPath);
  const hex = (given: Uint8Array) => Buffer.from(given).toString('hex');
  return {
    n,
    verdict,
    reason: reason ?? null,
    port: port ?? null,
    decidedBy,
    bytes: hex(bytes),
    ...(sent.length > 0 && { sent: sent.map((one) => ({ port: one.port, side: one.side, bytes: hex(one.bytes) })) }),
  };
}

function linesOf(n: number, before: Uint8Array, { verdict, reason, port, bytes, left }: Decided): string {
  const words = [verdict, reason ?? '', port === undefined ? '' : `to ${port}`].filter((word) => word !== '');
  const line = `${String(n).padStart(6)}  ${words.join(' ').padEnd(20)}  ${changesOf(before, bytes)}\n`;
  const sent = left.filter(({ bySlowPath }) => bySlowPath);
  return line + sent.map((one) => `        ${wayOf(one).padEnd(20)}  ${changesOf(before, one.bytes)}\n`).join('');
}

const wayOf = ({ port, side }: LeftFrame): string => `${side === 'host' ? 'to the host of' : 'out of'} ${port}`;

function changesOf(before: Uint8Array, after: Uint8Array): string {
  const changed = changedBytes(before, after);
  return changed === '' ? 'unchanged' : changed;
}
