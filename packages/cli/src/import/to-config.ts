// From what was read to a configuration of the firewall.
import type { Match } from './match.ts';
import { type FirewallRule, type Left, NotCovered, type Reading, type ReadRule } from './reading.ts';
import { States } from './states.ts';

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
  /** Rules that are there, and not quite the same. */
  readonly notes: readonly Left[];
}

const ALL: ReadonlyMap<unknown, string> = new Map([
  [4, '0.0.0.0/0'],
  [6, '::/0'],
]);

/** Rules in order; what no rule of ours says is left, with the reason. Rules of one family and direction keep their order, which is all
 *  that matters to a packet. */
export function toConfig(readings: readonly Reading[]): Imported {
  const rules = readings.flatMap((reading) => reading.rules);
  const policies = readings.flatMap((reading) => reading.policies);
  const left = readings.flatMap((reading) => reading.left);
  const notes: Left[] = [];
  const stateful = rules.some(({ match }) => match.states !== undefined);
  const states = new States(rules);
  const ours = rules.flatMap((rule): FirewallRule[] => {
    const { line, text } = rule;
    try {
      const made = rulesFor(rule, states);
      const whys = [rule.note, states.noteOf(rule)].filter((why) => why !== undefined);
      notes.push(...whys.map((why) => ({ line, text, why })));
      return made;
    } catch (error) {
      if (!(error instanceof NotCovered)) throw error;
      left.push({ line, text, why: error.message });
      return [];
    }
  });
  if (stateful) left.push(...policies.flatMap((policy) => states.missing(policy)));
  const ends = policies.flatMap(({ action, direction, family }): FirewallRule[] =>
    action === 'allow'
      ? [ruleOf({ direction, said: { action } }, family === undefined ? {} : { family: [family] })]
      : [],
  );
  return {
    config: { stateful, otherwise: 'drop', options: 'inspect', otherTypes: 'allow', rules: [...ours, ...ends] },
    left: inOrder(left),
    notes: inOrder(notes),
  };
}

/** A rule of a chain that several jump to is there several times. */
function inOrder(lefts: readonly Left[]): readonly Left[] {
  const once = new Map(lefts.map((one) => [`${one.line} ${one.text} ${one.why}`, one]));
  return [...once.values()].toSorted((a, b) => a.line - b.line);
}

/** @throws NotCovered */
function rulesFor(rule: ReadRule, states: States): FirewallRule[] {
  requireSense(rule.match);
  return states.withoutStates(rule).map((match) => ruleOf(rule, match));
}

function requireSense({ icmp, protocol, flags, port, sourcePort, interface: names }: Match): void {
  const only = (...wanted: unknown[]) => protocol?.length === 1 && wanted.includes(protocol[0]);
  if (icmp !== undefined && !only('icmp', 'icmp6')) throw new NotCovered('a type without its protocol');
  if (flags !== undefined && !only('tcp')) throw new NotCovered('TCP flags of another protocol');
  const ported = protocol?.every((one) => one === 'tcp' || one === 'udp' || one === 'sctp') ?? false;
  if ((port ?? sourcePort) !== undefined && !ported) throw new NotCovered('ports of a protocol that has none here');
  if (names?.includes('lo')) throw new NotCovered('the loopback interface, which is no port of a chain');
}

function ruleOf({ direction, said }: Pick<ReadRule, 'direction' | 'said'>, { family, ...match }: Match): FirewallRule {
  const isOfFamily = family?.length !== 1 || match.from !== undefined || match.to !== undefined;
  return { ...said, direction, ...(!isOfFamily && { from: [ALL.get(family[0]) ?? ''] }), ...match };
}
