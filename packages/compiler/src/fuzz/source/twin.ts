// The same function run by JavaScript itself: every number a BigInt, tables as plain objects whose fields cut what is
// stored to their width.

export type Verdict = 'drop' | 'next' | 'stack';

export interface TwinPacket {
  readonly length: bigint;
  readonly ip:
    | {
        readonly hops: bigint;
        readonly trafficClass: bigint;
        readonly identification: bigint;
        readonly length: bigint;
        readonly dontFragment: boolean;
        readonly udp: { readonly sport: bigint; readonly dport: bigint } | undefined;
      }
    | undefined;
}

/** Bits of each number; `flag`: a boolean. */
export type Widths = Readonly<Record<string, number | 'flag'>>;
export type Row = Record<string, bigint | boolean>;

/** Zeros, and setters that keep the low bits. */
function makeRow(widths: Widths, values: Readonly<Row> = {}): Row {
  const row: Row = {};
  for (const [name, width] of Object.entries(widths)) {
    let held: bigint | boolean = width === 'flag' ? false : 0n;
    const cut = (value: bigint | boolean) =>
      typeof value === 'bigint' && width !== 'flag' ? BigInt.asUintN(width, value) : value;
    held = cut(values[name] ?? held);
    Object.defineProperty(row, name, {
      enumerable: true,
      get: () => held,
      set: (value: bigint | boolean) => {
        held = cut(value);
      },
    });
  }
  return row;
}

export class TwinTable {
  readonly #key: Widths;
  readonly #value: Widths;
  readonly #max: number;
  readonly #rows = new Map<string, Row>();

  constructor(key: Widths, value: Widths, max: number) {
    this.#key = key;
    this.#value = value;
    this.#max = max;
  }

  lookup(key: Row): Row | undefined {
    return this.#rows.get(this.#text(key));
  }

  insert(key: Row, value: Row): boolean {
    return this.lookup(key) === undefined && this.put(key, value);
  }

  put(key: Row, value: Row): boolean {
    const text = this.#text(key);
    if (!this.#rows.has(text) && this.#rows.size >= this.#max) return false;
    this.#rows.set(text, makeRow(this.#value, value));
    return true;
  }

  remove(key: Row): boolean {
    return this.#rows.delete(this.#text(key));
  }

  rows(): readonly string[] {
    return [...this.#rows].map(([key, row]) => `${key} = ${rowText(row)}`).sort();
  }

  #text(key: Row): string {
    return rowText(makeRow(this.#key, key));
  }
}

export class TwinArray {
  readonly #rows: readonly Row[];

  constructor(value: Widths, max: number) {
    this.#rows = Array.from({ length: max }, () => makeRow(value));
  }

  at(index: bigint): Row | undefined {
    return this.#rows[Number(index)];
  }

  rows(): readonly string[] {
    return this.#rows.map((row, index) => `${index} = ${rowText(row)}`);
  }
}

export function rowText(row: Readonly<Record<string, unknown>>): string {
  return Object.entries(row)
    .map(([name, value]) => `${name} ${value}`)
    .join(' ');
}

export class Twin {
  readonly flows = new TwinTable({ a: 16, b: 8 }, { word: 32, short: 16, byte: 8, net: 32, count: 64, on: 'flag' }, 64);
  readonly sums = new TwinArray({ total: 64, last: 16, net: 16 }, 4);
  readonly cells = new TwinArray({ count: 64, last: 32 }, 3);
  readonly out = new TwinArray({ x: 32, y: 32, w: 32, v: 32, p: 'flag', q: 'flag' }, 1);
  readonly #body: (...given: readonly unknown[]) => unknown;

  /** `text`: see twinText(). */
  constructor(text: string) {
    const names = [...Object.keys(this.#given()), 'packet'];
    const body = new Function(...names, text);
    this.#body = (...given) => Reflect.apply(body, undefined, given);
  }

  run(packet: TwinPacket): Verdict {
    const verdict = this.#body(...Object.values(this.#given()), packet);
    if (verdict !== 'drop' && verdict !== 'next' && verdict !== 'stack')
      throw new Error(`the twin returned ${verdict}`);
    return verdict;
  }

  #given(): Readonly<Record<string, unknown>> {
    const { flows, sums, cells, out } = this;
    const verdicts = { drop: 'drop', next: 'next', stack: 'stack' };
    return { flows, sums, cells, out, ...verdicts, min, max, abs, floorDivide };
  }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const abs = (a: bigint): bigint => (a < 0n ? -a : a);

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}
