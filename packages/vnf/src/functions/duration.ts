import { VnfSpecError } from '../spec/vnf-spec-error.ts';

/** `'300 ms'`, `'30 s'`, `'5 min'`. */
export type Duration = `${number} ${'ns' | 'us' | 'ms' | 's' | 'min' | 'h' | 'd'}`;

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1_000,
  ms: 1_000_000,
  s: 1_000_000_000,
  min: 60_000_000_000,
  h: 3_600_000_000_000,
  d: 86_400_000_000_000,
};

/** Whole nanoseconds; a constant of the fast path. @throws VnfSpecError */
export function duration(text: Duration): number {
  return parseDuration(text, 'duration()');
}

/** @throws VnfSpecError that names `where`. */
export function parseDuration(text: string, where: string): number {
  const [, amount, unit = ''] = /^([0-9]+(?:\.[0-9]+)?) ([a-z]+)$/.exec(text) ?? [];
  const scale = NANOSECONDS[unit];
  if (amount === undefined || scale === undefined) throw bad(text, where, 'it is not a number, a space and a unit');
  const nanoseconds = Math.round(Number(amount) * scale);
  if (!Number.isSafeInteger(nanoseconds)) throw bad(text, where, 'it is longer than 104 days, the most a number holds');
  return nanoseconds;
}

function bad(text: string, where: string, why: string): VnfSpecError {
  const units = Object.keys(NANOSECONDS).join(', ');
  return new VnfSpecError(where, `'${text}' is not a duration: ${why}`, `write it as '30 s'; units are ${units}`);
}
