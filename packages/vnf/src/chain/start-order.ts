import { ChainSpecError } from './chain-spec-error.ts';
import type { ChainSpec } from './spec.ts';

/**
 * Chains of one process, each behind those whose functions it shares; else as they are given.
 * @throws ChainSpecError where two have one name, where what is shared is nowhere, or where chains share in a circle. `running`: other
 * chains, which are there already.
 */
export function startOrder(specs: readonly ChainSpec[], running: Iterable<string> = []): readonly ChainSpec[] {
  const present = new Set(running);
  const byName = new Map(specs.map((spec) => [spec.name, spec] as const));
  for (const spec of specs) {
    if (byName.get(spec.name) === spec) continue;
    throw new ChainSpecError(spec.name, ['name'], 'two chains have this name', 'give one of them another');
  }
  const ordered = sharedFirst(specs);
  const places = new Map(ordered.map((spec, place) => [spec, place] as const));
  const placeOf = (spec: ChainSpec) => places.get(spec) ?? 0;
  for (const spec of specs) {
    spec.functions.forEach((one, index) => {
      if (!('share' in one)) return;
      const [from = '', name = ''] = one.share.split('/');
      const other = byName.get(from);
      const refuse = (wrong: string, hint: string) =>
        new ChainSpecError(spec.name, ['functions', index, 'share'], wrong, hint);
      if (other === undefined) {
        if (present.has(from)) return;
        const known = [...byName.keys()].filter((chain) => chain !== spec.name).join(', ') || 'none';
        throw refuse(`there is no chain ${from}, of which it shares ${name}`, `other chains are ${known}`);
      }
      if (!other.functions.some((its) => its.name === name)) {
        const known = other.functions.map((its) => `${from}/${its.name}`).join(', ');
        throw refuse(`there is no function ${one.share} to share`, `there is ${known}`);
      }
      if (placeOf(other) < placeOf(spec)) return;
      throw refuse(
        `chains ${spec.name} and ${from} each share a function of the other`,
        'let one of them bring both along',
      );
    });
  }
  return ordered;
}

/** The order alone: what is shared and not among them is no concern here, and a circle is cut somewhere. */
export function sharedFirst(specs: readonly ChainSpec[]): readonly ChainSpec[] {
  const byName = new Map(specs.map((spec) => [spec.name, spec] as const));
  const ordered = new Set<ChainSpec>();
  const begun = new Set<ChainSpec>();
  const add = (spec: ChainSpec): void => {
    if (begun.has(spec)) return;
    begun.add(spec);
    for (const one of spec.functions) {
      const other = 'share' in one ? byName.get(one.share.split('/')[0] ?? '') : undefined;
      if (other !== undefined) add(other);
    }
    ordered.add(spec);
  };
  for (const spec of specs) add(spec);
  return [...ordered];
}
