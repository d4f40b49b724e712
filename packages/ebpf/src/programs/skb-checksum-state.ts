import { existsSync, readFileSync } from 'node:fs';
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

let known: { readonly state: SkbChecksumState | undefined } | undefined;

/**
 * Reads the kernel's BTF once: some 20 ms. `undefined`: the kernel has none, or no such member, or this is no Linux; the compiler
 * then refuses what would need it (TP5005). @throws BtfError when the BTF cannot be read.
 */
export function skbChecksumState(): SkbChecksumState | undefined {
  known ??= { state: existsSync(VMLINUX) ? find(readBtf(readFileSync(VMLINUX))) : undefined };
  return known.state;
}

function find(btf: Btf): SkbChecksumState | undefined {
  const bit = bitOffset(btf, btf.find('struct', 'sk_buff') ?? 0, 'ip_summed');
  return bit === undefined ? undefined : { byte: bit >> 3, shift: bit & 7 };
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
