import { VnfSpecError } from '../spec/vnf-spec-error.ts';

/** @throws VnfSpecError */
export function checkSnap(snap: number, where: string): void {
  if (Number.isInteger(snap) && snap >= 14 && snap <= 65_535) return;
  const hint = 'give 14 to 65535, or leave it out';
  throw new VnfSpecError(`${where}, snap`, `${snap} is no number of bytes of a packet`, hint);
}
