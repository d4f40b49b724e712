import { join } from 'node:path';
import type { FunctionProgram } from '@twinpath/compiler';
import { EVENTS } from '@twinpath/compiler/abi';
import { type Attachment, attachXdp, type BpfProgram, type MapSpec, RingBuffer, type XdpLink } from '@twinpath/ebpf';
import { type Fd, getLink, inNamespace, listAddresses, Netlink, onlineCpus } from '@twinpath/linux';
import type { PortMode } from '../chain/spec.ts';
import type {
  DataPlane,
  EventHandler,
  LoadedPrograms,
  PacketHook,
  PacketOut,
  PortState,
  StagedMaps,
} from '../data-plane.ts';
import { LINKS, MAPS } from '../host/pins.ts';
import { InstanceState } from '../tables/state.ts';
import { GenericMode } from './generic-mode.ts';
import { KernelMaps, StagedKernelMaps } from './kernel-maps.ts';
import { KernelPacketOut } from './kernel-packet-out.ts';
import { KernelPrograms } from './kernel-programs.ts';
import { type AttachmentLog, attachEgress, PinnedLink } from './port-attachment.ts';

const HOOKS: readonly PacketHook[] = ['xdp', 'tcx-egress'];

export interface KernelPlaneOptions {
  readonly namespace: Fd;
  readonly ifindex: number;
  readonly mode: PortMode;
  readonly chain: string;
  /** Names the programs. */
  readonly functionName: string;
  /** Where pins go, on a BPF file system. */
  readonly pins: string;
  readonly key: number;
  readonly log: AttachmentLog;
}

/** The kernel of this machine. */
export class KernelPlane implements DataPlane {
  readonly cpus = onlineCpus().length;
  readonly ifindex: number;
  readonly maps: KernelMaps;
  readonly #options: KernelPlaneOptions;
  readonly #netlink: Netlink;
  readonly #attachments = new Map<PacketHook, Attachment>();
  #packetOut: KernelPacketOut | undefined;
  #attached: KernelPrograms | undefined;
  #generic: GenericMode | undefined;
  #mode: 'native' | 'generic';

  constructor(options: KernelPlaneOptions) {
    this.#options = options;
    this.ifindex = options.ifindex;
    this.#mode = options.mode === 'generic' ? 'generic' : 'native';
    this.maps = new KernelMaps(join(options.pins, MAPS));
    this.#netlink = new Netlink(options.namespace);
  }

  get mode(): 'native' | 'generic' {
    return this.#mode;
  }

  get packetOut(): PacketOut {
    const { namespace, ifindex, key } = this.#options;
    this.#packetOut ??= new KernelPacketOut({
      namespace,
      ifindex,
      key,
      state: new InstanceState(this.maps),
      mtu: () => this.portState().mtu,
      program: (hook, origin) => this.#attached?.find(hook, origin),
      generic: () => this.#generic,
    });
    return this.#packetOut;
  }

  portState(): PortState {
    const { mac, mtu, up, carrier } = getLink(this.#netlink, this.ifindex);
    const addresses = listAddresses(this.#netlink, this.ifindex)
      .filter(({ ifindex }) => ifindex === this.ifindex)
      .map(({ address }) => address.slice(0, address.indexOf('/')));
    return { mac, mtu, up: up && carrier, addresses };
  }

  stageMaps(specs: readonly MapSpec[]): StagedMaps {
    return this.maps.stage(specs);
  }

  load(programs: readonly FunctionProgram[], staged: StagedMaps): LoadedPrograms {
    if (!(staged instanceof StagedKernelMaps)) throw new TypeError('these maps are not in the kernel');
    return KernelPrograms.load(this.#options.functionName, programs, staged);
  }

  attach(programs: LoadedPrograms): void {
    if (!(programs instanceof KernelPrograms)) throw new TypeError('these programs are not in the kernel');
    using undo = new DisposableStack();
    for (const hook of HOOKS) {
      const program = programs.find(hook, 'wire');
      if (program !== undefined) undo.defer(this.#attachTo(hook, program, programs));
    }
    undo.move();
    this.#attached = programs;
  }

  listen(handler: EventHandler): Disposable {
    const ring = new RingBuffer(this.maps.map(EVENTS), handler);
    ring.start();
    return ring;
  }

  /** Detaches and unpins all, and lets go of everything. */
  [Symbol.dispose](): void {
    using rest = new DisposableStack();
    rest.use(this.#netlink);
    rest.use(this.maps);
    if (this.#attached !== undefined) rest.use(this.#attached);
    if (this.#packetOut !== undefined) rest.use(this.#packetOut);
    if (this.#generic !== undefined) rest.use(this.#generic);
    for (const hook of this.#attachments.keys()) rest.defer(() => this.#detach(hook));
  }

  /** What takes it back. */
  #attachTo(hook: PacketHook, program: BpfProgram, programs: KernelPrograms): () => void {
    const attachment = this.#attachments.get(hook);
    const before = this.#attached;
    if (attachment === undefined || before === undefined) {
      this.#attachFirst(hook, program, programs);
      return () => this.#detach(hook);
    }
    const replace = (by: KernelPrograms) => {
      const found = by.find(hook, 'wire');
      if (hook === 'xdp' && this.#generic !== undefined) this.#generic.use(by);
      else if (found !== undefined) attachment.update(found);
    };
    replace(programs);
    return () => replace(before);
  }

  #attachFirst(hook: PacketHook, program: BpfProgram, programs: KernelPrograms): void {
    const { chain, namespace, ifindex, log } = this.#options;
    if (hook === 'xdp') this.#attachXdp(program, programs);
    else {
      const port = { chain, namespace, ifindex, pin: this.#pinOf(hook), log };
      this.#attachments.set(hook, attachEgress(program, port));
    }
  }

  #attachXdp(program: BpfProgram, programs: KernelPrograms): void {
    const { namespace, ifindex, mode, log } = this.#options;
    const link = inNamespace(namespace, () => attachXdp({ program, ifindex, mode }));
    this.#attachments.set('xdp', new PinnedLink(link, this.#pinOf('xdp'), (id) => log.onLink('xdp', id)));
    try {
      this.#settleMode(link, programs);
    } catch (error) {
      this.#detach('xdp');
      throw error;
    }
  }

  #settleMode(link: XdpLink, programs: KernelPrograms): void {
    this.#mode = link.mode;
    if (link.mode === 'native') return;
    this.#generic = new GenericMode(join(this.#options.pins, MAPS, 'generic programs'));
    this.#generic.use(programs);
    link.update(this.#generic.guard);
  }

  #detach(hook: PacketHook): void {
    const attachment = this.#attachments.get(hook);
    this.#attachments.delete(hook);
    attachment?.[Symbol.dispose]();
  }

  #pinOf(hook: PacketHook): string {
    return join(this.#options.pins, LINKS, hook);
  }
}
