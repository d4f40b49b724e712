// What fast paths call of `@twinpath/vnf`, by name.
import { type Duration, duration as nanoseconds } from '@twinpath/vnf';
import { DECIDED_BY } from '@twinpath/vnf/plan';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import { constant, UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { count } from '../counting.ts';
import { emit } from '../events.ts';
import { clone } from '../forwarding/clone.ts';
import { layerFunction } from '../headers/layer.ts';
import { isFamily, sameFamily, within } from './addresses.ts';
import { canonical, isCanonical, reverse } from './flows.ts';
import { hash, hashOf } from './hash.ts';
import { lock } from './lock.ts';

type Function = (lowering: Lowering, path: Path, operands: readonly Value[], site: Site) => readonly Outcome[];

/** Nanoseconds, a constant. */
const duration: Function = (lowering, path, [text], site) => {
  if (text?.kind !== 'constant' || !isDuration(text.value))
    return lowering.fail(site, 'TP3005', 'a constant duration', 'another value');
  return [{ path, value: constant(nanoseconds(text.value)) }];
};

function isDuration(value: unknown): value is Duration {
  return typeof value === 'string' && /^\d+(\.\d+)? (ns|us|ms|s|min|h|d)$/.test(value);
}

const slowPath: Function = (lowering, path, [reason, metadata], site) => {
  if (reason?.kind !== 'reason' || reason.plan.kind !== 'packetIn')
    return lowering.fail(site, 'TP5003', 'this', 'packetIn');
  const operands = metadata === undefined ? [reason] : [reason, metadata];
  return [{ path, value: { kind: 'verdict', verdict: 'slowPath', operands } }];
};

const verdictOf =
  (verdict: 'forward' | 'flood' | 'route' | 'spread'): Function =>
  (lowering, path, operands, site) => {
    if (operands[0] === undefined) return lowering.fail(site, 'TP4006', `what to ${verdict}`);
    return [{ path, value: { kind: 'verdict', verdict, operands } }];
  };

const port: Function = (lowering, path, [name], site) => {
  if (name === undefined) return lowering.fail(site, 'TP4006', 'the name of a port');
  return [{ path, value: name }];
};

/** The packet goes on, whether its copy went up or not. */
const copyUp =
  (kind: 'packetCopy' | 'notice'): Function =>
  (lowering, path, [reason, metadata], site) => {
    if (reason?.kind !== 'reason' || reason.plan.kind !== kind) return lowering.fail(site, 'TP5003', 'this', kind);
    const { sent, refused } = emit(lowering, path, reason.plan, metadata, site);
    return lowering.joinPaths([...sent, ...refused]).map((on) => ({ path: on, value: UNDEFINED }));
  };

const decidedBy: Function = (lowering, path, [decision], site) => {
  if (decision === undefined) return lowering.fail(site, 'TP4006', 'the number of what decided');
  const code = new Code(lowering, path);
  const raised = code.alu('add', lowering.register(path, decision, site), n(1));
  return [{ path: count(lowering, code.path, [DECIDED_BY], raised), value: UNDEFINED }];
};

const randomU32: Function = (lowering, path) => {
  const code = new Code(lowering, path);
  const id = code.truncate(code.call('get_prandom_u32', []), 32);
  return [{ path, value: lowering.integer(id, { low: 0n, high: 0xffff_ffffn }) }];
};

const ip4ToNumber: Function = (lowering, path, [address], site) => {
  const word = address?.kind === 'bytes' && address.type === 'ip4' ? address.words[0] : undefined;
  if (word === undefined) return lowering.fail(site, 'TP3005', 'an IPv4 address', address?.kind ?? 'nothing');
  const id = new Code(lowering, path).swap(word.id, 32);
  return [{ path, value: lowering.integer(id, { low: 0n, high: 0xffff_ffffn }) }];
};

const numberToIp4: Function = (lowering, path, [number], site) => {
  if (number === undefined) return lowering.fail(site, 'TP3005', 'a number', 'nothing');
  const id = new Code(lowering, path).swap(lowering.register(path, number, site), 32);
  return [{ path, value: { kind: 'bytes', type: 'ip4', words: [{ id, width: 32 }] } }];
};

export const FUNCTIONS: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['canonical', canonical],
  ['clone', clone],
  ['copyToSlowPath', copyUp('packetCopy')],
  ['decidedBy', decidedBy],
  ['duration', duration],
  ['ethernetHeader', layerFunction('ethernet')],
  ['flood', verdictOf('flood')],
  ['forward', verdictOf('forward')],
  ['hash', hash],
  ['hashOf', hashOf],
  ['ip4ToNumber', ip4ToNumber],
  ['ipHeader', layerFunction('ip')],
  ['isCanonical', isCanonical],
  ['isIp4', isFamily(4)],
  ['isIp6', isFamily(6)],
  ['lock', lock],
  ['notify', copyUp('notice')],
  ['numberToIp4', numberToIp4],
  ['port', port],
  ['randomU32', randomU32],
  ['reverse', reverse],
  ['route', verdictOf('route')],
  ['sameFamily', sameFamily],
  ['slowPath', slowPath],
  ['spread', verdictOf('spread')],
  ['udpHeader', layerFunction('udp')],
  ['within', within],
]);
