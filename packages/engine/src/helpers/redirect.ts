import { slotLookup } from '../maps/array-code.ts';

import { error, hashLookup } from '../maps/hash-code.ts';
import { baseOf, type KnownMap } from '../maps/known-map.ts';
import { keyAt } from '../maps/map-key.ts';
import { layoutOf } from '../maps/shape.ts';
import { STACK_START, STATE } from '../memory/cpu-state.ts';
import { REDIRECT } from '../memory/frame-context.ts';
import type { FunctionWriter } from '../translate/function-writer.ts';
import { forMap } from '../translate/map-argument.ts';
import { unsupported } from '../translate/program.ts';
import { r, w } from '../translate/registers.ts';
import { type Expr, get, i32, i64, type Local, returnCallIndirect } from '../wasm/expressions.ts';
import type { Helper, Helpers } from './helper.ts';
import { frameLength } from './packet.ts';

const XDP_ABORTED = 0;
const XDP_REDIRECT = 4;
const TC_ACT_SHOT = 2;
const TC_ACT_REDIRECT = 7;
/** Low bits of redirect_map's flags: what it returns when there is no entry. */
const ACTION_MASK = 3;
const BPF_F_INGRESS = 1;
const BPF_F_BROADCAST = 8;
const BPF_F_EXCLUDE_INGRESS = 16;
/** The kernel ends a chain of tail calls behind this many. */
const MAX_TAIL_CALLS = 33;

/** The last redirect wins. */
function remember(
  writer: FunctionWriter,
  kind: number,
  fields: Readonly<Record<'target' | 'key' | 'map' | 'flags', Expr>>,
): void {
  const { redirectKind, redirectTarget, redirectKey, redirectMap, redirectFlags } = writer.program.context;
  const context = get(writer.code.keep('i32', writer.context));
  writer.code.add(
    i32.store(context, i32.const(kind), redirectKind),
    i32.store(context, fields.target, redirectTarget),
    i32.store(context, fields.key, redirectKey),
    i32.store(context, fields.map, redirectMap),
    i32.store(context, fields.flags, redirectFlags),
  );
}

/** (ifindex, flags) */
const redirect: Helper = (writer) => {
  const isXdp = writer.program.hook === 'xdp';
  const allowed = isXdp ? 0 : BPF_F_INGRESS;
  const none = i32.const(0);
  writer.code.if(
    i64.ne(i64.and(r(2), i64.const(~allowed)), i64.const(0)),
    () => writer.set(0, i64.const(isXdp ? XDP_ABORTED : TC_ACT_SHOT)),
    () => {
      remember(writer, REDIRECT.interface, { target: w(1), key: none, map: none, flags: w(2) });
      writer.set(0, i64.const(isXdp ? XDP_REDIRECT : TC_ACT_REDIRECT));
    },
  );
};

/** i32: address of the entry whose key is a number in r`register`, or 0. Keys of 4 bytes lie in r's own cell. */
function entryOf(writer: FunctionWriter, known: KnownMap, map: Local, key: Expr): Local {
  const { code, program } = writer;
  const cell = code.keep('i32', i32.add(program.lib.cpuState, i32.const(STACK_START)));
  code.add(i32.store(get(cell), key));
  const address =
    layoutOf(known.shape.type) === 'slots'
      ? slotLookup(code, known, map, keyAt(get(cell)))
      : hashLookup(program.lib, known, map, keyAt(get(cell)));
  return code.keep('i32', address);
}

/** (map, key, flags) */
const redirectMap: Helper = (writer, slot) =>
  forMap(writer, 1, (known, map) => {
    const { code } = writer;
    const { type } = known.shape;
    if (!/^(devmap|devmap-hash|cpumap|xskmap)$/.test(type)) {
      unsupported(writer.program, slot, `redirect_map on ${type}`, 'it takes a devmap, cpumap or xskmap');
    }
    const allowed = ACTION_MASK | (type.startsWith('devmap') ? BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS : 0);
    const rest = i32.and(w(3), i32.const(~ACTION_MASK));
    const place = { map: baseOf(known, map), key: w(2), flags: rest };
    const toEntry = () => {
      const entry = entryOf(writer, known, map, w(2));
      code.if(
        get(entry),
        () => {
          remember(writer, REDIRECT.entry, { ...place, target: i32.load(get(entry)) });
          writer.set(0, i64.const(XDP_REDIRECT));
        },
        () => writer.set(0, i64.and(r(3), i64.const(ACTION_MASK))),
      );
    };
    const toAll = () => {
      remember(writer, REDIRECT.broadcast, { ...place, target: i32.const(0) });
      writer.set(0, i64.const(XDP_REDIRECT));
    };
    code.if(
      i64.ne(i64.and(r(3), i64.const(~allowed)), i64.const(0)),
      () => writer.set(0, i64.const(XDP_ABORTED)),
      () => code.if(i32.and(w(3), i32.const(BPF_F_BROADCAST)), toAll, toEntry),
    );
  });

/** (context, map, index): does not come back if the entry is there. */
const tailCall: Helper = (writer, slot) =>
  forMap(writer, 2, (known, map) => {
    const { code, program } = writer;
    if (known.shape.type !== 'prog-array') {
      unsupported(program, slot, `tail_call through ${known.shape.type}`, 'it takes a prog-array');
    }
    const { cpuState, programType, programs } = program.lib;
    const entry = entryOf(writer, known, map, w(3));
    code.if(get(entry), () => {
      const calls = i32.load(cpuState, STATE.tailCalls);
      code.if(i32.lt_u(calls, i32.const(MAX_TAIL_CALLS)), () => {
        code.add(i32.store(cpuState, i32.add(calls, i32.const(1)), STATE.tailCalls));
        writer.burn();
        const none = i64.const(0);
        const context = i64.extend_u(writer.context);
        code.add(
          returnCallIndirect(programType, programs, i32.load(get(entry)), context, none, none, none, none, r(10)),
        );
      });
    });
  });

/** (context, ifindex, flags) */
const cloneRedirect: Helper = (writer) =>
  writer.set(0, i64.extend_s(writer.program.lib.imported('clone', writer.context, w(2), w(3))));

/** (context, struct bpf_fib_lookup, size, flags) */
const fibLookup: Helper = (writer) => {
  const parameters = writer.pointer(2, w(3), true);
  writer.set(0, i64.extend_s(writer.program.lib.imported('fibLookup', parameters, w(3), w(4))));
};

const ENODEV = 19;
const ETHERNET_HEADER = 14;
const FRAGMENTATION_NEEDED = 1;

/** (context, ifindex, address of a length or 0, difference, flags): the length is that of layer 3. */
const checkMtu: Helper = (writer) => {
  const { code, program } = writer;
  const at = code.keep('i32', writer.pointer(3, i32.const(4), true));
  const mtu = code.keep('i32', program.lib.imported('mtu', w(2)));
  const refuse = (condition: Expr, result: Expr, otherwise: () => void) =>
    code.if(condition, () => writer.set(0, result), otherwise);
  refuse(i64.ne(r(5), i64.const(0)), error('EINVAL'), () =>
    refuse(i32.eqz(get(mtu)), i64.const(-ENODEV), () => {
      const header = i32.const(ETHERNET_HEADER);
      const given = code.keep('i32', i32.load(get(at)));
      const context = get(code.keep('i32', writer.context));
      const length = code.keep('i32', frameLength(writer, context));
      code.if(get(given), () => code.set(length, i32.add(get(given), header)));
      const isLonger = i32.gt_s(i32.add(get(length), w(4)), i32.add(get(mtu), header));
      writer.set(0, i64.mul(i64.extend_u(isLonger), i64.const(FRAGMENTATION_NEEDED)));
      code.add(i32.store(get(at), get(mtu)));
    }),
  );
};

export const redirectHelpers: Helpers = {
  redirect,
  redirect_map: redirectMap,
  tail_call: tailCall,
  clone_redirect: cloneRedirect,
  fib_lookup: fibLookup,
  check_mtu: checkMtu,
};
