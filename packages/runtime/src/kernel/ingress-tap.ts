import { assembleProgram, attachClsact, attachTcx, BpfMap, BpfProgram, findClsactPlace, probe } from '@twinpath/ebpf';
import { getLink, inNamespace, Netlink, setLink, Tap, writeSysctl } from '@twinpath/linux';
import { PROGRAM_PREFIX } from '../host/paths.ts';
import { offloadOf } from '../packet-out/offload.ts';
import type { Losses } from '../packet-out/undelivered.ts';
import { type LiveOrigin, LiveRecords } from './live-records.ts';
import { announceProgram, MAX_LIVE_FRAME, METADATA_SIZE } from './resume-program.ts';

// What the program does to the frame that is written next, unless metadata in front of it say so: [word, ifindex, mark]. Both run
// in the writing thread, one behind the other (drivers/net/tun.c hands frames to the stack before write(2) returns).
const NEXT = { word: 0, ifindex: 1, mark: 2 } as const;

/** From so many frames on, one test run costs less than a write for each. */
const FEW = 8;

const NEXT_MAP = {
  name: 'tp_next',
  type: 'array',
  keySize: 4,
  valueSize: 16,
  maxEntries: 1,
  flags: ['mmapable'],
} as const;

/** Marks the frame, and lets it come in by its port. */
const TEXT = `
  r2 = map[next][0]+0
  r3 = *(u32 *)(r2 +8)
  *(u32 *)(r1 +8) = r3
  r4 = *(u32 *)(r1 +140)
  r5 = *(u32 *)(r1 +76)
  r3 = r4
  r3 += ${METADATA_SIZE}
  if r3 > r5 goto written
  r3 = *(u32 *)(r4 +0)
  *(u32 *)(r1 +48) = r3
  r1 = *(u32 *)(r4 +4)
  goto on
written:
  r3 = *(u32 *)(r2 +0)
  *(u32 *)(r1 +48) = r3
  r1 = *(u32 *)(r2 +4)
on:
  r2 = 1
  call bpf_redirect
  exit`;

interface Frame {
  readonly bytes: Uint8Array;
  readonly segmentSize: number;
  readonly ifindex: number;
  readonly mark: number;
  readonly word: number;
}

/**
 * Lets frames come in by the ports of one namespace once more: a TAP interface of our own, whose only program sends what is
 * written to it into the port that is named. It carries segments and unfinished checksums.
 */
export class IngressTap implements Disposable {
  readonly #stack: DisposableStack;
  readonly #tap: Tap;
  readonly #next: Uint32Array;
  readonly #losses: Losses;
  readonly #origin: LiveOrigin;
  #records: LiveRecords | undefined;
  #frames: Frame[] = [];

  /** `namespace`: its name; `undefined`: this thread's. */
  constructor(namespace: string | undefined, losses: Losses) {
    const made = namespace === undefined ? make() : inNamespace(namespace, make);
    this.#stack = made.stack;
    this.#tap = made.tap;
    this.#next = made.next;
    this.#origin = { namespace, ifindex: made.ifindex };
    this.#losses = losses;
  }

  add(frame: Frame): void {
    this.#frames.push(frame);
  }

  send(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    const isMany = frames.length >= FEW && frames.every(isOrdinary) && probe('live-frames');
    if (isMany) this.#sendTogether(frames);
    else for (const frame of frames) this.#sendOne(frame);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #sendTogether(frames: readonly Frame[]): void {
    const options = { program: announceProgram(), maps: {}, metadataSize: METADATA_SIZE };
    this.#records ??= this.#stack.use(new LiveRecords(options));
    const records = this.#records;
    for (const { bytes, ifindex, mark, word } of frames) {
      if (!records.hasRoomFor(1)) records.send(this.#origin, this.#losses);
      this.#next[NEXT.mark] = mark;
      records.add({ what: 0, position: word, beside: ifindex }, bytes);
    }
    records.send(this.#origin, this.#losses);
  }

  #sendOne(frame: Frame): void {
    try {
      this.#write(frame);
    } catch (error) {
      this.#losses.add(1, error);
    }
  }

  #write({ bytes, segmentSize, ifindex, mark, word }: Frame): void {
    this.#next[NEXT.word] = word;
    this.#next[NEXT.ifindex] = ifindex;
    this.#next[NEXT.mark] = mark;
    this.#tap.write(bytes, segmentSize === 0 ? undefined : offloadOf(bytes, segmentSize));
  }
}

const isOrdinary = ({ bytes, segmentSize }: Frame) => segmentSize === 0 && bytes.length <= MAX_LIVE_FRAME;

/** In this thread's namespace. */
function make() {
  using stack = new DisposableStack();
  const tap = stack.use(new Tap({ name: 'tp-back%d' }));
  silence(tap.name);
  using netlink = new Netlink();
  setLink(netlink, tap.name, { up: true });
  const map = stack.use(BpfMap.create(NEXT_MAP));
  const next = new Uint32Array(stack.use(map.mapMemory()).buffer, 0, 3);
  using program = BpfProgram.load(assembleProgram(`${PROGRAM_PREFIX}back`, 'sched-cls', TEXT), { maps: { next: map } });
  const { ifindex } = getLink(netlink, tap.name);
  stack.use(attach(program, ifindex));
  return { stack: stack.move(), tap, next, ifindex };
}

/** The host is to say nothing of itself there. */
function silence(name: string): void {
  try {
    writeSysctl(`net.ipv6.conf.${name}.disable_ipv6`, 1);
  } catch (error) {
    // Without IPv6 there is nothing to turn off.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function attach(program: BpfProgram, ifindex: number): Disposable {
  if (probe('tcx-link')) return attachTcx({ program, ifindex, direction: 'ingress' });
  return attachClsact({ program, place: findClsactPlace(ifindex, 'ingress'), name: `${PROGRAM_PREFIX}back` });
}
