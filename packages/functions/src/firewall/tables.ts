import {
  bool,
  classifier,
  counters,
  fiveTuple,
  oneOf,
  packetIn,
  portRange,
  prefix,
  protocol,
  ruleSet,
  table,
  traffic,
  u32,
} from '@twinpath/vnf';

export const direction = oneOf('in', 'out');

export const rules = ruleSet({
  ordered: classifier({
    match: { direction, src: prefix, dst: prefix, protocol, dport: portRange },
    // `ask`: the rule has a condition that only the slow path can test.
    value: { action: oneOf('allow', 'drop', 'ask'), rule: u32 },
    max: 20_000, // a rule of both directions takes two
  }),
});

/** In `flows`, where a rule is its `ruleId`: none decided. */
export const NO_RULE = 0xffff_ffff;

/** What was decided of each flow; the key is canonical, so that both directions share the entry. */
export const flows = table({
  key: fiveTuple,
  value: { state: oneOf('opening', 'open', 'closing', 'refused'), openedByLowerEnd: bool, rule: u32, traffic },
  max: 262_144,
  whenFull: 'evict',
  idleTimeout: { state: { opening: '30 s', open: '2 h', closing: '10 s', refused: '30 s' } },
});

export const undecided = packetIn({
  metadata: { flow: fiveTuple, direction },
  limit: '5000/s',
  overLimit: 'drop',
  unanswered: 'drop',
});

export const count = counters({
  known: 'packets of flows already allowed',
  opened: 'flows allowed',
  refused: 'packets dropped by a rule, for want of one, or of flows already refused',
  asked: 'packets that opened a flow which only the slow path can decide',
  optioned: 'packets dropped for their options',
  fragments: 'later fragments, which show no ports',
  unreadable: 'IP packets without a readable transport header',
  notIp: 'frames that are neither IP nor ARP',
});
