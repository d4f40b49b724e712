// Secrets of configurations: hidden in answers, in the history and in differences by their places; in errors and logs by their texts.

import { type ChainFile, valueAt } from '@twinpath/api';
import { nameOf } from '../control/member-config.ts';
import { unprocessable } from '../control/refusal.ts';
import { HIDDEN, replaceSecrets, secretsIn } from './secret-places.ts';

/** JSON Schema of what a `use:` names; `undefined`: it takes no configuration. @throws what keeps it from being known */
export type SchemaOf = (use: string) => Promise<unknown>;

type Entry = NonNullable<ChainFile['functions']>[number];

/** Shorter ones are in every other word. */
const SHORTEST = 4;

export class Secrets {
  readonly #schemaOf: SchemaOf;
  /** That configurations have had since the daemon runs. */
  readonly #texts = new Set<string>();
  /** Whether a schema marks anything. */
  readonly #marking = new WeakMap<object, boolean>();

  constructor(schemaOf: SchemaOf) {
    this.#schemaOf = schemaOf;
  }

  /** Remembers the secrets of a chain, for texts that mention them. */
  async learn(chain: ChainFile): Promise<void> {
    for (const { config, schema } of await this.#configs(chain)) {
      for (const text of secretsIn(config, schema))
        if (text.length >= SHORTEST && text !== HIDDEN) this.#texts.add(text);
    }
  }

  /** A text without the secrets that were learnt. */
  redact(text: string): string {
    let redacted = text;
    for (const secret of this.#texts) redacted = redacted.replaceAll(secret, HIDDEN);
    return redacted;
  }

  /** As it is shown. */
  async hidden(chain: ChainFile): Promise<ChainFile> {
    return this.#edited(chain, (config, schema) => replaceSecrets(config, schema, () => HIDDEN));
  }

  /** Secrets that were not told again are those of `before`. @throws RefusedError where there is none */
  async restored(chain: ChainFile, before: ChainFile | undefined): Promise<ChainFile> {
    if (!JSON.stringify(chain).includes(HIDDEN)) return chain;
    return this.#edited(chain, (config, schema, name) => {
      const present = before?.functions?.find((one) => nameOf(one) === name)?.config;
      return replaceSecrets(config, schema, (secret, path) => {
        if (secret !== HIDDEN) return secret;
        const kept = valueAt(present, path);
        if (kept !== undefined) return kept;
        const detail = `${name} has no secret at /${path.join('/')} that could stay`;
        throw unprocessable('TP_SECRET', detail, [], 'write the secret itself');
      });
    });
  }

  async #edited(
    chain: ChainFile,
    edit: (config: unknown, schema: unknown, name: string) => unknown,
  ): Promise<ChainFile> {
    if (chain.functions === undefined) return chain;
    const functions: Entry[] = [];
    for (const one of chain.functions) {
      const schema = await this.#schema(one);
      functions.push(schema === undefined ? one : { ...one, config: edit(one.config, schema, nameOf(one)) });
    }
    return { ...chain, functions };
  }

  async #configs({
    functions = [],
  }: ChainFile): Promise<readonly { readonly config: unknown; readonly schema: unknown }[]> {
    return Promise.all(functions.map(async (one) => ({ config: one.config, schema: await this.#schema(one) })));
  }

  /** Of what cannot be looked at, all is secret. */
  async #schema({ use, name, config }: Entry): Promise<unknown> {
    const used = use ?? name;
    if (config === undefined || used === undefined) return undefined;
    const schema = await this.#schemaOf(used).catch(() => ({ secret: true }));
    return this.#marks(schema) ? schema : undefined;
  }

  /** Most schemas mark nothing, and most configurations are long. */
  #marks(schema: unknown): boolean {
    if (typeof schema !== 'object' || schema === null) return false;
    const known = this.#marking.get(schema) ?? JSON.stringify(schema).includes('"secret":true');
    this.#marking.set(schema, known);
    return known;
  }
}
