// A nested part of an entry as a record of values: `ip.rewrite(session.to)`, `reverse(session.to)`.
import type { LayoutField } from '@twinpath/vnf/layout';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { loadField } from '../memory/decode.ts';
import { loadWords } from '../packet/field.ts';
import { returnAborted } from '../return-codes.ts';
import type { Entry } from './entry.ts';

/** First half of an IPv4 address in 16 bytes (vnf's layout/tagged-ip.ts), as it lies in memory. */
const TAG = 0xff;

/** Its addresses are all of one family: that of the key that led to it, or else one of two, on a path each. An entry that
 *  holds others contradicts itself; the packet is dropped. Other values stay as they are. */
export function asRecord(lowering: Lowering, path: Path, value: Value | undefined): readonly Outcome[] {
  if (value?.kind !== 'entry') return [{ path, value: value ?? UNDEFINED }];
  const fields = value.layout.fields.filter(
    (field) =>
      field.path.length === value.prefix.length + 1 && value.prefix.every((name, at) => field.path[at] === name),
  );
  const start = new Code(lowering, path);
  const [first] = fields.filter(({ type }) => type.kind === 'ip');
  if (first === undefined) return [load(start, value, fields, undefined)];
  if (value.family !== undefined) return [load(start, value, fields, value.family)];
  const sides = start.when('eq', start.load(value.pointer, first.offset, 64), n(TAG));
  return [load(sides.then, value, fields, 4), load(sides.otherwise, value, fields, 6)];
}

function load(start: Code, entry: Entry, fields: readonly LayoutField[], family: 4 | 6 | undefined): Outcome {
  let code = start;
  const values = new Map<string, Value>();
  for (const field of fields) {
    const name = field.path.at(-1) ?? '';
    if (field.type.kind !== 'ip') {
      values.set(name, loadField(code, entry.pointer, field));
      continue;
    }
    const tag = code.when(
      'eq',
      code.load(entry.pointer, field.offset, 64),
      n(TAG),
      family === 4 ? 'then' : 'otherwise',
    );
    const [right, wrong] = family === 4 ? [tag.then, tag.otherwise] : [tag.otherwise, tag.then];
    returnAborted(wrong);
    code = right;
    const [offset, size] = family === 4 ? [field.offset + 12, 4] : [field.offset, 16];
    const words = loadWords(code, entry.pointer, offset, size);
    values.set(name, { kind: 'bytes', type: family === 4 ? 'ip4' : 'ip6', words });
  }
  return { path: code.path, value: { kind: 'record', fields: values } };
}
