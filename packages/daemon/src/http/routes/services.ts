import type { FunctionInfo } from '@twinpath/api';
import type { Audit } from '../../access/audit.ts';
import type { Tokens } from '../../access/tokens.ts';
import type { ChainHost } from '../../chains/chain-host.ts';
import type { Control } from '../../control/control.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { Catalogue } from '../../functions/catalogue.ts';
import type { Secrets } from '../../secrets/secrets.ts';

/** What routes are made of. */
export interface Services {
  readonly version: string;
  readonly control: Control;
  readonly host: ChainHost;
  readonly catalogue: Catalogue;
  readonly events: EventLog;
  readonly secrets: Secrets;
  readonly tokens: Tokens;
  readonly audit: Audit;
  /** OpenMetrics. */
  metrics(): Promise<string>;
  /** @throws RefusedError when there are too many already */
  openStream(): Disposable;
}

export async function functionInfos({ catalogue, control }: Services): Promise<readonly FunctionInfo[]> {
  const { functions } = control.plan;
  const found = await Promise.allSettled(
    [...functions.keys()].toSorted().map((name) => catalogue.info(name, functions)),
  );
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
