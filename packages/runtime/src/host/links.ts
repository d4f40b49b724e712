import { BpfLink, BpfProgram, type LinkInfo, listBpfLinks } from '@twinpath/ebpf';
import { isSyscallError } from '@twinpath/linux';
import { PROGRAM_PREFIX } from './paths.ts';

/** A link of ours, attached or not any more. */
export interface OurLink extends LinkInfo {
  /** Name of its program. */
  readonly program: string;
}

/** Links whose programs have names of ours, in all network namespaces, whoever holds them. */
export function ourLinks(): OurLink[] {
  return listBpfLinks()
    .map((info) => ({ ...info, program: programOf(info) }))
    .filter(({ program }) => program.startsWith(PROGRAM_PREFIX));
}

/** Ends an attachment by its number; `undefined`: there is no such link of ours any more. */
export function detachLink(id: number): OurLink | undefined {
  try {
    using link = BpfLink.fromId(id);
    return detach(link);
  } catch (error) {
    if (isSyscallError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Ends the attachment of a pinned link; the pin stays. */
export function detachPinned(path: string): OurLink {
  using link = BpfLink.fromPin(path);
  const info = link.info();
  const found = { ...info, program: programOf(info) };
  link.detach();
  return found;
}

function detach(link: BpfLink): OurLink | undefined {
  const info = link.info();
  const program = programOf(info);
  if (!program.startsWith(PROGRAM_PREFIX)) return undefined;
  link.detach();
  return { ...info, program };
}

/** Empty for a program that is gone, or of a type that is not ours. */
function programOf({ type, programId }: LinkInfo): string {
  if (type === 'other') return '';
  try {
    using program = BpfProgram.fromId(programId);
    return program.name;
  } catch (error) {
    if (isSyscallError(error, 'ENOENT')) return '';
    throw error;
  }
}
