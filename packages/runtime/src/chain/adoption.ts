// A process that starts a chain which was left behind goes on with it: its links stay, its programs are replaced one by one, its
// tables keep what they hold. No packet is lost by that.

import { renameSync, rmSync } from 'node:fs';
import { queryTcx } from '@twinpath/ebpf';
import { type Fd, getLink, inNamespace, isSyscallError, Netlink } from '@twinpath/linux';
import type { PlacedChain } from '@twinpath/vnf/chain';
import { filterName, filtersOf } from '../host/filters.ts';
import type { LeftBehind, LeftLink } from '../host/left-behind.ts';
import { interfacesOf, placeOf } from '../host/record.ts';
import { type LeftAttachment, type LeftWiring, linkPin } from '../kernel/kernel-wiring.ts';
import { adoptClsact, PinnedLink } from '../kernel/port-attachment.ts';
import { ChainError } from './chain-error.ts';
import type { KernelPort } from './open-port.ts';

export interface AdoptionOptions {
  readonly chain: string;
  readonly ports: ReadonlyMap<string, KernelPort>;
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
export function checkAdoption(left: LeftBehind, { chain, ports }: AdoptionOptions): void {
  const elsewhere = left.links.find((link) => portOf(ports, link) === undefined);
  if (elsewhere === undefined) return;
  const { record } = left;
  const on = record === undefined ? `interface ${elsewhere.ifindex}` : interfacesOf(record);
  const place = record === undefined ? '' : placeOf(record);
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
  const { hook, programId } = link;
  const port = portOf(ports, link);
  if (port === undefined) return [];
  const pin = linkPin(pins, port, hook);
  if (pin !== link.pin) renameSync(link.pin, pin);
  return [{ port, hook, attachment: PinnedLink.adopted(pin), programId }];
}

function openFilters({ record }: LeftBehind, options: AdoptionOptions): readonly LeftAttachment[] {
  const { chain, ports } = options;
  if (record === undefined) return [];
  return record.filters.flatMap(({ place, namespace }) => {
    const [port, at] = [...ports].find((one) => isPlace(one[1], place.ifindex, namespace)) ?? [];
    if (at === undefined) return [];
    using all = new Netlink(at.within);
    const present = filtersOf(all, namespace).filter((filter) => filter.chain === chain);
    const { ifindex, direction, priority } = place;
    const found = present.find(
      (one) => one.ifindex === ifindex && one.direction === direction && one.priority === priority,
    );
    if (port === undefined || found?.programId === undefined) return [];
    const attachment = adoptClsact(new Netlink(at.within), place, filterName(chain, found.program));
    return [{ port, hook: `tcx-${direction}` as const, attachment, programId: found.programId }];
  });
}

/** Which port's interface a link is on. */
function portOf(ports: ReadonlyMap<string, KernelPort>, link: LeftLink): string | undefined {
  return [...ports].find(([, { ifindex, within }]) => ifindex === link.ifindex && isHere(link, within))?.[0];
}

const isPlace = ({ ifindex, spec }: KernelPort, number: number, namespace: string | undefined): boolean =>
  ifindex === number && spec.namespace === namespace;
