// A chain's part of the main thread: which program stands at which position, and where packets begin.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Attachment,
  assembleProgram,
  attachXdp,
  type BpfMap,
  BpfProgram,
  setDevice,
  setTailCall,
} from '@twinpath/ebpf';
import { type Fd, inNamespace } from '@twinpath/linux';
import type { Hook, OwnPlace, Placement, PortMode, Root } from '@twinpath/vnf/chain';
import { FusedPrograms, type Fusing } from '../fuse/fused-programs.ts';
import { PROGRAM_PREFIX, pinName } from '../host/paths.ts';
import { LINKS, PATHS } from '../host/pins.ts';
import type { PlacedProgram, Wiring } from '../instance-plane.ts';
import { GenericMode } from './generic-mode.ts';
import { ownProgram } from './own-programs.ts';
import { PathArrays } from './path-arrays.ts';
import { type AdoptedAttachment, type AttachmentLog, attachTc, PinnedLink } from './port-attachment.ts';

export interface WiredInterface {
  readonly ifindex: number;
  /** Its network namespace. */
  readonly within: Fd;
  /** The name of that; missing: that of the process. */
  readonly namespace?: string | undefined;
  /** Of XDP. */
  readonly mode: PortMode;
}

/** Programs as they were. Disposing lets go of them; it puts nothing back. */
export interface Kept extends Disposable {
  restore(): void;
}

export interface WiringOptions {
  readonly chain: string;
  /** Where pins go, on a BPF file system. */
  readonly pins: string;
  readonly log: AttachmentLog;
  /** The mark of the slow path's packets. */
  readonly key: number;
  /** Packets meet tail calls where they met a fused program. */
  readonly onUnfused: () => void;
}

export interface LeftAttachment extends Pick<Root, 'port' | 'hook'> {
  readonly attachment: AdoptedAttachment;
  /** What it runs. */
  readonly programId: number;
}

/** What packets meet already when the wiring begins: that of a process that is gone. */
export interface LeftWiring {
  /** By port and hook in this chain. */
  readonly attachments: readonly LeftAttachment[];
  /** As the last process has recorded them. */
  readonly placements: readonly Placement[];
  readonly roots: readonly Root[];
}

/** Where packets begin on one hook of a port. */
interface Beginning {
  readonly attachment: Attachment;
  readonly generic: GenericMode | undefined;
  position: number;
  /** Set: it was adopted, and it is not settled yet whether this process goes on with it. */
  left?: LeftAttachment | undefined;
}

export class KernelWiring implements Wiring, Disposable {
  readonly #options: WiringOptions;
  readonly #arrays: PathArrays;
  readonly #fused: FusedPrograms;
  /** One after the other. */
  #fusing: Promise<unknown> = Promise.resolve();
  readonly #placements = new Map<number, Placement>();
  /** By position. */
  readonly #programs = new Map<number, BpfProgram>();
  /** By port and hook. */
  readonly #beginnings = new Map<string, Beginning>();
  /** By name in the chain. */
  #ports: ReadonlyMap<string, WiredInterface> = new Map();
  /** Where programs stand of which nothing is known but that. */
  #strays: readonly Pick<Placement, 'hook' | 'position'>[] = [];

  constructor(options: WiringOptions) {
    this.#options = options;
    this.#arrays = new PathArrays(arraysDirectory(options.pins));
    this.#fused = new FusedPrograms(options.chain, this.#arrays);
  }

  /** Of XDP on a port; `undefined`: there is none. */
  mode(port: string): 'native' | 'generic' | undefined {
    const found = this.#beginnings.get(keyOf({ port, hook: 'xdp' }));
    return found && (found.generic === undefined ? 'native' : 'generic');
  }

  /** These places are about to be filled, and ports to be attached. */
  expect(placements: Iterable<Placement>, ports: ReadonlyMap<string, WiredInterface>): void {
    this.#ports = new Map([...this.#ports, ...ports]);
    for (const placement of placements) {
      this.#placements.set(placement.position, placement);
      if (placement.own !== undefined) this.#makeOwn(placement.position, placement.own);
      this.#openWay(placement);
    }
  }

  /** Goes on with what a process that is gone has left. */
  adopt({ attachments, placements, roots }: LeftWiring): void {
    for (const placement of placements) {
      const { position, hook } = placement;
      this.#placements.set(position, placement);
      const program = this.#arrays.program('path', hook, position);
      if (program !== undefined) this.#programs.set(position, program);
    }
    this.#strays = HOOKS.flatMap((hook) =>
      this.#arrays.occupied(hook).flatMap((position) => (this.#placements.has(position) ? [] : [{ hook, position }])),
    );
    const position = (key: string) => roots.find((root) => keyOf(root) === key)?.position ?? NOWHERE;
    for (const left of attachments) {
      const key = keyOf(left);
      const pin = this.#genericPin(left.port);
      const generic = left.hook === 'xdp' && existsSync(pin) ? new GenericMode(pin, this.#arrays.mark) : undefined;
      const beginning = { attachment: left.attachment, generic, position: position(key), left };
      this.#beginnings.set(key, beginning);
      // A fused one: nothing is known of what it was made of.
      const standing = this.#programs.get(beginning.position);
      if (standing !== undefined && standing.info().id !== left.programId) use(beginning, standing);
    }
  }

  /** All positions at which programs stand. */
  get occupied(): readonly number[] {
    return [...this.#placements.keys(), ...this.#strays.map(({ position }) => position)];
  }

  /** What was adopted is this process's own from now on. */
  settle(): void {
    for (const beginning of this.#beginnings.values()) beginning.left = undefined;
  }

  /** No packet comes to places of which nothing is known. */
  forgetStrays(): void {
    for (const { hook, position } of this.#strays) clear(this.#arrays.get('path', hook), position);
    this.#strays = [];
  }

  place(programs: readonly PlacedProgram[]): void {
    const kept = this.keep(programs.map(({ position }) => position));
    try {
      for (const { position } of programs) this.#unfuse(this.#fused.with(position));
      for (const { position, id, part } of programs) {
        this.#put(position, BpfProgram.fromId(id));
        this.#fused.setPart(position, part);
      }
    } catch (error) {
      kept.restore();
      throw error;
    } finally {
      kept[Symbol.dispose]();
    }
  }

  /** What is at these positions now, so that it can be put back. */
  keep(positions: readonly number[]): Kept {
    const stack = new DisposableStack();
    const before = positions.map((position) => {
      const program = this.#programs.get(position);
      const part = this.#fused.part(position);
      return { position, part, program: program && stack.use(BpfProgram.fromId(program.info().id)) };
    });
    return {
      restore: () => {
        for (const { position, program, part } of before) {
          this.#unfuse(this.#fused.with(position));
          this.#put(position, program && BpfProgram.fromId(program.info().id));
          this.#fused.setPart(position, part);
        }
      },
      [Symbol.dispose]: () => stack.dispose(),
    };
  }

  /** Packets begin there from now on, each with the old places or with the new ones. Gives what takes it back. */
  begin(roots: readonly Root[]): () => void {
    using undo = new DisposableStack();
    for (const root of roots) undo.defer(this.#beginAt(root));
    const before = undo.move();
    return () => before.dispose();
  }

  /**
   * Packets meet one program in place of tail calls, wherever what begins a way can be fused.
   * @throws why one cannot be; its packets go on by tail calls then
   */
  fuse(): Promise<void> {
    const fusing = this.#fusing.then(() => this.#fuseAll());
    this.#fusing = fusing.catch(() => {});
    return fusing;
  }

  collect(): void {
    this.#fused.collect();
  }

  fusing(root: Pick<Root, 'port' | 'hook'>): Fusing | undefined {
    return this.#fused.fusing(keyOf(root));
  }

  /** Ends what begins elsewhere than at these roots. */
  endOthers(roots: readonly Root[]): void {
    const wanted = new Set(roots.map(keyOf));
    for (const key of [...this.#beginnings.keys()]) if (!wanted.has(key)) this.#end(key);
  }

  /** What begins at a port whose interface is gone. */
  letGo(port: string): void {
    for (const hook of HOOKS) this.#end(keyOf({ port, hook }));
  }

  /** No packet comes to these places any more. */
  forget(positions: Iterable<number>): void {
    for (const position of positions) {
      const placement = this.#placements.get(position);
      this.#placements.delete(position);
      if (placement === undefined) continue;
      clear(this.#arrays.get('path', placement.hook), position);
      if (placement.hook === 'xdp') clear(this.#arrays.get('resume', 'xdp'), position);
      clear(this.#arrays.ways, position);
      this.#programs.get(position)?.[Symbol.dispose]();
      this.#programs.delete(position);
      this.#fused.setPart(position, undefined);
    }
  }

  [Symbol.dispose](): void {
    using rest = new DisposableStack();
    rest.use(this.#arrays);
    rest.use(this.#fused);
    for (const program of this.#programs.values()) rest.use(program);
    for (const key of this.#beginnings.keys()) rest.defer(() => this.#end(key));
  }

  /** Out of an interface that may be in another namespace. */
  #openWay({ position, next, out }: Placement): void {
    for (const link of [next, out]) {
      if (link.kind !== 'interface' || link.crosses !== true) continue;
      const at = [...this.#ports.values()].find(({ ifindex }) => ifindex === link.ifindex);
      if (at === undefined) throw new Error(`no port has interface ${link.ifindex}`);
      inNamespace(at.within, () => setDevice(this.#arrays.ways, position, link.ifindex));
    }
  }

  /** Those of functions make their own. */
  #makeOwn(position: number, own: OwnPlace): void {
    if (this.#programs.has(position)) return;
    const maps = { path: this.#arrays.get('path', 'tcx-ingress') };
    this.#put(position, BpfProgram.load(ownProgram({ own, position, key: this.#options.key }), { maps }));
  }

  async #fuseAll(): Promise<void> {
    const failed: unknown[] = [];
    for (const [key, beginning] of [...this.#beginnings]) {
      const { position } = beginning;
      const hook = this.#placements.get(position)?.hook;
      if (hook === undefined || beginning.left !== undefined || this.#fused.isFused(key)) continue;
      try {
        const program = await this.#fused.make(key, hook, position);
        if (program === undefined) continue;
        if (this.#beginnings.get(key) === beginning && beginning.position === position) use(beginning, program);
        else this.#fused.drop(key);
      } catch (error) {
        failed.push(error);
      }
    }
    if (failed.length > 0) throw failed[0];
  }

  #unfuse(keys: readonly string[]): void {
    for (const key of keys) {
      const beginning = this.#beginnings.get(key);
      const program = this.#programs.get(beginning?.position ?? NOWHERE);
      if (beginning !== undefined && program !== undefined) use(beginning, program);
      this.#fused.drop(key);
    }
    if (keys.length > 0) this.#options.onUnfused();
  }

  /** Takes the program over. `undefined`: none. */
  #put(position: number, program: BpfProgram | undefined): void {
    const held = this.#programs;
    if (program === undefined && !held.has(position)) return;
    try {
      this.#fill(position, program);
    } catch (error) {
      program?.[Symbol.dispose]();
      throw error;
    }
    held.get(position)?.[Symbol.dispose]();
    if (program === undefined) held.delete(position);
    else held.set(position, program);
  }

  #fill(position: number, program: BpfProgram | undefined): void {
    const placement = this.#placements.get(position);
    if (placement === undefined) throw new Error(`nothing is expected at position ${position}`);
    const { hook } = placement;
    const array = this.#arrays.get('path', hook);
    if (program === undefined) {
      clear(array, position);
      return;
    }
    setTailCall(array, position, program);
    if (hook === 'xdp') this.#fillResume(position, placement, program);
    for (const beginning of this.#beginnings.values()) {
      if (beginning.position === position) use(beginning, program);
    }
  }

  /** What is behind a place is itself a place, an interface, or nothing. */
  #fillResume(position: number, { next }: Placement, program: BpfProgram): void {
    const resume = this.#arrays.get('resume', 'xdp');
    for (const [before, { next: behind, hook }] of this.#placements) {
      if (hook !== 'xdp' || behind.kind !== 'position' || behind.position !== position) continue;
      setTailCall(resume, before, program);
    }
    if (next.kind === 'interface') {
      using out = next.crosses === true ? loadWay(this.#arrays.ways, position) : loadRedirect(next.ifindex);
      setTailCall(resume, position, out);
    } else {
      const following = next.kind === 'position' ? this.#programs.get(next.position) : undefined;
      if (following !== undefined) setTailCall(resume, position, following);
    }
  }

  /** What takes it back. */
  #beginAt(root: Root): () => void {
    const program = this.#programs.get(root.position);
    if (program === undefined) throw new Error(`no program is at position ${root.position}`);
    const key = keyOf(root);
    const present = this.#beginnings.get(key);
    if (present === undefined) {
      this.#beginnings.set(key, this.#attach(root, program));
      return () => this.#end(key);
    }
    const before = present.position;
    const changeTo = (position: number) => {
      const found = this.#programs.get(position);
      if (found !== undefined) {
        use(present, found);
        this.#fused.drop(key);
      } else if (present.left !== undefined) useAgain(present, present.left);
      present.position = position;
    };
    if (before !== root.position) changeTo(root.position);
    return () => changeTo(before);
  }

  #attach({ port, hook, position }: Root, program: BpfProgram): Beginning {
    const { chain, pins, log } = this.#options;
    const at = this.#ports.get(port);
    if (at === undefined) throw new Error(`port ${port} has no interface`);
    const { ifindex, within } = at;
    const pin = linkPin(pins, port, hook);
    if (hook !== 'xdp') {
      const direction = hook === 'tcx-ingress' ? 'ingress' : 'egress';
      const attachment = attachTc(program, { chain, within, namespace: at.namespace, ifindex, direction, pin, log });
      return { attachment, generic: undefined, position };
    }
    const link = inNamespace(within, () => attachXdp({ program, ifindex, mode: at.mode }));
    const attachment = PinnedLink.pinned(link, pin, (id) => log.onLink('xdp', id));
    if (link.mode === 'native') return { attachment, generic: undefined, position };
    try {
      const generic = new GenericMode(this.#genericPin(port), this.#arrays.mark);
      generic.use(program);
      link.update(generic.guard);
      return { attachment, generic, position };
    } catch (error) {
      attachment[Symbol.dispose]();
      throw error;
    }
  }

  #end(key: string): void {
    const beginning = this.#beginnings.get(key);
    this.#beginnings.delete(key);
    this.#fused.drop(key);
    using _generic = beginning?.generic;
    if (beginning?.left !== undefined) beginning.left.attachment.release();
    else beginning?.attachment[Symbol.dispose]();
  }

  #genericPin(port: string): string {
    return join(this.#options.pins, PATHS, `generic ${pinName(port)}`);
  }
}

const HOOKS: readonly Hook[] = ['xdp', 'tcx-ingress', 'tcx-egress'];
/** No place: position 0 is nobody's. */
const NOWHERE = 0;

/** Where the link is pinned by which packets of a port begin. */
export const linkPin = (pins: string, port: string, hook: string): string =>
  join(pins, LINKS, `${pinName(port)} ${hook}`);

/** Where the program arrays of a chain are pinned. */
export const arraysDirectory = (pins: string): string => join(pins, PATHS);

const keyOf = ({ port, hook }: Pick<Root, 'port' | 'hook'>): string => `${port} ${hook}`;

function use({ attachment, generic }: Beginning, program: BpfProgram): void {
  if (generic === undefined) attachment.update(program);
  else generic.use(program);
}

/** What an adopted attachment ran of which nothing else is known. */
function useAgain(beginning: Beginning, { programId }: LeftAttachment): void {
  using program = BpfProgram.fromId(programId);
  beginning.attachment.update(program);
}

function clear(array: ReturnType<PathArrays['get']>, position: number): void {
  array.delete(new Uint8Array(Uint32Array.of(position).buffer));
}

function loadWay(ways: BpfMap, position: number): BpfProgram {
  const text = `r1 = map[ways]\nr2 = ${position}\nr3 = 1\ncall bpf_redirect_map\nexit`;
  return BpfProgram.load(assembleProgram(`${PROGRAM_PREFIX}way`, 'xdp', text), { maps: { ways } });
}

/** Out of an interface, whatever the packet is. */
function loadRedirect(ifindex: number): BpfProgram {
  const text = `r1 = ${ifindex}\nr2 = 0\ncall bpf_redirect\nexit`;
  return BpfProgram.load(assembleProgram(`${PROGRAM_PREFIX}redirect`, 'xdp', text));
}
