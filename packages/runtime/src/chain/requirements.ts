import { type FeatureName, probe, requireFeature } from '@twinpath/ebpf';
import { type Capability, capabilities } from '@twinpath/linux';
import type { FunctionSpec } from '@twinpath/vnf/spec';
import { ChainError } from './chain-error.ts';

/** What for, by capability. */
const NEEDED: readonly (readonly [Capability, string])[] = [
  ['CAP_BPF', 'to load programs and maps'],
  ['CAP_PERFMON', 'for programs that work with packet pointers'],
  ['CAP_NET_ADMIN', 'to attach programs to interfaces'],
  ['CAP_NET_RAW', 'to send packets'],
  ['CAP_SYS_ADMIN', 'to enter network namespaces and to see programs of others'],
];

/** @throws ChainError that names what is missing, and how to get it. */
export function requirePrivileges(chain: string): void {
  const present = capabilities();
  const missing = NEEDED.filter(([capability]) => !present.has(capability));
  if (missing.length === 0) return;
  const list = missing.map(([capability, purpose]) => `${capability} (${purpose})`).join(', ');
  const names = missing.map(([capability]) => capability).join(' ');
  const hint = `run as root, or as a service with AmbientCapabilities=${names}`;
  throw new ChainError('TP_PRIVILEGE', chain, `the process lacks ${list}`, { hint });
}

/** @throws UnsupportedFeatureError */
export function requireFeatures({ fastPath, reasons }: Pick<FunctionSpec, 'fastPath' | 'reasons'>): void {
  const hasPacketIn = Object.values(reasons).some(({ kind }) => kind === 'packetIn');
  const needed: readonly FeatureName[] = [
    'ringbuf',
    'mmapable-array',
    'xdp-link',
    ...(fastPath === 'ingress and egress' && !probe('clsact') ? (['tcx-link'] as const) : []),
    ...(hasPacketIn ? (['live-frames'] as const) : []),
  ];
  for (const feature of needed) requireFeature(feature);
}
