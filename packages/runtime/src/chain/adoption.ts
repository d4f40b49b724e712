// A process that starts a chain which was left behind goes on with it: its links stay, its programs are replaced one by one, its
// tables keep what they hold. No packet is lost by that.

import { renameSync, rmSync } from 'node:fs';
import { queryTcx } from '@twinpath/ebpf';
import { type Fd, getLink, inNamespace, isSyscallError, Netlink } from '@twinpath/linux';
import type { PlacedChain } from '@twinpath/vnf/chain';
import { filterName, filtersOf } from '../host/filters.ts';
import type { LeftBehind, LeftLink } from '../host/left-behind.ts';
import { interfacesOf } from '../host/record.ts';
import { type LeftAttachment, type LeftWiring, linkPin } from '../kernel/kernel-wiring.ts';
import { adoptClsact, PinnedLink } from '../kernel/port-attachment.ts';
import { ChainError } from './chain-error.ts';
import type { OpenPort } from './open-port.ts';

export interface AdoptionOptions {
  readonly chain: string;
  readonly namespace: Fd;
  readonly ports: ReadonlyMap<string, OpenPort>;
}

/** What the chain's record says of its places. */
export function placedBefore({ record }: LeftBehind): PlacedChain {
  const { placements = [], roots = [] } = record?.placed ?? {};
  return { placements: new Map(placements), roots };
}

/** Whether a link is in this namespace: an interface of another may have the same number. */
export function isHere({ hook, ifindex, id, programId }: LeftLink, namespace: Fd): boolean {
  if (hook !== 'xdp') {
    const direction = hook === 'tcx-ingress' ? 'ingress' : 'egress';
    try {
      return inNamespace(namespace, () => queryTcx(ifindex, direction)).some(({ linkId }) => linkId === id);
    } catch (error) {
      if (!isSyscallError(error, 'ENODEV')) throw error;
      return false;
    }
  }
  using netlink = new Netlink(namespace);
  try {
    return getLink(netlink, ifindex).xdp?.programId === programId;
  } catch (error) {
    if (!isSyscallError(error, 'ENODEV')) throw error;
    return false;
  }
}

/** @throws ChainError (TP_CHAIN_LEFT_BEHIND) where it is not on the interfaces on which the chain is wanted. */
export function checkAdoption(left: LeftBehind, { chain, namespace, ports }: AdoptionOptions): void {
  const wanted = new Set([...ports.values()].map(({ ifindex }) => ifindex));
  const elsewhere = left.links.find((link) => !wanted.has(link.ifindex) || !isHere(link, namespace));
  if (elsewhere === undefined) return;
  const { record } = left;
  const on = record === undefined ? `interface ${elsewhere.ifindex}` : interfacesOf(record);
  const place = record?.namespace === undefined ? '' : ` in namespace ${record.namespace}`;
  const by = record === undefined ? 'a process that is gone' : `process ${record.process.pid}, which is gone`;
  const why = `it was left behind by ${by}, on ${on}${place}, and is wanted elsewhere; its fast path still runs there`;
  throw new ChainError('TP_CHAIN_LEFT_BEHIND', chain, why, { hint: `twinpath down ${chain}` });
}

/** Opens what was left. Pins of interfaces that are gone are removed. */
export function openLeft(left: LeftBehind, options: AdoptionOptions): LeftWiring {
  for (const pin of left.stalePins) rmSync(pin, { force: true });
  const { placements, roots } = placedBefore(left);
  const attachments = [...left.links.flatMap((link) => openLink(link, left, options)), ...openFilters(left, options)];
  return { attachments, placements: [...placements.values()], roots };
}

/** Under the name that its port has now. */
function openLink(link: LeftLink, { pins }: LeftBehind, { ports }: AdoptionOptions): readonly LeftAttachment[] {
  const { hook, ifindex, programId } = link;
  const port = portAt(ports, ifindex);
  if (port === undefined) return [];
  const pin = linkPin(pins, port, hook);
  if (pin !== link.pin) renameSync(link.pin, pin);
  return [{ port, hook, attachment: PinnedLink.adopted(pin), programId }];
}

function openFilters({ record }: LeftBehind, options: AdoptionOptions): readonly LeftAttachment[] {
  const { chain, namespace, ports } = options;
  if (record === undefined || record.filters.length === 0) return [];
  using all = new Netlink(namespace);
  const present = filtersOf(all, record.namespace).filter((filter) => filter.chain === chain);
  return record.filters.flatMap(({ place }) => {
    const port = portAt(ports, place.ifindex);
    const { ifindex, direction, priority } = place;
    const found = present.find(
      (one) => one.ifindex === ifindex && one.direction === direction && one.priority === priority,
    );
    if (port === undefined || found?.programId === undefined) return [];
    const attachment = adoptClsact(new Netlink(namespace), place, filterName(chain, found.program));
    return [{ port, hook: `tcx-${direction}` as const, attachment, programId: found.programId }];
  });
}

function portAt(ports: ReadonlyMap<string, OpenPort>, ifindex: number): string | undefined {
  return [...ports].find(([, port]) => port.ifindex === ifindex)?.[0];
}
