import type { Engine } from './engine.ts';
import type { EngineImage, Seat } from './engine-image.ts';
import { CLOCKS } from './imports.ts';
import type { Trap } from './trap-report.ts';

export interface EngineOptions {
  /** The memory to work in, whose size is fixed; the engine uses all of it. Default: a new one of `bytes`. */
  readonly memory?: WebAssembly.Memory;
  /** Default 64 MiB. Pages that nobody touches cost nothing. */
  readonly bytes?: number;
  /** Other threads may join: locks and atomic instructions are real. Default false. */
  readonly shared?: boolean;
  /** How many CPUs, threads that run programs, there are; default 1. */
  readonly cpus?: number;
  /** Which of them this thread is; default 0. */
  readonly cpu?: number;
  /** What another thread's engine is: see Engine.join. */
  readonly image?: EngineImage;
  /** The thread works on maps, and runs no programs. */
  readonly seat?: Seat;
  /** Nanoseconds since the machine began (0), or of international atomic time (1); whole numbers. Default: the machine's. */
  readonly clock?: (which: number) => number;
  /** First state of the random numbers, 1 to 2^32-1. Default: random. */
  readonly random?: number;
  /** 64 bits that hash tables mix in. Default: random. */
  readonly seed?: bigint;
  /** Answers bpf_fib_lookup: see FibTable. Default: there are no routes. */
  readonly fib?: (parameters: DataView, flags: number) => number;
  /** An interface's MTU without the Ethernet header; 0: there is no such interface. Default: 1500 for all. */
  readonly mtu?: (ifindex: number) => number;
  /** Sends a copy of a frame, now, out of an interface; 0 or minus an errno. Default: -ENODEV. */
  readonly clone?: (engine: Engine, context: number, ifindex: number, flags: number) => number;
  /** A program was stopped. */
  readonly onTrap?: (trap: Trap) => void;
}

export type World = Required<Pick<EngineOptions, 'clock' | 'random' | 'seed' | 'fib' | 'mtu' | 'clone'>> &
  Pick<EngineOptions, 'onTrap'>;

const NANOSECONDS = 1_000_000;
const ETHERNET_MTU = 1500;
const ENODEV = 19;
/** BPF_FIB_LKUP_RET_NOT_FWDED: there are no routes. */
const NOT_FORWARDED = 4;
/** Between UTC and TAI since 2017. */
const LEAP_NANOSECONDS = 37_000_000_000;

/** What the options leave open is as on this machine. */
export function engineWorld(options: EngineOptions): World {
  const words = crypto.getRandomValues(new BigUint64Array(2));
  const [random = 1n, seed = 1n] = words;
  return {
    clock: options.clock ?? machineClock(),
    random: (options.random ?? Number(BigInt.asUintN(32, random))) >>> 0,
    seed: options.seed ?? seed,
    fib: options.fib ?? (() => NOT_FORWARDED),
    mtu: options.mtu ?? (() => ETHERNET_MTU),
    clone: options.clone ?? (() => -ENODEV),
    ...(options.onTrap && { onTrap: options.onTrap }),
  };
}

/** CLOCK_MONOTONIC as the kernel's helpers see it, at the price of performance.now(). */
function machineClock(): (which: number) => number {
  const start = Number(process.hrtime.bigint()) - performance.now() * NANOSECONDS;
  const atomic = performance.timeOrigin * NANOSECONDS + LEAP_NANOSECONDS;
  return (which) => Math.floor((which === CLOCKS.tai ? atomic : start) + performance.now() * NANOSECONDS);
}
