// Record literals: tuples of values, never objects.

import { describe } from '../core/describe.ts';
import { type Evaluation, each } from '../core/evaluation.ts';
import { knownValue } from '../core/names.ts';
import type { Outcome, Path } from '../path.ts';
import type { RecordEntry } from '../syntax/expression.ts';
import type { Value } from '../value.ts';

type Fields = ReadonlyMap<string, Value>;

export function record(e: Evaluation, path: Path, entries: readonly RecordEntry[]): readonly Outcome[] {
  let drafts: readonly { readonly path: Path; readonly fields: Fields }[] = [{ path, fields: new Map() }];
  for (const entry of entries) {
    drafts = drafts.flatMap(({ path: before, fields }) =>
      e.evaluate(before, entry.value).flatMap(({ path: after, value }) => withEntry(e, after, fields, entry, value)),
    );
  }
  return drafts.map(({ path: end, fields }) => ({ path: end, value: { kind: 'record', fields } }));
}

function withEntry(e: Evaluation, path: Path, fields: Fields, entry: RecordEntry, value: Value) {
  if (entry.kind === 'field') return [{ path, fields: new Map(fields).set(entry.name, value) }];
  return spread(e, path, entry, value).map(({ path: after, value: whole }) => {
    const more = whole.kind === 'record' ? whole.fields : new Map<string, Value>();
    return { path: after, fields: new Map([...fields, ...more]) };
  });
}

/** All fields of what is spread, read now. */
function spread(e: Evaluation, path: Path, entry: RecordEntry, value: Value): readonly Outcome[] {
  switch (value.kind) {
    case 'record':
    case 'undefined':
      return [{ path, value }];
    case 'object': {
      const known = Object.entries(value.value).map(([name, field]) => [name, knownValue(field)] as const);
      return [{ path, value: { kind: 'record', fields: new Map(known) } }];
    }
    case 'entry': {
      const site = e.at(entry.value);
      const names = new Set(
        value.layout.fields
          .filter((field) => value.prefix.every((part, depth) => field.path[depth] === part))
          .map((field) => field.path[value.prefix.length] ?? ''),
      );
      return [...names].reduce<readonly Outcome[]>(
        (drafts, name) =>
          each(drafts, (before, draft) =>
            each(e.intrinsics.property(e, before, value, name, site), (after, field) => [
              { path: after, value: { kind: 'record', fields: new Map([...fieldsOf(draft), [name, field]]) } },
            ]),
          ),
        [{ path, value: { kind: 'record', fields: new Map() } }],
      );
    }
    default:
      return e.fail(e.at(entry.value), 'TP1057', e.textOf(entry.value), describe(value));
  }
}

const fieldsOf = (value: Value): Fields => (value.kind === 'record' ? value.fields : new Map());
