// What a chain has on the host whose process is gone: its fast path runs on, and a process that starts a chain of this name goes on
// with it.

import { BpfLink, type Direction } from '@twinpath/ebpf';
import { pinDirectory } from './paths.ts';
import { pinnedChains, pinnedLinks } from './pins.ts';
import { isAlive } from './process.ts';
import { type ChainRecord, hasRecord, readRecord } from './record.ts';

/** A pinned link that still attaches a program. */
export interface LeftLink {
  readonly pin: string;
  readonly id: number;
  readonly hook: 'xdp' | `tcx-${Direction}`;
  readonly ifindex: number;
  readonly programId: number;
}

export interface LeftBehind {
  /** Directory of its pins. */
  readonly pins: string;
  /** `undefined`: it was lost. */
  readonly record: ChainRecord | undefined;
  readonly links: readonly LeftLink[];
  /** Of links whose interface is gone. */
  readonly stalePins: readonly string[];
}

/** `undefined`: there is nothing of this name, or its process is there. */
export function findLeftBehind(chain: string): LeftBehind | undefined {
  const record = readRecord(chain);
  if (record !== undefined && isAlive(record.process)) return undefined;
  if (!hasRecord(chain) && !pinnedChains().includes(chain)) return undefined;
  const links: LeftLink[] = [];
  const stalePins: string[] = [];
  for (const pin of pinnedLinks(chain)) {
    const link = readLink(pin);
    if (link === undefined) stalePins.push(pin);
    else links.push(link);
  }
  return { pins: pinDirectory(chain), record, links, stalePins };
}

function readLink(pin: string): LeftLink | undefined {
  using link = BpfLink.fromPin(pin);
  const { id, type, ifindex, programId, direction } = link.info();
  if (ifindex === 0 || type === 'other') return undefined;
  return { pin, id, hook: direction === undefined ? 'xdp' : `tcx-${direction}`, ifindex, programId };
}
