// All series of the daemon: what docs/reference/metrics.md, the dashboard and the text itself follow from.

export interface Family {
  readonly type: 'gauge' | 'counter' | 'info';
  readonly help: string;
  readonly labels: readonly string[];
}

const chain = ['chain'];
const port = ['chain', 'port', 'interface'];
const member = ['chain', 'function'];
const table = [...member, 'table'];

/** By name, without the `_total` of counters and the `_info` of what is told by labels alone. */
export const FAMILIES = {
  twinpath: { type: 'info', help: 'the daemon: its version and its node', labels: ['version', 'node'] },
  twinpath_healthy: {
    type: 'gauge',
    help: '1: all chains of this node run as wanted, and the store answers',
    labels: [],
  },
  twinpath_revision: { type: 'gauge', help: 'what is wanted', labels: [] },
  twinpath_store_reachable: { type: 'gauge', help: '1: the store answers', labels: [] },
  twinpath_process_resident_memory_bytes: { type: 'gauge', help: 'of the daemon', labels: [] },
  twinpath_process_cpu_seconds: { type: 'counter', help: 'of all threads of the daemon', labels: [] },

  twinpath_chain_running: {
    type: 'gauge',
    help: '1: it runs as wanted; chains of other nodes are not here',
    labels: chain,
  },
  twinpath_chain_revision: { type: 'gauge', help: 'the revision that it runs as', labels: chain },
  twinpath_chain_apply_seconds: {
    type: 'gauge',
    help: 'what its last change took, from compiler to swap',
    labels: chain,
  },

  twinpath_port: { type: 'info', help: 'where packets of a port meet the chain', labels: [...port, 'hook', 'mode'] },
  twinpath_port_up: { type: 'gauge', help: '1: its interface is there and up', labels: port },
  twinpath_port_receive_packets: { type: 'counter', help: 'of the interface, as Linux counts', labels: port },
  twinpath_port_receive_bytes: { type: 'counter', help: 'of the interface, as Linux counts', labels: port },
  twinpath_port_receive_dropped: { type: 'counter', help: 'of the interface, as Linux counts', labels: port },
  twinpath_port_transmit_packets: { type: 'counter', help: 'of the interface, as Linux counts', labels: port },
  twinpath_port_transmit_bytes: { type: 'counter', help: 'of the interface, as Linux counts', labels: port },
  twinpath_port_transmit_dropped: { type: 'counter', help: 'of the interface, as Linux counts', labels: port },

  twinpath_function_measured: {
    type: 'gauge',
    help: '0: its slow path did not answer, and its series are missing',
    labels: member,
  },
  twinpath_function_packets: { type: 'counter', help: 'packets that came to its fast path', labels: member },
  twinpath_function_fast_path_packets: {
    type: 'counter',
    help: 'those that the fast path decided alone',
    labels: member,
  },
  twinpath_function_slow_path_packets: { type: 'counter', help: 'handed up, by reason', labels: [...member, 'reason'] },
  twinpath_function_not_handed_up_packets: {
    type: 'counter',
    help: 'not handed up: `over limit`, `ring full`, `slow path absent`; what becomes of them the reason says',
    labels: [...member, 'reason', 'why'],
  },
  twinpath_function_verdicts: { type: 'counter', help: 'by verdict of the fast path', labels: [...member, 'verdict'] },
  twinpath_function_dropped_packets: {
    type: 'counter',
    help: 'dropped: `fast path`, `slow path`, `looped`, `truncated`, `undelivered`, `socket full`',
    labels: [...member, 'why'],
  },
  twinpath_function_answers: { type: 'counter', help: 'by what the slow path answered', labels: [...member, 'answer'] },
  twinpath_function_unanswered_packets: { type: 'counter', help: 'not answered in time', labels: member },
  twinpath_function_handler_errors: { type: 'counter', help: "what the author's code threw", labels: member },
  twinpath_function_slow_path_restarts: {
    type: 'counter',
    help: 'how often it failed and began again',
    labels: member,
  },
  twinpath_function_events: { type: 'counter', help: "the author's counters", labels: [...member, 'counter'] },
  twinpath_function_compile_seconds: { type: 'gauge', help: 'of its last change', labels: member },
  twinpath_function_load_seconds: {
    type: 'gauge',
    help: 'of its last change: maps filled, programs verified',
    labels: member,
  },
  twinpath_function_swap_seconds: { type: 'gauge', help: 'of its last change: until packets met it', labels: member },
  twinpath_function_map_memory_bytes: { type: 'gauge', help: 'that its maps take in the kernel', labels: member },

  twinpath_program_runs: {
    type: 'counter',
    help: 'where the kernel counts them (kernel.bpf_stats_enabled)',
    labels: [...member, 'hook', 'program'],
  },
  twinpath_program_run_seconds: { type: 'counter', help: 'of all runs', labels: [...member, 'hook', 'program'] },

  twinpath_table_entries: {
    type: 'gauge',
    help: 'what it holds; large tables are counted twice a minute',
    labels: table,
  },
  twinpath_table_max_entries: { type: 'gauge', help: 'what it can hold', labels: table },
  twinpath_table_refused: { type: 'counter', help: 'insertions of the fast path that found it full', labels: table },
  twinpath_table_front_entries: {
    type: 'gauge',
    help: 'hottest entries in front of a table (`specialise: traffic`); 0: it is asked alone',
    labels: [...member, 'map'],
  },
  twinpath_table_front_share: {
    type: 'gauge',
    help: 'part of the lookups that was for them, or would be, by samples',
    labels: [...member, 'map'],
  },
  twinpath_table_front_made: { type: 'counter', help: 'how often they were put there', labels: [...member, 'map'] },
  twinpath_rule_packets: { type: 'counter', help: 'packets that the rule has decided', labels: [...table, 'rule'] },
  twinpath_tally_packets: {
    type: 'counter',
    help: "by the author's labels, each as `by_NAME`",
    labels: [...table, 'by_…'],
  },
  twinpath_tally_bytes: {
    type: 'counter',
    help: "by the author's labels, each as `by_NAME`",
    labels: [...table, 'by_…'],
  },
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof FAMILIES;

/** As it stands before the labels. */
export function sampleName(name: FamilyName): string {
  const { type } = FAMILIES[name];
  return type === 'counter' ? `${name}_total` : type === 'info' ? `${name}_info` : name;
}
