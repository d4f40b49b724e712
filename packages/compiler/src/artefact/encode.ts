// The front end's syntax as JSON. It is plain data but for maps, bigints, and objects that several places share (a variable's
// declaration and its uses), which must be one again when it is read:
//
//   Map      { "$map": [[key, value], …] }
//   bigint   { "$bigint": "12" }
//   number   { "$number": "Infinity" } where JSON has none (slow paths write Infinity and NaN)
//   shared   { "$ref": n }: entry n of the list of shared objects
//
// Members that are undefined are left out. No member of the syntax begins with $.

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What to write, or to make, instead of an object; called for each once. */
export type Replace = (object: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

export interface Encoded {
  readonly root: Json;
  readonly shared: readonly Json[];
}

export function encode(root: unknown, replace: Replace): Encoded {
  const encoder = new Encoder(root, replace);
  return { root: encoder.value(root), shared: encoder.shared };
}

class Encoder {
  readonly shared: Json[] = [];
  readonly #replace: Replace;
  readonly #seen = new Map<object, number>();
  readonly #numbers = new Map<object, number>();

  constructor(root: unknown, replace: Replace) {
    this.#replace = replace;
    this.#count(root);
  }

  value(value: unknown): Json {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) };
    if (typeof value === 'bigint') return { $bigint: String(value) };
    if (typeof value !== 'object') throw new Error(`${typeof value} ${String(value)} has no JSON`);
    return this.#seen.get(value) === 1 ? this.#object(value) : { $ref: this.#number(value) };
  }

  #count(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const seen = this.#seen.get(value) ?? 0;
    this.#seen.set(value, seen + 1);
    if (seen === 0) for (const member of membersOf(value)) this.#count(member);
  }

  #number(object: object): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) return known;
    const number = this.shared.push(null) - 1;
    this.#numbers.set(object, number);
    this.shared[number] = this.#object(object);
    return number;
  }

  #object(object: object): Json {
    if (Array.isArray(object)) return object.map((element) => this.value(element));
    if (object instanceof Map) return { $map: [...object].map(([key, value]) => [this.value(key), this.value(value)]) };
    const members = Object.entries(this.#replace({ ...object })).filter(([, value]) => value !== undefined);
    return Object.fromEntries(members.map(([name, value]) => [name, this.value(value)]));
  }
}

function membersOf(object: object): readonly unknown[] {
  if (object instanceof Map) return [...object].flat();
  return Object.values(object);
}

/** The reverse. What comes out has the shape of what went in, if the JSON is what `encode` made. */
export function decode({ root, shared }: Encoded, replace: Replace): unknown {
  const made = new Map<number, unknown>();
  const value = (json: Json): unknown => {
    if (typeof json !== 'object' || json === null) return json;
    if (isList(json)) return json.map(value);
    const { $ref, $map, $bigint, $number } = json;
    if (typeof $ref === 'number') return ref($ref);
    if (typeof $bigint === 'string') return BigInt($bigint);
    if (typeof $number === 'string') return Number($number);
    if ($map !== undefined && isList($map)) return new Map($map.map(pair));
    return replace(Object.fromEntries(Object.entries(json).map(([name, member]) => [name, value(member)])));
  };
  const pair = (json: Json): [unknown, unknown] =>
    isList(json) ? [value(json[0] ?? null), value(json[1] ?? null)] : [json, json];
  const ref = (number: number): unknown => {
    if (!made.has(number)) made.set(number, value(shared[number] ?? null));
    return made.get(number);
  };
  return value(root);
}

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);
