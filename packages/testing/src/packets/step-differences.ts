import { isDeepStrictEqual } from 'node:util';
import { packetFromText, textOf, verifyChecksums } from '@twinpath/packet';
import type { PacketEvent } from '@twinpath/runtime';
import { mergedText } from './merged-text.ts';
import type { Seen } from './observe.ts';
import type { AnyTestStep } from './test-case.ts';

/** What of a step is not as it says, in words. */
export function differences(step: AnyTestStep, sent: Uint8Array, seen: Seen): readonly string[] {
  return [
    ...verdictDifference(step, seen),
    ...difference('counters', step.counts ?? {}, seen.counts),
    ...(step.metadata === undefined ? [] : difference('metadata', step.metadata, seen.handedUp?.metadata)),
    ...packetDifference(step, sent, seen),
    ...(seen.handedUp === undefined ? [] : handedUpDifference(sent, seen.handedUp)),
  ];
}

function verdictDifference({ verdict }: AnyTestStep, seen: Seen): readonly string[] {
  if (seen.verdict === verdict) return [];
  // Not every executor can tell by which port the packet leaves.
  const by = seen.verdict === 'forward' && verdict.startsWith('forward ') ? seen.leavesBy : undefined;
  if (seen.verdict === 'forward' && verdict === `forward ${by ?? verdict.slice('forward '.length)}`) return [];
  const said = by === undefined ? seen.verdict : `forward ${by}`;
  const what = said ?? `none: the program gave up and returned ${seen.returned}`;
  return [`verdict: expected ${verdict}, seen ${what}`];
}

function difference(what: string, expected: object, seen: unknown): readonly string[] {
  if (isDeepStrictEqual(plain(expected), plain(seen))) return [];
  return [`${what}: expected ${JSON.stringify(expected)}, seen ${JSON.stringify(seen)}`];
}

/** Without members that are 0 or undefined, and prototypes. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== 0);
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]).toSorted());
}

function packetDifference({ becomes }: AnyTestStep, sent: Uint8Array, { packet, verdict }: Seen): readonly string[] {
  if (becomes === undefined) return sameBytes('packet', sent, packet);
  // What is dropped has no checksums to keep.
  const wrong = verdict === 'drop' ? [] : verifyChecksums(packet).filter(({ isRight }) => !isRight);
  return [
    ...(typeof becomes === 'string' ? textDifference(becomes, packet) : sameBytes('packet', becomes, packet)),
    ...wrong.map(({ of, found, expected }) => `checksum of ${of}: expected ${hex(expected)}, seen ${hex(found)}`),
  ];
}

function textDifference(expected: string, packet: Uint8Array): readonly string[] {
  const seen = textOf(packet);
  const wanted = mergedText(expected, seen);
  if (wanted !== undefined && Buffer.compare(packetFromText(wanted), packet) === 0) return [];
  return [`packet: expected ${expected}\n        seen     ${seen}`];
}

function sameBytes(what: string, expected: Uint8Array, seen: Uint8Array): readonly string[] {
  if (Buffer.compare(expected, seen) === 0) return [];
  return [`${what}: expected ${textOf(expected)}\n        seen     ${textOf(seen)}`];
}

/** What goes up is the packet as it came, whole or up to the reason's limit. */
function handedUpDifference(sent: Uint8Array, { bytes, length, reason }: PacketEvent): readonly string[] {
  const wanted = sent.subarray(0, reason.snap ?? sent.length);
  const ofLength = length === sent.length ? [] : [`length handed up: expected ${sent.length}, seen ${length}`];
  return [...sameBytes('packet handed up', wanted, bytes), ...ofLength];
}

const hex = (checksum: number) => `0x${checksum.toString(16).padStart(4, '0')}`;
