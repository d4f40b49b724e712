import { VnfSpecError } from '../spec/vnf-spec-error.ts';

/** `'1000/s'`: events per second. */
export type Rate = `${number}/s`;

/** Whole events per second, 1 to 2³² − 1. @throws VnfSpecError that names `where`. */
export function parseRate(text: string, where: string): number {
  const [, amount = ''] = /^([0-9]+)\/s$/.exec(text) ?? [];
  const perSecond = Number(amount);
  if (amount !== '' && perSecond >= 1 && perSecond <= 0xffff_ffff) return perSecond;
  const why = amount === '' ? "it is not a whole number and '/s'" : 'it is not within 1 and 4294967295';
  throw new VnfSpecError(where, `'${text}' is not a rate: ${why}`, "write it as '1000/s'");
}
