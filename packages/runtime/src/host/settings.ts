// Settings of interfaces that chains change, and put back.

import { inNamespace, isSyscallError, type Offload, openNamespace, setOffload } from '@twinpath/linux';

/** A setting as it was. */
export interface SettingRecord {
  readonly interface: string;
  /** Name of its network namespace; missing: that of the process. */
  readonly namespace?: string;
  readonly offload: Offload;
  readonly wasOn: boolean;
}

/** The last that was changed first. What is gone needs nothing. */
export function restoreSettings(settings: readonly SettingRecord[]): void {
  for (const setting of [...settings].reverse()) restore(setting);
}

function restore({ interface: link, namespace, offload, wasOn }: SettingRecord): void {
  try {
    within(namespace, () => setOffload(link, offload, wasOn));
  } catch (error) {
    if (!isSyscallError(error, 'ENOENT', 'ENODEV', 'EINVAL')) throw error;
  }
}

export function within<T>(namespace: string | undefined, work: () => T): T {
  if (namespace === undefined) return work();
  using opened = openNamespace(namespace);
  let result: { readonly value: T } | undefined;
  inNamespace(opened, () => {
    result = { value: work() };
  });
  if (result === undefined) throw new Error('the work was not done');
  return result.value;
}
