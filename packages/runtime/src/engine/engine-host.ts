import type { Engine, EngineMap } from '@twinpath/engine';
import type { PortState } from '../data-plane.ts';
import type { Inlet } from './inlet.ts';
import type { EngineSeat } from './worker-host.ts';

/** Programs of an interface, by their numbers in the engine; 0: none. */
export interface Judges {
  readonly ifindex: number;
  readonly xdp: number;
  readonly ingress: number;
  readonly egress: number;
}

/** What runs the programs of one chain on packets: this thread, or workers. */
export interface EngineHost {
  readonly engine: Engine;
  /** Milliseconds for which a packet may still see what was changed. */
  readonly graceMs: number;
  /** All that is judged from now on is judged by these, with the engine's programs and maps as they are now. Nothing runs any more, when
   *  this returns, of what the engine has lost. */
  bring(judges: readonly Judges[]): void;
  /** For instances of this thread. */
  openInlet(): Inlet;
  /** For an instance in a thread of its own; missing: all are in this one. */
  openSeat?(): EngineSeat;
  /** Calls back when there may be records in a ring buffer, once at first. */
  watch(ring: EngineMap, wake: () => void): Disposable;
  /** Of an interface of its ports. `undefined`: it is gone. */
  state(ifindex: number): PortState | undefined;
  /** 0: there is no interface of this name to send by. */
  interfaceIndex(name: string): number;
  /** Something of the interfaces has changed. */
  onPortChange(changed: () => void): Disposable;
}
