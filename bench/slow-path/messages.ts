// What the processes of this scenario tell each other. Each process has a CPU of its own: one makes packets, one is the subject.

/** A packet's payload, behind Ethernet, IPv4 and UDP: what it is, and when it was made. */
export const PAYLOAD = { kind: 42, time: 44, length: 64 } as const;
/** Of a flow that nobody knows yet; of one that is known since the beginning. */
export const KIND = { miss: 1, hit: 2 } as const;

export type BenchHook = 'xdp' | 'tcx';

export interface Load {
  /** Packets each second; 0: as many as there can be. */
  readonly rate: number;
  readonly seconds: number;
  /** Every so manieth packet is a hit; 0: none. 1: all. */
  readonly hitEvery: number;
}

export interface Sent {
  readonly misses: number;
  readonly hits: number;
  readonly seconds: number;
}

/** What came out behind the function. */
export interface Arrived {
  readonly misses: number;
  readonly hits: number;
  /** Of misses, from the moment they were made on; microseconds, by how many came so late (the last: or later). */
  readonly latency: readonly number[];
}

/** What became of misses in the kernel, since the start. */
export interface SubjectState {
  readonly up: number;
  readonly overLimit: number;
  /** The ring was full. */
  readonly lost: number;
  readonly undelivered: number;
  /** Of the table, bytes for each flow, in the kernel. */
  readonly bytesPerFlow: number;
  /** Microseconds of CPU time: all, and in the kernel. */
  readonly cpu: number;
  readonly system: number;
}

export type ToSubject = 'state' | 'forget' | 'stop';
export type ToGenerator = Load | 'arrived' | 'clear';
