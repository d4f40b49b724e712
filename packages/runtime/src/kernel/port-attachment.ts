// Programs on a chain's port: XDP and tcx by links, and by clsact filters on kernels without tcx.

import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Attachment,
  attachClsact,
  attachTcx,
  type BpfLink,
  type BpfProgram,
  type ClsactPlace,
  findClsactPlace,
  probe,
} from '@twinpath/ebpf';
import { type Fd, inNamespace } from '@twinpath/linux';
import type { PacketHook } from '../data-plane.ts';
import { filterName } from '../host/filters.ts';

/** What a chain puts on the host, told so that it can be found and removed without the process. */
export interface AttachmentLog {
  /** A link was made, and is not pinned yet. */
  onLink(hook: PacketHook, id: number): void;
  /** A filter is about to be made. */
  onFilter(hook: PacketHook, place: ClsactPlace): void;
}

export interface EgressOptions {
  readonly chain: string;
  readonly namespace: Fd;
  readonly ifindex: number;
  /** Where a link is pinned. */
  readonly pin: string;
  readonly log: AttachmentLog;
}

/** A tc program on what leaves the port; it stays when this process dies. */
export function attachEgress(program: BpfProgram, options: EgressOptions): Attachment {
  const { chain, namespace, ifindex, pin, log } = options;
  const at = { ifindex, direction: 'egress' } as const;
  if (probe('tcx-link') || !probe('clsact')) {
    return new PinnedLink(
      inNamespace(namespace, () => attachTcx({ program, ...at })),
      pin,
      (id) => log.onLink('tcx-egress', id),
    );
  }
  return inNamespace(namespace, () => {
    const place = findClsactPlace(at.ifindex, at.direction);
    log.onFilter('tcx-egress', place);
    return attachClsact({ program, place, name: filterName(chain, program.name) });
  });
}

/** A link that is pinned for as long as it attaches something. */
export class PinnedLink implements Attachment {
  readonly #link: BpfLink;
  readonly #pin: string;

  /** Takes the link over. @throws what prevents the pin; the link is gone then. */
  constructor(link: BpfLink, pin: string, onMade: (id: number) => void) {
    this.#link = link;
    this.#pin = pin;
    try {
      onMade(link.info().id);
      mkdirSync(dirname(pin), { recursive: true });
      link.pin(pin);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
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
