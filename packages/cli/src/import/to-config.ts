// From what was read to a configuration of the firewall.
import type { FirewallRule, Left, Policy, Reading, ReadRule } from './reading.ts';

export interface ImportedConfig {
  readonly stateful: boolean;
  readonly otherwise: 'drop';
  /** Linux' packet filters look at IP alone, and at options not at all. */
  readonly options: 'inspect';
  readonly otherTypes: 'allow';
  readonly rules: readonly FirewallRule[];
}

export interface Imported {
  readonly config: ImportedConfig;
  readonly left: readonly Left[];
}

const ALL = { 4: '0.0.0.0/0', 6: '::/0' } as const;

/** Rules in order; what no rule of ours says is left, with the reason. Rules of one family and direction keep their order, which is all
 *  that matters to a packet. */
export function toConfig(readings: readonly Reading[]): Imported {
  const rules = readings.flatMap((reading) => reading.rules);
  const policies = readings.flatMap((reading) => reading.policies);
  const left = readings.flatMap((reading) => reading.left);
  const stateful = rules.some(({ states }) => states !== undefined);
  const states = new States();
  const ours = rules.flatMap((read): FirewallRule[] => {
    const why = states.refuse(read) ?? refuse(read);
    if (why !== undefined) left.push({ line: read.line, text: read.text, why });
    return why !== undefined || states.isImplied(read) ? [] : [ruleOf(read)];
  });
  if (stateful) left.push(...policies.flatMap((policy) => states.missing(policy)));
  const ends = policies.flatMap((policy): FirewallRule[] =>
    policy.action === 'allow' ? [ruleOf({ ...policy, rule: { action: 'allow' } })] : [],
  );
  return {
    config: { stateful, otherwise: 'drop', options: 'inspect', otherTypes: 'allow', rules: [...ours, ...ends] },
    left: left.toSorted((a, b) => a.line - b.line),
  };
}

function refuse({ rule: { icmp, protocol, flags, port, sourcePort, interface: names } }: ReadRule): string | undefined {
  const only = (...wanted: unknown[]) => protocol?.length === 1 && wanted.includes(protocol[0]);
  if (icmp !== undefined && !only('icmp', 'icmp6')) return 'a type without its protocol';
  if (flags !== undefined && !only('tcp')) return 'TCP flags of another protocol';
  const ported = protocol?.every((one) => one === 'tcp' || one === 'udp' || one === 'sctp') ?? false;
  if ((port ?? sourcePort) !== undefined && !ported) return 'ports of a protocol that has none here';
  if (names?.includes('lo')) return 'the loopback interface, which is no port of a chain';
  return undefined;
}

type Ruled = Pick<ReadRule, 'direction' | 'family' | 'rule'>;

function ruleOf({ direction, family, rule }: Ruled): FirewallRule {
  const { name, action, ...match } = rule;
  const isOfFamily = family === undefined || rule.from !== undefined || rule.to !== undefined;
  return {
    ...(name !== undefined && { name }),
    ...(action !== undefined && { action }),
    direction,
    ...(!isOfFamily && { from: [ALL[family]] }),
    ...match,
  };
}

/** The firewall lets packets of known flows through before all rules, and asks the rules about all others. */
class States {
  /** Directions and families in which a rule has let known flows through, or has dropped something before. */
  readonly #established = new Set<string>();
  readonly #drops = new Set<string>();

  refuse(read: ReadRule): string | undefined {
    const { states, rule } = read;
    const keys = keysOf(read);
    if (states === undefined) {
      if (rule.action === 'drop') for (const key of keys) this.#drops.add(key);
      return undefined;
    }
    if (this.isImplied(read)) {
      if (keys.some((key) => this.#drops.has(key)))
        return 'known flows pass before all rules here, and rules before this one drop';
      for (const key of keys) this.#established.add(key);
      return undefined;
    }
    if (states.join() !== 'NEW') return `states ${states.join(', ')}`;
    return keys.every((key) => this.#established.has(key))
      ? undefined
      : 'NEW where no rule before it accepts ESTABLISHED';
  }

  /** It accepts what belongs to known flows, and asks nothing else. */
  isImplied({ states, rule }: ReadRule): boolean {
    const { action, name: _, ...match } = rule;
    const isKnown =
      states?.includes('ESTABLISHED') === true && states.every((one) => one === 'ESTABLISHED' || one === 'RELATED');
    return isKnown && action === 'allow' && Object.keys(match).length === 0;
  }

  /** A chain that drops packets of known flows, which pass here. */
  missing({ direction, family, action, line, text }: Policy): readonly Left[] {
    const keys = keysOf({ direction, family });
    const isSame = keys.every((key) => this.#established.has(key) || (action === 'allow' && !this.#drops.has(key)));
    if (isSame) return [];
    return [{ line, text, why: 'it does not accept ESTABLISHED, but packets of known flows pass here both ways' }];
  }
}

const keysOf = ({ direction, family }: Pick<ReadRule, 'direction' | 'family'>) =>
  (family === undefined ? [4, 6] : [family]).map((one) => `${direction} ${one}`);
