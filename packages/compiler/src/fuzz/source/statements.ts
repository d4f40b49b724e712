import { Expressions, literal, reduced } from './expressions.ts';
import type { Field, Scope, Writing } from './scope.ts';
import { join, type NumberText, type Statement, same, type Text } from './text.ts';

const MAX_DEPTH = 4;
const COUNT64_HIGH = 1n << 62n;

export const FLOW_FIELDS: readonly Field[] = [
  { name: 'word', bits: 32 },
  { name: 'short', bits: 16 },
  { name: 'byte', bits: 8 },
  { name: 'net', bits: 32 },
  { name: 'count', bits: 64 },
];
export const SUM_FIELDS: readonly Field[] = [
  { name: 'total', bits: 64 },
  { name: 'last', bits: 16 },
  { name: 'net', bits: 16 },
];
export const CELL_FIELDS: readonly Field[] = [
  { name: 'count', bits: 64 },
  { name: 'last', bits: 32 },
];

const statement = (...parts: readonly (Text | readonly Statement[])[]): Statement => ({ parts });

export function block(writing: Writing, scope: Scope, most = 5): readonly Statement[] {
  const statements: Statement[] = [];
  let now: Scope = { ...scope, depth: scope.depth + 1 };
  const count = writing.random.integer(1, most);
  for (let made = 0; made < count && writing.budget > 0; made++) {
    writing.budget--;
    const next = one(writing, now);
    statements.push(next.statement);
    now = next.scope ?? now;
  }
  return statements;
}

interface Made {
  readonly statement: Statement;
  /** What may be named behind it, where that is more. */
  readonly scope?: Scope;
}

function one(writing: Writing, scope: Scope): Made {
  const { random } = writing;
  const deep = scope.depth >= MAX_DEPTH;
  const kind = random.integer(0, deep ? 6 : 15);
  const canCall = scope.entry === undefined && !deep;
  if (kind < 3) return assign(writing, scope);
  if (kind < 5) return declare(writing, scope);
  if (kind === 5) return assignSwitch(writing, scope);
  if (kind === 6) return scope.entry === undefined ? assign(writing, scope) : writeField(writing, scope);
  if (kind < 9) return branch(writing, scope);
  if (kind === 9) return scope.inLoop ? branch(writing, scope) : loop(writing, scope);
  if (kind === 10) return choice(writing, scope);
  if (kind === 11) return leave(writing, scope);
  if (kind < 14) return canCall ? lookup(writing, scope) : assign(writing, scope);
  return canCall ? change(writing, scope) : assign(writing, scope);
}

function assign(writing: Writing, scope: Scope): Made {
  const { name, reduce } = writing.random.pick(scope.variables);
  const value = reduced(new Expressions(writing, scope).number(), reduce);
  return { statement: statement(join`${name} = ${value};`) };
}

function declare(writing: Writing, scope: Scope): Made {
  const name = writing.fresh('c');
  const expressions = new Expressions(writing, scope);
  if (writing.random.chance(0.2)) {
    return {
      statement: statement(join`const ${name} = ${expressions.test()};`),
      scope: { ...scope, flags: [...scope.flags, same(name)] },
    };
  }
  const value = expressions.number();
  const declared: NumberText = { ...same(name), low: value.low, high: value.high };
  return {
    statement: statement(join`const ${name} = ${value};`),
    scope: { ...scope, numbers: [...scope.numbers, declared] },
  };
}

function assignSwitch(writing: Writing, scope: Scope): Made {
  return {
    statement: statement(join`${writing.random.pick(scope.switches)} = ${new Expressions(writing, scope).test()};`),
  };
}

function branch(writing: Writing, scope: Scope): Made {
  const head = join`if (${new Expressions(writing, scope).test()}) {\n`;
  const then = block(writing, scope);
  if (writing.random.chance(0.4)) return { statement: statement(head, then, same('}')) };
  return { statement: statement(head, then, same('} else {\n'), block(writing, scope), same('}')) };
}

function loop(writing: Writing, scope: Scope): Made {
  const { random } = writing;
  const name = writing.fresh('i');
  const rounds = random.pick([2, 3, 6, 8, 12]);
  const head = {
    ts: `for (let ${name} = 0; ${name} < ${rounds}; ${name}++) {\n`,
    js: `for (let ${name} = 0n; ${name} < ${rounds}n; ${name}++) {\n`,
  };
  const counter: NumberText = { ...same(name), low: 0n, high: BigInt(rounds - 1) };
  const inner = { ...scope, numbers: [...scope.numbers, counter], inLoop: true };
  const ending = random.chance(0.4)
    ? [statement(join`if (${new Expressions(writing, inner).test()}) ${random.pick(['break', 'continue'])};`)]
    : [];
  return { statement: statement(head, [...ending, ...block(writing, inner, 3)], same('}')) };
}

function choice(writing: Writing, scope: Scope): Made {
  const value = reduced(new Expressions(writing, scope).number(2), 'modulo');
  const label = (at: number) => join`case ${literal(BigInt(at))}: {\n`;
  const falls = writing.random.chance(0.3);
  return {
    statement: statement(
      join`switch ((${value}) % ${literal(3n)}) {\n`,
      label(0),
      block(writing, scope, 2),
      same(falls ? '}\n' : 'break; }\n'),
      label(1),
      block(writing, scope, 2),
      same('break; }\ndefault: {\n'),
      block(writing, scope, 2),
      same('} }'),
    ),
  };
}

function leave(writing: Writing, scope: Scope): Made {
  const verdict = writing.random.pick(['drop', 'next', 'stack']);
  return { statement: statement(join`if (${new Expressions(writing, scope).test()}) return ${verdict};`) };
}

export function fieldText(entry: string, { name, bits }: Field): NumberText {
  const high = bits === 64 ? COUNT64_HIGH : (1n << BigInt(bits)) - 1n;
  return { ...same(`${entry}.${name}`), low: 0n, high };
}

/** Counts never get negative; others are cut to their width. */
function fieldValue(writing: Writing, scope: Scope, { bits }: Field): NumberText {
  const value = new Expressions(writing, scope).number(2);
  return bits === 64 ? reduced(value, 'word') : value;
}

function writeField(writing: Writing, scope: Scope): Made {
  const { entry } = scope;
  if (entry === undefined) return assign(writing, scope);
  if (entry.table === 'flows' && writing.random.chance(0.15)) {
    return { statement: statement(join`${entry.name}.on = ${new Expressions(writing, scope).test(1)};`) };
  }
  const field = writing.random.pick(entry.fields);
  const operator = writing.random.chance(0.4) ? '+=' : '=';
  const value = fieldValue(writing, scope, field);
  return { statement: statement(join`${entry.name}.${field.name} ${operator} ${value};`) };
}

function withEntry(scope: Scope, name: string, table: 'flows' | 'sums' | 'cells'): Scope {
  const fields = { flows: FLOW_FIELDS, sums: SUM_FIELDS, cells: CELL_FIELDS }[table];
  return {
    ...scope,
    numbers: [...scope.numbers, ...fields.map((field) => fieldText(name, field))],
    flags: table === 'flows' ? [...scope.flags, same(`${name}.on`)] : scope.flags,
    entry: { name, table, fields },
  };
}

/** Few values, so that packets meet entries; now and then any, cut to the field's width. */
function key(writing: Writing, scope: Scope): Text {
  const part = () => {
    const value = reduced(new Expressions(writing, scope).number(1), 'modulo');
    return writing.random.chance(0.8) ? join`(${value}) % ${literal(3n)}` : value;
  };
  return join`{ a: ${part()}, b: ${part()} }`;
}

function value(writing: Writing, scope: Scope): Text {
  const fields = FLOW_FIELDS.map((field) => join`${field.name}: ${fieldValue(writing, scope, field)}`);
  const [first, ...rest] = fields;
  const all = rest.reduce((text, next) => join`${text}, ${next}`, first ?? same(''));
  return join`{ ${all}, on: ${new Expressions(writing, scope).test(1)} }`;
}

function lookup(writing: Writing, scope: Scope): Made {
  const { random } = writing;
  const name = writing.fresh('e');
  const table = random.pick(['flows', 'flows', 'sums', 'cells'] as const);
  const index = reduced(new Expressions(writing, scope).number(2), 'word');
  const found =
    table === 'flows' ? join`flows.lookup(${key(writing, scope)})` : join`${table}.at((${index}) % ${literal(5n)})`;
  const hit = block(writing, withEntry(scope, name, table));
  const miss = random.chance(0.6) ? [same('} else {\n'), block(writing, scope, 3)] : [];
  return { statement: statement(join`const ${name} = ${found};\nif (${name}) {\n`, hit, ...miss, same('}')) };
}

/** An entry made, replaced or removed; whether it was is known behind it. */
function change(writing: Writing, scope: Scope): Made {
  const { random } = writing;
  const name = writing.fresh('c');
  const verb = random.pick(['insert', 'put', 'put', 'remove']);
  const operands = verb === 'remove' ? key(writing, scope) : join`${key(writing, scope)}, ${value(writing, scope)}`;
  return {
    statement: statement(join`const ${name} = flows.${verb}(${operands});`),
    scope: { ...scope, flags: [...scope.flags, same(name)] },
  };
}
