import type { CaseOf } from '@twinpath/testing';
import type firewall from '../../firewall.vnf.ts';

export type Case = CaseOf<typeof firewall>;
export type Config = NonNullable<Case['config']>;
export type Step = Case['steps'][number];
export type Counts = NonNullable<Step['counts']>;

export const passes = (send: Step['send'], counts: Counts = {}): Step => ({ send, verdict: 'next', counts });
export const drops = (send: Step['send'], counts: Counts): Step => ({ send, verdict: 'drop', counts });
/** The same packet on its way out of the host. */
export const leaving = (step: Step): Step => ({ ...step, direction: 'egress' });
export const after = (time: NonNullable<Step['after']>, step: Step): Step => ({ ...step, after: time });
