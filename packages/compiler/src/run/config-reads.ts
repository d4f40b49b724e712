// Which members of a configuration programs were made of: the front end looks at it through this, and another configuration in which
// those are the same gives the same programs. Lists that only `configure` reads may change then, and nothing is compiled.

/** One member that was read, by the names that lead to it. Plain data. */
export interface ConfigRead {
  readonly path: readonly string[];
  /** Which members it has was read, too. */
  readonly keys: boolean;
}

/** A value, and whether another one would have been taken for it. */
interface Part {
  readonly value: unknown;
  isSame(other: unknown): boolean;
  reads(path: readonly string[]): readonly ConfigRead[];
}

export class ConfigReads {
  readonly #root: Part;

  /** `reads`: what another one tells was read, of an equal configuration in another thread. */
  constructor(config: unknown, reads: readonly ConfigRead[] = []) {
    this.#root = partOf(config);
    for (const read of reads) repeat(this.config, read);
  }

  /** To compile with: as the configuration, and what is read of it is remembered. */
  get config(): unknown {
    return this.#root.value;
  }

  /** What was read until now, for another thread. */
  get reads(): readonly ConfigRead[] {
    return this.#root.reads([]);
  }

  /** Whether what was read until now is the same there. */
  isSame(config: unknown): boolean {
    return this.#root.isSame(config);
  }
}

function repeat(config: unknown, { path, keys }: ConfigRead): void {
  const found = path.reduce((at: unknown, name) => Reflect.get(Object(at), name), config);
  if (keys) Reflect.ownKeys(Object(found));
}

/** What is no plain object or list is the same as itself alone. */
function partOf(value: unknown): Part {
  if (isPlain(value)) return new Container(value);
  return { value, isSame: (other) => Object.is(other, value), reads: (path) => [{ path, keys: false }] };
}

interface Member extends Part {
  readonly isOwn: boolean;
}

class Container implements Part {
  readonly value: object;
  readonly #of: object;
  /** Those that were asked for, also where there is none. */
  readonly #members = new Map<PropertyKey, Member>();
  #keysRead = false;

  constructor(of: object) {
    this.#of = of;
    // Not the object itself: a proxy may not say other things of what is frozen.
    this.value = new Proxy(Array.isArray(of) ? [] : {}, {
      get: (_, key) => this.#member(key).value,
      has: (_, key) => this.#member(key).isOwn || Reflect.has(of, key),
      ownKeys: () => {
        this.#keysRead = true;
        return Reflect.ownKeys(of);
      },
      getOwnPropertyDescriptor: (_, key) => {
        const { isOwn, value } = this.#member(key);
        if (!isOwn) return undefined;
        const enumerable = Object.prototype.propertyIsEnumerable.call(of, key);
        // The length of a list is never configurable.
        return { value, writable: true, enumerable, configurable: !(Array.isArray(of) && key === 'length') };
      },
    });
  }

  /** Members by symbols are inherited, and the same everywhere. */
  reads(path: readonly string[]): readonly ConfigRead[] {
    const members = [...this.#members].flatMap(([key, member]) =>
      typeof key === 'string' ? member.reads([...path, key]) : [],
    );
    return [{ path, keys: this.#keysRead }, ...members];
  }

  isSame(other: unknown): boolean {
    if (!isPlain(other) || Array.isArray(other) !== Array.isArray(this.#of)) return false;
    if (this.#keysRead && keysOf(this.#of) !== keysOf(other)) return false;
    return [...this.#members].every(
      ([key, member]) => member.isOwn === Object.hasOwn(other, key) && member.isSame(Reflect.get(other, key)),
    );
  }

  #member(key: PropertyKey): Member {
    const known = this.#members.get(key);
    if (known !== undefined) return known;
    const part = partOf(Reflect.get(this.#of, key));
    const member = {
      value: part.value,
      isOwn: Object.hasOwn(this.#of, key),
      isSame: (other: unknown) => part.isSame(other),
      reads: (path: readonly string[]) => part.reads(path),
    };
    this.#members.set(key, member);
    return member;
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/** In order: who spreads an object sees it. */
const keysOf = (object: object): string => JSON.stringify(Reflect.ownKeys(object).map(String));
