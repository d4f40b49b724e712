// What operations show.
import { RISKS } from '@twinpath/ndpi';
import type { LiveTables } from '@twinpath/vnf';
import type { Config } from './config.ts';
import { actFor } from './policy.ts';
import type { applications, carried, details, early, flows } from './tables.ts';

type Tables = LiveTables<{
  applications: typeof applications;
  carried: typeof carried;
  early: typeof early;
  flows: typeof flows;
  details: typeof details;
}>;

/** Those that have carried most first. */
export function totals({ applications, carried, early }: Tables, config: Config) {
  const rows = [...applications].filter(([, { name }]) => name !== '');
  return rows
    .map(([number, named]) => {
      const [late, before] = [carried.get(number)?.traffic, early.get(number)?.traffic];
      return {
        application: named.name,
        protocol: named.protocol,
        category: named.category,
        action: actFor(config, named).action,
        packets: (late?.packets ?? 0) + (before?.packets ?? 0),
        bytes: (late?.bytes ?? 0) + (before?.bytes ?? 0),
      };
    })
    .filter(({ packets }) => packets > 0)
    .toSorted((a, b) => b.bytes - a.bytes);
}

export function flowList(
  { flows, applications, details }: Tables,
  { application, most }: { readonly application?: string | undefined; readonly most: number },
) {
  const names = new Map(applications);
  const found = [];
  for (const [key, { application: number, state, risks }] of flows) {
    const { name = '', category = '' } = names.get(number) ?? {};
    if (application !== undefined && name.toLowerCase() !== application.toLowerCase()) continue;
    found.push({ ...key, application: name, category, state, risks: riskNames(risks), ...details.get(key) });
    if (found.length === most) break;
  }
  return found;
}

const riskNames = (risks: bigint) => RISKS.filter((_, risk) => ((risks >> BigInt(risk)) & 1n) === 1n);
