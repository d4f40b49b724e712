import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FunctionStatistics } from '@twinpath/runtime';
import { describe, expect, it } from 'vitest';
import { FAMILIES, type FamilyName, sampleName } from './families.ts';
import { metricsOf, type Readings } from './samples.ts';

const statistics: FunctionStatistics = {
  name: 'gate',
  packets: 10,
  verdicts: { drop: 3, next: 5, slowPath: 2 },
  reasons: { asked: { up: 2, overLimit: 4, lost: 5, absent: 6 } },
  tablesFull: { flows: 7 },
  counters: { closed: 3 },
  programs: [{ hook: 'xdp', name: 'tp_gate', id: 1, runs: 10, nsPerRun: 50 }],
  slowPath: {
    handedUp: 2,
    answered: { resume: 0, retry: 1, receive: 0, forward: 0, bounce: 0, stack: 0, drop: 1, reply: 0 },
    unanswered: 0,
    looped: 0,
    truncated: 0,
    undelivered: 0,
    handlerErrors: 0,
    lostAtSockets: 0,
    malformed: 0,
    restarts: 1,
  },
};
const measures = {
  tables: { flows: { entries: 4, max: 8 } },
  rules: { 'rules.ordered': [{ name: 'rules[0] say "no"\n\\', packets: 9 }] },
  tallies: { countries: [{ labels: { country: 'NZ' }, packets: 2, bytes: 128 }] },
  mapBytes: 4096,
  fronts: { 'flows.4': { isOpen: true, entries: 64, share: 0.5, made: 3 } },
  lastChange: { compile: 20, load: 5, swap: 1 },
};
const link = { rxPackets: 1n, txPackets: 2n, rxBytes: 3n, txBytes: 4n, rxDropped: 5n, txDropped: 2n ** 53n };
const readings: Readings = {
  status: {
    node: 'a',
    labels: {},
    version: '0.1.0',
    revision: 3,
    healthy: true,
    startedAt: '2026-01-01T00:00:00Z',
    store: { kind: 'sqlite', reachable: true },
    chains: [
      { name: 'edge', state: 'running', revision: 3, ports: [], functions: [], applyMilliseconds: 26 },
      { name: 'far', state: 'elsewhere', ports: [], functions: [] },
    ],
  },
  process: { residentBytes: 1e8, cpuSeconds: 1.5 },
  chains: [
    {
      chain: 'edge',
      ports: [
        {
          port: { name: 'wan', interface: 'eth0', hook: 'xdp', mode: 'native' },
          link: { up: true, statistics: link },
        },
        { port: { name: 'lan', interface: 'eth1', hook: 'tcx', mode: undefined }, link: undefined },
      ],
      functions: [
        { name: 'gate', read: { statistics, measures } },
        { name: 'absent', read: undefined },
      ],
    },
  ],
};
const text = metricsOf(readings);
const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('metrics', () => {
  it('have a sample of every family, and none of another', () => {
    const named = new Set(samples.map((line) => /^\w+/.exec(line)?.[0] ?? line));
    const isFamily = (name: string): name is FamilyName => name in FAMILIES;
    expect([...named].toSorted()).toEqual(Object.keys(FAMILIES).filter(isFamily).map(sampleName).toSorted());
  });

  it('are text that OpenMetrics has: each series once, families together, escaped labels, an end', () => {
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    const label = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"`;
    const sample = new RegExp(String.raw`^[a-z_]+(?:\{${label}(?:,${label})*\})? -?[\d.]+(?:e[+-]\d+)?$`);
    expect(samples.filter((line) => !sample.test(line))).toEqual([]);
    const series = samples.map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(new Set(series).size).toBe(series.length);
    const types = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
    expect(new Set(types).size).toBe(types.length);
    expect(text).toContain('# UNIT twinpath_function_map_memory_bytes bytes\n');
  });

  it('have the labels that are documented', () => {
    const isFamily = (name: string): name is FamilyName => name in FAMILIES;
    for (const name of Object.keys(FAMILIES).filter(isFamily)) {
      const line = samples.find(
        (one) => one.startsWith(sampleName(name)) && /[ {]/.test(one[sampleName(name).length] ?? ''),
      );
      const labels = [...(line ?? '').matchAll(/[{,]([a-zA-Z_]\w*)="/g)].map(([, key = '']) =>
        key.replace(/^by_.*/, 'by_…'),
      );
      expect(labels, name).toEqual(FAMILIES[name].labels);
    }
  });

  it.each([
    'twinpath_function_fast_path_packets_total{chain="edge",function="gate"} 8',
    'twinpath_function_slow_path_packets_total{chain="edge",function="gate",reason="asked"} 2',
    'twinpath_function_not_handed_up_packets_total{chain="edge",function="gate",reason="asked",why="ring full"} 5',
    'twinpath_function_dropped_packets_total{chain="edge",function="gate",why="fast path"} 3',
    String.raw`twinpath_rule_packets_total{chain="edge",function="gate",table="rules.ordered",rule="rules[0] say \"no\"\n\\"} 9`,
    'twinpath_tally_bytes_total{chain="edge",function="gate",table="countries",by_country="NZ"} 128',
    'twinpath_function_compile_seconds{chain="edge",function="gate"} 0.02',
    'twinpath_program_run_seconds_total{chain="edge",function="gate",hook="xdp",program="tp_gate"} 5e-7',
    'twinpath_port_up{chain="edge",port="lan",interface="eth1"} 0',
    'twinpath_function_measured{chain="edge",function="absent"} 0',
  ])('say %s', (line) => {
    expect(samples).toContain(line);
  });

  it('leave out chains of other nodes', () => {
    expect(text).not.toContain('far');
  });
});

describe('the dashboard', () => {
  const file = fileURLToPath(new URL('../../grafana/twinpath.json', import.meta.url));
  const dashboard: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const words = [...JSON.stringify(dashboard).matchAll(/twinpath_\w+/g)].map(([word]) => word);

  it('asks for series that there are', () => {
    const isFamily = (name: string): name is FamilyName => name in FAMILIES;
    const known = new Set(Object.keys(FAMILIES).filter(isFamily).map(sampleName));
    expect(words.length).toBeGreaterThan(20);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });
});
