import type { LiveTables } from '@twinpath/vnf';
import type { Config } from './config.ts';
import { actFor, actOf, type Named, riskPolicyFor } from './policy.ts';
import { APPLICATIONS, UNDECIDED, UNKNOWN } from './sizes.ts';
import type { applications, flows, fragments, policies, undecided } from './tables.ts';

export type ApplicationTables = LiveTables<{ applications: typeof applications; policies: typeof policies }>;

const NAMES: Readonly<Record<number, Named>> = {
  [UNDECIDED]: { name: 'undecided', protocol: '', category: '' },
  [UNKNOWN]: { name: 'Unknown', protocol: 'Unknown', category: 'Unspecified' },
};

/** Brings policies to a configuration: of all applications that have been met. */
export function applyPolicies({ applications, policies }: ApplicationTables, config: Config): void {
  for (const [number, named] of Object.entries(NAMES)) applications.set(Number(number), named);
  for (const [number, named] of applications) {
    if (named.name !== '' && number !== UNDECIDED) policies.set(number, actFor(config, named));
  }
}

type VerdictTables = ApplicationTables &
  LiveTables<{ flows: typeof flows; undecided: typeof undecided; fragments: typeof fragments }>;

/** Brings the verdicts that are there to a configuration whose policies look at risks, or no longer do. */
export function applyRiskPolicies(
  { applications, policies, flows, undecided, fragments }: VerdictTables,
  config: Config,
): void {
  for (const index of config.policies.keys()) policies.set(APPLICATIONS + index, actOf(config.policies, index));
  const names = new Map(applications);
  for (const table of [flows, undecided]) {
    for (const [key, { application, risks, riskPolicy }] of table) {
      const named = names.get(application);
      if (risks === 0n || named === undefined) continue;
      const wanted = riskPolicyFor(config, named, risks);
      if (wanted !== riskPolicy) table.update(key, { riskPolicy: wanted });
    }
  }
  fragments.deleteWhere((_, { riskPolicy }) => riskPolicy !== 0);
}

/** Applications by number, as they are met. */
export class Applications {
  readonly #tables: ApplicationTables;
  readonly #numbers = new Map<string, number>();
  #free = UNKNOWN + 1;

  /** Goes on with what a process before has numbered. */
  constructor(tables: ApplicationTables) {
    this.#tables = tables;
    for (const [number, named] of tables.applications) {
      if (named.name === '') continue;
      this.#numbers.set(textOf(named), number);
      this.#free = Math.max(this.#free, number + 1);
    }
  }

  /** One more than there is room for counts as unknown. */
  numberOf(application: Named, config: Config): number {
    const named = {
      name: textFor(application.name, 48),
      protocol: textFor(application.protocol, 32),
      category: textFor(application.category, 32),
    };
    const key = textOf(named);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#free >= APPLICATIONS) return UNKNOWN;
    const number = this.#free++;
    this.#numbers.set(key, number);
    this.#tables.policies.set(number, actFor(config, named));
    this.#tables.applications.set(number, named);
    return number;
  }
}

const textOf = ({ name, protocol, category }: Named) => JSON.stringify([name, protocol, category]);
/** What a table's text takes: ASCII that can be read, not too long. */
export const textFor = (text: string, bytes: number) => text.replace(/[^ -~]/g, '?').slice(0, bytes);
