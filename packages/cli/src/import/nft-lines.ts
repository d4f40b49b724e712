import { z } from 'zod';

/** nft writes one line; who has it laid out finds rules by theirs. */
export class Lines {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  of(given: unknown): number {
    const { handle } = z.object({ handle: z.number().optional() }).catch({ handle: undefined }).parse(given);
    const chain = z.object({ chain: z.string().optional() }).catch({ chain: undefined }).parse(given).chain;
    const at =
      chain === undefined
        ? 0
        : Math.max(
            0,
            this.#text.search(new RegExp(`"chain":\\s*"${RegExp.escape(chain)}",\\s*"handle":\\s*${handle}\\b`)),
          );
    return this.#lineAt(at);
  }

  ofText(text: string): number {
    return this.#lineAt(Math.max(0, this.#text.indexOf(text)));
  }

  #lineAt(at: number): number {
    return this.#text.slice(0, at).split('\n').length;
  }
}
