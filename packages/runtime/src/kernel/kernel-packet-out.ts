import { getLink, isCurrentNamespace, Netlink, openNamespace } from '@twinpath/linux';
import type { InstancePlaces } from '../instance-plane.ts';
import type { TakenPacket } from '../packet-out/packet-out.ts';
import { type Frame, type Onward, PacketOutByPlace } from '../packet-out/packet-out-by-place.ts';
import { Losses } from '../packet-out/undelivered.ts';
import type { WriteCollector } from '../tables/write-collector.ts';
import { EgressBatch } from './egress-batch.ts';
import { IngressTap } from './ingress-tap.ts';
import { type ResumeSource, shareXdpResume, type XdpResume } from './xdp-resume.ts';

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

/**
 * Ways in are live frames of a test run (XDP) and a TAP interface of our own (tcx ingress), both with the port as their origin;
 * ways out are packet sockets on the ports.
 */
export class KernelPacketOut extends PacketOutByPlace implements Disposable {
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
    super(options.places);
    this.#options = options;
    this.#ready = () => options.writes.write();
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

  protected inject(packet: TakenPacket, onward: Onward, position: number, trips: number): void {
    const { position: from, ifindex, bytes } = packet;
    const source = this.#source(ifindex);
    this.#resumeOf(this.placement(from).chain, source.isGeneric).add(source, onward, position, bytes, trips);
  }

  protected enterMarked({ bytes, segmentSize }: Frame, ifindex: number, word: number): void {
    const { namespace } = this.#source(ifindex);
    const tap = this.#taps.get(namespace) ?? this.#stack.use(new IngressTap(namespace, this.#losses));
    this.#taps.set(namespace, tap);
    tap.add({ bytes, segmentSize, ifindex, mark: this.#options.key, word });
  }

  protected leave(ifindex: number, { bytes, segmentSize }: Frame, word: number, mayBeDropped: boolean): void {
    const mark = this.hasWayOut ? { mark: this.#options.key, word } : { mark: 0, word: 0 };
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
}

/** `undefined`: the thread is there already. */
function elsewhere(namespace: string | undefined): string | undefined {
  if (namespace === undefined) return undefined;
  using fd = openNamespace(namespace);
  return isCurrentNamespace(fd) ? undefined : namespace;
}
