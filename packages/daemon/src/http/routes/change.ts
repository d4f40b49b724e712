// What requests that change something have in common.
import type { Change } from '@twinpath/api';
import type { Caller } from '../../access/caller.ts';
import type { ChangeRequest, Control } from '../../control/control.ts';
import { type Conditions, etagOf, type Target } from '../../control/etag.ts';

export interface AskedChange extends Conditions {
  readonly caller: Caller;
  readonly query: {
    readonly dryRun?: boolean | undefined;
    readonly confirm?: number | undefined;
    readonly message?: string | undefined;
  };
}

interface Changed {
  readonly data: Change;
  readonly etag: string | undefined;
  readonly revision?: number;
}

type Made = Omit<ChangeRequest, 'by' | 'mayBringCode'>;

/** `target`: what the ETag is of. */
export const requestOf = (
  { caller, query, ifMatch, ifNoneMatch }: AskedChange,
  target: Target,
): Omit<ChangeRequest, 'edit'> => ({
  by: caller.by,
  mayBringCode: caller.mayBringCode,
  message: query.message,
  dryRun: query.dryRun,
  confirm: query.confirm,
  target,
  ifMatch,
  ifNoneMatch,
});

export async function changed(
  control: Control,
  asked: AskedChange,
  target: Target,
  edit: Made['edit'],
): Promise<Changed> {
  return reply(control, await control.change({ ...requestOf(asked, target), edit }), target);
}

export function reply({ head }: Control, data: Change, target: Target): Changed {
  return { data, etag: etagOf(head, target), ...(!data.dryRun && { revision: data.revision }) };
}
