// docs/reference/functions.md: what every function of the library takes and shows, from its declaration.
import { importVnf } from '@twinpath/compiler';
import { describe } from '@twinpath/daemon/functions';
import { libraryFunctions } from '@twinpath/functions';
import { cell, schemaRows } from './schema-rows.ts';

const HEAD = `# Functions of the library

What each takes as \`config\` of a chain, and what it shows: from its declaration, as \`twinpath get function NAME\` tells it too. What the members
mean, with examples, is in the README of each. \`[]\` stands for each entry of a list, \`*\` for a name of your own; \`several forms\`: the
README says which.

This page is made by \`npm run docs\`; a test holds it to the code.
`;

export async function functionsPage(): Promise<string> {
  const sections = [...libraryFunctions()].toSorted().map(([name, file]) => section(name, file));
  return HEAD + (await Promise.all(sections)).join('');
}

async function section(name: string, file: string): Promise<string> {
  const { info } = describe((await importVnf(file)).spec);
  const ports =
    info.ports === 'transparent'
      ? 'in line'
      : Array.isArray(info.ports)
        ? `ports ${info.ports.join(', ')}`
        : 'ports as many as it is given';
  const parts = [
    `\n## ${name}\n\n${info.summary ?? ''}: ${ports}. [README](../../packages/functions/src/${name}/README.md)\n`,
    table(
      'configuration',
      ['member', 'type', 'default'],
      schemaRows(info.config ?? {}).map((row) => [
        `\`${row.path}\``,
        row.type,
        row.byDefault === '' ? (row.required ? 'required' : '') : `\`${row.byDefault}\``,
      ]),
    ),
    table(
      'tables',
      ['table', 'kind', 'most entries', 'key', 'value'],
      info.tables.map(({ name: path, kind, max, key, value, durable }) => [
        `\`${path}\``,
        durable ? `${kind}, durable` : kind,
        String(max),
        key.join(', '),
        value.join(', '),
      ]),
    ),
    table(
      'counters',
      ['counter', 'counts'],
      info.counters.map((one) => [`\`${one.name}\``, one.help]),
    ),
    table(
      'reasons',
      ['reason', 'kind'],
      info.reasons.map((one) => [`\`${one.name}\``, one.kind]),
    ),
    table(
      'operations',
      ['operation', 'does', 'takes'],
      info.operations.map(({ name: operation, help, input }) => [
        `\`${operation}\``,
        help,
        schemaRows(input)
          .map(({ path, type }) => `\`${path}\`: ${type}`)
          .join('; '),
      ]),
    ),
  ];
  return parts.join('');
}

function table(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |\n`;
  const head = line(header) + line(header.map(() => '---'));
  return `\n**${title}**\n\n${head}${rows.map(line).join('')}`;
}
