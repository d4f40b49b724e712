import { BpfCommand, bpf, type Fd, NativeBuffer } from '@twinpath/linux';
import { adoptResult, kernelName } from '../object.ts';
import type { MapSpec } from '../spec.ts';
import { loadLockBtf } from './lock-btf.ts';
import { mapFlagBits, mapTypeNumber } from './type.ts';

/** Key and value types of a map inside a BTF object; needed for spin locks and timers. */
export interface MapBtf {
  readonly fd: Fd;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

export interface MapCreation {
  readonly btf?: MapBtf | undefined;
  /** The map whose shape inner maps must have; made from `spec.inner` and thrown away when absent. */
  readonly innerMap?: { readonly fd: Fd } | undefined;
}

/** union bpf_attr for MAP_CREATE up to btf_vmlinux_value_type_id and map_extra. */
const attrSize = 72;

/** Makes the kernel's map. The descriptor is the caller's. */
export function createMap(spec: MapSpec, { btf, innerMap }: MapCreation = {}): Fd {
  const needsInner = spec.type === 'array-of-maps' || spec.type === 'hash-of-maps';
  if (needsInner && innerMap === undefined) {
    if (spec.inner === undefined) throw new TypeError(`map "${spec.name}" (${spec.type}) has no inner map's spec`);
    // The kernel copies the shape; the template itself can go.
    using template = createMap(spec.inner);
    return createMap(spec, { btf, innerMap: { fd: template } });
  }
  if (spec.lockOffset !== undefined && btf === undefined) {
    const types = loadLockBtf(spec, spec.lockOffset);
    // The map holds on to its types.
    using _types = types.fd;
    return createMap(spec, { btf: types, innerMap });
  }
  const attr = new NativeBuffer(attrSize);
  attr.setU32(0, mapTypeNumber(spec.type)).setU32(4, spec.keySize).setU32(8, spec.valueSize);
  attr.setU32(12, spec.maxEntries).setU32(16, mapFlagBits(spec.type, spec.flags ?? []));
  if (innerMap !== undefined) attr.setU32(20, innerMap.fd.number);
  attr.setString(28, kernelName(spec.name), 16);
  if (btf !== undefined) attr.setU32(48, btf.fd.number).setU32(52, btf.keyTypeId).setU32(56, btf.valueTypeId);
  return adoptResult('MAP_CREATE', bpf(BpfCommand.MAP_CREATE, attr), `map "${spec.name}" (${spec.type})`);
}
