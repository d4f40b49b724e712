// Writing to the VLAN tag that the kernel keeps beside a tc packet: __sk_buff shows it to be read only, so that it is taken off
// and put on again. Tags of the bytes go through the packet on the way and lie where they lay.
import { vlanLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import { type Code, n } from '../code.ts';
import { besideControl, besideProtocol } from '../packet/beside.ts';
import { holdViews } from '../packet/hold-views.ts';
import { shiftOfField, type TagField } from '../packet/vlan.ts';
import { returnAborted } from '../return-codes.ts';

/** Goes on in the next epoch; the author's views go on too. */
export function writeBeside(code: Code, name: TagField, value: ValueId): Code {
  const shift = shiftOfField(name);
  const mask = ((1 << vlanLayout.fields[name].bits) - 1) << shift;
  const rest = code.alu('and', besideControl(code), n(0xffff ^ mask));
  const control = code.alu('or', rest, code.alu('shl', value, n(shift)));
  const protocol = besideProtocol(code);
  const behind = holdViews(code);
  const { context } = code.lowering.builder;
  const popped = code.call('skb_vlan_pop', [context]);
  const pushed = code.call('skb_vlan_push', [context, protocol, control]);
  // Without memory the tag is lost: the packet must not go on into another network.
  const done = code.when('eq', code.alu('or', popped, pushed), n(0), 'then');
  returnAborted(done.otherwise);
  return behind(done.then);
}
