import type { BpfMap } from '../maps/map.ts';
import type { ProgramSpec } from '../spec.ts';

const slotSize = 8;
const LD_IMM64 = 0x18;
const BPF_PSEUDO_MAP_FD = 1;
const BPF_PSEUDO_MAP_VALUE = 2;

/** A copy of the program's code with every map reference replaced by the descriptor of a live map. */
export function relocateMaps(spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>): Uint8Array {
  // Not slice(): that of a Node Buffer shares memory.
  const code = new Uint8Array(spec.code);
  const view = new DataView(code.buffer);
  for (const { slot, map: name, kind, valueOffset } of spec.relocations) {
    const map = maps[name];
    if (map === undefined) throw new TypeError(`program "${spec.name}" refers to map "${name}", which was not given`);
    const at = slot * slotSize;
    if (code[at] !== LD_IMM64) throw new TypeError(`program "${spec.name}": slot ${slot} does not load a map`);
    const pseudo = kind === 'map' ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
    // The destination register is in the low half of the second byte, the kind of reference in the high half.
    view.setUint8(at + 1, (view.getUint8(at + 1) & 0x0f) | (pseudo << 4));
    view.setInt32(at + 4, map.fd.number, true);
    // The upper half of the 64-bit constant is in the second slot.
    view.setInt32(at + slotSize + 4, kind === 'map' ? 0 : valueOffset, true);
  }
  return code;
}
