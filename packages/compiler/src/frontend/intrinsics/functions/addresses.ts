// Tests of addresses.
import { macToBytes, parsePrefix } from '@twinpath/packet';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import { constant, type Value, type Word } from '../../value.ts';
import { Code, n } from '../code.ts';
import { constantWords } from '../memory/bytes.ts';
import { familyOf } from '../memory/encode.ts';

type Operands = readonly Value[];

function family(lowering: Lowering, value: Value | undefined, site: Site): 4 | 6 {
  const found = value === undefined ? undefined : familyOf(value);
  return found ?? lowering.fail(site, 'TP3005', 'an address', value?.kind ?? 'nothing');
}

export const isFamily =
  (wanted: 4 | 6) =>
  (lowering: Lowering, path: Path, [address]: Operands, site: Site): readonly Outcome[] => [
    { path, value: constant(family(lowering, address, site) === wanted) },
  ];

export function sameFamily(lowering: Lowering, path: Path, [a, b]: Operands, site: Site): readonly Outcome[] {
  return [{ path, value: constant(family(lowering, a, site) === family(lowering, b, site)) }];
}

interface Network {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** `within(address, network)`: the network is a constant, the address of a packet or table. Another family is not within. */
export function within(lowering: Lowering, path: Path, [address, network]: Operands, site: Site): readonly Outcome[] {
  const text = network?.kind === 'constant' && typeof network.value === 'string' ? network.value : undefined;
  if (text === undefined) return lowering.fail(site, 'TP3005', 'a constant network', network?.kind ?? 'nothing');
  if (address?.kind !== 'bytes') return lowering.fail(site, 'TP3005', 'an address', address?.kind ?? 'nothing');
  const wanted = address.type === 'mac' ? macNetwork(lowering, text, site) : ipNetwork(lowering, text, site);
  const size = address.words.reduce((sum, { width }) => sum + width / 8, 0);
  if (wanted.bytes.length !== size) return [{ path, value: constant(false) }];
  return matches(new Code(lowering, path), address.words, wanted);
}

function matches(start: Code, words: readonly Word[], { bytes, length }: Network): readonly Outcome[] {
  const widths = words.map(({ width }) => width);
  const values = constantWords(bytes, widths);
  const masks = constantWords(maskOf(bytes.length, length), widths);
  const outside: Path[] = [];
  let code = start;
  for (const [index, { id }] of words.entries()) {
    const mask = masks[index] ?? 0n;
    if (mask === 0n) break;
    const sides = code.when('eq', code.alu('and', id, n(mask)), n(values[index] ?? 0n));
    outside.push(sides.otherwise.path);
    code = sides.then;
  }
  const no = start.lowering.joinPaths(outside).map((path): Outcome => ({ path, value: constant(false) }));
  return [{ path: code.path, value: constant(true) }, ...no];
}

function maskOf(size: number, length: number): Uint8Array {
  const mask = new Uint8Array(size);
  for (let bit = 0; bit < length; bit++) mask[bit >> 3] = (mask[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return mask;
}

function ipNetwork(lowering: Lowering, text: string, site: Site): Network {
  try {
    const { address, length } = parsePrefix(text);
    return { bytes: address, length };
  } catch (error) {
    return lowering.fail(site, 'TP3012', text, error instanceof Error ? error.message : String(error));
  }
}

function macNetwork(lowering: Lowering, text: string, site: Site): Network {
  const [address = '', bits = ''] = text.split('/');
  try {
    const length = Number(bits);
    if (!/^\d+$/.test(bits) || length > 48) throw new RangeError('its length is no number from 0 to 48');
    return { bytes: macToBytes(address), length };
  } catch (error) {
    return lowering.fail(site, 'TP3012', text, error instanceof Error ? error.message : String(error));
  }
}
