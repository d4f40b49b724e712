// Fields in memory as the author's values.
import type { LayoutField } from '@twinpath/vnf/layout';
import type { ValueId } from '../../../ir/types.ts';
import type { Value } from '../../value.ts';
import type { Code } from '../code.ts';
import { loadWords } from '../packet/field.ts';

const upTo = (bits: number) => ({ low: 0n, high: (1n << BigInt(bits)) - 1n });
/** Counters and clocks count to 2⁶². */
const COUNT = upTo(62);

export function loadField(code: Code, address: ValueId, { type, offset, size, path }: LayoutField): Value {
  const { lowering } = code;
  switch (type.kind) {
    case 'integer': {
      const bits = type.size === 1 ? 8 : type.size === 2 ? 16 : 32;
      const isNetwork = type.order === 'network' && bits !== 8;
      return lowering.integer(
        isNetwork ? code.loadNetwork(address, offset, bits) : code.load(address, offset, bits),
        upTo(bits),
      );
    }
    case 'count64':
    case 'instant':
      return lowering.integer(code.load(address, offset, 64), COUNT);
    case 'u64':
      return { kind: 'opaque', id: code.load(address, offset, 64) };
    case 'bool':
      return { kind: 'boolean', id: code.load(address, offset, 8) };
    case 'enum':
      return { kind: 'name', domain: { kind: 'enum', names: type.names }, id: code.load(address, offset, 8) };
    case 'protocol':
      return { kind: 'name', domain: { kind: 'protocol' }, id: code.load(address, offset, 8) };
    case 'portName': {
      const names = lowering.target.ports.map(({ name }) => name);
      return { kind: 'name', domain: { kind: 'port', names }, id: code.load(address, offset, 32) };
    }
    case 'ip4':
    case 'ip6':
    case 'mac':
    case 'text':
      return { kind: 'bytes', type: type.kind, words: loadWords(code, address, offset, size) };
    default:
      throw new Error(`a field ${path.join('.')} of type ${type.kind} is not loaded as a whole`);
  }
}
