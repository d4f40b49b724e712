// Relocated numbers of a fused program. Functions of a chain share most of them (the mark of its packets, interfaces): equal numbers of
// a kind have one name, so that what an earlier function has compared is known to those behind.
import { fusedMapName } from '../abi/fused.ts';
import { CONFIGURED, kindOf, RelocatedNumbers } from '../ir/relocated.ts';
import type { Numbers } from '../ir/types.ts';
import type { Part } from './part.ts';

export interface FusedNumbers {
  /** What the fused program calls a number of a part. */
  readonly nameIn: (part: Pick<Part, 'position'>, name: string) => string;
  readonly relocated: Numbers;
}

export function fuseNumbers(parts: Iterable<Part>): FusedNumbers {
  const numbers = new RelocatedNumbers();
  const names = new Map<string, string>();
  for (const { position, owner, ir } of parts) {
    for (const [name, number] of Object.entries(ir.relocated ?? {})) {
      const kind = kindOf(name);
      names.set(
        `${position} ${name}`,
        numbers.nameOf(kind.startsWith(CONFIGURED) ? fusedMapName(owner, kind) : kind, number),
      );
    }
  }
  return { nameIn: ({ position }, name) => names.get(`${position} ${name}`) ?? name, relocated: numbers.all };
}
