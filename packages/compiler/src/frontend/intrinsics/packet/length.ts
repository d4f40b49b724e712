// Bytes of the frame. XDP has no such field: it is the distance of the packet's ends. A tc packet may be longer than its
// linear part, and knows its length.
import type { ValueId } from '../../../ir/types.ts';
import type { Range } from '../../value.ts';
import { type Code, n } from '../code.ts';
import { isBeside, mayHaveBeside, TAG_SIZE } from './beside.ts';

export const FRAME_LENGTH: Range = { low: 14n, high: 262_144n };
const SKB_LENGTH = 0;

/** Of the bytes that there are. */
export function frameLength(code: Code): ValueId {
  if (code.lowering.target.hook !== 'xdp') return code.context(SKB_LENGTH);
  return code.alu('sub', code.packetEnd(), code.packetStart());
}

/** Of the frame on the wire: with a VLAN tag that is kept beside it. */
export function wireLength(code: Code): ValueId {
  const length = frameLength(code);
  if (!mayHaveBeside(code.lowering)) return length;
  return code.alu('add', length, code.alu('mul', isBeside(code), n(TAG_SIZE)));
}
