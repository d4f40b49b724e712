import { Fault } from '../fault.ts';
import type { Arguments, Helpers, Machine } from '../machine.ts';
import { helperResult } from '../map-store.ts';
import { bytesFor, type Operand, Pointer, unchecked } from '../memory.ts';

function output(given: Arguments): Operand {
  const ring = given.ring(0);
  return helperResult(ring.output(given.bytes(1, given.unsigned32(2))));
}

function reserve(given: Arguments, { reserved }: Machine): Operand {
  const ring = given.ring(0);
  const memory = ring.reserve(given.unsigned32(1));
  if (memory !== undefined) reserved.set(memory, ring);
  return new Pointer('value', memory, 0, unchecked());
}

function close(given: Arguments, { reserved }: Machine, state: 'submitted' | 'discarded'): undefined {
  const record = given.pointer(0);
  const ring = record.memory === undefined ? undefined : reserved.get(record.memory);
  if (!record.proof.checked || record.memory === undefined || ring === undefined || record.offset !== 0) {
    throw new Fault(
      'what is submitted or discarded is not the start of a reserved record',
      'Reserve it, test it for null, and close it once.',
    );
  }
  // A record with bytes never written would hand old kernel memory to the reader.
  if (state === 'submitted') bytesFor(record, record.memory.bytes.length);
  ring.close(record.memory, state);
  reserved.delete(record.memory);
}

export const ringHelpers: Helpers = {
  ringbuf_output: { parameters: 4, run: output },
  ringbuf_reserve: { parameters: 3, run: reserve },
  ringbuf_submit: { parameters: 2, run: (given, machine) => close(given, machine, 'submitted') },
  ringbuf_discard: { parameters: 2, run: (given, machine) => close(given, machine, 'discarded') },
};
