import { AddressError } from '../address/address-error.ts';
import { concat } from '../bytes/concat.ts';
import { fromHex } from '../bytes/hex.ts';
import { PacketTextError } from './packet-text-error.ts';
import { type Token, tokensOf } from './tokens.ts';

/** The words of a packet text, read from left to right. */
export class Words {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokensOf(text);
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  /** The next word of this layer. */
  peekWord(): string | undefined {
    const token = this.peek();
    return token?.kind === 'word' ? token.text : undefined;
  }

  /** The first word of the following layer. */
  peekLayer(): string | undefined {
    const slash = this.#tokens.findIndex((token, index) => index >= this.#next && token.kind === '/');
    return slash === -1 ? undefined : this.#tokens[slash + 1]?.text;
  }

  take(what: string, kind: Token['kind'] = 'word'): Token {
    const token = this.peek();
    if (token?.kind !== kind)
      throw this.error(`${what} is missing here`, `found ${token ? `'${token.text}'` : 'the end'}`);
    this.#next += 1;
    return token;
  }

  /** Takes it if it comes next. */
  takeIf(text: string, kind: Token['kind'] = 'word'): boolean {
    const token = this.peek();
    if (token?.kind !== kind || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  /** Decimal, or hexadecimal with `0x`. */
  takeNumber(what: string, bits: number): number {
    const { text } = this.take(what);
    const value = /^(0x[0-9a-fA-F]+|[0-9]+)$/.test(text) ? Number(text) : Number.NaN;
    if (value >= 0 && value < 2 ** bits) return value;
    throw this.errorBefore(`'${text}' is no ${what}`, `write a number from 0 to ${2 ** bits - 1}`);
  }

  /** What `parse` makes of the next word; its complaint about the value becomes one about the text. */
  takeAs<T>(what: string, parse: (text: string) => T): T {
    const { text } = this.take(what);
    try {
      return parse(text);
    } catch (cause) {
      if (cause instanceof AddressError) throw this.errorBefore(cause.message, cause.hint);
      throw cause;
    }
  }

  /** One word of hexadecimal digits. */
  takeHex(): Uint8Array {
    const bytes = fromHex(this.peekWord() ?? '');
    if (!bytes) throw this.error('hexadecimal digits are missing here', 'two for each byte, such as 0102');
    this.#next += 1;
    return bytes;
  }

  /** All that is left of the layer, in as many words as one likes. */
  takeAllHex(): Uint8Array {
    const parts = [this.takeHex()];
    while (this.peekWord() !== undefined) parts.push(this.takeHex());
    return concat(...parts);
  }

  /** An error at the next word. */
  error(why: string, hint: string): PacketTextError {
    const end = this.text.length;
    return new PacketTextError(this.text, this.peek() ?? { at: end, end: end + 1 }, why, hint);
  }

  /** An error at the word taken last. */
  errorBefore(why: string, hint: string): PacketTextError {
    this.#next -= 1;
    return this.error(why, hint);
  }
}

/** What the words of a layer do, by word. */
export type Vocabulary = Readonly<Record<string, (words: Words) => void>>;

/** Reads words until the layer ends. @throws PacketTextError at a word that the vocabulary does not have. */
export function readWords(words: Words, layer: string, vocabulary: Vocabulary): void {
  const known = new Map(Object.entries(vocabulary));
  for (let token = words.peek(); token?.kind === 'word' || token?.kind === 'string'; token = words.peek()) {
    const read = token.kind === 'word' ? known.get(token.text) : undefined;
    if (!read)
      throw words.error(`'${token.text}' is no word of ${layer}`, `its words are: ${[...known.keys()].join(' ')}`);
    words.take(token.text);
    read(words);
  }
}
