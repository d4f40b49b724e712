import type { Log } from '@twinpath/vnf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { FunctionSpec } from '@twinpath/vnf/spec';
import { ChainError } from '../chain/chain-error.ts';
import type { BatchHandler, HandlerTable } from '../slow-path/dispatcher.ts';
import type { KeyedTable } from '../tables/keyed-table.ts';
import type { LiveTableSet } from '../tables/live-tables.ts';

export interface HandlerSources {
  readonly chain: string;
  readonly name: string;
  readonly spec: Pick<FunctionSpec, 'reasons'>;
  readonly log: Log;
}

type Handler = (...operands: readonly unknown[]) => unknown;

/** One for each reason: of the author's, or for log lines our own. `given`: what the slow path returned. @throws ChainError */
export function handlersOf({ chain, name, spec, log }: HandlerSources, given: unknown): HandlerTable {
  const handlers = new Map<string, Handler | BatchHandler>();
  const found = new Map<string, unknown>(typeof given === 'object' && given !== null ? Object.entries(given) : []);
  for (const [reason, declared] of Object.entries(spec.reasons)) {
    const handler = found.get(reason);
    if (declared.kind === 'notice' && declared.text !== undefined) {
      handlers.set(reason, lineWriter(declared.text, log));
    } else if (typeof handler === 'function') {
      handlers.set(reason, (...operands) => handler.call(given, ...operands));
    } else if (isBatchHandler(handler)) {
      handlers.set(reason, { batch: (events) => handler.batch(events) });
    } else {
      const why = `the slow path of ${name} gives no handler for reason ${reason}`;
      const hint = `let slowPath() return { ${reason}(…) { … } }`;
      throw new ChainError('TP_SLOW_PATH', chain, why, { hint });
    }
  }
  return handlers;
}

function isBatchHandler(handler: unknown): handler is BatchHandler {
  return typeof handler === 'object' && handler !== null && 'batch' in handler && typeof handler.batch === 'function';
}

/** Of the reasons by which tables tell of changes. */
export function changeHandlers({ reasons }: FunctionPlan, { keyed }: LiveTableSet): HandlerTable {
  const handlers = reasons.flatMap(({ name, changesOf = '' }) => {
    const table = keyed.get(changesOf);
    return table === undefined ? [] : [[name, changeTeller(table)] as const];
  });
  return new Map(handlers);
}

function changeTeller(table: KeyedTable): Handler {
  return (metadata) => {
    if (typeof metadata === 'object' && metadata !== null && 'key' in metadata) table.notifyChanged(metadata.key);
  };
}

function lineWriter(text: string, log: Log): Handler {
  return (metadata) => {
    const fields = new Map<string, unknown>(
      typeof metadata === 'object' && metadata !== null ? Object.entries(metadata) : [],
    );
    log.info(text.replaceAll(/\{(\w+)\}/g, (_, field: string) => textOf(fields.get(field))));
  };
}

/** Records such as a flow as JSON. */
function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner))
    : String(value);
}
