import { VnfSpecError } from '../spec/vnf-spec-error.ts';

/** `'100 Mbit/s'`, in steps of a thousand. */
export type BitRate = `${number} ${'' | 'k' | 'M' | 'G'}bit/s`;

const SCALES: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** Whole bits per second. @throws VnfSpecError that names `where`. */
export function parseBitRate(text: string, where: string): number {
  const [, amount, unit = ''] = /^([0-9]+(?:\.[0-9]+)?) ([kMG]?)bit\/s$/.exec(text) ?? [];
  const bitsPerSecond = Math.round(Number(amount) * (SCALES[unit] ?? Number.NaN));
  if (Number.isSafeInteger(bitsPerSecond)) return bitsPerSecond;
  throw new VnfSpecError(where, `'${text}' is not a rate of bits`, "write '100 Mbit/s', '64 kbit/s' or '1.5 Gbit/s'");
}
