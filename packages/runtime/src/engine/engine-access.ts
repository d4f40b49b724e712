// The engine as the thread of an instance has it: the one that made it, or another that has joined.

import type { Engine, EngineMap } from '@twinpath/engine';
import type { Fd } from '@twinpath/linux';
import type { PortState } from '../data-plane.ts';
import type { InstancePort, Wiring } from '../instance-plane.ts';
import type { EnginePaths } from './engine-paths.ts';
import type { AskEngine } from './engine-question.ts';
import type { Inlet } from './inlet.ts';

export interface EngineAccess {
  readonly engine: Engine;
  readonly paths: EnginePaths;
  readonly wiring: Wiring;
  readonly ask: AskEngine;
  /** Milliseconds for which a packet may still see what was changed. */
  readonly graceMs: number;
  /** This thread uses the map no more. */
  closeMap(map: EngineMap): void;
  openInlet(): Inlet;
  /** Calls back when there may be records in a ring buffer, once at first. */
  watchRing(ring: EngineMap, wake: () => void): Disposable;
  /** Calls back each time that something has come to a descriptor. */
  watch(fd: Fd, onEvent: () => void): Disposable;
  /** Of an interface of its ports. `undefined`: it is gone. */
  state(port: InstancePort): PortState | undefined;
  /** 0: there is no interface of this name to send by. `namespace`: of the ports. */
  interfaceIndex(name: string, namespace: string | undefined): number;
  /** Something of the interfaces has changed. */
  onPortChange(changed: () => void): Disposable;
  /** What authors' code is to run in. */
  within<T>(work: () => T): T;
}
