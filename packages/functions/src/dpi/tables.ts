import {
  array,
  bool,
  counters,
  fiveTuple,
  instant,
  ip4,
  oneOf,
  packetCopy,
  packetIn,
  protocol,
  table,
  text,
  traffic,
  u8,
  u16,
  u64,
} from '@twinpath/vnf';
import { rate } from './rate.ts';
import { APPLICATIONS, FLOWS, POLICIES, UNDECIDED_FLOWS } from './sizes.ts';

/** Canonical, so that both directions are one flow; flows of two VLANs are two. */
export const flowKey = { ...fiveTuple, vlan: u16 };

/** 0: what the policy of the application says; else, from 1 on, which policy comes before it because of the flow's risks. */
const riskPolicy = u8;

export const flowOf = {
  /** Its number in `applications`. */
  application: u16,
  state: oneOf('tcp', 'other', 'closing'),
  riskPolicy,
  /** nDPI's flow risks, a bit each. */
  risks: u64,
};

/** Flows that have a verdict: the slow path enters them, and sees no more of them. */
export const flows = table({
  key: flowKey,
  value: flowOf,
  max: FLOWS,
  // A connection may be silent for long, and cannot be recognised in its middle.
  idleTimeout: { state: { tcp: '2 h', other: '3 min', closing: '30 s' } },
});

export const undecidedFlow = {
  /** Tells the flow from others between the same ends, before and after. */
  born: instant,
  /** Packets that may still be shown to the classifiers. */
  left: u8,
  isClosing: bool,
  /** A verdict that found no room in `flows`. */
  application: u16,
  riskPolicy,
  risks: u64,
  traffic,
};

/** Flows without a verdict: a flood of them pushes out nothing but its like. */
export const undecided = table({
  key: flowKey,
  value: undecidedFlow,
  max: UNDECIDED_FLOWS,
  whenFull: 'evict',
  idleTimeout: '1 min',
});

/** What the first fragment belonged to, for those behind it, which show no ports. */
export const fragments = table({
  key: { src: ip4, dst: ip4, identification: u16, protocol },
  value: { application: u16, riskPolicy },
  max: 8192,
  whenFull: 'evict',
  timeout: '30 s',
});

/** Who is who; the slow path numbers them as it meets them. */
export const applications = array({
  value: { name: text(48), protocol: text(32), category: text(32) },
  max: APPLICATIONS,
});

/** What is done with packets: of an application; behind those, by policies that risks can choose. `mark`: the DSCP, where the header has it. */
export const policies = array({
  value: { action: oneOf('allow', 'drop', 'mark', 'limit'), mark: u8, limit: u8 },
  max: APPLICATIONS + POLICIES,
});

export const rates = array({ value: rate, max: POLICIES });

/** Packets and bytes of each application that the fast path has seen knowing it. */
export const carried = array({ value: { traffic }, max: APPLICATIONS, perCpu: true });
/** Those of before, which the slow path adds when the verdict is there. */
export const early = array({ value: { traffic }, max: APPLICATIONS });

/** What was heard of the name and the software behind a flow. */
export const details = table({
  key: flowKey,
  value: { server: text(96), fingerprint: text(48) },
  max: UNDECIDED_FLOWS,
  whenFull: 'evict',
  timeout: '2 h',
});

const metadata = { key: flowKey, born: instant, left: u8 };

/** Bytes. Short flows come faster than classifiers look at them: a ring of 1 MiB is full when they have not run for some 10 ms; in this
 *  one a burst of 200,000 packets waits. */
const BACKLOG = 64 << 20;

export const sample = packetCopy({ metadata, limit: '100000/s', backlog: BACKLOG });
export const held = packetIn({
  metadata,
  limit: '50000/s',
  overLimit: 'next',
  unanswered: 'resume',
  answerWithin: '2 s',
});

export const count = counters({
  shown: 'packets of undecided flows shown to the classifiers',
  bare: 'acknowledgements of undecided flows that were not shown: they carry nothing',
  waiting: 'packets of undecided flows that were not shown: their number was used up',
  opened: 'flows seen for the first time',
  restarted: 'verdicts ended because a new connection used the same ports',
  dropped: 'packets of applications that are dropped',
  marked: 'packets of applications that are marked',
  limited: 'packets dropped for being above the rate of their application',
  fragments: 'later fragments that followed their first',
});
