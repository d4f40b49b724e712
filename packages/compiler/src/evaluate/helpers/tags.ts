// The VLAN helpers of tc programs: the outermost tag stands beside the packet, in the context; others lie in the bytes.
import type { Arguments, Helpers, Machine } from '../machine.ts';
import type { Operand } from '../memory.ts';

/** Protocol identifiers as they lie in a packet, read in the host's order. */
const CUSTOMER = 0x0081;
const SERVICE = 0xa888;
/** Behind both addresses. */
const TAG_AT = 12;
const TAG_SIZE = 4;

const isTag = (protocol: number) => protocol === CUSTOMER || protocol === SERVICE;

/** skb_vlan_push: a tag that is beside the packet goes into its bytes. */
function push(given: Arguments, machine: Machine): Operand {
  given.context(0);
  const { context, frame } = machine;
  const protocol = given.unsigned32(1) & 0xffff;
  if (context.get('vlan_present') !== 0) {
    const tag = new Uint8Array(TAG_SIZE);
    const view = new DataView(tag.buffer);
    view.setUint16(0, context.get('vlan_proto'), true);
    view.setUint16(2, context.get('vlan_tci'));
    frame.splice(TAG_AT, 0, tag);
    context.put('protocol', context.get('vlan_proto'));
  }
  beside(machine, isTag(protocol) ? protocol : CUSTOMER, given.unsigned32(2) & 0xffff);
  return 0n;
}

/** skb_vlan_pop: the next tag of the bytes, if there is one, goes beside the packet. */
function pop(given: Arguments, machine: Machine): Operand {
  given.context(0);
  const { context, frame } = machine;
  if (context.get('vlan_present') !== 0) beside(machine, 0, 0, 0);
  else if (isTag(context.get('protocol'))) takeOut(machine);
  const protocol = context.get('protocol');
  if (isTag(protocol)) beside(machine, protocol, takeOut(machine));
  else frame.touch();
  context.put('len', frame.bytes.length);
  return 0n;
}

/** The first tag of the bytes: its control information. */
function takeOut({ context, frame }: Machine): number {
  const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.byteLength);
  const control = view.getUint16(TAG_AT + 2);
  frame.splice(TAG_AT, TAG_SIZE, new Uint8Array());
  context.put('protocol', view.getUint16(TAG_AT + TAG_SIZE, true));
  return control;
}

function beside({ context, frame }: Machine, protocol: number, control: number, present = 1): void {
  context.put('vlan_present', present);
  context.put('vlan_proto', protocol);
  context.put('vlan_tci', control);
  context.put('len', frame.bytes.length);
  frame.touch();
}

export const tagHelpers: Helpers = {
  skb_vlan_push: { parameters: 3, run: push },
  skb_vlan_pop: { parameters: 1, run: pop },
};
