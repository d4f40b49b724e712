// JSON Pointer (RFC 6901), over plain JSON.

export type Path = readonly (string | number)[];

/** `/rules/0/action`; the whole is the empty text. */
export function pointerText(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Names of members and, as texts, numbers of elements. `undefined`: it is no pointer. */
export function pointerSteps(pointer: string): readonly string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What is at a place. `undefined`: nothing, which no JSON value is. */
export function valueAt(whole: unknown, steps: readonly string[]): unknown {
  return steps.reduce(memberOf, whole);
}

/**
 * A copy in which `value` stands at a place, whatever stood there; `-` is the place behind a list's last element (RFC 6901 §4).
 * `undefined`: there is nothing that it could be a member of.
 */
export function withValueAt(whole: unknown, steps: readonly string[], value: unknown): unknown {
  const [step, ...inner] = steps;
  if (step === undefined) return value;
  if (Array.isArray(whole)) {
    const index = step === '-' ? whole.length : indexText(step);
    if (index === undefined || index > whole.length) return undefined;
    const changed = withValueAt(whole[index], inner, value);
    return changed === undefined ? undefined : [...whole.slice(0, index), changed, ...whole.slice(index + 1)];
  }
  if (!isRecord(whole)) return undefined;
  const changed = withValueAt(memberOf(whole, step), inner, value);
  return changed === undefined ? undefined : withMember(whole, step, changed);
}

/** A copy without what is at a place. `undefined`: nothing is. */
export function withoutValueAt(whole: unknown, steps: readonly string[]): unknown {
  const last = steps.at(-1);
  const parent = valueAt(whole, steps.slice(0, -1));
  if (last === undefined || memberOf(parent, last) === undefined) return undefined;
  const rest = Array.isArray(parent)
    ? parent.filter((_, index) => index !== Number(last))
    : Object.fromEntries(Object.entries(isRecord(parent) ? parent : {}).filter(([name]) => name !== last));
  return withValueAt(whole, steps.slice(0, -1), rest);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Also of a member called `__proto__`, which an assignment would not make. */
function withMember(record: Readonly<Record<string, unknown>>, name: string, value: unknown): object {
  return Object.fromEntries([...Object.entries(record).filter(([other]) => other !== name), [name, value]]);
}

function memberOf(value: unknown, step: string): unknown {
  if (Array.isArray(value)) {
    const index = indexText(step);
    return index === undefined ? undefined : value[index];
  }
  return isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

const indexText = (step: string): number | undefined => (/^(0|[1-9]\d{0,8})$/.test(step) ? Number(step) : undefined);
