// What a change does, for people.
import { styleText } from 'node:util';
import type { ChainDifference, Change, PortAnswer } from '@twinpath/api';

type Colour = 'green' | 'red' | 'yellow';
const stream = process.stdout;
const paint = (colour: Colour, text: string) => styleText(colour, text, { stream });
const LONGEST = 120;

/** Empty: nothing would change. */
export function differencesText({
  chains,
  functions,
  ports = [],
}: Pick<Change, 'chains' | 'functions' | 'ports'>): string {
  const lines = [
    ...chains.flatMap(chainLines),
    ...ports.flatMap(portLines),
    ...functions.map((name) => `function ${name}: another version`),
  ];
  return lines.join('\n');
}

const ACTION = { start: 'new', change: 'changed', stop: 'removed' } as const;

function chainLines({ chain, action, differences }: ChainDifference): readonly string[] {
  return [`chain ${chain}: ${ACTION[action]}`, ...differences.map((one) => `  ${lineOf(one)}`)];
}

/** What the host says. */
function portLines({ chain, interface: link, hook, why, notes }: PortAnswer): readonly string[] {
  const first = `chain ${chain}: packets of ${link} would meet it in ${hook ?? 'XDP or tcx'}, because ${why}`;
  return [first, ...notes.map((one) => `  ${one}`)];
}

function lineOf(difference: ChainDifference['differences'][number]): string {
  const at = difference.pointer === '' ? '' : `${difference.pointer}: `;
  switch (difference.op) {
    case 'add':
      return paint('green', `+ ${at}${short(difference.after)}`);
    case 'remove':
      return paint('red', `- ${at}${short(difference.before)}`);
    case 'replace':
      return paint('yellow', `~ ${at}${short(difference.before)} → ${short(difference.after)}`);
  }
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Behind a change that was made. */
export function madeText({ revision, chains, functions, confirmBy, milliseconds }: Change): string {
  if (chains.length === 0 && functions.length === 0) return `Nothing changes: revision ${revision} is what is wanted.`;
  const { check, apply } = milliseconds;
  const made = `Revision ${revision}: checked in ${Math.round(check)} ms, in place after ${Math.round(apply)} ms.`;
  if (confirmBy === undefined) return made;
  return `${made}\nIt goes back by itself at ${new Date(confirmBy).toLocaleTimeString()}. To keep it: twinpath confirm ${revision}`;
}
