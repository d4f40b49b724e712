// Addresses of DNS names, for rules with `toName`.
import { resolve4, resolve6 } from 'node:dns/promises';
import type { Ip } from '@twinpath/vnf';

/** An answer serves the questions of so many milliseconds. */
const KEPT_MS = 1000;

type Resolve = (name: string) => Promise<readonly Ip[]>;

/** Asks the resolver once a second for each name, however many flows want to know: else a storm of new flows is one of DNS
 *  questions, and the answers come when nobody waits any more. */
export class Names {
  readonly #resolve: Resolve;
  readonly #known = new Map<string, Promise<readonly Ip[]>>();

  constructor(resolve: Resolve = bothFamilies) {
    this.#resolve = resolve;
  }

  addressesOf(name: string): Promise<readonly Ip[]> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const asked = this.#resolve(name);
    this.#known.set(name, asked);
    const forget = () => setTimeout(() => this.#known.delete(name), KEPT_MS).unref();
    asked.then(forget, forget);
    return asked;
  }
}

/** What cannot be resolved has no addresses. */
async function bothFamilies(name: string): Promise<readonly Ip[]> {
  const answers = await Promise.allSettled([resolve4(name), resolve6(name)]);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
