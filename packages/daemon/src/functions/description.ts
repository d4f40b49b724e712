// All that follows from a function's declaration, as plain data.
import type { FunctionInfo } from '@twinpath/api';
import type { FunctionFace } from '@twinpath/vnf/chain';
import { type AnyTableSpec, type FunctionSpec, isType } from '@twinpath/vnf/spec';

export interface Description {
  readonly info: Omit<FunctionInfo, 'origin'>;
  readonly face: FunctionFace;
}

export type TableInfo = FunctionInfo['tables'][number];

export function describe(spec: FunctionSpec): Description {
  const { name, summary, config, counters, reasons, operations, ports, fastPath } = spec;
  return {
    face: { ports, fastPath, reasons },
    info: {
      name,
      ...(summary !== undefined && { summary }),
      ...(config !== undefined && { config: schemaOf(config) }),
      tables: tablesOf(spec.tables),
      counters: Object.entries(counters.help).map(([counter, help]) => ({ name: counter, help })),
      reasons: Object.entries(reasons).map(([reason, { kind }]) => ({ name: reason, kind })),
      operations: Object.entries(operations).map(([operation, { summary: help, input }]) => ({
        name: operation,
        help,
        input: schemaOf(input),
      })),
      ports: portsOf(ports),
    },
  };
}

/** In the order declared; those of a rule set each for itself. */
export function tablesOf(tables: FunctionSpec['tables']): TableInfo[] {
  return Object.entries(tables).flatMap(([name, table]) =>
    table.kind === 'ruleSet'
      ? Object.entries(table.tables).map(([member, inner]) => tableOf(`${name}.${member}`, inner))
      : [tableOf(name, table)],
  );
}

function tableOf(name: string, table: AnyTableSpec): TableInfo {
  const { kind, max } = table;
  const durable = 'durable' in table && table.durable;
  switch (table.kind) {
    case 'classifier':
      return { name, kind, max, key: Object.keys(table.match), value: Object.keys(table.value), durable };
    case 'tally':
      return { name, kind, max, key: Object.keys(table.by), value: ['packets', 'bytes'], durable };
    case 'array':
      return { name, kind, max, key: ['index'], value: Object.keys(table.value), durable };
    default:
      return {
        name,
        kind,
        max,
        key: isType(table.key) ? ['key'] : Object.keys(table.key),
        value: Object.keys(table.value),
        durable,
      };
  }
}

function portsOf(ports: FunctionSpec['ports']): FunctionInfo['ports'] {
  if (ports.kind === 'transparent') return 'transparent';
  return ports.kind === 'named' ? [...ports.names] : { atMost: ports.max };
}

/** As what is given, before defaults and transformations. */
function schemaOf(schema: NonNullable<FunctionSpec['config']>): Record<string, unknown> {
  const described = schema.toJSONSchema({ io: 'input', unrepresentable: 'any' });
  // Defaults may be anything that JSON has not.
  return JSON.parse(JSON.stringify(described, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
}
