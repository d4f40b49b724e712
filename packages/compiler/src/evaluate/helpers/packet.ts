// Helpers that copy bytes of the packet or move its ends. Offsets count from the first byte of the frame.

import type { Arguments, Helpers, Machine } from '../machine.ts';
import { helperResult } from '../map-store.ts';
import { locate, type Operand } from '../memory.ts';

const EFAULT = BigInt.asUintN(64, -14n);
const ENOMEM = BigInt.asUintN(64, -12n);
const OK = 0n;
const EINVAL = helperResult('EINVAL');

/** Why the bytes are not there; nothing if they are. */
function missing(offset: number, size: number, { frame, hook }: Machine): bigint | undefined {
  if (hook === 'xdp' && (offset > 0xffff || size > 0xffff)) return EFAULT;
  if (offset + size <= frame.bytes.length) return undefined;
  return hook === 'xdp' ? EINVAL : EFAULT;
}

function loadBytes(given: Arguments, machine: Machine): Operand {
  given.context(0);
  const [offset, size] = [given.unsigned32(1), given.unsigned32(3)];
  const failure = missing(offset, size, machine);
  if (failure === undefined) given.room(2, size).set(machine.frame.bytes.subarray(offset, offset + size));
  // When it fails, only the skb's helper clears the buffer; the other leaves there what was there.
  else if (machine.hook !== 'xdp') given.room(2, size).fill(0);
  else locate(given.pointer(2), 0, size);
  return failure ?? OK;
}

function storeBytes(given: Arguments, machine: Machine): Operand {
  given.context(0);
  const [offset, size] = [given.unsigned32(1), given.unsigned32(3)];
  const bytes = given.bytes(2, size);
  const failure = missing(offset, size, machine);
  if (failure === undefined) machine.frame.bytes.set(bytes, offset);
  return failure ?? OK;
}

function storeBytesAndMove(given: Arguments, machine: Machine): Operand {
  const result = storeBytes(given, machine);
  machine.frame.touch();
  return result;
}

function adjust(given: Arguments, move: (by: number) => boolean, machine: Machine): Operand {
  given.context(0);
  if (move(given.signed32(1))) return OK;
  machine.frame.touch();
  return EINVAL;
}

function pull(given: Arguments, machine: Machine): Operand {
  given.context(0);
  if (machine.frame.pull(given.unsigned32(1))) return OK;
  machine.frame.touch();
  return ENOMEM;
}

function length(given: Arguments, { frame }: Machine): Operand {
  given.context(0);
  return BigInt(frame.bytes.length);
}

export const packetHelpers: Helpers = {
  xdp_load_bytes: { parameters: 4, run: loadBytes },
  xdp_store_bytes: { parameters: 4, run: storeBytes },
  xdp_adjust_head: {
    parameters: 2,
    run: (given, machine) => adjust(given, (by) => machine.frame.adjustHead(by), machine),
  },
  xdp_adjust_tail: {
    parameters: 2,
    run: (given, machine) => adjust(given, (by) => machine.frame.adjustTail(by), machine),
  },
  xdp_get_buff_len: { parameters: 1, run: length },
  skb_load_bytes: { parameters: 4, run: loadBytes },
  skb_store_bytes: { parameters: 5, run: storeBytesAndMove },
  skb_pull_data: { parameters: 2, run: pull },
};
