// What each hook's kernel side calls our verdicts (include/uapi/linux/bpf.h: xdp_action, tcx_action_base).
import type { Continuation } from '../../abi/chain.ts';
import { markWord, PASS } from '../../abi/mark.ts';
import type { Hook, ValueId } from '../../ir/types.ts';
import { type Code, n } from './code.ts';
import { ifindex } from './packet/port.ts';

/** Where __sk_buff has what tells packets of the slow path. */
export const SKB = { length: 0, mark: 8, priority: 32, cb: 48, tripsKey: 52, trips: 56 } as const;

interface Codes {
  readonly drop: number;
  /** Behind the last function: on its way. */
  readonly next: number;
  readonly stack: number;
  readonly aborted: number;
}

const TCX: Codes = { drop: 2, next: -1, stack: 0, aborted: 2 };
export const RETURN_CODES: Readonly<Record<Hook, Codes>> = {
  xdp: { drop: 1, next: 2, stack: 2, aborted: 0 },
  'tcx-ingress': TCX,
  'tcx-egress': TCX,
};
export const XDP_TX = 3;
/** What redirect_map returns where a port has no entry: it is down. */
export const XDP_DROP = 1;

export function returnCode(code: Code, value: number): void {
  code.lowering.builder.terminate(code.path.block, { op: 'return', value: code.id(n(value)) });
}

/** Behind the function, to what follows; `ended`: what to return where nothing does. What does not get there is dropped. */
export function goOn(code: Code, to: Continuation | undefined, ended: number): void {
  const { builder } = code.lowering;
  switch (to?.kind) {
    case 'tail-call':
      code.call('tail_call', [builder.context, code.map(to.map), n(to.index)]);
      returnAborted(code);
      break;
    case 'redirect':
      if (to.by !== undefined) {
        const { map, index } = to.by;
        returnResult(code, code.call('redirect_map', [code.map(map), n(index), n(XDP_DROP)]));
        break;
      }
      returnResult(
        code,
        code.call(to.peer === true ? 'redirect_peer' : 'redirect', [
          to.ifindex === 0 ? ifindex(code) : code.interface(to.ifindex),
          n(0),
        ]),
      );
      break;
    case 'leave': {
      const word = to.position === 0 ? markWord(0, PASS) : markWord(to.position, 0);
      code.store(builder.context, SKB.mark, 32, code.key());
      code.store(builder.context, SKB.priority, 32, n(word));
      returnResult(code, code.call('redirect', [ifindex(code), n(0)]));
      break;
    }
    default:
      returnCode(code, ended);
  }
}

export function returnResult(code: Code, value: ValueId): void {
  code.lowering.builder.terminate(code.path.block, { op: 'return', value });
}

export function returnAborted(code: Code): void {
  returnCode(code, RETURN_CODES[code.lowering.target.hook].aborted);
}
