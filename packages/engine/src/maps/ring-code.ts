// Ring buffers as the kernel lays them out (kernel/bpf/ringbuf.c). A record never wraps: the kernel maps the data twice in
// a row; we have twice the bytes instead, and what a record holds behind the end is not used by any other.

import { OPEN_RECORDS, STATE } from '../memory/cpu-state.ts';
import type { Code } from '../wasm/code.ts';
import { call, get, i32, i64, type Local, memory } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import { error } from './hash-code.ts';
import { baseOf, fixed, type KnownMap } from './known-map.ts';
import { lock, unlock } from './lock.ts';
import { HEADER, RING_HEADER_BYTES } from './shape.ts';

const RECORD_HEADER = 8;
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const LONGEST = 0x3fff_ffff;

/** (map, size) → address of the record's bytes, or 0. */
export function ringReserve(lib: Library, known: KnownMap): number {
  return lib.function(`ring reserve ${known.key}`, ['i32', 'i32'], ['i32'], (code, map = 0, size = 0) => {
    code.if(i32.gt_u(get(size), i32.const(LONGEST)), () => code.return(i32.const(0)));
    const open = openSlot(lib, code);
    code.if(i32.eqz(get(open)), () => code.return(i32.const(0)));
    const base = baseOf(known, map);
    const bytes = code.keep('i32', i32.and(i32.add(get(size), i32.const(RECORD_HEADER + 7)), i32.const(~7)));
    const record = code.local('i32');
    const lockAt = i32.add(base, i32.const(HEADER.lock));
    lock(lib, code, lockAt, STATE.mapLock);
    const producer = code.keep('i64', i64.load(base, HEADER.producer));
    const next = code.keep('i64', i64.add(get(producer), i64.extend_u(get(bytes))));
    const used = i64.sub(get(next), i64.load(base, HEADER.consumer));
    const limit = i64.extend_u(i32.sub(fixed(known, 'maxEntries', map), i32.const(1)));
    code.if(i64.le_u(used, limit), () => {
      const mask = i32.sub(fixed(known, 'maxEntries', map), i32.const(1));
      const at = i32.add(i32.and(i32.wrap(get(producer)), mask), i32.const(RING_HEADER_BYTES));
      code.set(record, i32.add(base, at));
      code.add(i32.store(get(record), i32.or(get(size), i32.const(BUSY))));
      code.add(i32.store(get(record), i32.const(0), 4));
      code.add(i32.store(get(open), i32.add(get(record), i32.const(RECORD_HEADER))));
      code.add(i32.store(get(open), i32.add(i32.add(get(record), get(size)), i32.const(RECORD_HEADER)), 4));
      const publishAt = i32.add(base, i32.const(HEADER.producer));
      code.add(lib.shared ? i64.atomic.store(publishAt, get(next)) : i64.store(publishAt, get(next)));
      code.set(record, i32.add(get(record), i32.const(RECORD_HEADER)));
    });
    unlock(lib, code, lockAt, STATE.mapLock);
    code.return(get(record));
    code.unreachable();
  });
}

/** A place to remember a record by, for whoever closes it behind a trap; 0: none is left. */
function openSlot(lib: Library, code: Code): Local {
  const open = code.local('i32');
  for (let index = 0; index < OPEN_RECORDS; index++) {
    const at = STATE.openRecords + 8 * index;
    code.if(i32.eqz(i32.or(i32.load(lib.cpuState, at), get(open))), () =>
      code.set(open, i32.add(lib.cpuState, i32.const(at))),
    );
  }
  return open;
}

/** (record, flag): for the reader, or past it. What is no open record stays as it is. */
function ringClose(lib: Library): number {
  return lib.function('ring close', ['i32', 'i32'], [], (code, record = 0, flag = 0) => {
    const at = code.keep('i32', lib.cpuState);
    const end = i32.add(lib.cpuState, i32.const(8 * OPEN_RECORDS));
    code.loop((next) => {
      code.if(i32.ne(i32.load(get(at), STATE.openRecords), get(record)), () => {
        code.set(at, i32.add(get(at), i32.const(8)));
        code.brIf(next, i32.lt_u(get(at), end));
        code.return();
      });
    });
    code.add(i32.store(get(at), i32.const(0), STATE.openRecords));
    const header = code.keep('i32', i32.sub(get(record), i32.const(RECORD_HEADER)));
    const closed = i32.or(i32.and(i32.load(get(header)), i32.const(LONGEST)), get(flag));
    code.add(lib.shared ? i32.atomic.store(get(header), closed) : i32.store(get(header), closed));
  });
}

export const ringSubmit = (lib: Library, code: Code, record: Local): void =>
  code.add(call(ringClose(lib), get(record), i32.const(0)));
export const ringDiscard = (lib: Library, code: Code, record: Local): void =>
  code.add(call(ringClose(lib), get(record), i32.const(DISCARDED)));

/** (map, bytes, size) → 0 or minus EAGAIN, i64. */
export function ringOutput(lib: Library, known: KnownMap): number {
  const types = ['i32', 'i32', 'i32'] as const;
  return lib.function(`ring output ${known.key}`, types, ['i64'], (code, map = 0, bytes = 0, size = 0) => {
    const record = code.keep('i32', call(ringReserve(lib, known), get(map), get(size)));
    code.if(i32.eqz(get(record)), () => code.return(error('EAGAIN')));
    code.add(memory.copy(get(record), get(bytes), get(size)));
    ringSubmit(lib, code, record);
    code.return(i64.const(0));
    code.unreachable();
  });
}

/** (map, what) → bytes that wait, the ring's size, or the positions of consumer and producer, i64. */
export function ringQuery(lib: Library, known: KnownMap): number {
  return lib.function(`ring query ${known.key}`, ['i32', 'i64'], ['i64'], (code, map = 0, what = 0) => {
    const base = baseOf(known, map);
    const [consumer, producer] = [i64.load(base, HEADER.consumer), i64.load(base, HEADER.producer)];
    const answers = [i64.sub(producer, consumer), i64.extend_u(fixed(known, 'maxEntries', map)), consumer, producer];
    for (const [number, answer] of answers.entries()) {
      code.if(i64.eq(get(what), i64.const(number)), () => code.return(answer));
    }
    code.return(i64.const(0));
    code.unreachable();
  });
}
