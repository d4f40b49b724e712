import { existsSync, readFileSync } from 'node:fs';
import { BtfError } from '../btf/error.ts';
import { type Btf, readBtf } from '../btf/read.ts';
import type { TypeId } from '../btf/type.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';

/** Where `ip_summed`, two bits, lies in this kernel's `struct sk_buff`: 3 there is CHECKSUM_PARTIAL. */
export interface SkbChecksumState {
  /** Bytes from the start of the structure. */
  readonly byte: number;
  /** Bits below it in that byte. */
  readonly shift: number;
}

let known: SkbChecksumState | undefined;

/** Reads the kernel's BTF once: some 0.1 s. `undefined`: the kernel has none, or this is no Linux. @throws BtfError */
export function skbChecksumState(): SkbChecksumState | undefined {
  if (known === undefined && existsSync(VMLINUX)) known = find();
  return known;
}

function find(): SkbChecksumState {
  const btf = readBtf(readFileSync(VMLINUX));
  const bit = bitOffset(btf, btf.find('struct', 'sk_buff') ?? 0, 'ip_summed');
  if (bit === undefined) {
    throw new BtfError('struct sk_buff of this kernel has no member ip_summed', 'use a kernel from 6.1 to 6.18');
  }
  return { byte: bit >> 3, shift: bit & 7 };
}

/** Looks into anonymous members too. */
function bitOffset(btf: Btf, id: TypeId, name: string): number | undefined {
  const type = btf.type(id);
  if (type.kind !== 'struct' && type.kind !== 'union') return undefined;
  for (const member of type.members) {
    if (member.name === name) return member.bitOffset;
    const inner = member.name === '' ? bitOffset(btf, member.type, name) : undefined;
    if (inner !== undefined) return member.bitOffset + inner;
  }
  return undefined;
}
