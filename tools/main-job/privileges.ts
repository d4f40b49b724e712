import { type Capability, hasCapability } from '@twinpath/linux';

const NEEDED: readonly (readonly [capability: Capability, what: string])[] = [
  ['CAP_BPF', 'loads programs into the kernel'],
  ['CAP_NET_ADMIN', 'attaches them, and makes interfaces'],
  ['CAP_PERFMON', 'lets the verifier follow pointers'],
  ['CAP_SYS_ADMIN', 'makes network namespaces'],
];

/** What this process may not do but must. */
export class PrivilegeError extends Error {
  override readonly name = 'PrivilegeError';
  readonly code = 'TP_PRIVILEGE';
  readonly hint =
    'run it as root (sudo npm start); in a container, give it the capabilities: --privileged, or --cap-add for each';
}

/** For the main job in the kernel; empty: nothing. */
export function missingPrivileges(): string {
  const missing = NEEDED.filter(([capability]) => !hasCapability(capability));
  return missing.map(([capability, what]) => `${capability} (${what})`).join(', ');
}
