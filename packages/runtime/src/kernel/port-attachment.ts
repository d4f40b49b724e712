// Programs on a chain's port: XDP and tcx by links, and by clsact filters on kernels without tcx.

import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Attachment,
  attachClsact,
  attachTcx,
  BpfLink,
  type BpfProgram,
  ClsactFilter,
  type ClsactPlace,
  findClsactPlace,
  probe,
} from '@twinpath/ebpf';
import { type Fd, inNamespace, type Netlink } from '@twinpath/linux';
import type { Direction, Hook } from '@twinpath/vnf/chain';
import { filterName } from '../host/filters.ts';

/** What a chain puts on the host, told so that it can be found and removed without the process. */
export interface AttachmentLog {
  /** A link was made, and is not pinned yet. */
  onLink(hook: Hook, id: number): void;
  /** A filter is about to be made. */
  onFilter(hook: Hook, place: ClsactPlace, namespace: string | undefined): void;
}

export interface TcOptions {
  readonly chain: string;
  readonly within: Fd;
  /** Its name. */
  readonly namespace: string | undefined;
  readonly ifindex: number;
  readonly direction: Direction;
  /** Where a link is pinned. */
  readonly pin: string;
  readonly log: AttachmentLog;
}

/**
 * A tc program on one direction of a port; it stays when this process dies. Programs that are there already are nearer to the
 * wire than it: they see what enters before it, and what leaves after it.
 */
export function attachTc(program: BpfProgram, options: TcOptions): Attachment {
  const { chain, within, namespace, ifindex, direction, pin, log } = options;
  const hook = `tcx-${direction}` as const;
  const anchor = direction === 'ingress' ? 'last' : 'first';
  if (probe('tcx-link') || !probe('clsact')) {
    return PinnedLink.pinned(
      inNamespace(within, () => attachTcx({ program, ifindex, direction, anchor })),
      pin,
      (id) => log.onLink(hook, id),
    );
  }
  return inNamespace(within, () => {
    const place = findClsactPlace(ifindex, direction, anchor);
    log.onFilter(hook, place, namespace);
    return attachClsact({ program, place, name: filterName(chain, program.name) });
  });
}

/** An attachment that a process before this one has made. */
export interface AdoptedAttachment extends Attachment {
  /** Lets go of it; it stays. */
  release(): void;
}

/** The filter of a chain whose process is gone. `netlink`, of its namespace, is taken over. */
export function adoptClsact(netlink: Netlink, place: ClsactPlace, name: string): AdoptedAttachment {
  const filter = new ClsactFilter(netlink, place, name);
  return {
    update: (program) => filter.update(program),
    detach: () => filter.detach(),
    release: () => netlink[Symbol.dispose](),
    [Symbol.dispose]: () => filter[Symbol.dispose](),
  };
}

/** A link that is pinned for as long as it attaches something. */
export class PinnedLink implements AdoptedAttachment {
  readonly #link: BpfLink;
  readonly #pin: string;

  private constructor(link: BpfLink, pin: string) {
    this.#link = link;
    this.#pin = pin;
  }

  /** Takes the link over. @throws what prevents the pin; the link is gone then. */
  static pinned(link: BpfLink, pin: string, onMade: (id: number) => void): PinnedLink {
    const pinned = new PinnedLink(link, pin);
    try {
      onMade(link.info().id);
      mkdirSync(dirname(pin), { recursive: true, mode: 0o700 });
      link.pin(pin);
      return pinned;
    } catch (error) {
      pinned[Symbol.dispose]();
      throw error;
    }
  }

  /** One that is pinned already. */
  static adopted(pin: string): PinnedLink {
    return new PinnedLink(BpfLink.fromPin(pin), pin);
  }

  release(): void {
    this.#link[Symbol.dispose]();
  }

  update(program: BpfProgram): void {
    this.#link.update(program);
  }

  detach(): void {
    rmSync(this.#pin, { force: true });
    // A pin of the same link elsewhere must not keep it attached.
    this.#link.detach();
  }

  [Symbol.dispose](): void {
    using _link = this.#link;
    this.detach();
  }
}
