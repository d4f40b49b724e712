// `===` of addresses, names and texts: by words, in the order of memory, one branch each.
import { configured, isConfigured } from '../configured.ts';
import type { Lowering } from '../lowering.ts';
import type { Path, Sides, Site } from '../path.ts';
import type { Value, Word } from '../value.ts';
import { Code, n } from './code.ts';
import { bytesOfConstant, constantWords } from './memory/bytes.ts';
import { describe, numberOf } from './names.ts';

type Bytes = Extract<Value, { kind: 'bytes' }>;
type Name = Extract<Value, { kind: 'name' }>;

const known = (path: Path, equal: boolean): Sides =>
  equal ? { then: path, otherwise: undefined } : { then: undefined, otherwise: path };

export function equal(lowering: Lowering, path: Path, left: Value, right: Value, site: Site): Sides {
  if (left.kind === 'bytes') return bytesEqual(lowering, path, left, right, site);
  if (right.kind === 'bytes') return bytesEqual(lowering, path, right, left, site);
  if (left.kind === 'name') return nameEquals(lowering, path, left, right, site);
  if (right.kind === 'name') return nameEquals(lowering, path, right, left, site);
  if (left.kind === 'opaque' || right.kind === 'opaque') return opaqueEqual(lowering, path, left, right, site);
  if (left.kind === 'verdict' && right.kind === 'verdict') return known(path, left.verdict === right.verdict);
  return known(path, left.kind === 'constant' && right.kind === 'constant' && left.value === right.value);
}

function bytesEqual(lowering: Lowering, path: Path, left: Bytes, right: Value, site: Site): Sides {
  const code = new Code(lowering, path);
  if (right.kind === 'undefined') return known(path, false);
  if (right.kind === 'bytes') {
    // Values of another kind or family are another value.
    if (right.type !== left.type) return known(path, false);
    return allEqual(
      code,
      left.words,
      right.words.map(({ id }) => id),
    );
  }
  const text = right.kind === 'constant' && typeof right.value === 'string' ? right.value : undefined;
  if (text === undefined) return lowering.fail(site, 'TP3010', left.type, right.kind);
  const size = left.words.reduce((sum, { width }) => sum + width / 8, 0);
  const bytes = bytesOfConstant(left.type, text, size);
  if (bytes === undefined) return known(path, false);
  const words = constantWords(
    bytes,
    left.words.map(({ width }) => width),
  );
  const ids = words.map((word, index) => {
    if (!isConfigured(right)) return code.id(n(word));
    const { width } = left.words[index] ?? { width: 64 };
    const options = { what: ` ${index}`, width: width === 64 ? 64 : 32 } as const;
    return configured(lowering, path, right, BigInt.asUintN(width, word), options);
  });
  return allEqual(code, left.words, ids);
}

function allEqual(start: Code, left: readonly Word[], right: readonly number[]): Sides {
  const different: Path[] = [];
  let code = start;
  for (const [index, { id }] of left.entries()) {
    const other = right[index];
    if (other === undefined) throw new Error('values of one type have as many words');
    const sides = code.when('eq', id, other);
    different.push(sides.otherwise.path);
    code = sides.then;
  }
  const [otherwise] = start.lowering.joinPaths(different);
  return { then: code.path, otherwise };
}

function nameEquals(lowering: Lowering, path: Path, left: Name, right: Value, site: Site): Sides {
  const code = new Code(lowering, path);
  const compare = (id: number): Sides => {
    const { then, otherwise } = code.when('eq', left.id, id);
    return { then: then.path, otherwise: otherwise.path };
  };
  if (right.kind === 'undefined') return known(path, false);
  if (right.kind === 'name') {
    if (describe(left.domain) === describe(right.domain)) return compare(right.id);
    return commonNames(code, left, right, site);
  }
  if (right.kind === 'integer') return compare(right.id);
  if (right.kind !== 'constant' || (typeof right.value !== 'string' && typeof right.value !== 'number')) {
    return lowering.fail(site, 'TP3010', left.domain.kind, right.kind);
  }
  const number = numberOf(left.domain, right.value);
  if (number === undefined) {
    // A name of another enumeration that the author's type also allows (`rule?.action ?? otherwise`) is another value.
    if (left.domain.kind === 'enum' || left.domain.kind === 'port') return known(path, false);
    return lowering.fail(site, 'TP3007', String(right.value), left.domain.kind);
  }
  return compare(code.id(n(number)));
}

/** Two enumerations meet: equal where both show the same name. */
function commonNames(start: Code, left: Name, right: Name, site: Site): Sides {
  if (left.domain.kind !== 'enum' || right.domain.kind !== 'enum') {
    return start.lowering.fail(site, 'TP3001', describe(left.domain), describe(right.domain));
  }
  const { names } = right.domain;
  const equalPaths: Path[] = [];
  const different: Path[] = [];
  let code = start;
  for (const [index, name] of left.domain.names.entries()) {
    const other = names.indexOf(name);
    if (other < 0) continue;
    const mine = code.when('eq', left.id, n(index));
    const both = mine.then.when('eq', right.id, n(other));
    equalPaths.push(both.then.path);
    different.push(both.otherwise.path);
    code = mine.otherwise;
  }
  const { lowering } = start;
  const [then] = lowering.joinPaths(equalPaths);
  const [otherwise] = lowering.joinPaths([...different, code.path]);
  return { then, otherwise };
}

function opaqueEqual(lowering: Lowering, path: Path, left: Value, right: Value, site: Site): Sides {
  const id = (value: Value): number => {
    if (value.kind === 'opaque') return value.id;
    if (value.kind === 'constant' && typeof value.value === 'bigint')
      return lowering.constant(path, BigInt.asIntN(64, value.value));
    return lowering.fail(site, 'TP3010', 'u64', value.kind);
  };
  const { then, otherwise } = new Code(lowering, path).when('eq', id(left), id(right));
  return { then: then.path, otherwise: otherwise.path };
}
