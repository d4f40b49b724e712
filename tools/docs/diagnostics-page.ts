// docs/reference/diagnostics.md: every message with its reason, an example and a way out. Messages are those that the compiler
// gives for the example.
import { basename } from 'node:path';
import { DIAGNOSTICS, type Diagnostic, type DiagnosticCode } from '@twinpath/compiler';
import { EXPLANATIONS } from '@twinpath/compiler/explanations';
import { diagnosticsOf, ENTRY } from './compile.ts';

const CHAPTERS: Readonly<Record<string, string>> = {
  TP1: 'Files, modules, and what of TypeScript the fast path has',
  TP2: 'Values, exact integers, loops',
  TP3: 'Packets, headers and the values in them',
  TP4: 'Tables and counters',
  TP5: 'Verdicts, reasons and hooks',
  TP9: 'The back end and the kernel',
};

const HEAD = `# Messages of the compiler

Every message has a number; numbers are never used again. \`twinpath explain TP2002\` prints what stands here. The messages below
are those that the compiler gives for the example; \`…\` stands for what depends on the source where there is no example.

This page is made by \`npm run docs\` from the tables in \`packages/compiler/src\`; a test holds each example to its message.
`;

export async function diagnosticsPage(): Promise<string> {
  const chapters: string[] = [];
  for (const [start, title] of Object.entries(CHAPTERS)) {
    chapters.push(`\n## ${title}\n`);
    for (const code of codes()) if (code.startsWith(start)) chapters.push(await section(code));
  }
  return HEAD + chapters.join('');
}

/** In the order of their numbers. */
export function codes(): readonly DiagnosticCode[] {
  const isCode = (code: string): code is DiagnosticCode => code in DIAGNOSTICS;
  return Object.keys(DIAGNOSTICS).filter(isCode).toSorted();
}

async function section(code: DiagnosticCode): Promise<string> {
  const explanation = EXPLANATIONS[code];
  const { severity, message, hint } = DIAGNOSTICS[code];
  const title = `\n### ${code}\n\n`;
  if ('none' in explanation) {
    const none = `No example: ${explanation.none}.`;
    const general = fenced('text', `${severity} ${code}: ${blanks(message)}\n`);
    return `${title}${general}\n${explanation.reason}\n\n${none}\n\nWay out: ${blanks(hint)}.\n`;
  }
  const { module, files = {} } = explanation.example;
  const given = (await exampleDiagnostics(code)).find((diagnostic) => diagnostic.code === code);
  if (given === undefined) throw new Error(`the example of ${code} does not give it`);
  const others = Object.entries(files).map(([name, text]) => `\nwith \`${name}\`:\n\n${fenced('ts', text)}`);
  const printed = fenced('text', textOf(given));
  const sources = `${fenced('ts', module)}${others.join('')}`;
  return `${title}${printed}\n${explanation.reason}\n\n${sources}\nWay out: ${given.hint}.\n`;
}

const textOf = ({ code, severity, file, line, column, message, frame }: Diagnostic) =>
  `${basename(file)}:${line}:${column} - ${severity} ${code}: ${message}\n${frame}\n`;

/** What the compiler says of the example. */
export async function exampleDiagnostics(code: DiagnosticCode) {
  const explanation = EXPLANATIONS[code];
  if ('none' in explanation) return [];
  const { module, files } = explanation.example;
  // The one message that is about a kernel.
  return diagnosticsOf({ ...files, [ENTRY]: module }, { knowsChecksums: code !== 'TP5005' });
}

const blanks = (template: string) => template.replace(/\{\d\}/g, '…');
const fenced = (language: string, text: string) => `\`\`\`${language}\n${text}\`\`\`\n`;
