// As much of BER (ITU-T X.690) as SNMP messages need: definite lengths, tags of one byte.

export const TAG = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

export class BerError extends Error {
  override readonly name = 'BerError';
}

export function encode(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(length)]), ...contents]);
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return [0x80 | bytes.length, ...bytes];
}

/** Of -2³¹ to 2³¹ − 1. */
export function integer(value: number): Uint8Array {
  const bytes = [(value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255];
  // The shortest form: the first nine bits are not all alike.
  while (bytes.length > 1 && isSignOnly(bytes[0], bytes[1])) bytes.shift();
  return encode(TAG.integer, Uint8Array.from(bytes));
}

const isSignOnly = (first = 0, second = 0) => (first === 0 && second < 128) || (first === 255 && second >= 128);

/** `'1.3.6.1'`. */
export function oid(text: string): Uint8Array {
  const [first = 0, second = 0, ...others] = text.split('.').map(Number);
  return encode(TAG.oid, Uint8Array.from([40 * first + second, ...others].flatMap(base128)));
}

function base128(value: number): readonly number[] {
  const digits = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128));
  return digits;
}

/** One value after the other, each whole or an error. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @throws BerError also for a tag that is not among `tags` */
  next(tags?: readonly number[]): { readonly tag: number; readonly contents: Uint8Array } {
    const tag = this.#byte();
    if (tags && !tags.includes(tag)) throw new BerError(`tag ${tag} is where ${tags.join(' or ')} should be`);
    const length = this.#length();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new BerError(`a value of ${length} bytes ends behind the message`);
    const contents = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return { tag, contents };
  }

  /** The contents of a value with this tag. @throws BerError */
  expect(tag: number): Uint8Array {
    return this.next([tag]).contents;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count < 1 || count > 4) throw new BerError(`a length of ${count} bytes`);
    let length = 0;
    for (let left = count; left > 0; left--) length = 256 * length + this.#byte();
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new BerError('the message ends within a value');
    this.#at += 1;
    return byte;
  }
}

/** Signed. */
export function toInteger(contents: Uint8Array): number {
  const [first = 0] = contents;
  return contents.reduce((sum, byte) => 256 * sum + byte, first >= 128 ? -1 : 0);
}

export function toUnsigned(contents: Uint8Array): number {
  return contents.reduce((sum, byte) => 256 * sum + byte, 0);
}

export function toOid(contents: Uint8Array): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of contents) {
    value = 128 * value + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(value);
    value = 0;
  }
  const [both = 0, ...others] = numbers;
  const first = Math.min(2, Math.floor(both / 40));
  return [first, both - 40 * first, ...others].join('.');
}
