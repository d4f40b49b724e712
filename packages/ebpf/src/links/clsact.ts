import {
  addBpfFilter,
  addClsact,
  deleteClsact,
  deleteFilter,
  type FilterPlace,
  hasClsact,
  isSyscallError,
  listFilters,
  Netlink,
  replaceBpfFilter,
  SyscallError,
} from '@twinpath/linux';
import { requireFeature } from '../features/probe.ts';
import { permissionHint } from '../object.ts';
import type { BpfProgram } from '../programs/program.ts';
import type { Attachment } from './attachment.ts';
import type { Direction } from './link.ts';

/** Where a filter is going to be; enough to find it again. */
export interface ClsactPlace extends FilterPlace {
  /** The interface had no clsact discipline before. */
  readonly isFirst: boolean;
}

export interface ClsactAttachment {
  readonly program: BpfProgram;
  readonly place: ClsactPlace;
  /** What tc(8) shows beside the filter. */
  readonly name: string;
}

/** The priority that the kernel itself begins with. */
const MIDDLE = 0xc000;
const LAST_PRIORITY = 0xffff;
/** Ours is alone in its priority. */
const HANDLE = 1;

/**
 * A place among the filters of an interface of this thread's network namespace.
 * @param anchor behind all others, or in front of them
 * @throws RangeError where no priority is left on that side.
 */
export function findClsactPlace(ifindex: number, direction: Direction, anchor: 'first' | 'last' = 'last'): ClsactPlace {
  using netlink = new Netlink();
  const taken = listFilters(netlink, ifindex, direction).map(({ priority }) => priority);
  const priority =
    anchor === 'last'
      ? Math.max(MIDDLE, ...taken.map((one) => one + 1))
      : Math.min(MIDDLE, ...taken.map((one) => one - 1));
  if (priority < 1 || priority > LAST_PRIORITY)
    throw new RangeError(
      `no priority is left ${anchor === 'last' ? 'behind' : 'in front of'} the filters on ${direction} of interface ${ifindex}`,
    );
  return { ifindex, direction, priority, handle: HANDLE, isFirst: !hasClsact(netlink, ifindex) };
}

/**
 * Attaches a tc program to one direction of an interface of this thread's network namespace by a filter of the clsact
 * discipline, which runs behind tcx. Since 4.5. The filter belongs to the interface: it stays when this process dies.
 * @throws UnsupportedFeatureError; SyscallError: EEXIST (an ingress discipline, or another filter in this place), ENODEV.
 */
export function attachClsact({ program, place, name }: ClsactAttachment): ClsactFilter {
  using stack = new DisposableStack();
  const netlink = stack.use(new Netlink());
  try {
    if (addClsact(netlink, place.ifindex)) stack.defer(() => deleteClsact(netlink, place.ifindex));
    addBpfFilter(netlink, { place, program: program.fd.number, name });
  } catch (error) {
    throw explained(error, program);
  }
  // Before the stack is left to itself, so that the socket outlives it.
  const filter = new ClsactFilter(netlink, place, name);
  stack.move();
  return filter;
}

/** A program on an interface by a filter. It can be changed from every namespace. */
export class ClsactFilter implements Attachment {
  readonly place: ClsactPlace;
  readonly #netlink: Netlink;
  readonly #name: string;

  constructor(netlink: Netlink, place: ClsactPlace, name: string) {
    this.#netlink = netlink;
    this.place = place;
    this.#name = name;
  }

  update(program: BpfProgram): void {
    try {
      replaceBpfFilter(this.#netlink, { place: this.place, program: program.fd.number, name: this.#name });
    } catch (error) {
      throw explained(error, program);
    }
  }

  detach(): void {
    removeFilter(this.#netlink, this.place);
  }

  /** Ends the attachment. */
  [Symbol.dispose](): void {
    using _netlink = this.#netlink;
    this.detach();
  }
}

/**
 * Removes a filter, and the discipline if it came with this filter and no other is left on it.
 * @param netlink of the interface's namespace
 * @returns `false`: it was gone.
 */
export function removeFilter(netlink: Netlink, place: ClsactPlace): boolean {
  const removed = deleteFilter(netlink, place);
  const { ifindex, isFirst } = place;
  const isEmpty = (['ingress', 'egress'] as const).every((one) => listFilters(netlink, ifindex, one).length === 0);
  if (isFirst && isEmpty && hasClsact(netlink, ifindex)) deleteClsact(netlink, ifindex);
  return removed;
}

function explained(error: unknown, program: BpfProgram): unknown {
  if (!isSyscallError(error)) return error;
  // An unknown discipline or classifier is ENOENT or EINVAL; so is a filter that is gone.
  if (isSyscallError(error, 'ENOENT', 'EINVAL', 'EOPNOTSUPP')) requireFeature('clsact');
  const { call, errno, detail } = error;
  const subject = `program "${program.name}", ${error.subject}`;
  return new SyscallError(call, errno, { subject, detail, hint: hints[error.code] });
}

const hints: Readonly<Record<string, string>> = {
  EEXIST: 'something else is in its place: `tc qdisc show` and `tc filter show` tell what',
  ENODEV: 'the interface must exist in the network namespace of the calling thread',
  ENOENT: 'the filter was removed by somebody else',
  EPERM: permissionHint,
};
