import { join } from 'node:path';

/** Pins of all chains: they keep maps and links when their process ends. */
export const PIN_ROOT = '/sys/fs/bpf/twinpath';
/** What each chain has on the host, as JSON. */
export const RECORD_ROOT = '/run/twinpath';
/** What outlives a reboot. */
export const STATE_ROOT = '/var/lib/twinpath';
/** Programs in the kernel are known by it. */
export const PROGRAM_PREFIX = 'tp_';

export const pinDirectory = (chain: string): string => join(PIN_ROOT, chain);
export const recordFile = (chain: string): string => join(RECORD_ROOT, `${chain}.json`);

/** A name without dots, which a BPF file system reserves (kernel/bpf/inode.c). No other character of ours is a colon. */
export const pinName = (name: string): string => name.replaceAll('.', ':');
export const nameOfPin = (pin: string): string => pin.replaceAll(':', '.');

/** At most 15 characters reach the kernel. */
export function programName(functionName: string, suffix: 'in' | 'out'): string {
  const end = `_${suffix}`;
  return `${PROGRAM_PREFIX}${functionName.replaceAll('-', '_')}`.slice(0, 15 - end.length) + end;
}
