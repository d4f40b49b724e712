import { DIAGNOSTICS } from '@twinpath/compiler';
import { closest } from './output/closest.ts';
import { UsageError } from './output/command-error.ts';
import { printJson } from './output/json.ts';

/** @throws UsageError for a number that no message has. */
export function explain(number: string, json: boolean): void {
  const code = number.toUpperCase();
  const found = Object.entries(DIAGNOSTICS).find(([known]) => known === code);
  if (found === undefined) {
    const meant = closest(code, Object.keys(DIAGNOSTICS));
    const hint = meant ? `did you mean ${meant}?` : 'numbers are TP and four digits, as in TP2003';
    throw new UsageError(`there is no message ${number}`, hint);
  }
  const { severity, message, hint } = found[1];
  if (json) printJson({ code, severity, message, hint });
  else process.stdout.write(`${code} (${severity})\n  message: ${message}\n  hint:    ${hint}\n`);
}
