import { writeFileSync } from 'node:fs';
import { writePcap, writePcapng } from '@twinpath/packet/pcap';
import { missingForKernel, type SimulationExecutor } from '@twinpath/testing/simulation';
import { readTarget } from '../chain-file/read-target.ts';
import { CommandError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { packetsOf } from './capture-file.ts';
import { type Decided, startChain } from './chain.ts';
import { changedBytes } from './changed-bytes.ts';

export interface SimulateOptions {
  readonly pcap: string;
  readonly out?: string;
  readonly config?: string;
  readonly on?: 'kernel' | 'engine' | 'evaluator';
  readonly json?: boolean;
}

/** Tables are kept from packet to packet, and the clock follows the capture's.
 *
 * @throws CompileError, ConfigError, CommandError, and what is wrong with the files */
export async function simulate(path: string, { pcap, out, config, on, json = false }: SimulateOptions): Promise<void> {
  const target = readTarget(path, config === undefined ? {} : { config });
  const packets = packetsOf(pcap);
  using chain = await startChain(target, executorFor(on));
  const left: { bytes: Uint8Array; time?: bigint }[] = [];
  let now: bigint | undefined;
  for (const [index, { bytes, time }] of packets.entries()) {
    const n = index + 1;
    // Captures of several interfaces are not always in order.
    if (time !== undefined && now !== undefined && time > now) chain.advance(Number(time - now));
    if (time !== undefined && (now === undefined || time > now)) now = time;
    const decided = chain.send(bytes, n);
    if (json) printJson(jsonOf(n, decided));
    else process.stdout.write(`${lineOf(n, bytes, decided)}\n`);
    if (LEAVE.has(decided.verdict)) left.push({ bytes: decided.bytes, ...(time !== undefined && { time }) });
  }
  if (out !== undefined) writeFileSync(out, out.endsWith('.pcapng') ? writePcapng(left) : writePcap(left));
}

/** Verdicts after which the packet is still there. */
const LEAVE = new Set(['next', 'stack', 'forward', 'bounce']);

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

function jsonOf(n: number, { verdict, reason, port, decidedBy, bytes }: Decided) {
  return {
    n,
    verdict,
    reason: reason ?? null,
    port: port ?? null,
    decidedBy,
    bytes: Buffer.from(bytes).toString('hex'),
  };
}

function lineOf(n: number, before: Uint8Array, { verdict, reason, port, bytes }: Decided): string {
  const words = [verdict, reason ?? '', port === undefined ? '' : `to ${port}`].filter((word) => word !== '');
  const changed = changedBytes(before, bytes);
  const said = changed === '' ? 'unchanged' : changed;
  return `${String(n).padStart(6)}  ${words.join(' ').padEnd(20)}  ${said}`;
}
