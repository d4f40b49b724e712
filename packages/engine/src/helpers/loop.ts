import { error } from '../maps/hash-code.ts';
import { calleeFrame, checkStack } from '../translate/callee.ts';
import { r, w } from '../translate/registers.ts';
import { callIndirect, get, i32, i64 } from '../wasm/expressions.ts';
import type { Helper, Helpers } from './helper.ts';

/** BPF_MAX_LOOPS */
const MAX_LOOPS = 8 * 1024 * 1024;

/** (rounds, callback, context, flags): how many rounds there were. */
const loop: Helper = (writer) => {
  const { code, program } = writer;
  const { programType, builder } = program.lib;
  checkStack(writer);
  const round = code.keep('i32', i32.const(0));
  const rounds = () =>
    code.block((done) => {
      code.loop((next) => {
        code.brIf(done, i32.ge_u(get(round), w(1)));
        writer.burn();
        const none = i64.const(0);
        const given = [i64.extend_u(get(round)), r(3), none, none, none, calleeFrame()];
        const result = code.keep('i64', callIndirect(programType, builder.ownTable, w(2), ...given));
        code.set(round, i32.add(get(round), i32.const(1)));
        code.brIf(done, i64.ne(get(result), none));
        code.br(next);
      });
    });
  code.if(
    i64.ne(r(4), i64.const(0)),
    () => writer.set(0, error('EINVAL')),
    () =>
      code.if(
        i32.gt_u(w(1), i32.const(MAX_LOOPS)),
        () => writer.set(0, error('E2BIG')),
        () => {
          rounds();
          writer.set(0, i64.extend_u(get(round)));
        },
      ),
  );
};

export const loopHelpers: Helpers = { loop };
