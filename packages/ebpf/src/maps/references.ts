import type { Fd } from '@twinpath/linux';
import type { BpfProgram } from '../programs/program.ts';
import type { BpfMap } from './map.ts';

// Maps whose values refer to programs, maps, devices and sockets: user space writes descriptors into them.

function words(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true);
  return new Uint8Array(view.buffer);
}

/** Puts a program into a program array; tail calls to `index` run it from now on. */
export function setTailCall(map: BpfMap, index: number, program: BpfProgram): void {
  map.update(words(index), words(program.fd.number));
}

/** Puts a map into an array or a hash of maps, at once for all programs. */
export function setInnerMap(map: BpfMap, key: Uint8Array, inner: BpfMap): void {
  map.update(key, words(inner.fd.number));
}

/**
 * Puts an interface of this thread's namespace into a devmap. A devmap with 8-byte values also takes a program that runs
 * on the way out.
 */
export function setDevice(map: BpfMap, key: number, ifindex: number, program?: BpfProgram): void {
  map.update(words(key), map.valueSize === 4 ? words(ifindex) : words(ifindex, program?.fd.number ?? 0));
}

/**
 * Lets a cpumap hand packets to a CPU through a queue of `queueSize`. A cpumap with 8-byte values also takes a program that
 * runs there.
 */
export function setCpu(map: BpfMap, cpu: number, queueSize: number, program?: BpfProgram): void {
  map.update(words(cpu), map.valueSize === 4 ? words(queueSize) : words(queueSize, program?.fd.number ?? 0));
}

/** Puts a bound AF_XDP socket into an xskmap. */
export function setSocket(map: BpfMap, index: number, socket: Fd): void {
  map.update(words(index), words(socket.number));
}
