// Captures of several ports: `--pcap wan=a.pcap --out lan=b.pcap`.

import { writeFileSync } from 'node:fs';
import { writePcap, writePcapng } from '@twinpath/packet/pcap';
import { CommandError } from '../output/command-error.ts';
import { packetsOf } from './capture-file.ts';
import type { LeftFrame } from './simulated.ts';

/** A file, and the port that it is of; `undefined`: none was named. */
export interface PortFile {
  readonly port: string | undefined;
  readonly file: string;
}

export interface EnteringPacket {
  readonly port: string;
  readonly bytes: Uint8Array;
  readonly time?: bigint;
}

export interface LeavingPacket extends LeftFrame {
  readonly time?: bigint;
}

/** @throws CommandError for a port that the chain does not have */
export function portFile(given: string, ports: readonly string[]): PortFile {
  const [, port, file] = /^([^=/]+)=(.+)$/.exec(given) ?? [];
  if (port === undefined || file === undefined) return { port: undefined, file: given };
  if (ports.includes(port)) return { port, file };
  throw new CommandError(`there is no port ${port}`, `there is ${ports.join(', ')}`);
}

/** Of all files, those of several in the order of their times. Without a name it is the first port by which they enter. */
export function entering(files: readonly PortFile[], [first = '']: readonly string[]): readonly EnteringPacket[] {
  const all = files.flatMap(({ port = first, file }) =>
    packetsOf(file).map(({ bytes, time }) => ({ port, bytes, ...(time !== undefined && { time }) })),
  );
  if (files.length === 1) return all;
  return all.toSorted((a, b) => Number((a.time ?? 0n) - (b.time ?? 0n)));
}

/** What left by the wire of the file's port, or without a name all. */
export function writeLeft({ port, file }: PortFile, left: readonly LeavingPacket[]): void {
  const own = left.filter((one) => port === undefined || (one.port === port && one.side === 'wire'));
  const packets = own.map(({ bytes, time }) => ({ bytes, ...(time !== undefined && { time }) }));
  writeFileSync(file, file.endsWith('.pcapng') ? writePcapng(packets) : writePcap(packets));
}
