// Gives names to a value or to its fields.

import type { Evaluation } from '../core/evaluation.ts';
import { property } from '../expressions/property.ts';
import type { Path } from '../path.ts';
import { withVariable } from '../paths/edit.ts';
import type { Expression } from '../syntax/expression.ts';
import type { Pattern } from '../syntax/statement.ts';
import type { Value } from '../value.ts';

/** `byDefault`: instead of `undefined`. */
export function bind(
  e: Evaluation,
  path: Path,
  pattern: Pattern,
  value: Value,
  byDefault: Expression | undefined,
): readonly Path[] {
  if (value.kind === 'undefined' && byDefault !== undefined) {
    return e.evaluate(path, byDefault).flatMap((given) => bind(e, given.path, pattern, given.value, undefined));
  }
  switch (pattern.kind) {
    case 'name':
      return [withVariable(path, pattern.declaration.key, value)];
    case 'fields':
      return pattern.fields.reduce<readonly Path[]>(
        (paths, field) =>
          paths.flatMap((on) =>
            property(e, on, value, field.name, {
              ...field,
              object: { ...field, kind: 'literal', value: undefined },
            }).flatMap((taken) => bind(e, taken.path, field.pattern, taken.value, field.byDefault)),
          ),
        [path],
      );
    case 'refused':
      return e.fail(e.at(pattern), pattern.code, ...pattern.operands);
  }
}
