// Programs of chains on interfaces without tcx. A filter has no number of its own and no pin: its name tells whose it is, and
// the chain's record where.

import { removeFilter } from '@twinpath/ebpf';
import { type Filter, isSyscallError, listFilters, listLinks, listNamespaces, Netlink } from '@twinpath/linux';
import type { ChainRecord } from './record.ts';

/** A filter of ours. */
export interface OurFilter extends Filter {
  readonly chain: string;
  /** Name of its program. */
  readonly program: string;
  /** Name of its interface's network namespace; `undefined`: that of this process. */
  readonly namespace: string | undefined;
}

const PREFIX = 'twinpath';
const NAME = new RegExp(`^${PREFIX} (\\S+) (\\S+)$`);

/** What tc(8) shows, and what a filter is known by. */
export const filterName = (chain: string, program: string): string => `${PREFIX} ${chain} ${program}`;

/** Filters of ours in this process's network namespace and in those that have names. */
export function ourFilters(): OurFilter[] {
  return [undefined, ...listNamespaces()].flatMap(filtersIn);
}

/** Removes a chain's filters: where its record says, or without a record wherever they are found. */
export function removeFilters(chain: string, record: ChainRecord | undefined): OurFilter[] {
  if (record?.filters.length === 0) return [];
  const found = record === undefined ? ourFilters() : recordedNamespaces(record).flatMap(filtersIn);
  const isFirst = record?.filters.some(({ place }) => place.isFirst) ?? false;
  return found.filter((filter) => filter.chain === chain && removeOurs(filter, isFirst));
}

const recordedNamespaces = ({ filters }: ChainRecord) => [...new Set(filters.map(({ namespace }) => namespace))];

/** @param isFirst its discipline came with it. @returns `false`: it was gone. */
export function removeOurs(filter: OurFilter, isFirst: boolean): boolean {
  return within(filter.namespace, (netlink) => removeFilter(netlink, { ...filter, isFirst })) ?? false;
}

function filtersIn(namespace: string | undefined): OurFilter[] {
  return within(namespace, (netlink) => filtersOf(netlink, namespace)) ?? [];
}

export function filtersOf(netlink: Netlink, namespace: string | undefined): OurFilter[] {
  const filters = listLinks(netlink).flatMap(({ ifindex }) =>
    (['ingress', 'egress'] as const).flatMap((direction) => listFilters(netlink, ifindex, direction)),
  );
  return filters.flatMap((filter) => {
    const [, chain, program] = NAME.exec(filter.name) ?? [];
    return chain === undefined || program === undefined ? [] : [{ ...filter, chain, program, namespace }];
  });
}

/** `undefined` for a namespace that is gone: its interfaces are, too. */
function within<T>(namespace: string | undefined, work: (netlink: Netlink) => T): T | undefined {
  using netlink = netlinkOf(namespace);
  return netlink && work(netlink);
}

function netlinkOf(namespace: string | undefined): Netlink | undefined {
  try {
    return new Netlink(namespace);
  } catch (error) {
    // EINVAL: a name that a crash left without its namespace.
    if (isSyscallError(error, 'ENOENT', 'EINVAL')) return undefined;
    throw error;
  }
}
