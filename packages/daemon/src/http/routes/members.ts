// Functions in chains.
import {
  type ChainFile,
  mergePatch,
  operations,
  type Path,
  pointerSteps,
  valueAt,
  withoutValueAt,
  withValueAt,
} from '@twinpath/api';
import { etagOf } from '../../control/etag.ts';
import { type MemberConfig, memberConfig, withMemberConfig } from '../../control/member-config.ts';
import { chainKey, isWanted } from '../../control/plan.ts';
import { notFound, RefusedError, unprocessable } from '../../control/refusal.ts';
import { tablesOf } from '../../functions/description.ts';
import { refusalOf } from '../../functions/refusal-of.ts';
import { malformed } from '../body.ts';
import { jsonValue } from '../json-value.ts';
import { type Asked, type Route, route } from '../route.ts';
import { tablePage } from '../table-page.ts';
import { chainIn } from './chains.ts';
import { type AskedChange, changed } from './change.ts';
import type { Services } from './services.ts';

type Params = Asked<typeof operations.getConfig>['params'];

interface Found extends MemberConfig {
  readonly file: ChainFile;
}

export function memberRoutes(services: Services): readonly Route[] {
  return [...configRoutes(services), ...stateRoutes(services)];
}

function configRoutes({ control, secrets }: Services): readonly Route[] {
  /** @throws RefusedError */
  const find = (file: ChainFile, { chain, function: name }: Params): Found => {
    const one = control.plan.chains.get(chain);
    const members = isWanted(one) ? one.spec.functions.map((member) => member.name) : [name];
    return { file, ...memberConfig(chain, file, name, members) };
  };

  /** `edit`: makes the new configuration of the present one. */
  const change = (
    asked: AskedChange & Pick<Asked<object>, 'liesAt'> & { readonly params: Params },
    at: Path,
    edit: (config: unknown) => unknown,
  ) => {
    const { chain, function: name } = asked.params;
    return changed(control, asked, chainKey(chain), ({ documents }) => {
      const found = find(chainIn(documents, chain), asked.params);
      const index = found.index < 0 ? (found.file.functions?.length ?? 0) : found.index;
      asked.liesAt(['chains', chain, 'functions', index, 'config', ...at]);
      return new Map([[chainKey(chain), withMemberConfig(found.file, found, name, edit(found.config))]]);
    });
  };

  const shown = async (params: Params) =>
    find(await secrets.hidden(chainIn(control.head.documents, params.chain)), params).config;

  const etag = ({ chain }: Params) => etagOf(control.head, chainKey(chain));

  return [
    route(operations.getConfig, async ({ params }) => ({ data: await shown(params), etag: etag(params) })),

    route(operations.putConfig, (asked) => change(asked, [], () => asked.body)),

    route(operations.patchConfig, (asked) => change(asked, [], (config) => mergePatch(config, asked.body))),

    route(operations.getConfigItem, async ({ params, query: { pointer } }) => {
      const found = valueAt(await shown(params), stepsOf(pointer));
      if (found === undefined) throw notFound(`the configuration has nothing at ${pointer}`);
      return { data: found, etag: etag(params) };
    }),

    route(operations.putConfigItem, (asked) => {
      const steps = stepsOf(asked.query.pointer);
      return change(asked, numbered(steps), (config) => {
        const edited = withValueAt(config, steps, asked.body);
        if (edited !== undefined) return edited;
        const detail = `the configuration has nothing that ${asked.query.pointer} could be in`;
        throw unprocessable('TP_CONFIG', detail, [], 'put what it is in there first');
      });
    }),

    route(operations.deleteConfigItem, (asked) => {
      const steps = stepsOf(asked.query.pointer);
      return change(asked, [], (config) => {
        const edited = withoutValueAt(config, steps);
        if (edited === undefined) throw notFound(`the configuration has nothing at ${asked.query.pointer}`);
        return edited;
      });
    }),
  ];
}

function stateRoutes({ control, host }: Services): readonly Route[] {
  const member = ({ chain, function: name }: Params) => {
    control.chainStatus(chain);
    return host.member(chain, name);
  };

  return [
    route(operations.getFunctionStatistics, async ({ params }) => {
      member(params);
      const { functions } = await host.chain(params.chain).statistics();
      const { spec } = host.chain(params.chain);
      const found = functions[spec.functions.findIndex(({ name }) => name === params.function)];
      return { data: operations.getFunctionStatistics.response.schema.parse(jsonValue(found)) };
    }),

    route(operations.listTables, ({ params }) => ({ data: { tables: tablesOf(member(params).spec.tables) } })),

    route(operations.getTable, async ({ params, query }) => {
      const { table } = params;
      const found = member(params);
      const known = tablesOf(found.spec.tables).map(({ name }) => name);
      if (!known.includes(table)) {
        throw notFound(
          `function ${params.function} has no table ${table}`,
          known.length === 0 ? 'it has none' : `there is ${known.join(', ')}`,
        );
      }
      return { data: tablePage(table, await found.entries(table), query) };
    }),

    route(operations.operate, async ({ params, body }) => {
      const { operation } = params;
      const found = member(params);
      const known = Object.keys(found.spec.operations);
      if (!known.includes(operation)) {
        throw notFound(
          `function ${params.function} has no operation ${operation}`,
          known.length === 0 ? 'it has none' : `there is ${known.join(', ')}`,
        );
      }
      try {
        return { data: { result: jsonValue(await found.operate(operation, body)) } };
      } catch (error) {
        throw new RefusedError(refusalOf(error), error);
      }
    }),
  ];
}

/** @throws RefusedError */
function stepsOf(pointer: string): readonly string[] {
  const steps = pointerSteps(pointer);
  if (steps === undefined || steps.length === 0)
    throw malformed('parameter pointer is no JSON pointer', 'write /rules/3');
  return steps;
}

/** As faults have them. */
const numbered = (steps: readonly string[]): Path => steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
