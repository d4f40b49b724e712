import type { Engine, EngineMap } from '@twinpath/engine';
import type { InletFields } from '@twinpath/engine/ports';
import type { PortState } from '../data-plane.ts';

/** Programs of an interface, by their numbers in the engine; 0: none. */
export interface Judges {
  readonly ifindex: number;
  readonly xdp: number;
  readonly ingress: number;
  readonly egress: number;
}

/** A frame for the middle of a chain. `trips`: how often it was sent there again. */
export interface Inward extends Omit<InletFields, 'cell' | 'value'> {
  readonly trips: number;
}

/** What runs the programs of one chain on packets: this thread, or workers. */
export interface EngineHost {
  readonly engine: Engine;
  /** Milliseconds for which a packet may still see what was changed. */
  readonly graceMs: number;
  /** Where the number of trips lies, by CPU. Before the first frame is injected. */
  tripsAt(address: (cpu: number) => number): void;
  /** All that is judged from now on is judged by these, with the engine's programs and maps as they are now. Nothing runs any more, when
   *  this returns, of what the engine has lost. */
  bring(judges: readonly Judges[]): void;
  /** Copies the frame, for {@link flush}. `false`: there is no room. */
  inject(to: Inward, frame: Uint8Array): boolean;
  /** Sends on what was injected. */
  flush(): void;
  /** Calls back when there may be records in a ring buffer, once at first. */
  watch(ring: EngineMap, wake: () => void): Disposable;
  /** Of an interface of its ports. `undefined`: it is gone. */
  state(ifindex: number): PortState | undefined;
  /** 0: there is no interface of this name to send by. */
  interfaceIndex(name: string): number;
  /** Something of the interfaces has changed. */
  onPortChange(changed: () => void): Disposable;
}
