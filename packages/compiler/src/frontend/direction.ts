import type { Target } from './lowering.ts';
import type { Direction } from './modules/vnf-call.ts';

/** Which of a function's fast paths a program is. */
export const directionOf = ({ hook, direction }: Pick<Target, 'hook' | 'direction'>): Direction =>
  direction ?? (hook === 'tcx-egress' ? 'egress' : 'ingress');
