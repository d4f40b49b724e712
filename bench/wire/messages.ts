// What is asked of the source of packets, a line of JSON each; it answers with one line.

/** Where packets are for, behind the second wire of a host; they are from 172.16.0.1. */
export const BEYOND = '10.2.0.2';
/** Of the first flow, both ports; up to 64,512 flows differ in the source's alone. */
export const FIRST_PORT = 1024;

/** How frames come to the far end of a wire: taken in the driver (XDP), or behind it as socket buffers (tcx). */
export type SinkHook = 'xdp' | 'tcx';

export interface Load {
  /** Of each frame, with the Ethernet header: 64 to 1514. */
  readonly bytes: number;
  /** UDP flows, one behind the other: a power of two. */
  readonly flows: number;
  readonly ms: number;
  /** Frames each second; default: as many as there can be. */
  readonly rate?: number;
  /** How many frames at most; default: as many as there can be. */
  readonly most?: number;
}

export type ToSource =
  | { readonly ask: 'sink'; readonly link: string; readonly hook: SinkHook }
  /** `to`: address of the near end. */
  | { readonly ask: 'load'; readonly link: string; readonly to: string; readonly load: Load }
  | { readonly ask: 'sunk'; readonly link: string };

/** `cpu`: nanoseconds of CPU time of the process, what the kernel did in its name included. */
export interface Sent {
  readonly sent: number;
  readonly ms: number;
  readonly cpu: number;
}

export interface Sunk {
  readonly frames: number;
  /** The first 40 bytes of the last one, in hexadecimal digits. */
  readonly last: string;
}
