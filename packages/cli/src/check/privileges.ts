import { hasCapability } from '@twinpath/linux';

export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

/** Why this process cannot ask the verifier; `undefined`: it can. Kernels let CAP_SYS_ADMIN stand for both. */
export function whyNotLoaded(): Refusal | undefined {
  if (hasCapability('CAP_SYS_ADMIN')) return undefined;
  const missing = (['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'] as const).filter((name) => !hasCapability(name));
  if (missing.length === 0) return undefined;
  return {
    message: `this process lacks ${missing.join(', ')}`,
    hint: 'Run it as root to have the kernel verify it, too.',
  };
}
