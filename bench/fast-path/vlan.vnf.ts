// One VLAN's packets into another: identifier and priority by a table.
import { array, bounce, drop, next, u8, u16, vnf } from '@twinpath/vnf';

const vlans = array({ value: { id: u16, priority: u8 }, max: 4096 });
const NONE = 0;

export default vnf({
  name: 'vlan',
  tables: { vlans },
  fastPath(packet) {
    const tag = packet.ethernet()?.vlan;
    if (!tag) return next;
    const to = vlans.at(tag.id);
    if (!to || to.id === NONE) return drop;
    tag.id = to.id;
    tag.priority = to.priority;
    return bounce;
  },

  configure({ tables }) {
    tables.vlans.set(5, { id: 6, priority: 3 });
    tables.vlans.set(6, { id: 5, priority: 1 });
  },
});
