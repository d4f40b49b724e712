import { featureNames, probe } from '@twinpath/ebpf';
import { check } from './report.ts';

/** The answers are the host's to judge: it knows what this kernel had before. */
export async function tellFeatures(): Promise<void> {
  for (const name of featureNames) await check(`feature ${name}`, () => (probe(name) ? 'yes' : 'no'));
}
