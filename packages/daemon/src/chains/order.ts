import type { ChainSpec } from '@twinpath/vnf/chain';

/** Chains behind those whose functions they share. */
export function inOrder<C extends { readonly name: string; readonly spec: ChainSpec }>(
  chains: readonly C[],
): readonly C[] {
  const byName = new Map(chains.map((one) => [one.name, one]));
  const ordered = new Set<C>();
  const visit = (one: C, above: ReadonlySet<C>) => {
    if (ordered.has(one) || above.has(one)) return;
    for (const fn of one.spec.functions) {
      const provider = 'share' in fn ? byName.get(fn.share.split('/')[0] ?? '') : undefined;
      if (provider !== undefined) visit(provider, new Set([...above, one]));
    }
    ordered.add(one);
  };
  for (const one of chains) visit(one, new Set());
  return [...ordered];
}
