// Deep packet inspection: names the application of each flow, counts it, and in line acts on it. Classifiers see the first packets of
// a flow only; the fast path does the rest.
import { type CopiedPacket, vnf } from '@twinpath/vnf';
import { z } from 'zod';
import { applyPolicies, applyRiskPolicies } from './applications.ts';
import { BacklogClock } from './backlog-clock.ts';
import { builtIn } from './classifiers/index.ts';
import { Config } from './config.ts';
import { openEngine } from './engine.ts';
import { inspect } from './fast-path.ts';
import { Inspector, type Sample } from './inspector.ts';
import { Ledger } from './ledger.ts';
import { loadClassifiers } from './own-classifiers.ts';
import { ratesOf } from './policy.ts';
import { flowList, totals } from './reports.ts';
import {
  applications,
  carried,
  count,
  details,
  early,
  flows,
  fragments,
  held,
  policies,
  rates,
  sample,
  undecided,
} from './tables.ts';

type Metadata = Pick<Sample, 'key' | 'born' | 'left'>;

export default vnf({
  name: 'dpi',
  summary: 'Names the application of each flow, counts it, and in line drops, marks or limits it',
  config: Config,
  tables: { flows, undecided, fragments, applications, policies, rates, carried, early, details },
  counters: count,
  reasons: { sample, held },

  // What enters and what leaves: both directions of a flow.
  fastPath: {
    ingress: (packet, config) => inspect(packet, config),
    egress: (packet, config) => inspect(packet, config),
  },

  configure({ config, tables }) {
    applyPolicies(tables, config);
    applyRiskPolicies(tables, config);
    for (const [index, rate] of ratesOf(config).entries()) tables.rates.set(index, rate);
  },

  async slowPath({ config, tables, log, signal, every, now }) {
    const { engine: wanted, classifiers } = config();
    const [engine, own] = await Promise.all([openEngine(wanted, log, signal), loadClassifiers(classifiers)]);
    const inspector = new Inspector({ config, engine, own, builtIn, ledger: new Ledger(tables, log) });
    const clock = new BacklogClock(now);
    const samplesOf = (events: readonly (readonly [CopiedPacket, Metadata])[]): readonly Sample[] => {
      const last = events.at(-1);
      if (last) clock.looksAt(last[0].now);
      return events.map(([packet, { key, born, left }]) => ({ key, born, left, frame: packet.bytes, at: packet.now }));
    };
    every('1 s', () => inspector.giveUp(clock.tick()));

    return {
      sample: {
        async batch(events) {
          await inspector.inspect(samplesOf(events));
        },
      },
      held: {
        async batch(events) {
          const acts = await inspector.inspect(samplesOf(events));
          for (const [index, [packet]] of events.entries()) {
            const act = acts[index];
            const ip = packet.ip();
            if (act?.action === 'mark' && ip) ip.trafficClass = act.mark | (ip.trafficClass & 3);
            if (act?.action === 'drop') packet.drop();
            else packet.resume();
          }
        },
      },
    };
  },

  operations: {
    applications: {
      summary: 'What each application has carried: packets and bytes',
      input: z.object({}),
      run: ({ tables, config }) => totals(tables, config()),
    },
    flows: {
      summary: 'Flows and their verdicts',
      input: z.object({ application: z.string().optional(), most: z.int().min(1).max(10_000).default(100) }),
      run: ({ tables }, wanted) => flowList(tables, wanted),
    },
  },
});
