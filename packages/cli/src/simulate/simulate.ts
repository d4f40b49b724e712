import { readFileSync, writeFileSync } from 'node:fs';
import { importVnf } from '@twinpath/compiler';
import {
  type CapturedPacket,
  CaptureError,
  ETHERNET,
  readCapture,
  writePcap,
  writePcapng,
} from '@twinpath/packet/pcap';
import { missingForKernel, type SimulationExecutor, startSimulation } from '@twinpath/testing/simulation';
import { readSingle } from '../chain-file/read-single.ts';
import { CommandError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { changedBytes } from './changed-bytes.ts';
import { type Decided, decide } from './decide.ts';

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
  const single = readSingle(path, config);
  const packets = packetsOf(pcap);
  const executor = executorFor(on);
  const imported = await importVnf(single.use);
  using simulation = await startSimulation(imported, { executor, config: single.given }).catch((error: unknown) => {
    throw single.located(error);
  });
  const left: { bytes: Uint8Array; time?: bigint }[] = [];
  let now: bigint | undefined;
  for (const [index, { bytes, time }] of packets.entries()) {
    const n = index + 1;
    // Captures of several interfaces are not always in order.
    if (time !== undefined && now !== undefined && time > now) simulation.advance(Number(time - now));
    if (time !== undefined && (now === undefined || time > now)) now = time;
    const decided = decide(simulation, bytes, n);
    if (json) printJson(jsonOf(n, decided, single.name));
    else process.stdout.write(`${lineOf(n, bytes, decided)}\n`);
    if (LEAVE.has(decided.verdict)) left.push({ bytes: decided.bytes, ...(time !== undefined && { time }) });
  }
  if (out !== undefined) writeFileSync(out, out.endsWith('.pcapng') ? writePcapng(left) : writePcap(left));
}

/** Verdicts after which the packet is still there. */
const LEAVE = new Set(['next', 'stack', 'forward', 'bounce']);

function executorFor(on: SimulateOptions['on']): SimulationExecutor {
  if (on === 'engine') {
    process.stderr.write('The user-space engine is not there yet; the evaluator of the IR runs the program instead.\n');
    return 'evaluator';
  }
  const missing = missingForKernel();
  if (on === 'kernel' && missing !== undefined) {
    throw new CommandError(
      `the kernel runs no programs for this process: ${missing} is missing`,
      'run it as root, or --on evaluator',
    );
  }
  return on ?? (missing === undefined ? 'kernel' : 'evaluator');
}

/** @throws CommandError */
function packetsOf(file: string): readonly CapturedPacket[] {
  let packets: readonly CapturedPacket[];
  try {
    packets = [...readCapture(readFileSync(file))];
  } catch (error) {
    if (error instanceof CaptureError) throw new CommandError(`${file}: ${error.message}`, error.hint);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CommandError(`cannot read ${file}: ${error.message}`, 'give a capture in pcap or pcapng');
  }
  const other = packets.findIndex(({ linkType }) => linkType !== ETHERNET);
  if (other >= 0) {
    throw new CommandError(
      `packet ${other + 1} of ${file} has link type ${packets[other]?.linkType}, not Ethernet (${ETHERNET})`,
      'capture on an Ethernet interface',
    );
  }
  const cut = packets.filter(({ bytes, length }) => bytes.length < length).length;
  if (cut > 0)
    process.stderr.write(`${cut} packets of ${file} were cut when they were captured; what is left is sent.\n`);
  return packets;
}

function jsonOf(n: number, { verdict, reason, port, bytes }: Decided, decidedBy: string) {
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
