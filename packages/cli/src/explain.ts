import { DIAGNOSTICS } from '@twinpath/compiler';
import { EXPLANATIONS, type Explanation } from '@twinpath/compiler/explanations';
import { closest } from './output/closest.ts';
import { UsageError } from './output/command-error.ts';
import { printJson } from './output/json.ts';

/** @throws UsageError for a number that no message has. */
export function explain(number: string, json: boolean): void {
  const code = codeOf(number.toUpperCase());
  if (code === undefined) throw new UsageError(`there is no message ${number}`, hintFor(number.toUpperCase()));
  const { severity, message, hint } = DIAGNOSTICS[code];
  const explanation = EXPLANATIONS[code];
  if (json) printJson({ code, severity, message, hint, ...explanation });
  else process.stdout.write(`${code} (${severity}): ${blanks(message)}\n\n${textOf(explanation, blanks(hint))}`);
}

/** Operands are those of one place in a source. */
const blanks = (template: string) => template.replace(/\{\d\}/g, '…');

function textOf(explanation: Explanation, hint: string): string {
  const text = `  why:     ${explanation.reason}\n  instead: ${hint}\n`;
  if ('none' in explanation) return `${text}  example: none, for ${explanation.none}\n`;
  const { module, files = {} } = explanation.example;
  const others = Object.entries(files).map(([name, other]) => `\nwith ${name}:\n\n${indented(other)}`);
  return `${text}  example:\n\n${indented(module)}${others.join('')}`;
}

const indented = (text: string) => text.replace(/^(?=.)/gm, '    ');

function codeOf(number: string) {
  return codes().find((code) => code === number);
}

function codes() {
  const isCode = (code: string): code is keyof typeof DIAGNOSTICS => code in DIAGNOSTICS;
  return Object.keys(DIAGNOSTICS).filter(isCode);
}

function hintFor(number: string): string {
  const nearest = /^TP\d{4}$/.test(number)
    ? neighboursOf(number)
    : [closest(number, codes())].filter((code) => code !== undefined);
  return nearest.length > 0 ? `did you mean ${nearest.join(' or ')}?` : 'numbers are TP and four digits, as in TP2003';
}

/** The numbers before and behind one that is none. */
function neighboursOf(number: string): readonly string[] {
  const inOrder = codes().toSorted();
  const before = inOrder.findLast((code) => code < number);
  const behind = inOrder.find((code) => code > number);
  return [before, behind].filter((code) => code !== undefined);
}
