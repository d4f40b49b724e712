// Captures made into what is replayed: flows that go on for long, and flows that are over before anybody knows what they are.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonical, ipFromBytes, ipToBytes, packetView } from '@twinpath/packet';
import { writePcap } from '@twinpath/packet/pcap';
import { recorded } from '@twinpath/testing/captures';

/** With fewer packets it is a scan. */
const FEWEST = 3;
/** What a port without jumbo frames takes. */
const LONGEST_FRAME = 1514;
const LONG_PACKETS = 300_000;
/** Fewer than tables of undecided flows have room for. */
const SHORT_COPIES = 64;
/** Of the address: they keep what is before it, such as that they are private, multicast, or of whom. */
const COPIED_BYTE = { 4: 1, 6: 5 } as const;

export interface TraceFile {
  readonly name: 'long flows' | 'short flows' | 'captures';
  readonly file: string;
  readonly packets: number;
}

interface Recording {
  readonly frame: Uint8Array;
  /** It neither opens nor closes a connection. */
  readonly isBody: boolean;
}

/** `captures`: each flow as it is. `long flows`: so, and then again and again what is between the beginning and the end of its flows.
 *  `short flows`: each flow as it is, again and again between other addresses. */
export function writeTraces(captures: string, folder: string): readonly TraceFile[] {
  const once = flowsOf(captures);
  const frames = once.map(({ frame }) => frame);
  const body = once.filter(({ isBody }) => isBody).map(({ frame }) => frame);
  const repeats = Math.ceil((LONG_PACKETS - frames.length) / body.length);
  const short = Array.from({ length: SHORT_COPIES }, (_, copy) => frames.map((frame) => between(frame, copy))).flat();
  const long = [...frames, ...Array.from({ length: repeats }, () => body).flat()];
  return [
    written('captures', folder, frames),
    written('long flows', folder, long),
    written('short flows', folder, short),
  ];
}

function written(name: TraceFile['name'], folder: string, frames: readonly Uint8Array[]): TraceFile {
  const file = join(folder, `${name.replace(' ', '-')}.pcap`);
  // A reader of the file must not take it for hours of silence between captures.
  const packets = frames.map((bytes, index) => ({ bytes, time: BigInt(index) * 1000n }));
  writeFileSync(file, writePcap(packets));
  return { name, file, packets: frames.length };
}

function flowsOf(folder: string): readonly Recording[] {
  const flows = readdirSync(folder).flatMap((file) => {
    const found = [...recorded(join(folder, file))].map(({ frame }) => ({ frame, flow: flowOf(frame) }));
    const usable = found.filter(({ frame, flow }) => flow !== undefined && frame.length <= LONGEST_FRAME);
    return [...Map.groupBy(usable, ({ flow }) => flow?.name).values()].filter(({ length }) => length >= FEWEST);
  });
  return flows.flat().map(({ frame, flow }) => ({ frame, isBody: flow?.isBody === true }));
}

function flowOf(frame: Uint8Array): { readonly name: string; readonly isBody: boolean } | undefined {
  const ip = view(frame).ip();
  const flow = ip?.flow();
  if (!ip || !flow) return undefined;
  const tcp = ip.tcp();
  return { name: JSON.stringify(canonical(flow)), isBody: !(tcp?.syn || tcp?.fin || tcp?.rst) };
}

/** A copy of the packet between others: copy 0 is between the same. */
function between(frame: Uint8Array, copy: number): Uint8Array {
  const bytes = Uint8Array.from(frame);
  const ip = view(bytes).ip();
  if (!ip) return bytes;
  ip.src = other(ip.src, copy);
  ip.dst = other(ip.dst, copy);
  return bytes;
}

const view = (bytes: Uint8Array) => packetView(bytes, { port: 'eth0', now: 0 });

function other(address: string, copy: number): string {
  const bytes = ipToBytes(address);
  const at = COPIED_BYTE[bytes.length === 4 ? 4 : 6];
  bytes[at] = (bytes[at] ?? 0) ^ copy;
  return ipFromBytes(bytes);
}
