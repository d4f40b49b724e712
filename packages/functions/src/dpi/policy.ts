import { RISKS } from '@twinpath/ndpi';
import { duration } from '@twinpath/vnf';
import type { Config, Policy } from './config.ts';

/** An application as policies see it. */
export interface Named {
  readonly name: string;
  /** What carries it; its own name where nothing does. */
  readonly protocol: string;
  readonly category: string;
}

export interface Act {
  readonly action: Policy['action'];
  /** The DSCP where the header has it. */
  readonly mark: number;
  /** Which rate. */
  readonly limit: number;
}

const ALLOW: Act = { action: 'allow', mark: 0, limit: 0 };
const MAX_BURST = duration('4 s');
const MAX_RATE = 0xffff_ffff;

type Policies = Pick<Config, 'policies'>;

/** The first policy that fits decides. `risks`: nDPI's, a bit each. */
export function actFor({ policies }: Policies, application: Named, risks = 0n): Act {
  return actOf(
    policies,
    policies.findIndex((policy) => fits(policy, application, risks)),
  );
}

/** Which policy comes before that of the application because of the flow's risks, from 1 on; 0: none. */
export function riskPolicyFor({ policies }: Policies, application: Named, risks: bigint): number {
  const index = policies.findIndex((policy) => fits(policy, application, risks));
  return index === policies.findIndex((policy) => fits(policy, application, 0n)) ? 0 : index + 1;
}

/** What the policy of that index does. */
export function actOf(policies: Config['policies'], index: number): Act {
  const policy = policies[index];
  if (!policy) return ALLOW;
  return { action: policy.action, mark: policy.action === 'mark' ? policy.dscp << 2 : 0, limit: index };
}

function fits({ applications, categories, risks }: Policy, { name, protocol, category }: Named, seen: bigint): boolean {
  if (!applications && !categories && !risks) return true;
  if (risks?.some((risk) => ((seen >> BigInt(RISKS.indexOf(risk))) & 1n) === 1n)) return true;
  const has = (names: readonly string[] | undefined, wanted: string) =>
    names?.some((given) => given.toLowerCase() === wanted.toLowerCase()) === true;
  return has(applications, name) || has(applications, protocol) || has(categories, category);
}

/** What `rates` holds, by number of the policy. */
export function ratesOf({ policies }: Pick<Config, 'policies'>) {
  return policies.map((policy) => {
    if (policy.action !== 'limit') return { bytesPerSecond: 0, burst: 0, usedUntil: 0 };
    const bytesPerSecond = Math.min(Math.max(1, Math.floor(policy.rate / 8)), MAX_RATE);
    return { bytesPerSecond, burst: Math.min(policy.burst, MAX_BURST), usedUntil: 0 };
  });
}
