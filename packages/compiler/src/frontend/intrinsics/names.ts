// Names on the author's side, numbers in packets and tables.
import { etherTypeNumbers, icmpTypeNumber, protocolNumbers } from '@twinpath/packet';
import type { ValueId } from '../../ir/types.ts';
import type { Site } from '../path.ts';
import type { NameDomain, Value } from '../value.ts';
import { type Code, n } from './code.ts';

const protocols = new Map<string, number>(Object.entries(protocolNumbers));
const etherTypes = new Map<string, number>(Object.entries(etherTypeNumbers));
const ARP_OPERATIONS: Readonly<Record<string, number>> = { request: 1, reply: 2 };

/** The number of a name; `undefined`: there is no such name in the domain. A number stands for itself where the domain has
 *  numbers without names. */
export function numberOf(domain: NameDomain, name: string | number): number | undefined {
  switch (domain.kind) {
    case 'enum':
    case 'port': {
      const index = typeof name === 'string' ? domain.names.indexOf(name) : -1;
      return index < 0 ? undefined : index;
    }
    case 'arp-operation':
      return typeof name === 'number' ? name : ARP_OPERATIONS[name];
    case 'protocol':
      return typeof name === 'number' ? name : protocols.get(name);
    case 'ethertype':
      return typeof name === 'number' ? name : etherTypes.get(name);
    case 'icmp4-type':
      return typeof name === 'number' ? name : icmpTypeNumber(4, name);
    case 'icmp6-type':
      return typeof name === 'number' ? name : icmpTypeNumber(6, name);
  }
}

const sameNames = (a: NameDomain, b: NameDomain) =>
  a.kind === b.kind && (!('names' in a) || !('names' in b) || a.names.join('\n') === b.names.join('\n'));

/** A name's register in another domain: enumerations are translated name by name; a name that the other one does not have is an
 *  error while compiling. */
export function translate(code: Code, value: Extract<Value, { kind: 'name' }>, to: NameDomain, site: Site): ValueId {
  const from = value.domain;
  if (sameNames(from, to)) return value.id;
  if (from.kind !== 'enum' || to.kind !== 'enum') {
    return code.lowering.fail(site, 'TP3001', describe(from), describe(to));
  }
  const missing = from.names.find((name) => !to.names.includes(name));
  if (missing !== undefined) return code.lowering.fail(site, 'TP3002', missing, describe(to));
  return lookUp(
    code,
    value.id,
    from.names.map((name) => to.names.indexOf(name)),
  );
}

/** Element `index` of a constant list of bytes: shifts of constant words, no branches. */
function lookUp(code: Code, index: ValueId, table: readonly number[]): ValueId {
  let result = code.id(n(0));
  for (let base = 0; base < table.length; base += 8) {
    const word = table.slice(base, base + 8).reduce((bits, byte, at) => bits | (BigInt(byte) << BigInt(8 * at)), 0n);
    const shift = code.alu('shl', code.alu('and', index, n(7)), n(3));
    const byte = code.alu('and', code.alu('shr', n(BigInt.asIntN(64, word)), shift), n(255));
    if (table.length <= 8) return byte;
    const isHere = code.compare('eq', code.alu('shr', index, n(3)), n(base / 8));
    result = code.alu('or', result, code.alu('mul', byte, isHere));
  }
  return result;
}

export function describe(domain: NameDomain): string {
  if ('names' in domain) return domain.names.map((name) => `'${name}'`).join(' | ');
  return domain.kind;
}
