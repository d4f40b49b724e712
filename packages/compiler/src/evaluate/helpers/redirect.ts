import { MAX_TAIL_CALLS } from '../../abi/chain.ts';
import type { Arguments, Helpers, Machine } from '../machine.ts';
import { helperResult } from '../map-store.ts';
import { ReferenceMap } from '../maps/references.ts';
import type { Operand } from '../memory.ts';

const XDP_ABORTED = 0n;
const XDP_REDIRECT = 4n;
const TC_ACT_SHOT = 2n;
const TC_ACT_REDIRECT = 7n;
/** Low bits of redirect_map's flags: what it returns when there is no entry. */
const ACTION_MASK = 3n;
const BPF_F_INGRESS = 1n;
const BPF_F_BROADCAST = 8n;
const BPF_F_EXCLUDE_INGRESS = 16n;

function redirect(given: Arguments, machine: Machine): Operand {
  const [ifindex, flags] = [given.unsigned32(0), given.integer(1)];
  const xdp = machine.hook === 'xdp';
  if (xdp ? flags !== 0n : (flags & ~BPF_F_INGRESS) !== 0n) return xdp ? XDP_ABORTED : TC_ACT_SHOT;
  machine.redirect = { kind: 'interface', ifindex, flags };
  return xdp ? XDP_REDIRECT : TC_ACT_REDIRECT;
}

function redirectMap(given: Arguments, machine: Machine): Operand {
  const map = given.map(0);
  const [key, flags] = [given.unsigned32(1), given.integer(2)];
  const allowed = map.spec.type.startsWith('devmap')
    ? ACTION_MASK | BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS
    : ACTION_MASK;
  if ((flags & ~allowed) !== 0n) return XDP_ABORTED;
  const rest = flags & ~ACTION_MASK;
  if ((flags & BPF_F_BROADCAST) !== 0n) {
    machine.redirect = { kind: 'broadcast', map: map.spec.name, flags: rest };
    return XDP_REDIRECT;
  }
  const value = map instanceof ReferenceMap ? map.reference(index(key)) : undefined;
  if (value === undefined) return flags & ACTION_MASK;
  machine.redirect = { kind: 'map', map: map.spec.name, key, value, flags: rest };
  return XDP_REDIRECT;
}

function tailCall(given: Arguments, machine: Machine): Operand | undefined {
  given.context(0);
  const map = given.map(1);
  const id = map instanceof ReferenceMap ? map.reference(index(given.unsigned32(2))) : undefined;
  const program = id === undefined ? undefined : machine.environment.program(id);
  if (program === undefined || machine.tailCalls >= MAX_TAIL_CALLS) return undefined;
  machine.tailCalls++;
  machine.next = program;
  return helperResult(undefined);
}

/** The packet may be another one afterwards, for the kernel makes the copy share its bytes. */
function cloneRedirect(given: Arguments, { clones, frame }: Machine): Operand {
  given.context(0);
  const ifindex = given.unsigned32(1);
  frame.touch();
  // No interface has number 0.
  if (ifindex === 0) return helperResult('EINVAL');
  clones.push({ ifindex, packet: frame.bytes.slice() });
  return 0n;
}

function fibLookup(given: Arguments, { environment }: Machine): Operand {
  given.context(0);
  const size = given.unsigned32(2);
  const parameters = given.bytes(1, size).slice();
  const result = environment.fib(parameters);
  given.room(1, size).set(parameters);
  return BigInt.asUintN(64, BigInt(result));
}

function index(key: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, key, true);
  return bytes;
}

export const redirectHelpers: Helpers = {
  clone_redirect: { parameters: 3, run: cloneRedirect },
  fib_lookup: { parameters: 4, run: fibLookup },
  redirect: { parameters: 2, run: redirect },
  redirect_map: { parameters: 3, run: redirectMap },
  tail_call: { parameters: 3, run: tailCall },
};
