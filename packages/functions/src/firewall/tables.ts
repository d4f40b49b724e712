import {
  array,
  bool,
  classifier,
  count64,
  counters,
  fiveTuple,
  guard,
  header,
  instant,
  notice,
  oneOf,
  packetIn,
  portName,
  portRange,
  prefix,
  protocol,
  ruleSet,
  table,
  traffic,
  u8,
  u16,
  u32,
} from '@twinpath/vnf';
import { MOST_ENTRIES, MOST_LIMITS } from './entries.ts';

export const direction = oneOf('in', 'out');

/** What is decided for packets of a rule. */
export const ruling = {
  // `ask`: the rule has a condition that only the slow path can test.
  action: oneOf('allow', 'drop', 'ask', 'offload'),
  rule: u32,
  /** Logged when a random number is not above; 0: never. */
  sample: u32,
  /** Its place in `allowances`, from 1; 0: none. */
  limit: u32,
  /** Nanoseconds from one packet to the next, and how much of that may be used in advance. */
  interval: count64,
  advance: count64,
};

export const rules = ruleSet({
  ordered: classifier({
    match: {
      direction,
      src: prefix,
      dst: prefix,
      protocol,
      sport: portRange,
      /** Of ICMP the type in the upper byte, the code in the lower. */
      dport: portRange,
      /** See classes.ts. */
      class: u8,
    },
    value: ruling,
    max: MOST_ENTRIES,
  }),
  flags: array({ value: { class: u8 }, max: 256 }),
  vlans: table({ key: { id: u16 }, value: { class: u8 }, max: 256 }),
  interfaces: table({ key: { port: portName }, value: { class: u8 }, max: 256 }),
});

/** Until when each rule has used what it allows. */
export const allowances = array({ value: { guard, usedUntil: instant }, max: MOST_LIMITS });

/** `rule`: see rule-id.ts, and decisions.ts for what is none. */
const decided = { openedByLowerEnd: bool, rule: u32, traffic };

/** Flows that have not been spoken in by both ends: whoever opens many pushes out others of these, none that is open.
 *  The key is canonical, so that both directions share the entry. */
export const opening = table({
  key: fiveTuple,
  value: { state: oneOf('opening', 'answered', 'closed', 'refused'), ...decided },
  max: 65_536,
  whenFull: 'evict',
  idleTimeout: { state: { opening: '30 s', answered: '1 min', closed: '10 s', refused: '30 s' } },
});

/** Flows that both ends have spoken in. Times as RFC 5382 (REQ-5) and RFC 4787 (REQ-5) ask for. */
export const flows = table({
  key: fiveTuple,
  value: { state: oneOf('open', 'stream', 'closedByOpener', 'closedByAnswerer', 'closed'), ...decided },
  max: 262_144,
  whenFull: 'evict',
  idleTimeout: {
    state: { open: '125 min', stream: '5 min', closedByOpener: '4 min', closedByAnswerer: '4 min', closed: '10 s' },
  },
});

export const undecided = packetIn({
  metadata: { flow: fiveTuple, direction },
  limit: '5000/s',
  overLimit: 'drop',
  unanswered: 'drop',
});

export const logged = notice({ metadata: { flow: fiveTuple, direction, rule: u32 }, limit: '1000/s' });

/** As RFC 9293 section 3.1 has it, up to the flags. */
export const tcpStart = header({ sport: u16, dport: u16, sequence: u32, acknowledgement: u32, offset: u8, flags: u8 });
export const icmpStart = header({ type: u8, code: u8 });

export const count = counters({
  known: 'packets of flows already allowed',
  opened: 'flows allowed',
  refused: 'packets dropped by a rule, for want of one, or of flows already refused',
  limited: 'packets dropped because their rule had allowed as many as it may',
  unopened: 'TCP packets dropped because no SYN had opened their flow',
  asked: 'packets that opened a flow which only the slow path can decide',
  optioned: 'packets dropped for their options',
  fragments: 'later fragments, which show no ports',
  unreadable: 'IP packets without a readable transport header',
  notIp: 'frames that are neither IP nor ARP',
});
