import { BtfBuilder } from '../btf/builder.ts';
import { loadBtf } from '../programs/kernel-btf.ts';
import type { MapSpec } from '../spec.ts';
import type { MapBtf } from './create.ts';

/** The types of a map whose values hold a lock, and of all other bytes nothing. The descriptor is the caller's. */
export function loadLockBtf({ name, type, keySize, valueSize }: MapSpec, lockOffset: number): MapBtf {
  const btf = new BtfBuilder();
  const word = btf.int('unsigned int', 4);
  const byte = btf.int('unsigned char', 1);
  const lock = btf.struct('bpf_spin_lock', 4, [{ name: 'val', type: word, bitOffset: 0 }]);
  const valueTypeId = btf.struct('value', valueSize, [{ name: 'lock', type: lock, bitOffset: 8 * lockOffset }]);
  // The kernel wants a 32-bit integer as the index of an array.
  const keyTypeId = type === 'array' ? word : btf.array(byte, keySize);
  return { fd: loadBtf(btf.bytes(), `map "${name}"`), keyTypeId, valueTypeId };
}
