import type { KnownMap } from '../maps/known-map.ts';
import { ringDiscard, ringOutput, ringQuery, ringReserve, ringSubmit } from '../maps/ring-code.ts';
import type { FunctionWriter } from '../translate/function-writer.ts';
import { forMap } from '../translate/map-argument.ts';
import { unsupported } from '../translate/program.ts';
import { r, w } from '../translate/registers.ts';
import { call, get, i64, type Local } from '../wasm/expressions.ts';
import type { Helper, Helpers } from './helper.ts';

function forRing(writer: FunctionWriter, slot: number, body: (known: KnownMap, map: Local) => void): void {
  forMap(writer, 1, (known, map) => {
    const { type } = known.shape;
    if (type !== 'ringbuf') unsupported(writer.program, slot, `a ring buffer helper on ${type}`, 'it takes a ringbuf');
    body(known, map);
  });
}

const reserve: Helper = (writer, slot) =>
  forRing(writer, slot, (known, map) =>
    writer.set(0, i64.extend_u(call(ringReserve(writer.program.lib, known), get(map), w(2)))),
  );

const output: Helper = (writer, slot) => {
  const bytes = writer.code.keep('i32', writer.pointer(2, w(3)));
  forRing(writer, slot, (known, map) =>
    writer.set(0, call(ringOutput(writer.program.lib, known), get(map), get(bytes), w(3))),
  );
};

const query: Helper = (writer, slot) =>
  forRing(writer, slot, (known, map) => writer.set(0, call(ringQuery(writer.program.lib, known), get(map), r(2))));

export const ringHelpers: Helpers = {
  ringbuf_reserve: reserve,
  ringbuf_output: output,
  ringbuf_query: query,
  ringbuf_submit: ({ program, code }) => ringSubmit(program.lib, code, code.keep('i32', w(1))),
  ringbuf_discard: ({ program, code }) => ringDiscard(program.lib, code, code.keep('i32', w(1))),
};
