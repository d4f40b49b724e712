import { markWord, PASS, RESUME } from '@twinpath/compiler/abi';
import { getLink, isCurrentNamespace, Netlink, openNamespace } from '@twinpath/linux';
import { UnknownPortError } from '@twinpath/vnf';
import type { Hook, Placement } from '@twinpath/vnf/chain';
import type { InstancePlaces } from '../instance-plane.ts';
import type { PacketOut, TakenPacket } from '../packet-out/packet-out.ts';
import { Losses } from '../packet-out/undelivered.ts';
import type { WriteCollector } from '../tables/write-collector.ts';
import { EgressBatch } from './egress-batch.ts';
import { IngressTap } from './ingress-tap.ts';
import { type ResumeSource, shareXdpResume, type What, type XdpResume } from './xdp-resume.ts';

export interface KernelPacketOutOptions {
  /** What handlers have written to tables is written before their packets go out. */
  readonly writes: WriteCollector;
  /** The mark by which programs on tc hooks know packets of the slow path. */
  readonly key: number;
  /** Of the instance, at the moment. */
  places(): InstancePlaces;
}

interface Source extends ResumeSource {
  /** Its XDP runs in the stack. */
  readonly isGeneric: boolean;
}

type Frame = Pick<TakenPacket, 'bytes' | 'segmentSize'>;

/**
 * Ways in are live frames of a test run (XDP) and a TAP interface of our own (tcx ingress), both with the port as their origin;
 * ways out are packet sockets on the ports.
 */
export class KernelPacketOut implements PacketOut, Disposable {
  readonly #options: KernelPacketOutOptions;
  readonly #stack = new DisposableStack();
  readonly #losses = new Losses();
  // Made when they are needed first: most functions send nothing back on some of the ways.
  /** By name of the chain, and whether they leave marks. */
  readonly #resumes = new Map<string, XdpResume>();
  /** By ifindex. */
  readonly #sources = new Map<number, Source>();
  readonly #egress = new Map<number, EgressBatch>();
  /** By name of the namespace. */
  readonly #taps = new Map<string | undefined, IngressTap>();

  readonly #ready: () => void;

  constructor(options: KernelPacketOutOptions) {
    this.#options = options;
    this.#ready = () => options.writes.write();
  }

  retry(packet: TakenPacket): void {
    const { hook, position, trips } = packet;
    if (hook === 'xdp') this.#inject(packet, 'enter', position, trips + 1);
    else this.#mark(packet, markWord(position, trips + 1), true);
  }

  enter(packet: TakenPacket, port: string | undefined): void {
    const { ports, beginnings } = this.#options.places();
    const ifindex = port === undefined ? packet.ifindex : ports.find(({ name }) => name === port)?.ifindex;
    const begin = beginnings.find((one) => one.ifindex === ifindex);
    if (begin === undefined) throw new Error(`no packet enters the chain by port ${port ?? packet.ifindex}`);
    const [came, trips] = [{ ...packet, ifindex: begin.ifindex }, packet.trips + 1];
    if (begin.hook === 'xdp') this.#inject(came, 'enter', begin.position, trips);
    else this.#enterMarked(came, markWord(begin.position, trips));
  }

  resume(packet: TakenPacket): void {
    const { hook, position, trips } = packet;
    if (hook === 'xdp') this.#inject(packet, 'resume', position, trips);
    else this.#mark(packet, markWord(position, RESUME, trips), this.#placement(position).next.kind !== 'end');
  }

  stack(packet: TakenPacket): void {
    const { out } = this.#placement(packet.position);
    if (out.kind === 'interface') this.#transmit(out.ifindex, packet);
    else if (packet.hook === 'xdp') this.#inject(packet, 'pass', packet.position);
    else this.#mark(packet, markWord(packet.position, PASS), false);
  }

  bounce(packet: TakenPacket): void {
    const { back } = this.#placement(packet.position);
    if (packet.hook === 'tcx-egress') this.receive(packet.ifindex, packet.bytes);
    else if (back.kind === 'position') this.#goTo(packet, back.position);
    else this.#transmit(packet.ifindex, packet);
  }

  forward(packet: TakenPacket, port: string): void {
    const exit = this.#placement(packet.position).exits[port];
    if (exit?.kind === 'position') {
      this.#goTo(packet, exit.position);
      return;
    }
    const { ports } = this.#options.places();
    const found = ports.find(({ name }) => name === port);
    if (found === undefined) {
      throw new UnknownPortError(
        port,
        ports.map(({ name }) => name),
      );
    }
    this.#transmit(exit?.kind === 'interface' ? exit.ifindex : found.ifindex, packet);
  }

  send(ifindex: number, bytes: Uint8Array): void {
    this.#transmit(ifindex, { bytes, segmentSize: 0 });
  }

  receive(ifindex: number, bytes: Uint8Array): void {
    const { placements } = this.#options.places();
    const entering = placements.find(({ hook }) => hook !== 'tcx-egress');
    const packet = { bytes, segmentSize: 0, ifindex, trips: 0 };
    if (entering?.hook === 'tcx-ingress') {
      this.#enterMarked(packet, markWord(0, PASS));
      return;
    }
    const position = placements[0]?.position ?? 0;
    this.#inject({ ...packet, hook: 'xdp', position }, 'pass', position);
  }

  flush(): void {
    this.#ready();
    for (const egress of this.#egress.values()) egress.send();
    for (const tap of this.#taps.values()) tap.send();
    for (const resume of this.#resumes.values()) resume.send();
    this.#losses.report();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  /** To the program at a position, as if the packet had come there by itself. */
  #goTo(packet: TakenPacket, position: number): void {
    if (packet.hook === 'xdp') this.#inject(packet, 'enter', position, packet.trips);
    else this.#mark(packet, markWord(position, packet.trips), true);
  }

  #inject({ position: from, ifindex, bytes }: TakenPacket, what: What, position: number, trips = 0): void {
    const source = this.#source(ifindex);
    this.#resumeOf(this.#placement(from).chain, source.isGeneric).add(source, what, position, bytes, trips);
  }

  /** Through the programs of the port once more, which know by the mark what they have to do. */
  #mark(packet: TakenPacket, word: number, mayBeDropped: boolean): void {
    if (packet.hook === 'tcx-ingress') this.#enterMarked(packet, word);
    else this.#leave(packet.ifindex, packet, word, mayBeDropped);
  }

  #enterMarked({ ifindex, bytes, segmentSize }: Frame & { readonly ifindex: number }, word: number): void {
    const { namespace } = this.#source(ifindex);
    const tap = this.#taps.get(namespace) ?? this.#stack.use(new IngressTap(namespace, this.#losses));
    this.#taps.set(namespace, tap);
    tap.add({ bytes, segmentSize, ifindex, mark: this.#options.key, word });
  }

  /** Out of an interface, past all functions. */
  #transmit(ifindex: number, frame: Frame): void {
    this.#leave(ifindex, frame, markWord(0, PASS), false);
  }

  #leave(ifindex: number, { bytes, segmentSize }: Frame, word: number, mayBeDropped: boolean): void {
    // Only a program on the way out takes the mark away again.
    const isMarked = this.#options.places().placements.some(({ hook }) => hook === 'tcx-egress');
    const mark = isMarked ? { mark: this.#options.key, word } : { mark: 0, word: 0 };
    this.#egressOf(ifindex).add({ bytes, segmentSize, ...mark }, mayBeDropped);
  }

  #egressOf(ifindex: number): EgressBatch {
    const found = this.#egress.get(ifindex);
    if (found !== undefined) return found;
    const { namespace } = this.#source(ifindex);
    const mtu = () => {
      using netlink = new Netlink(namespace);
      return getLink(netlink, ifindex).mtu;
    };
    const made = this.#stack.use(new EgressBatch({ ifindex, namespace, mtu, ready: this.#ready }, this.#losses));
    this.#egress.set(ifindex, made);
    return made;
  }

  #resumeOf(chain: string, isGeneric: boolean): XdpResume {
    const key = isGeneric ? `${chain} generic` : chain;
    const found = this.#resumes.get(key);
    if (found !== undefined) return found;
    const arrays = this.#options.places().arrays[chain];
    if (arrays === undefined) throw new RangeError(`the function is not in chain ${chain}`);
    const { resume: made } = this.#stack.use(shareXdpResume({ arrays, leavesMarks: isGeneric }));
    this.#stack.defer(() => made.discard(this.#losses));
    this.#resumes.set(key, made);
    return made;
  }

  #source(ifindex: number): Source {
    const found = this.#sources.get(ifindex);
    if (found !== undefined) return found;
    const port = this.#options.places().ports.find((one) => one.ifindex === ifindex);
    using netlink = new Netlink(port?.namespace);
    const isGeneric = getLink(netlink, ifindex).xdp?.mode === 'generic';
    const origin = { namespace: elsewhere(port?.namespace), ifindex };
    const source = { ...origin, ready: this.#ready, losses: this.#losses, isGeneric };
    this.#sources.set(ifindex, source);
    return source;
  }

  #placement(position: number): Pick<Placement, 'chain' | 'next' | 'back' | 'out' | 'exits'> & { readonly hook: Hook } {
    const found = this.#options.places().placements.find((one) => one.position === position);
    if (found === undefined) throw new Error('a change of the chain has taken away the place that it came from');
    return found;
  }
}

/** `undefined`: the thread is there already. */
function elsewhere(namespace: string | undefined): string | undefined {
  if (namespace === undefined) return undefined;
  using fd = openNamespace(namespace);
  return isCurrentNamespace(fd) ? undefined : namespace;
}
