import { type FeatureName, features } from './table.ts';
import { UnsupportedFeatureError } from './unsupported.ts';

const known = new Map<FeatureName, boolean>();

/**
 * Whether the running kernel has a feature; asked once per process.
 * @throws SyscallError when the question itself is not permitted (EPERM): that is no answer.
 */
export function probe(name: FeatureName): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  const answer = features[name].probe();
  known.set(name, answer);
  return answer;
}

/** @throws UnsupportedFeatureError when the running kernel lacks it. */
export function requireFeature(name: FeatureName): void {
  if (!probe(name)) throw new UnsupportedFeatureError(features[name].title, features[name].since);
}

const isName = (name: string): name is FeatureName => name in features;

export const featureNames: readonly FeatureName[] = Object.keys(features).filter(isName);
