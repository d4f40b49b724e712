export {
  AddressError,
  type ArpHeader,
  arpHeader,
  type Bytes,
  canonical,
  type EthernetHeader,
  type EtherType,
  ethernetHeader,
  type FiveTuple,
  frame,
  type IcmpErrorKind,
  type IcmpType,
  type Ip,
  type Ip4,
  type Ip6,
  icmpError,
  ip4ToNumber,
  ipHeader,
  isCanonical,
  isIp4,
  isIp6,
  type Mac,
  neighbourSolicitation,
  numberToIp4,
  type Port,
  type Ports,
  type Prefix,
  type Protocol,
  rawBytes,
  reverse,
  sameFamily,
  type TcpHeader,
  udpHeader,
  type VlanTag,
  within,
} from '@twinpath/packet';
export { type AnyCounters, type Counters, counters } from './counters/counters.ts';
export type { BitRate } from './functions/bit-rate.ts';
export { decidedBy } from './functions/decided-by.ts';
export { type Duration, duration } from './functions/duration.ts';
export { hash, hashOf } from './functions/hash.ts';
export { lock } from './functions/lock.ts';
export { randomU32 } from './functions/random.ts';
export type { Rate } from './functions/rate.ts';
export { TableFullError, UnknownPortError } from './live/errors.ts';
export type * from './live/instance.ts';
export type * from './live/network.ts';
export type * from './live/packets.ts';
export type * from './live/ports.ts';
export type * from './live/tables.ts';
export { net } from './net/net.ts';
export {
  bits,
  bytesAfter,
  flag,
  type Header,
  type HeaderView,
  header,
  type Layer,
} from './packet/header.ts';
export type * from './packet/packet.ts';
export type * from './packet/views.ts';
export { type PortGroup, port, portGroup } from './ports/ports.ts';
export {
  type LogLine,
  logLine,
  type Metadata,
  type Notice,
  notice,
  type PacketCopy,
  type PacketIn,
  packetCopy,
  packetIn,
  type Reason,
} from './reasons/reasons.ts';
export { FastPathOnlyError } from './spec/fast-path-only.ts';
export { VnfSpecError } from './spec/vnf-spec-error.ts';
export { type ArrayTable, array } from './tables/array.ts';
export { type Classifier, classifier } from './tables/classifier.ts';
export { type IdleByField, type Migration, migration, type TableLife } from './tables/life.ts';
export { type Lpm, lpm } from './tables/lpm.ts';
export { type AnyTable, type RuleSet, ruleSet, type SwitchedTable } from './tables/rule-set.ts';
export { type Ref, type Table, table } from './tables/table.ts';
export { type Tally, tally } from './tables/tally.ts';
export {
  bool,
  guard,
  ip,
  ip4,
  ip6,
  mac,
  oneOf,
  portName,
  portRange,
  prefix,
  protocol,
  text,
  traffic,
} from './types/fields.ts';
export { fiveTuple } from './types/five-tuple.ts';
export { be16, be32, count64, instant, u8, u16, u32, u64 } from './types/integers.ts';
export type { Guard, Traffic, TrafficTotals } from './types/traffic.ts';
export type { Fast, KeyShape, NewFast, NewPlain, Plain, Shape, Type } from './types/type.ts';
export {
  bounce,
  clone,
  copyToSlowPath,
  drop,
  flood,
  forward,
  next,
  notify,
  route,
  slowPath,
  spread,
  stack,
  type Verdict,
} from './verdicts/verdicts.ts';
export {
  type Constants,
  type FastPath,
  type NotAConstant,
  type Operation,
  type Vnf,
  type VnfSpec,
  vnf,
} from './vnf/vnf.ts';
