import type { Engine } from '../engine.ts';
import type { EngineProgram } from '../engine-program.ts';
import { contextLayout, type Hook, REDIRECT, SKB, XDP_MD } from '../memory/frame-context.ts';
import { Clones } from './clones.ts';
import { fillSkb } from './contexts.ts';
import { Counters, VERDICT, type VerdictCounter, verdictCounters } from './counters.ts';
import { type FramePool, HOLDER } from './frame-pool.ts';
import { INLET, INLET_BYTES, SIDE } from './inlet.ts';
import type { Port } from './port.ts';
import { tagBeside } from './tag-beside.ts';
import { type Assignment, type Way, Ways } from './ways.ts';
import { XDP } from './xdp-verdict.ts';

/** Contexts of one burst: of XDP 4 KiB, which stay in the cache. */
export const BURST = 64;
const { xdp, skb } = contextLayout;
/** One more, for what is judged alone. */
export const BURST_BYTES = (BURST + 1) * skb.stride;

const TC_ACT_SHOT = 2;
/** Stolen, queued, trapped: somebody else has it, who is not here. */
const TC_ACTS_GONE: ReadonlySet<number> = new Set([4, 5, 8]);
const TC_ACT_REDIRECT = 7;
const BPF_F_INGRESS = 1;
const BPF_F_EXCLUDE_INGRESS = 16;
/** XMIT_RECURSION_LIMIT */
const MOST_REDIRECTS = 8;

export interface ForwarderPlace {
  /** Addresses: of {@link BURST_BYTES} for contexts, and of the counters. */
  readonly contexts: number;
  readonly counters: number;
}

/**
 * Runs each burst to completion: receives it from a port, has the program judge it, and sends every frame where its verdict
 * says, in place. For one thread.
 */
export class Forwarder {
  readonly pool: FramePool;
  readonly #engine: Engine;
  readonly #contexts: number;
  readonly #alone: number;
  readonly #words: Int32Array;
  readonly #counters: Counters<VerdictCounter>;
  readonly #clones: Clones;
  #ports: readonly Port[] = [];
  #assigned: Assignment = { program: 0, host: undefined, interfaces: [], inlet: undefined };
  #ways: Ways;
  /** Words of ring buffers that count what was written, and what they said the last time. */
  #rings = new Map<number, number>();

  constructor(engine: Engine, pool: FramePool, { contexts, counters }: ForwarderPlace) {
    this.#engine = engine;
    this.pool = pool;
    this.#contexts = contexts;
    this.#alone = contexts + BURST * skb.stride;
    this.#words = new Int32Array(engine.memory.memory.buffer);
    this.#counters = new Counters(engine.memory, counters, verdictCounters);
    this.#clones = new Clones(engine.memory, pool);
    this.#ways = new Ways(engine, this.#ports, this.#assigned);
  }

  get ports(): readonly Port[] {
    return this.#ports;
  }

  addPort(port: Port): void {
    if (this.#ports.some(({ number, image }) => number === port.number && image.queue === port.image.queue)) {
      throw new Error(`there are two ports with number ${port.number}`);
    }
    this.#ports = [...this.#ports, port];
    this.assign(this.#assigned);
  }

  removePort(port: Port): void {
    this.#ports = this.#ports.filter((one) => one !== port);
    this.assign(this.#assigned);
  }

  /** With programs and maps that the engine has now. @throws Error for programs that it does not have, or that run elsewhere. */
  assign(assigned: Assignment): void {
    this.#ways = new Ways(this.#engine, this.#ports, assigned);
    this.#assigned = assigned;
    const rings = this.#engine.maps().filter(({ type }) => type === 'ringbuf');
    this.#rings = new Map(rings.map(({ producerAddress }) => [producerAddress >>> 2, 0]));
  }

  /** One burst from each port; how many frames. */
  round(): number {
    let frames = 0;
    for (const { port, way } of this.#ways.inputs)
      frames += way === undefined ? this.#admit(port) : this.#take(port, way);
    for (const { port } of this.#ways.inputs) port.flush();
    if (frames > 0) this.#wake();
    return frames;
  }

  /** bpf_clone_redirect, asked by the program that runs: the copy goes behind the burst. 0 or minus an errno. */
  clone(context: number, ifindex: number, flags: number): number {
    const result = this.#clones.add(context, ifindex, flags);
    if (result === 0) this.#counters.add(VERDICT.cloned, 1);
    return result;
  }

  #take(port: Port, way: Way): number {
    const { program, number } = way;
    const hook = program?.hook ?? 'xdp';
    const count = port.receive(this.#contexts, BURST, hook, number);
    if (count === 0) return 0;
    program?.run(this.#contexts, count);
    const { stride } = contextLayout[hook];
    for (let index = 0; index < count; ) {
      const context = this.#contexts + index * stride;
      const alike = program?.hook === 'xdp' ? this.#settleAlike(context, count - index, way) : 0;
      if (alike === 0) this.#settle(context, way, program);
      index += alike || 1;
    }
    this.#sendClones();
    return count;
  }

  #admit(port: Port): number {
    const count = port.receive(this.#contexts, BURST);
    for (let index = 0; index < count; index++) this.#admitOne(this.#contexts + index * xdp.stride);
    this.#sendClones();
    return count;
  }

  #admitOne(context: number): void {
    const data = this.#word(context, xdp.data);
    const field = (word: number) => this.#word(data - INLET_BYTES, 4 * word) >>> 0;
    const ways = field(INLET.side) === SIDE.wire ? this.#ways.arriving : this.#ways.outward;
    const [id, number] = [field(INLET.program), field(INLET.ifindex)];
    const program = id === 0 ? undefined : this.#engine.program(id);
    const way = ways.get(number);
    if (way === undefined || (id !== 0 && program === undefined)) {
      this.#drop(data, VERDICT.lost);
      return;
    }
    if (program?.hook === 'skb') {
      this.#fillAlone(context, number);
      this.#set(this.#alone, SKB.mark, field(INLET.mark));
      this.#set(this.#alone, SKB.priority, field(INLET.priority));
      this.#set(this.#alone, SKB.cb, field(INLET.control));
      program.run(this.#alone, 1);
      this.#settle(this.#alone, way, program);
      return;
    }
    const cell = field(INLET.cell);
    this.#set(context, XDP_MD.ingressIfindex, number);
    if (cell !== 0) this.#set(cell, 0, field(INLET.value));
    program?.run(context, 1);
    if (cell !== 0) this.#set(cell, 0, 0);
    this.#settle(context, way, program);
  }

  /** Drops or sends as many frames as have what the first one has, in one go; 0: each has to be looked at. */
  #settleAlike(context: number, most: number, way: Way): number {
    const verdict = this.#word(context, xdp.verdict);
    if (verdict === XDP.drop) {
      const count = this.pool.moves.drop(context, most);
      this.#counters.add(VERDICT.dropped, count);
      return count;
    }
    const target = this.#word(context, xdp.redirectTarget);
    const port = verdict === XDP.tx ? way.wire : verdict === XDP.redirect ? this.#portOf(target) : undefined;
    const count = port?.sendAlike(context, most, verdict, target) ?? 0;
    if (count > 0) this.#counters.add(VERDICT.sent, count);
    return count;
  }

  #settle(context: number, way: Way, program: EngineProgram | undefined): void {
    if (program?.hook === 'skb') this.#settleSkb(context, way, 0);
    else this.#settleXdp(context, way, program === undefined ? XDP.pass : this.#word(context, xdp.verdict));
  }

  #settleXdp(context: number, way: Way, verdict: number): void {
    const data = this.#word(context, xdp.data);
    if (verdict === XDP.pass && way.above !== undefined) this.#rise(context, way.above);
    else if (verdict === XDP.pass) this.#pass(context, way, 'xdp');
    else if (verdict === XDP.tx) this.#send(way.wire, data, this.#word(context, xdp.dataEnd), VERDICT.sent);
    else if (verdict === XDP.redirect) this.#redirectXdp(context, way.number);
    else this.#drop(data, verdict === XDP.drop ? VERDICT.dropped : VERDICT.aborted);
  }

  /** The frame of an XDP context, as tc programs see it. */
  #fillAlone(context: number, ifindex: number): void {
    const views = { words: this.#words, bytes: this.#engine.memory.bytes };
    const [data, end] = [this.#word(context, xdp.data), this.#word(context, xdp.dataEnd)];
    fillSkb(views, this.#alone, data, end, this.#word(context, xdp.head), this.#word(context, xdp.tail), ifindex);
  }

  /** To the programs for socket buffers. */
  #rise(context: number, way: Way): void {
    this.#fillAlone(context, way.number);
    this.#set(this.#alone, skb.dataMeta, this.#word(context, xdp.dataMeta));
    way.program?.run(this.#alone, 1);
    this.#settleSkb(this.#alone, way, 0);
  }

  #redirectXdp(context: number, from: number): void {
    const kind = this.#word(context, xdp.redirectKind);
    if (kind === REDIRECT.broadcast) {
      this.#broadcast(context, from);
      return;
    }
    const port = this.#portOf(this.#word(context, xdp.redirectTarget));
    this.#send(port, this.#word(context, xdp.data), this.#word(context, xdp.dataEnd), VERDICT.sent);
  }

  #settleSkb(context: number, way: Way, redirects: number): void {
    const verdict = this.#word(context, skb.verdict);
    if (this.#word(context, skb.trapped) !== 0) this.#drop(this.#word(context, skb.data), VERDICT.aborted);
    else if (verdict === TC_ACT_SHOT || TC_ACTS_GONE.has(verdict))
      this.#drop(this.#word(context, skb.data), VERDICT.dropped);
    else if (verdict === TC_ACT_REDIRECT) this.#redirectSkb(context, redirects);
    else this.#pass(context, way, 'skb');
  }

  /** Into an interface or out of it, past those of its programs that are for socket buffers. */
  #redirectSkb(context: number, redirects: number): void {
    const [target, flags] = [this.#word(context, skb.redirectTarget), this.#word(context, skb.redirectFlags)];
    this.#go(context, target, flags, redirects);
  }

  #go(context: number, target: number, flags: number, redirects: number): void {
    const { inward, outward } = this.#ways;
    const way = ((flags & BPF_F_INGRESS) !== 0 ? inward : outward).get(target);
    if (way === undefined || redirects === MOST_REDIRECTS) {
      this.#drop(this.#word(context, skb.data), VERDICT.lost);
      return;
    }
    if (way.program === undefined) {
      this.#pass(context, way, 'skb');
      return;
    }
    this.#set(context, SKB.ifindex, target);
    this.#set(context, skb.redirectKind, REDIRECT.none);
    way.program.run(context, 1);
    this.#settleSkb(context, way, redirects + 1);
  }

  #sendClones(): void {
    if (!this.#clones.isEmpty)
      this.#clones.take(this.#alone, (ifindex, flags) => this.#go(this.#alone, ifindex, flags, 0));
  }

  #pass(context: number, { on, passed }: Way, hook: Hook): void {
    const layout = contextLayout[hook];
    const data = hook === 'skb' ? tagBeside(this.#engine.memory, context) : this.#word(context, layout.data);
    if (on === undefined) this.#drop(data, VERDICT.dropped);
    else this.#send(on, data, this.#word(context, layout.dataEnd), passed);
  }

  #send(port: Port | undefined, data: number, end: number, counter: number): void {
    if (port?.send(data - this.pool.image.start, end - data)) this.#counters.add(counter, 1);
    else this.#drop(data, VERDICT.lost);
  }

  #drop(data: number, why: number): void {
    this.#counters.add(why, 1);
    this.pool.give(data - this.pool.image.start, HOLDER.worker);
  }

  /** To the ports of a devmap's entries, each a copy. The frame itself is dropped. */
  #broadcast(context: number, from: number): void {
    const id = this.#word(context, xdp.redirectMap);
    const isExcluded = (this.#word(context, xdp.redirectFlags) & BPF_F_EXCLUDE_INGRESS) !== 0;
    const map = this.#engine.maps().find((one) => one.id === id);
    const data = this.#word(context, xdp.data);
    for (const [, value] of map?.entries() ?? []) {
      const port = this.#portOf(new DataView(value.buffer, value.byteOffset).getUint32(0, true));
      if (port !== undefined && !(isExcluded && port.number === from))
        this.#copy(data, this.#word(context, xdp.dataEnd), port);
    }
    this.#drop(data, VERDICT.broadcast);
  }

  #copy(data: number, end: number, port: Port): void {
    const at = this.pool.copy(data - this.pool.image.start, end - data);
    const isSent = at >= 0 && port.send(at, end - data);
    if (at >= 0 && !isSent) this.pool.give(at, HOLDER.worker);
    this.#counters.add(isSent ? VERDICT.copies : VERDICT.uncopied, 1);
  }

  /** Who waits for records of a ring. */
  #wake(): void {
    for (const [word, before] of this.#rings) {
      const written = Atomics.load(this.#words, word);
      if (written === before) continue;
      this.#rings.set(word, written);
      Atomics.notify(this.#words, word);
    }
  }

  /** By which an interface sends. */
  #portOf(number: number): Port | undefined {
    return this.#ways.outward.get(number)?.wire;
  }

  #word(context: number, offset: number): number {
    return this.#words[(context + offset) >>> 2] ?? 0;
  }

  #set(context: number, offset: number, value: number): void {
    this.#words[(context + offset) >>> 2] = value;
  }
}
