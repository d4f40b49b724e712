/** Why a run was stopped. */
export const TRAP_REASONS = [
  'fault',
  'access outside of packet, stack, map values and context',
  'write to what may only be read',
  'fuel used up',
  'stack used up',
  'a map that the program does not have',
] as const;
export type TrapReason = (typeof TRAP_REASONS)[number];

export const trapNumber = (reason: TrapReason): number => TRAP_REASONS.indexOf(reason);
