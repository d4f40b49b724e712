// What was read of a daemon, as samples.
import type { Status } from '@twinpath/api';
import type { LinkStatistics } from '@twinpath/linux';
import type { FunctionMeasures, FunctionStatistics, RunningPort } from '@twinpath/runtime';
import { Exposition, type Labels } from './exposition.ts';
import type { FamilyName } from './families.ts';

export interface PortReading {
  readonly port: Pick<RunningPort, 'name' | 'interface' | 'hook' | 'mode'>;
  /** `undefined`: the interface is not there. */
  readonly link: { readonly up: boolean; readonly statistics: LinkStatistics } | undefined;
}

export interface FunctionReading {
  readonly name: string;
  /** `undefined`: its slow path does not answer. */
  readonly read: { readonly statistics: FunctionStatistics; readonly measures: FunctionMeasures } | undefined;
}

export interface ChainReading {
  readonly chain: string;
  readonly ports: readonly PortReading[];
  readonly functions: readonly FunctionReading[];
}

export interface Readings {
  readonly status: Status;
  /** Of the daemon's process. */
  readonly process: { readonly residentBytes: number; readonly cpuSeconds: number };
  readonly chains: readonly ChainReading[];
}

/** OpenMetrics. */
export function metricsOf({ status, process, chains }: Readings): string {
  const out = new Exposition();
  out.add('twinpath', { version: status.version, node: status.node }, 1);
  out.add('twinpath_healthy', {}, Number(status.healthy));
  out.add('twinpath_revision', {}, status.revision);
  out.add('twinpath_store_reachable', {}, Number(status.store.reachable));
  out.add('twinpath_process_resident_memory_bytes', {}, process.residentBytes);
  out.add('twinpath_process_cpu_seconds', {}, process.cpuSeconds);
  for (const { name: chain, state, revision, applyMilliseconds } of status.chains) {
    if (state === 'elsewhere') continue;
    out.add('twinpath_chain_running', { chain }, Number(state === 'running'));
    if (revision !== undefined) out.add('twinpath_chain_revision', { chain }, revision);
    if (applyMilliseconds !== undefined) out.add('twinpath_chain_apply_seconds', { chain }, seconds(applyMilliseconds));
  }
  for (const { chain, ports, functions } of chains) {
    for (const one of ports) addPort(out, chain, one);
    for (const { name, read } of functions) {
      const labels = { chain, function: name };
      out.add('twinpath_function_measured', labels, Number(read !== undefined));
      if (read === undefined) continue;
      addStatistics(out, labels, read.statistics);
      addMeasures(out, labels, read.measures);
    }
  }
  return out.text();
}

function addPort(out: Exposition, chain: string, { port, link }: PortReading): void {
  const labels = { chain, port: port.name, interface: port.interface };
  out.add('twinpath_port', { ...labels, hook: port.hook, mode: port.mode ?? '' }, 1);
  out.add('twinpath_port_up', labels, Number(link?.up === true));
  if (link === undefined) return;
  const { rxPackets, rxBytes, rxDropped, txPackets, txBytes, txDropped } = link.statistics;
  out.add('twinpath_port_receive_packets', labels, Number(rxPackets));
  out.add('twinpath_port_receive_bytes', labels, Number(rxBytes));
  out.add('twinpath_port_receive_dropped', labels, Number(rxDropped));
  out.add('twinpath_port_transmit_packets', labels, Number(txPackets));
  out.add('twinpath_port_transmit_bytes', labels, Number(txBytes));
  out.add('twinpath_port_transmit_dropped', labels, Number(txDropped));
}

function addStatistics(out: Exposition, labels: Labels, statistics: FunctionStatistics): void {
  const { packets, verdicts, reasons, tablesFull, counters, programs, slowPath } = statistics;
  const each = (name: FamilyName, label: string, values: Readonly<Record<string, number>>) => {
    for (const [key, value] of Object.entries(values)) out.add(name, { ...labels, [label]: key }, value);
  };
  out.add('twinpath_function_packets', labels, packets);
  out.add('twinpath_function_fast_path_packets', labels, packets - (verdicts.slowPath ?? 0));
  each('twinpath_function_verdicts', 'verdict', verdicts);
  for (const [reason, { up, overLimit, lost, absent }] of Object.entries(reasons)) {
    out.add('twinpath_function_slow_path_packets', { ...labels, reason }, up);
    const not = { 'over limit': overLimit, 'ring full': lost, 'slow path absent': absent };
    for (const [why, count] of Object.entries(not))
      out.add('twinpath_function_not_handed_up_packets', { ...labels, reason, why }, count);
  }
  each('twinpath_function_dropped_packets', 'why', {
    'fast path': verdicts.drop ?? 0,
    'slow path': slowPath.answered.drop,
    looped: slowPath.looped,
    truncated: slowPath.truncated,
    undelivered: slowPath.undelivered,
    'socket full': slowPath.lostAtSockets,
  });
  each('twinpath_function_answers', 'answer', slowPath.answered);
  out.add('twinpath_function_unanswered_packets', labels, slowPath.unanswered);
  out.add('twinpath_function_handler_errors', labels, slowPath.handlerErrors);
  out.add('twinpath_function_slow_path_restarts', labels, slowPath.restarts);
  each('twinpath_function_events', 'counter', counters);
  each('twinpath_table_refused', 'table', tablesFull);
  for (const { hook, name, runs, nsPerRun } of programs.filter((one) => one.runs > 0)) {
    out.add('twinpath_program_runs', { ...labels, hook, program: name }, runs);
    out.add('twinpath_program_run_seconds', { ...labels, hook, program: name }, (runs * nsPerRun) / 1e9);
  }
}

function addMeasures(out: Exposition, labels: Labels, measures: FunctionMeasures): void {
  const { tables, rules, tallies, mapBytes, lastChange, fronts } = measures;
  out.add('twinpath_function_compile_seconds', labels, seconds(lastChange.compile));
  out.add('twinpath_function_load_seconds', labels, seconds(lastChange.load));
  out.add('twinpath_function_swap_seconds', labels, seconds(lastChange.swap));
  out.add('twinpath_function_map_memory_bytes', labels, mapBytes);
  for (const [table, { entries, max }] of Object.entries(tables)) {
    out.add('twinpath_table_entries', { ...labels, table }, entries);
    out.add('twinpath_table_max_entries', { ...labels, table }, max);
  }
  for (const [map, { entries, share, made }] of Object.entries(fronts)) {
    out.add('twinpath_table_front_entries', { ...labels, map }, entries);
    out.add('twinpath_table_front_share', { ...labels, map }, share);
    out.add('twinpath_table_front_made', { ...labels, map }, made);
  }
  for (const [table, list] of Object.entries(rules)) {
    for (const { name, packets } of list) out.add('twinpath_rule_packets', { ...labels, table, rule: name }, packets);
  }
  for (const [table, totals] of Object.entries(tallies)) {
    for (const { labels: by, packets, bytes } of totals) {
      const own = Object.fromEntries(Object.entries(by).map(([name, value]) => [`by_${name}`, value]));
      out.add('twinpath_tally_packets', { ...labels, table, ...own }, packets);
      out.add('twinpath_tally_bytes', { ...labels, table, ...own }, bytes);
    }
  }
}

const seconds = (milliseconds: number): number => milliseconds / 1000;
