import { BtfBuilder } from '../btf/index.ts';
import { writeBtfExt } from './btf-ext.ts';
import { ElfError } from './error.ts';
import { writeElf } from './file.ts';
import { type Contents, describeMaps } from './maps.ts';
import { Identifiers } from './names.ts';
import { describePrograms } from './programs.ts';

export { ElfError } from './error.ts';
export type { Contents } from './maps.ts';

/**
 * A relocatable object file for BPF (ELF64, little endian) with its BTF, as libbpf (1.0 and newer) and `bpftool prog load`
 * take it. Programs of one type share a section; functions and maps go by their specs' names, made into C identifiers. Needs
 * what the programs need, and 5.2 for maps that programs reach without a lookup.
 * @throws ElfError for what such files cannot hold
 */
export function writeObject(contents: Contents): Uint8Array {
  const [license, ...others] = new Set(contents.programs.map((program) => program.license));
  if (license === undefined) throw new ElfError('there is no program', 'give at least one');
  if (others.length > 0) throw new ElfError('the programs have different licenses', 'write one file for each');
  const btf = new BtfBuilder();
  const identifiers = new Identifiers();
  const maps = describeMaps(contents, btf, identifiers);
  const programs = describePrograms(contents.programs, { btf, identifiers, maps: maps.symbols });
  const text = new TextEncoder().encode(`${license}\0`);
  const extension = writeBtfExt(programs.info, btf);
  return writeElf([
    ...programs.sections,
    ...maps.sections,
    {
      name: 'license',
      kind: 'data',
      content: text,
      symbols: [{ name: identifiers.of('_license'), type: 'object', offset: 0, size: text.length }],
    },
    { name: '.BTF', kind: 'plain', content: btf.bytes() },
    { name: '.BTF.ext', kind: 'plain', content: extension },
  ]);
}
