import type { Duration } from '../functions/duration.ts';
import type { CopiedPacket } from '../packet/views.ts';
import type { LogLine, Notice, PacketCopy, PacketIn } from '../reasons/reasons.ts';
import type { instant } from '../types/integers.ts';
import type { PlainRecord } from '../types/type.ts';
import type { LiveNeighbours, LiveRoutes, Sockets } from './network.ts';
import type { HeldPacket } from './packets.ts';
import type { LivePorts } from './ports.ts';
import type { LiveTables } from './tables.ts';

export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

type MetadataOf<R> = R extends { readonly metadata?: infer M } ? PlainRecord<NonNullable<M>> : never;
type Handler<R> =
  R extends PacketIn<infer _>
    ? OneByOne<[packet: HeldPacket, metadata: MetadataOf<R>]> | Batches<readonly [HeldPacket, MetadataOf<R>]>
    : R extends PacketCopy<infer _>
      ? OneByOne<[packet: CopiedPacket, metadata: MetadataOf<R>]> | Batches<readonly [CopiedPacket, MetadataOf<R>]>
      : R extends Notice<infer _>
        ? OneByOne<[metadata: MetadataOf<R>]> | Batches<MetadataOf<R>>
        : never;
type OneByOne<E extends readonly unknown[]> = (...event: E) => void | Promise<void>;
/** In place of a handler: gets all events of its reason that came together, in order, up to some thousands. */
export interface Batches<E> {
  batch(events: readonly E[]): void | Promise<void>;
}
/** Log lines have none. */
type Handled<R> = { readonly [K in keyof R as R[K] extends LogLine<infer _> ? never : K]: Handler<R[K]> };
/** One handler for every declared reason. */
// biome-ignore lint/suspicious/noConfusingVoidType: a slow path without reasons returns nothing
export type Handlers<R> = keyof Handled<R> extends never ? void : Handled<R>;

interface InstanceParts<T, K, P extends string> {
  readonly tables: LiveTables<T>;
  /** Sums over all CPUs, read when asked for. */
  readonly counters: { readonly [N in keyof K & string]: number };
  readonly ports: LivePorts<P>;
  /** How many CPUs run the fast path. */
  readonly cpus: number;
  readonly log: Log;
  now(): instant;
}
export interface Instance<C, T, K, P extends string> extends InstanceParts<T, K, P> {
  /** The configuration in force now. A call, so that taking it out of the instance cannot freeze it. */
  config(): C;
}
export interface SlowPathContext<C, T, K, P extends string> extends Instance<C, T, K, P> {
  /** Runs `task` at this period (a function gives it anew each time, in ns) until the instance stops; never twice at once;
   *  an exception is logged and counted. */
  every(period: Duration | (() => number), task: () => void | Promise<void>): void;
  /** Aborted when the instance stops. */
  readonly signal: AbortSignal;
  readonly neighbours: LiveNeighbours<P>;
  readonly routes: LiveRoutes<P>;
  readonly sockets: Sockets;
}
export interface ConfigureContext<C, T, K, P extends string> extends InstanceParts<T, K, P> {
  readonly config: C;
  /** `undefined` at the first start. */
  readonly previous: C | undefined;
}
