// docs/reference/language.md names what the intrinsics have: no more, no less.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from './intrinsics/functions/index.ts';
import { tableVerbs } from './intrinsics/tables/index.ts';
import { VIEWS } from './intrinsics/views.ts';

const page = readFileSync(fileURLToPath(new URL('../../../../docs/reference/language.md', import.meta.url)), 'utf8');
const sections = new Map(
  page.split(/^##+ /m).map((section) => {
    const [title = '', ...lines] = section.split('\n');
    return [title, lines] as const;
  }),
);

const rowsOf = (title: string) =>
  (sections.get(title) ?? [])
    .filter((line) => line.startsWith('|') && !line.startsWith('|---'))
    .slice(1)
    .map((line) => line.split('|').map((cell) => cell.trim()));

const namesIn = (cell = '') => [...cell.matchAll(/`([\w.]+)/g)].map(([, name = '']) => name);

describe.each([...VIEWS.values()].filter(({ title }) => title !== 'header'))('$title', (view) => {
  it('has these members, and these can be assigned', () => {
    const rows = rowsOf(view.title);
    const members = rows.flatMap(([, names]) => namesIn(names));
    const methods = rows.flatMap(([, names]) => [...(names ?? '').matchAll(/`(\w+)\(\)`/g)].map(([, name]) => name));
    const writable = rows.flatMap(([, names, type]) => (type?.endsWith(', w') === true ? namesIn(names) : []));
    expect(members.toSorted()).toEqual([...Object.keys(view.properties), ...Object.keys(view.methods)].toSorted());
    expect(methods.toSorted()).toEqual(Object.keys(view.methods).toSorted());
    expect(writable.toSorted()).toEqual(Object.keys(view.setters ?? {}).toSorted());
  });
});

it('tables have these verbs', () => {
  const said = new Map<string, string[]>();
  let kind = '';
  for (const [, table, verb] of rowsOf('Tables')) {
    [kind = kind] = namesIn(table);
    said.set(kind, [...(said.get(kind) ?? []), ...namesIn(verb)]);
  }
  expect(Object.fromEntries(said)).toEqual(tableVerbs());
});

it('every function that a fast path may call is named', () => {
  const named = new Set(namesIn(page));
  expect([...FUNCTIONS.keys()].filter((name) => !named.has(name))).toEqual([]);
});
